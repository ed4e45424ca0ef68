"""`mfsolve diff` of runs that vary different settings: a single run stands beside the place of its own value."""

import json
import re

import numpy as np
import pytest

import mfsolve
from mfsolve.cli import main
from mfsolve.commands.diff import compare
from mfsolve.report import comparable_places
from mfsolve.study.file.toml_text import as_toml

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
    assert comparable_places.without("imitation = 0.5, items = 3", parts) == "items = 3"
    assert comparable_places.without("imitation = 0.55", parts) == "imitation = 0.55"
    assert comparable_places.without("none/imitation=0.5/quality", parts) == "none/quality"
    assert comparable_places.without("none/imitation=0.5,items=3/quality", parts) == "none/items=3/quality"
    assert comparable_places.without("a, b", parts) == "a, b"


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
        study = {"ensemble": {"seed": value}}
        return {"summary": {"study": study, "rows": rows}, "digests": {}, "made_by": {"versions": {}, "code": ""}}

    (row,) = compare(run(1.0, first), run(2.0, second))["estimates"]
    assert row["standard_errors"] == (apart and pytest.approx(apart))


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    """Runs of one seed, one of them with fewer replicates, and of another."""
    folder = tmp_path_factory.mktemp("pairs")
    estimates = [
        {"name": "mean", "quantity": "contamination", "policy": "fixed"},
        {"name": "gain", "statistic": "gain", "quantity": "quality", "policy": "fixed", "baseline": "none"},
    ]
    for name, imitation, replicates, seed in (
        ("one", 0.5, 40, 1), ("other", 0.6, 40, 1), ("fewer", 0.6, 30, 1), ("seed", 0.6, 40, 2)
    ):  # fmt: skip
        study = {
            **STUDY, "parameters": {"imitation": imitation}, "estimates": estimates,
            "ensemble": {"replicates": replicates, "seed": seed},
        }  # fmt: skip
        mfsolve.run(study, out=folder / name, workers=1)
    return folder


class TestRunsThatShareRandomNumbers:
    """Two runs of one seed are no independent ones: their replicates are pairs."""

    @staticmethod
    def values(folder, name):
        return mfsolve.open(folder / name).data.contamination.sel(arm="fixed").isel(generation=-1).to_numpy().ravel()

    def test_their_difference_has_the_error_of_pairs(self, seeds, capsys):
        _, found = compared(seeds, capsys, "one", "other")
        mean, gain = found["estimates"]
        a, b = self.values(seeds, "one"), self.values(seeds, "other")
        apart = (b - a).mean() / ((b - a).std(ddof=1) / 40**0.5)
        assert mean["standard_errors"] == pytest.approx(apart, rel=1e-9)
        unpaired = (b - a).mean() / ((a.var(ddof=1) + b.var(ddof=1)) / 40) ** 0.5
        assert abs(apart) > 1.2 * abs(unpaired)  # what was printed
        assert {mean["standard_errors_of"], gain["standard_errors_of"]} == {"pairs of replicates"}

    def test_of_other_numbers_of_replicates_those_in_common_are_pairs(self, seeds, capsys):
        _, found = compared(seeds, capsys, "one", "fewer")
        a, b = self.values(seeds, "one"), self.values(seeds, "fewer")
        square = a.var(ddof=1) / 40 + b.var(ddof=1) / 30 - 2 * np.cov(a[:30], b)[0, 1] / 40
        assert found["estimates"][0]["standard_errors"] == pytest.approx((b.mean() - a.mean()) / square**0.5, rel=1e-9)

    def test_other_seeds_are_independent(self, seeds, capsys):
        _, found = compared(seeds, capsys, "one", "seed")
        a, b = self.values(seeds, "one"), self.values(seeds, "seed")
        apart = (b.mean() - a.mean()) / ((a.var(ddof=1) + b.var(ddof=1)) / 40) ** 0.5
        assert found["estimates"][0]["standard_errors"] == pytest.approx(apart, rel=1e-9)
        assert found["estimates"][0]["standard_errors_of"] == "independent runs"
        main(["diff", str(seeds / "one"), str(seeds / "seed")])
        assert "standard errors apart: of independent runs" in capsys.readouterr().out

    def test_a_page_holds_no_replicates(self, seeds, tmp_path, capsys):
        page = str(tmp_path / "page.html")
        assert main(["report", str(seeds / "other"), "--page", page]) == 0
        main(["diff", str(seeds / "one"), page])
        printed = capsys.readouterr().out
        assert "no difference of mean, gain: the runs have one seed, and replicates to pair are in run" in printed
        main(["diff", str(seeds / "seed"), page])
        assert "standard errors apart: of independent runs" in capsys.readouterr().out


def test_the_mark_of_a_figure_is_one_row_whatever_it_was_fitted_with(tmp_path, capsys, monkeypatch):
    """One changed parameter was followed by a row for each setting that a figure had been fitted with."""
    fitted = {**STUDY["estimates"][0], "published": 0.3, "resolution": 0.1, "calibrated": True}
    file = tmp_path / "fitted.toml"
    file.write_text(as_toml({**STUDY, "estimates": [fitted]}))
    for name, value in (("one", 0.5), ("other", 0.6), ("third", 0.7)):
        mfsolve.run(file, out=tmp_path / name, workers=1, parameters={"imitation": value})
    _, found = compared(tmp_path, capsys, "one", "other")
    assert found["settings"] == [
        {"name": "parameters.imitation", "first": 0.5, "second": 0.6},
        {"name": "estimates[share].calibrated", "first": True, "second": False},
    ]
    _, found = compared(tmp_path, capsys, "other", "third")
    assert [row["name"] for row in found["settings"]] == ["parameters.imitation"]
    monkeypatch.chdir(tmp_path)
    main(["diff", "one", "other"])
    assert re.search(r"calibrated\W+yes\W+no\b", capsys.readouterr().out)
