"""Words at an axis: what the numbers there are."""

import re

import pytest

from mfsolve.experiments import NAMES, load
from mfsolve.experiments.experiment import Output
from mfsolve.report import words
from mfsolve.spelling import WORD
from mfsolve.study.file.config import load_study
from mfsolve.study.file.shipped import shipped_studies
from mfsolve.study.statistics.estimate_spec import EstimateSpec

POINTS_ELSEWHERE = re.compile(
    r"^the same\b|^(?:whether|where) (?:it|this|that)\b|\bNaN\b|\blikewise$|\bof these\b(?!,)"
)


@pytest.mark.parametrize(
    ("meaning", "said"),
    [
        ("whether the price keeps to its cap", "share where the price keeps to its cap"),
        ("1 if the test of fit alarms", "share where the test of fit alarms"),
        ("1 where bounds prove it", "share where bounds prove it"),
        ("weather", "weather"),
        ("1 - least / greatest effort ratio", "1 - least / greatest effort ratio"),
    ],
)
def test_the_mean_of_what_is_or_is_not_so_is_a_share(meaning, said):
    output = Output((), meaning)
    assert words.quantity(output) == said
    assert words.estimated(EstimateSpec(name="row", statistic="share", quantity="x"), output) == said


@pytest.mark.parametrize("study", sorted(shipped_studies()))
def test_an_output_is_said_in_words_that_need_no_other_output(study):
    found = load_study(shipped_studies()[study])
    for point in found.points[: len(found.arms)]:
        for name, output in found.experiment.outputs(point.case).items():
            assert not POINTS_ELSEWHERE.search(output.long_name), (name, output.long_name)


def test_settings_that_code_names_shortly_are_said_in_words():
    experiment = load("creator_phases")
    assert words.setting(experiment, "population.rest_multiple") == "stocks at the start over those at rest"
    assert words.setting(load("lineage"), "bits") == "metadata [bits]"
    assert words.setting(load("sandbox_value"), "parameters.padded") == "probability that a source is padded"
    assert words.setting(load("supply_shock"), "skill_a") == "first shape of the skill density"


BOUNDED = re.compile(r"^(?:whether|1 if|1 where) |^rank correlation")


@pytest.mark.parametrize("study", sorted(shipped_studies()))
def test_a_correlation_and_what_is_or_is_not_so_have_a_support(study):
    """A mean rank correlation had an interval that ended above 1."""
    found = load_study(shipped_studies()[study])
    for point in found.points[: len(found.arms)]:
        for name, output in found.experiment.outputs(point.case).items():
            least = -1.0 if "correlation" in output.long_name and "whether" not in output.long_name else 0.0
            if BOUNDED.search(output.long_name):
                assert output.support == (least, 1.0), (name, output.long_name)


CODE = re.compile(r"`[^`]*`|\b\w+ = \w+|: gaussian, or a table")


@pytest.mark.parametrize("model", NAMES)
def test_people_and_abbreviations_are_spelt_as_papers_have_them(model):
    """`ai quality` stood beside `AI quality`, a map was of `gaussian` items, its legend of `exit ai human`."""
    found = load(model)
    kinds = [found.parameters, found.population, found.record, *(arm.settings for arm in found.arms.values())]
    texts = [found.title, found.views.limit, *found.units.values(), *found.called.values()]
    for kind in kinds:
        for name, field in kind.model_fields.items():
            texts += [field.description or "", words.setting(found, name)]
    assert [text for text in texts if WORD.search(CODE.sub("", text))] == []


@pytest.mark.parametrize("study", sorted(shipped_studies()))
def test_a_study_spells_people_and_abbreviations_as_papers_have_them(study):
    found = load_study(shipped_studies()[study])
    texts = [found.title, *map(found.words, found.arms), *(spec.name for spec in found.estimates)]
    for point in found.points[: len(found.arms)]:
        for output in found.experiment.outputs(point.case).values():
            texts += [output.long_name, output.panel, *output.labels, *(name for _, name in output.marks)]
    assert [text for text in texts if WORD.search(text)] == []
