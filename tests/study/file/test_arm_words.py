"""Words of an arm: what figures and tables call it, and nothing that its numbers depend on."""

import pytest

from mfsolve.experiments import load
from mfsolve.report.views.panels import where
from mfsolve.study.file.config import load_study
from mfsolve.study.file.points import own_keys
from mfsolve.study.file.source import StudyError
from mfsolve.study.storage.continuation import is_free, refuse_changes
from mfsolve.study.storage.store import RunDirectory

PLAIN = """
model = "collapse"
[policies.none]
[policies.closed_form]
[ensemble]
replicates = 4
[[estimates]]
name = "quality, {policy}"
quantity = "quality"
policy = ["none", "closed_form"]
"""
SAID = PLAIN.replace("[policies.closed_form]", '[policies.closed_form]\nlabel = "the formula, for $5"')


def study(folder, text, name="s"):
    path = folder / f"{name}.toml"
    path.write_text(text)
    return load_study(path)


def test_an_arm_has_the_words_of_its_file_on_figures_and_in_tables(tmp_path):
    found = study(tmp_path, SAID)
    assert [found.words(arm) for arm in found.arms] == ["no policy", "the formula, for $5"]
    assert [spec.name for spec in found.estimates] == ["quality, no policy", "quality, the formula, for $5"]
    assert [spec.arm for spec in found.estimates] == ["none", "closed_form"]
    assert where(RunDirectory(tmp_path / "run", found), found.points[1]) == "the formula, for $5"


def test_words_decide_no_key_no_seed_and_no_number(tmp_path):
    plain, said = study(tmp_path, PLAIN), study(tmp_path, SAID)
    assert [p.key for p in plain.points] == [p.key for p in said.points]
    assert [p.seed for p in plain.points] == [p.seed for p in said.points]
    assert [p.case for p in plain.points] == [p.case for p in said.points]
    assert plain.resolved["policies"]["none"] == said.resolved["policies"]["none"]
    assert said.resolved["policies"]["closed_form"]["label"] == "the formula, for $5"


def test_a_run_goes_on_under_other_words_and_not_under_other_settings(tmp_path):
    plain, said = study(tmp_path, PLAIN), study(tmp_path, SAID)
    for before, after in ((plain, said), (said, plain), (said, study(tmp_path, SAID.replace("$5", "ten")))):
        refuse_changes(tmp_path, before.resolved, after)
    assert is_free("policies.closed_form.label", said)
    assert not is_free("policies.closed_form.rule", said)
    assert not is_free("parameters.label", said)
    with pytest.raises(StudyError, match=r"policies\.none\.rule: absent there"):
        refuse_changes(tmp_path, {k: v for k, v in said.resolved.items() if k != "policies"}, said)


def test_words_survive_the_file_that_a_run_keeps_and_an_option(tmp_path):
    from mfsolve.study.file.toml_text import as_toml

    again = study(tmp_path, as_toml(study(tmp_path, SAID).resolved), "again")
    assert again.words("closed_form") == "the formula, for $5"
    other = load_study(tmp_path / "s.toml", ["policies.none.label=nobody pays"])
    assert other.words("none") == "nobody pays"


@pytest.mark.parametrize(
    "given", ['""', '" "', "3", "true", "[]", '"two\\nlines"', '"a\\u0007"', '"_hidden"', '"no policy"']
)
def test_words_that_are_none_or_are_another_arms_are_refused_in_one_line(tmp_path, given):
    with pytest.raises(StudyError, match=r"policies\.closed_form\.label: .* given: ") as caught:
        study(tmp_path, PLAIN.replace("[policies.closed_form]", f"[policies.closed_form]\nlabel = {given}"))
    assert "\n" not in str(caught.value)


def test_words_of_two_arms_are_not_the_same(tmp_path):
    text = PLAIN.replace("[policies.none]", '[policies.none]\nlabel = "one"')
    with pytest.raises(StudyError, match=r"label: 'one' given: policies\.none goes by these words"):
        study(tmp_path, text.replace("[policies.closed_form]", '[policies.closed_form]\nlabel = "one"'))


def test_a_setting_of_that_name_stays_a_setting():
    from dataclasses import replace

    from mfsolve.models.frozen import Frozen

    class Named(Frozen):
        label: str = ""

    whole = load("collapse")
    assert own_keys(whole, "none") == {"rule", "label"}
    arms = {**whole.arms, "none": replace(whole.arms["none"], settings=Named)}
    assert own_keys(replace(whole, arms=arms), "none") == {"rule"}
