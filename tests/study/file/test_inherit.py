"""`extends` and `without`: what a study takes over, and what is refused in one line."""

import re

import pytest

from mfsolve.study.file.config import load_study
from mfsolve.study.file.inherit import inherited, merged
from mfsolve.study.file.shipped import shipped_studies
from mfsolve.study.file.source import StudyError
from mfsolve.study.file.toml_text import read_toml


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
    "no ending": ({"a": 'extends = "b"', "b": "x = 1"}, r"extends: 'b' given: no such .*; did you mean b\.toml\?"),
    "no name": ({"a": "extends = 3"}, r"extends: 3 given: the name of a shipped study"),
    "a mistake above": ({"a": 'extends = "b.toml"', "b": "x = = 1"}, r"b\.toml: not valid TOML"),
    "nothing to leave out": (
        {"a": 'extends = "headline"\nwithout = ["policies.nine"]'},
        r"without: 'policies\.nine' given: not in the study .*did you mean policies\.none\?",
    ),
    "a word to leave out": ({"a": 'extends = "headline"\nwithout = "none"'}, r"without: 'none' given: a list of names"),
    "nothing above": (
        {"a": 'model = "collapse"\nwithout = ["x"]'},
        r"without: applies only to a study that extends another",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_line(tmp_path, case):
    files, expected = REFUSED[case]
    with pytest.raises(StudyError) as caught:
        load_study(write(tmp_path, **files))
    assert "\n" not in str(caught.value)
    assert re.search(expected, str(caught.value)), str(caught.value)


def whole(folder, **files):
    """The first of these files with all that it takes over."""
    path = write(folder, **files)
    return inherited(read_toml(path), path, read_toml)


def test_tables_are_merged_key_by_key_and_anything_else_replaced():
    above = {"a": {"b": 1, "c": {"d": [1, 2]}}, "e": [1], "f": 1, "g": {"h": 1}}
    below = {"a": {"c": {"d": [3], "x": 4}}, "e": [2, 3], "f": {"y": 1}, "g": 5, "z": 6}
    assert merged(above, below) == {
        "a": {"b": 1, "c": {"d": [3], "x": 4}}, "e": [2, 3], "f": {"y": 1}, "g": 5, "z": 6
    }  # fmt: skip
    assert above["a"] == {"b": 1, "c": {"d": [1, 2]}}


def test_estimates_are_merged_by_their_names_and_those_without_one_stand_behind():
    above = {"estimates": [{"name": "a", "x": 1}, {"x": 2}, {"name": "b", "x": 3}, 7]}
    below = {"estimates": [{"x": 5}, {"name": "b", "y": 4}, {"name": "c"}, {"name": 3}]}
    assert merged(above, below)["estimates"] == [
        {"name": "a", "x": 1}, {"x": 2}, {"name": "b", "x": 3, "y": 4}, 7, {"x": 5}, {"name": "c"}, {"name": 3}
    ]  # fmt: skip
    assert merged(above, {"estimates": 3}) == {"estimates": 3}
    assert merged({"estimates": 3}, below) == below
    assert merged({"other": [1]}, {"other": [2]}) == {"other": [2]}


def test_a_chain_of_studies_is_one_and_only_the_lowest_says_what_it_extends(tmp_path):
    found = whole(
        tmp_path,
        c='extends = "b.toml"\nwithout = ["parameters.x"]\n[parameters]\nz = 3\n',
        b='extends = "a.toml"\nwithout = ["title"]\n[parameters]\ny = 2\n',
        a='title = "t"\nmodel = "collapse"\n[parameters]\nx = 1\ny = 1\n',
    )
    assert found == {"model": "collapse", "parameters": {"y": 2, "z": 3}}
    assert whole(tmp_path, a='title = "t"\n') == {"title": "t"}


def test_estimates_whole_tables_and_keys_within_are_left_out(tmp_path):
    above = '[a.b]\nc = 1\nd = 2\n[e]\nf = 1\n[[estimates]]\nname = "e"\n[[estimates]]\nname = "g.h"\n[[estimates]]\nquantity = "q"\n'
    for names, left in (
        (["a.b.c"], {"a": {"b": {"d": 2}}, "e": {"f": 1}, "estimates": [{"name": "e"}, {"name": "g.h"}, {"quantity": "q"}]}),
        (["a", "e", "g.h"], {"e": {"f": 1}, "estimates": [{"quantity": "q"}]}),
        (["e", "e"], {"a": {"b": {"c": 1, "d": 2}}, "estimates": [{"name": "g.h"}, {"quantity": "q"}]}),
        (["estimates", "a.b"], {"a": {}, "e": {"f": 1}}),
    ):  # fmt: skip
        assert whole(tmp_path, mine=f'extends = "above.toml"\nwithout = {names}\n', above=above) == left


LEFT = {
    "no key": (["e.g"], r"without: 'e.g' given: not in the study that this one extends; did you mean e.f\?"),
    "no section": (["x.g"], "without: 'x.g' given: not in the study"),
    "no table": (["f.g"], "without: 'f.g' given: not in the study"),
    "near an estimate": (["contaminatio"], r"did you mean contamination\?"),
    "no text": ([3], r"without: \[3\] given: a list of names is needed, such as \['policies.tax'\]"),
}


@pytest.mark.parametrize("case", LEFT)
def test_what_is_not_there_cannot_be_left_out(tmp_path, case):
    names, said = LEFT[case]
    above = (
        "f = 3\nestimates = 3\n[e]\nf = 1\n"
        if case == "no table"
        else '[e]\nf = 1\n[[estimates]]\nname = "contamination"\n'
    )
    with pytest.raises(StudyError, match=said) as caught:
        whole(tmp_path, mine=f'extends = "above.toml"\nwithout = {names}\n', above=above)
    assert str(caught.value).startswith(f"{tmp_path / 'mine.toml'}: without: ")


def test_what_the_upper_study_holds_is_not_touched(tmp_path):
    held = {"model": "collapse", "a": {"b": {"c": 1, "d": 2}}}
    above = tmp_path / "above.toml"
    above.write_text("")
    raw = {"extends": "above.toml", "without": ["a.b.c"]}
    assert inherited(raw, tmp_path / "mine.toml", lambda path: held) == {"model": "collapse", "a": {"b": {"d": 2}}}
    assert held == {"model": "collapse", "a": {"b": {"c": 1, "d": 2}}}
    assert raw == {"extends": "above.toml", "without": ["a.b.c"]}


def test_the_only_study_may_not_leave_things_out_and_an_upper_one_neither(tmp_path):
    with pytest.raises(
        StudyError, match=rf"^{tmp_path}/above\.toml: without: applies only to a study that extends another"
    ):
        whole(tmp_path, mine='extends = "above.toml"', above='without = ["x"]')


@pytest.mark.parametrize(
    ("features", "found"),
    [
        ('"rows.csv"', "{path}"), ('{ data = "rows.csv", x = 1 }', {"data": "{path}", "x": 1}),
        ('"none.csv"', "none.csv"), ("3", 3), ("{ x = 1 }", {"x": 1}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("beside", [True, False])
def test_names_of_data_are_those_of_the_folder_they_were_written_in(tmp_path, features, found, beside):
    (tmp_path / "rows.csv").write_text("x\n")
    write(tmp_path, above=f'model = "collapse"\n[parameters]\nfeatures = {features}\nimitation = 0.5\n')
    (tmp_path / "below").mkdir()
    folder, name = (tmp_path, "above.toml") if beside else (tmp_path / "below", "../above.toml")
    taken = whole(folder, mine=f'extends = "{name}"\n')["parameters"]
    path = "rows.csv" if beside else str((tmp_path / "rows.csv").resolve())
    wanted = {k: v if k != "data" else path for k, v in found.items()} if isinstance(found, dict) else found
    assert taken == {"imitation": 0.5, "features": path if wanted == "{path}" else wanted}


def test_a_study_of_no_known_model_is_refused_later(tmp_path):
    (tmp_path / "below").mkdir()
    write(tmp_path, above='model = "no_such"\nrecord = 3\n')
    assert whole(tmp_path / "below", mine='extends = "../above.toml"') == {"model": "no_such", "record": 3}
    write(tmp_path, above='model = "collapse"\nparameters = 3\n')
    assert whole(tmp_path / "below", mine='extends = "../above.toml"')["parameters"] == 3
