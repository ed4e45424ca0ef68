"""The mark `calibrated`: it holds with the settings that it was made with, and is never inherited in silence."""

import pytest
from support.urn import study_of

import mfsolve
from mfsolve.study.file.calibration_marks import differing_settings
from mfsolve.study.file.calibration_marks import marked as with_marks
from mfsolve.study.file.config import load_study, resolve
from mfsolve.study.file.shipped import shipped_studies
from mfsolve.study.file.toml_text import read_toml

MARKED = """
model = "collapse"
figures = []
[parameters]
imitation = 0.6
[population]
producers = 60
items = 4
generations = 3
[policies.none]
[policies.fixed]
subsidy = 0.2
[ensemble]
replicates = 4
[[estimates]]
name = "share"
quantity = "contamination"
policy = "fixed"
published = 0.3
calibrated = true
[[estimates]]
name = "other"
quantity = "contamination"
policy = "none"
"""


@pytest.fixture
def marked(tmp_path):
    path = tmp_path / "marked.toml"
    path.write_text(MARKED)
    return path


def away(study):
    """What parts every point of the marked row's arm from its mark."""
    spec = next(spec for spec in study.estimates if spec.name == "share")
    assert not next(spec for spec in study.estimates if spec.name == "other").calibrated
    return [
        differing_settings(spec.calibrated, p, study.experiment) if spec.calibrated else "no mark"
        for p in study.points
        if p.arm == "fixed"
    ]


CASES = {
    "as it stands": ("", [], [""]),
    "the same, written out": ("[parameters]\nimitation = 0.6\ninnovation = 0.0\n", [], [""]),
    "more producers and another seed": ("[population]\nproducers = 80\n[ensemble]\nseed = 9\n", [], [""]),
    "another parameter": ("[parameters]\nimitation = 0.7\n", [], ["imitation"]),
    "another arm's setting": ('[policies.other]\nrule = "fixed"\nsubsidy = 0.9\n', [], [""]),
    "the arm's own setting": ("[policies.fixed]\nsubsidy = 0.3\n", [], ["subsidy"]),
    "set": ("", ["parameters.imitation=0.7"], ["imitation"]),
    "set to what it is": ("", ["parameters.imitation=0.6"], [""]),
    "a grid": ("[grid]\nparameters.imitation = [0.5, 0.6]\n", [], ["imitation", ""]),
    "fitted anew": ('[parameters]\nimitation = 0.7\n[[estimates]]\nname = "share"\ncalibrated = true\n', [], [""]),
    "taken away": ('[[estimates]]\nname = "share"\ncalibrated = false\n', [], ["no mark"]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_mark_goes_with_its_settings(marked, case):
    text, settings, expected = CASES[case]
    child = marked.parent / "child.toml"
    child.write_text(f'extends = "marked.toml"\n{text}')
    study = load_study(child, settings)
    assert away(study) == expected
    frozen = resolve(read_back(study), "child", str(child))  # as a run directory keeps it
    assert away(frozen) == expected
    assert frozen.estimates == study.estimates


def read_back(study):
    import tomllib

    import tomli_w

    return tomllib.loads(tomli_w.dumps(dict(study.resolved)))


def test_settings_that_a_study_in_between_takes_over_count(marked):
    (marked.parent / "mid.toml").write_text(
        'extends = "marked.toml"\n[[estimates]]\nname = "share"\ncalibrated = true\n[parameters]\ninnovation = 0.1\n'
    )
    child = marked.parent / "child.toml"
    child.write_text('extends = "mid.toml"\n[parameters]\nquality_floor = 0.1\n')
    assert away(load_study(marked.parent / "mid.toml")) == [""]
    assert away(load_study(child)) == ["quality_floor"]


def test_the_report_says_where_a_figure_was_fitted(marked, tmp_path):
    here = mfsolve.run(marked, out=tmp_path / "a", workers=1).summary["rows"][0]
    there = mfsolve.run(marked, out=tmp_path / "b", workers=1, parameters={"imitation": 0.7}).summary["rows"][0]
    assert (here["calibrated"], there["calibrated"]) == (True, False)
    assert there["note"] == f"calibrated with other settings: imitation; {here['note']}"


def test_marks_of_shipped_studies_hold_as_they_stand():
    marked = 0
    for name, path in shipped_studies().items():
        written = {e["name"]: e["calibrated"] for e in read_toml(path).get("estimates", []) if "calibrated" in e}
        if written:
            found = {spec.name: spec.calibrated for spec in load_study(path).estimates}
            assert {key: found[key] for key in written} == written, name
            marked += 1
    assert marked > 0


def mark_of(raw, **entry):
    """The mark of an estimate of the urn, as its resolved study has it."""
    entry = {"name": "a", "quantity": "red", "calibrated": True, **entry}
    return study_of({**raw, "estimates": [entry]}).estimates[0].calibrated


def test_marks_of_a_file_name_its_parameters_and_arms():
    raw = {
        "title": "t",
        "ensemble": {"seed": 3},
        "parameters": {"share": 0.5},
        "ways": {"draws": {"size": 3}},
        "grid": {"x": 1},
        "estimates": [{"name": "a", "calibrated": True}, {"name": "b"}, {"name": "c", "calibrated": {"x": 1}}, 7],
    }
    settings = {"parameters": {"share": 0.5}, "ways": {"draws": {"size": 3}}}
    found = with_marks(raw)
    assert found["estimates"] == [{"name": "a", "calibrated": settings}, *raw["estimates"][1:]]
    assert {**found, "estimates": raw["estimates"]} == raw
    raw["ways"]["draws"]["size"] = 4  # what is set afterwards does not change the mark
    assert found["estimates"][0]["calibrated"] == settings
    assert with_marks({"estimates": 3, "a": 1}) == {"estimates": 3, "a": 1}
    assert with_marks({"parameters": 3, "estimates": [{"calibrated": True}]})["estimates"] == [{"calibrated": {}}]


def test_a_mark_is_true_where_it_holds_at_every_point_of_its_arms():
    ways = {"draws": {"size": 3}, "counts": {}, "both": {}}
    assert mark_of({"ways": ways}, way="draws") is True
    assert mark_of({"ways": ways}, way="draws", calibrated=False) is False
    assert mark_of({"ways": ways, "grid": {"ways": {"depth": [1, 2]}}}, way="draws") is True  # of another arm
    found = mark_of({"ways": ways, "grid": {"parameters": {"share": [0.25, 0.5]}}}, way="draws")
    assert found == {
        "parameters": {"share": 0.5, "steps": 4, "kind": "plain", "wide": [1]},
        "ways": {"draws": {"rule": "draws", "size": 3, "bias": 0.0}},
    }
    both = mark_of(
        {"ways": ways, "grid": {"ways": {"both": {"size": [2, 3]}}}}, way="draws", statistic="gain", baseline="both"
    )
    assert set(both["ways"]) == {"draws", "both"}
    assert both["ways"]["both"] == {"rule": "both", "size": 2, "bias": 0.0}
    alone = mark_of({"grid": {"ways": {"size": [2, 3]}}})  # the arm of a study that names none
    assert alone["ways"] == {"draws": {"rule": "draws", "size": 2, "bias": 0.0}}


def test_a_mark_that_travelled_is_held_against_the_settings_it_names():
    raw = {"ways": {"draws": {}, "few": {"rule": "draws", "size": 5}}}
    settings = {"parameters": {}, "ways": {"draws": {}}}
    assert mark_of(raw, way="draws", calibrated=settings) is True
    assert (
        mark_of(raw, way="draws", calibrated={**settings, "parameters": {"share": 0.75}})["parameters"]["share"] == 0.75
    )
    for ways in ({}, 3, {"draws": {"rule": "both"}}, {"draws": 3}, {"few": {}}):
        found = mark_of(raw, way="draws", calibrated={"parameters": {}, "ways": ways})
        assert found["ways"] == {}  # no arm of that label and rule was fitted
    renamed = mark_of(raw, way="few", calibrated={"parameters": {}, "ways": {"few": {"rule": "draws", "size": 7}}})
    assert renamed["ways"] == {"few": {"rule": "draws", "size": 7, "bias": 0.0}}
    broken = mark_of(raw, way="draws", calibrated={"parameters": {"share": 9}, "ways": {"draws": {}}})
    assert broken["parameters"] == {"share": 9}  # as it is
    assert mark_of(raw, way="draws", calibrated={"parameters": 3, "ways": {"draws": {}}})["parameters"] == {}


def test_what_parts_a_point_from_a_mark_is_named_three_settings_at_most():
    study = study_of({"ways": {"draws": {"size": 3}}})
    (point,) = study.points
    same = {"parameters": dict(point.identity["parameters"]), "ways": {"draws": dict(point.identity["ways"])}}

    def said(parameters=(), **arm):
        there = {
            "parameters": {**same["parameters"], **dict(parameters)},
            "ways": {"draws": {**same["ways"]["draws"], **arm}},
        }
        return differing_settings(there, point, study.experiment)

    assert (
        differing_settings(True, point, study.experiment)
        == differing_settings(False, point, study.experiment)
        == said()
        == ""
    )
    assert said({"share": 0.1}) == "share"
    assert said({"share": 0.1, "steps": 1}, size=1) == "share, steps, size"
    assert said({"share": 0.1, "steps": 1}, size=1, bias=2.0) == "share, steps, size, ..."
    assert said({"bias": 1.0}, bias=2.0) == "bias"
    assert differing_settings({**same, "ways": {}}, point, study.experiment) == "draws"
    assert differing_settings({"parameters": same["parameters"]}, point, study.experiment) == "draws"
    assert differing_settings({"ways": same["ways"]}, point, study.experiment) == "share, steps, kind, ..."
