"""`extends` and `without`: what a study takes over, and what is refused in one line."""

import re

import pytest

from mfsolve.claims import shipped_studies
from mfsolve.study.config import StudyError, load_study


def write(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text)
    return folder / f"{next(iter(files))}.toml"


def test_an_extended_study_has_its_own_keys_and_all_others(study_file):
    (study_file.parent / "below").mkdir()
    child = study_file.parent / "below/mine.toml"
    child.write_text(
        'extends = "../small.toml"\nwithout = ["policies.none", "contamination", "record"]\n'
        '[parameters]\nimitation = 0.5\n[policies.fixed]\nsubsidy = 0.25\n'
        '[[estimates]]\nname = "gain"\nbaseline = "fixed"\n[[estimates]]\nname = "more"\nquantity = "quality"\npolicy = "fixed"\n'
    )  # fmt: skip
    study, above = load_study(child), load_study(study_file)
    assert study.name == "mine"
    assert study.title == above.title
    assert study.arms == ["closed_form", "fixed"]
    assert study.points[0].case.parameters.imitation == 0.5
    assert study.points[0].case.population == above.points[0].case.population
    assert study.points[0].case.record.snapshots == ()
    assert [(e.name, e.statistic, e.arm, e.baseline) for e in study.estimates] == [
        ("gain", "gain", "closed_form", "fixed"), ("more", "mean", "fixed", None)
    ]  # fmt: skip
    assert "extends" not in study.resolved
    assert load_study(child, ["parameters.imitation=0.6"]).points[0].case.parameters.imitation == 0.6


def test_a_shipped_study_can_be_extended_and_extended_again(tmp_path):
    path = write(
        tmp_path,
        b='extends = "a.toml"\n[ensemble]\nreplicates = 3\n',
        a='extends = "headline"\n[ensemble]\nseed = 5\nreplicates = 2\n',
    )
    study, headline = load_study(path), load_study(shipped_studies()["headline"])
    assert (study.ensemble.seed, study.ensemble.replicates) == (5, 3)
    assert study.estimates == headline.estimates  # to the digits of the published figures
    assert study.points[0].case == headline.points[0].case


def test_data_files_are_found_beside_the_study_that_names_them(tmp_path):
    rows = "\n".join(["x", *(str(0.1 * k) for k in range(40))])
    (tmp_path / "rows.csv").write_text(rows)
    above = '[parameters]\ncontent = "empirical"\nfeatures = "rows.csv"\n'
    write(tmp_path, above=f'model = "collapse"\n{above}')
    (tmp_path / "below").mkdir()
    child = write(tmp_path / "below", mine='extends = "../above.toml"\n')
    assert load_study(child).points[0].case.parameters.features.path == (tmp_path / "rows.csv").resolve()


REFUSED = {
    "itself": ({"a": 'extends = "a.toml"'}, r"a\.toml: extends: 'a\.toml' given: a study cannot extend itself"),
    "a circle": (
        {"a": 'extends = "b.toml"', "b": 'extends = "a.toml"'},
        r"b\.toml: extends: 'a\.toml' given: .*\(a\.toml -> b\.toml -> a\.toml\)",
    ),
    "nobody": ({"a": 'extends = "headlin"'}, r"extends: 'headlin' given: no such .*; did you mean headline\?"),
    "no name": ({"a": "extends = 3"}, r"extends: 3 given: the name of a shipped study"),
    "a mistake above": ({"a": 'extends = "b.toml"', "b": "x = = 1"}, r"b\.toml: not valid TOML"),
    "nothing to leave out": (
        {"a": 'extends = "headline"\nwithout = ["policies.nine"]'},
        r"without: 'policies\.nine' given: not in the study .*did you mean policies\.none\?",
    ),
    "a word to leave out": ({"a": 'extends = "headline"\nwithout = "none"'}, r"without: 'none' given: a list of names"),
    "nothing above": ({"a": 'model = "collapse"\nwithout = ["x"]'}, r"without: is for a study that extends another"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_line(tmp_path, case):
    files, expected = REFUSED[case]
    with pytest.raises(StudyError) as caught:
        load_study(write(tmp_path, **files))
    assert "\n" not in str(caught.value)
    assert re.search(expected, str(caught.value)), str(caught.value)
