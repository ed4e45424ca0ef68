"""`mfsolve diff` of runs that vary different settings: a single run stands beside the place of its own value."""

import json

import pytest

import mfsolve
from mfsolve.cli import main
from mfsolve.commands.diff import compare
from mfsolve.report import varied

STUDY = {
    "model": "collapse",
    "population": {"producers": 30, "items": 2, "generations": 2},
    "policies": {"none": {}, "fixed": {"subsidy": 0.1}},
    "parameters": {"imitation": 0.5},
    "ensemble": {"replicates": 3, "seed": 3, "common_random_numbers": "all"},
    "figures": [],
    "estimates": [{"name": "share", "quantity": "contamination", "policy": "fixed"}],
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A single run, runs over grids whose first value is another one, and a design."""
    made = tmp_path_factory.mktemp("runs")
    asked = {
        "single": {},
        "grid": {"grid": {"parameters": {"imitation": [0.7, 0.5]}}},
        "arm": {"grid": {"policies": {"fixed": {"subsidy": [0.3, 0.1]}}}},
        "both": {"grid": {"parameters": {"imitation": [0.5, 0.7]}, "population": {"items": [2, 3]}}},
        "design": {"design": {"kind": "zip", "over": {"parameters": {"imitation": [0.5, 0.7]}}}},
        "elsewhere": {"parameters": {"imitation": 0.6}},
    }
    for name, changes in asked.items():
        mfsolve.run({**STUDY, **changes}, out=made / name, workers=1)
    return made


def compared(runs, capsys, *names):
    code = main(["diff", *(str(runs / name) for name in names), "--json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("other", "axis", "values", "alone"),
    [
        ("grid", "parameters.imitation", [0.7, 0.5], ["imitation = 0.7"]),
        ("arm", "policies.fixed.subsidy", [0.3, 0.1], ["subsidy = 0.3"]),
        ("design", "parameters.imitation", [0.5, 0.7], ["imitation = 0.7"]),
    ],
)
def test_a_single_run_is_compared_with_the_place_of_its_own_value(runs, capsys, other, axis, values, alone):
    single = 0.1 if other == "arm" else 0.5
    code, found = compared(runs, capsys, other, "single")
    assert code == 1  # the grid has more
    assert {"name": axis, "first": values, "second": single} in found["settings"]
    assert len(found["settings"]) == (2 if other == "design" else 1)  # the kind of the design is a setting
    assert [row["at"] for row in found["estimates"]] == alone
    assert found["estimates"][0]["second"] is None
    assert found["bits"]["differ"] == []  # one seed: the same replicates
    assert found["bits"]["data_sets"] > 20
    assert all(alone[0].replace(" ", "") in name or name.endswith(axis.rpartition(".")[2])
               for name in found["bits"]["first_only"])  # fmt: skip
    assert found["bits"]["second_only"] == []
    turned = compared(runs, capsys, "single", other)[1]
    assert turned["bits"]["second_only"] == found["bits"]["first_only"]


def test_axes_that_both_have_stay(runs, capsys):
    _, found = compared(runs, capsys, "both", "grid")
    assert {"name": "population.items", "first": [2, 3], "second": 2} in found["settings"]
    assert [row["at"] for row in found["estimates"]] == ["imitation = 0.5, items = 3", "imitation = 0.7, items = 3"]
    assert found["bits"]["differ"] == []


def test_where_no_place_has_the_value_nothing_is_compared(runs, capsys):
    code, found = compared(runs, capsys, "grid", "elsewhere")
    assert code == 1
    assert [row["at"] for row in found["estimates"]] == ["imitation = 0.7", "imitation = 0.5", ""]
    assert found["bits"]["data_sets"] == 0
    assert main(["diff", str(runs / "grid"), str(runs / "elsewhere")]) == 1
    assert "bits: no data set is in both" in capsys.readouterr().out


@pytest.mark.parametrize("names", [("grid", "single"), ("single", "design"), ("both", "arm"), ("grid", "elsewhere")])
def test_nothing_is_called_none(runs, capsys, names):
    main(["diff", *(str(runs / name) for name in names)])
    printed = capsys.readouterr().out
    assert "None" not in printed
    assert "only in " in printed


def test_parts_of_places_are_taken_away_whole():
    parts = {"imitation = 0.5", "imitation=0.5"}
    assert varied.without("imitation = 0.5, items = 3", parts) == "items = 3"
    assert varied.without("imitation = 0.55", parts) == "imitation = 0.55"
    assert varied.without("none/imitation=0.5/quality", parts) == "none/quality"
    assert varied.without("none/imitation=0.5,items=3/quality", parts) == "none/items=3/quality"
    assert varied.without("a, b", parts) == "a, b"


def test_a_run_without_a_standard_error_has_no_distance_from_another(capsys, tmp_path, monkeypatch):
    """One replicate beside three: the others' error alone gave a number of standard errors."""
    study = {**STUDY, "estimates": [{"name": "kept", "quantity": "quality", "policy": "fixed"}]}
    for name, replicates in (("three", 3), ("one", 1)):
        ensemble = {**STUDY["ensemble"], "replicates": replicates}
        mfsolve.run({**study, "ensemble": ensemble}, out=tmp_path / name, workers=1)
    assert main(["diff", str(tmp_path / "three"), str(tmp_path / "one"), "--json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)["estimates"]
    assert found["first"] != found["second"]
    assert found["standard_errors"] is None
    monkeypatch.chdir(tmp_path)
    main(["diff", "three", "one"])
    row = next(line for line in capsys.readouterr().out.splitlines() if "kept" in line)
    assert row.rstrip(" │|").endswith("–")


@pytest.mark.parametrize(("first", "second", "apart"), [
    (0.3, 0.4, 2.0), (0.0, 0.5, 2.0), (0.5, 0.0, 2.0), (None, 0.5, None), (0.5, None, None), (None, None, None),
    (0.0, 0.0, None),
])  # fmt: skip
def test_both_errors_are_needed_for_a_distance(first, second, apart):
    """A deterministic estimate has an error of 0, one replicate of what is random has none."""

    def run(value, error):
        estimate = {"value": value, "standard_error": error, "low": None, "high": None}
        rows = [{"name": "x", "place": "", "estimate": estimate, "verdict": None}]
        return {"summary": {"study": {}, "rows": rows}, "digests": {}, "made_by": {"versions": {}, "code": ""}}

    (row,) = compare(run(1.0, first), run(2.0, second))["estimates"]
    assert row["standard_errors"] == (apart and pytest.approx(apart))
