"""Names of rows in shipped studies: words that say by themselves what is estimated."""

import re

import pytest

from mfsolve.experiments import load
from mfsolve.study.file.config import load_study
from mfsolve.study.file.expansion import expand
from mfsolve.study.file.shipped import shipped_studies
from mfsolve.study.file.toml_text import read_toml
from mfsolve.study.statistics.estimate_spec import ARM

SYMBOLS = ("rho_hat", "rho_c")
POINTS_ELSEWHERE = re.compile(r"^the same\b|\bthere$")
SPELT = re.compile(r"\b(?:edvex|buyout|pmir|mle|hac|ai)\b")


def names(study):
    """Names of all rows of a study, those of templates written out."""
    path = shipped_studies()[study]
    raw = read_toml(path)
    word, found = load(raw["model"], path.parent).word, load_study(path)
    arms = {arm: found.words(arm) for arm in found.arms}
    return [row["name"] for entry in raw.get("estimates", []) for row in expand(entry, word, arms)]


@pytest.mark.parametrize("study", sorted(shipped_studies()))
def test_a_row_is_named_in_words_that_need_no_other_row(study):
    for name in names(study):
        bare = re.sub("|".join(SYMBOLS), "", name)
        assert "_" not in bare, name
        assert not POINTS_ELSEWHERE.search(name), name
        assert not SPELT.search(name), name


@pytest.mark.parametrize("study", sorted(shipped_studies()))
def test_an_arm_goes_by_the_same_words_in_rows_as_on_figures(study):
    path = shipped_studies()[study]
    found = load_study(path)
    keys = (*ARM, "baseline", found.experiment.word)
    tables = [entry[key] for entry in read_toml(path).get("estimates", []) for key in keys if key in entry]
    for arm, said in ((a, s) for table in tables if isinstance(table, dict) for a, s in table.items()):
        words, said = found.words(arm).lower(), said.strip(" ,").lower()
        assert said in words or words in said, (arm, said, words)


CODES = re.compile(r"\d$|^(?:open|same|more|less|at|below|above|cheap|dear|held|half|whole|plenty|mine)$")


@pytest.mark.parametrize("study", sorted(shipped_studies()))
def test_an_arm_that_is_compared_is_named_in_words(study):
    found = load_study(shipped_studies()[study])
    for arm in found.arms if len(found.arms) > 1 else ():
        bare = not any(point.words for point in found.points if point.arm == arm)
        assert not (bare and CODES.search(found.words(arm))), arm


FINDING = re.compile(r"\bis penalised\b|\bprevents? it\b|: \w+ gain$|\bare? amplified\b|\bis subsidised\b")
SHARE_OF = re.compile(
    r"share|coverage|proportion|^(?:links|chains|economies|markets|runs|random|digraphs|of the markets)\b"
)


@pytest.mark.parametrize("study", sorted(shipped_studies()))
def test_a_row_names_a_quantity_and_not_what_was_hoped_for(study):
    for spec in load_study(shipped_studies()[study]).estimates:
        assert not FINDING.search(spec.name), spec.name
        assert spec.statistic != "share" or SHARE_OF.search(spec.name), spec.name
