"""The mark `calibrated`: it holds with the settings that it was made with, and is never inherited in silence."""

import pytest

import mfsolve
from mfsolve.claims import shipped_studies
from mfsolve.study.config import load_study, read_toml, resolve
from mfsolve.study.marks import apart

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
        apart(spec.calibrated, p, study.experiment) if spec.calibrated else "no mark"
        for p in study.points
        if p.arm == "fixed"
    ]


CASES = {
    "as it stands": ("", [], [""]),
    "the same, written out": ("[parameters]\nimitation = 0.6\ninnovation = 0.0\n", [], [""]),
    "more producers and another seed": ("[population]\nproducers = 80\n[ensemble]\nseed = 9\n", [], [""]),
    "another parameter": ("[parameters]\nimitation = 0.7\n", [], ["imitation"]),
    "another arm's setting": ("[policies.other]\nrule = \"fixed\"\nsubsidy = 0.9\n", [], [""]),
    "the arm's own setting": ("[policies.fixed]\nsubsidy = 0.3\n", [], ["subsidy"]),
    "set": ("", ["parameters.imitation=0.7"], ["imitation"]),
    "set to what it is": ("", ["parameters.imitation=0.6"], [""]),
    "a grid": ("[grid]\nparameters.imitation = [0.5, 0.6]\n", [], ["imitation", ""]),
    "fitted anew": (
        '[parameters]\nimitation = 0.7\n[[estimates]]\nname = "share"\ncalibrated = true\n', [], [""]
    ),
    "taken away": ('[[estimates]]\nname = "share"\ncalibrated = false\n', [], ["no mark"]),
}  # fmt: skip


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
    for name, path in shipped_studies().items():
        written = {e["name"]: e["calibrated"] for e in read_toml(path).get("estimates", []) if "calibrated" in e}
        if written:
            found = {spec.name: spec.calibrated for spec in load_study(path).estimates}
            assert {key: found[key] for key in written} == written, name
