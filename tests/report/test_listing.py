"""A study of shares: exact intervals, one-sided claims, exceptions listed row by row."""

import json

import h5py
import numpy as np
import pytest
from scipy import stats

from mfsolve.commands import run as commands
from mfsolve.models import collapse
from mfsolve.models.collapse.equilibrium_map import COLUMNS
from mfsolve.report.listing import heading, markdown, plain

STUDY = """
model = "uniqueness"
[parameters]
variance_ratio = [0.02, 0.1]
data_value = [3.0, 5.0]
[population]
economies = 300
checked = 2
listed = 4
[economies.base]
rule = "random"
[economies.eroding]
rule = "random"
erosion = [1.2, 3.0]
subsidy = [0.0, 0.0]
levy = [0.0, 0.0]
[ensemble]
replicates = 5
[[estimates]]
name = "none"
statistic = "share"
quantity = "several"
trials = "economies"
alternative = "base"
prediction = 0.01
side = "at_most"
resolution = 0.5
independent_trials = true
[[estimates]]
name = "some"
statistic = "share"
quantity = "several"
trials = "economies"
alternative = "eroding"
prediction = 0.5
side = "at_least"
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("listing")
    (folder / "small.toml").write_text(STUDY)
    assert commands.run(str(folder / "small.toml"), out=str(folder / "out"), workers=2) == 0
    with h5py.File(folder / "out/small.h5") as file:
        several = file["eroding/several"][:]
    summary = json.loads((folder / "out/summary.json").read_text())
    return summary, several, (folder / "out/table.md").read_text()


def test_shares_are_pooled_over_replicates(finished):
    summary, several, _ = finished
    none, some = summary["rows"]
    exact = stats.binomtest(int(several.sum()), 1500).proportion_ci(0.95, method="exact")
    assert several.sum() > 5
    low, high = some["estimate"]["low"], some["estimate"]["high"]
    assert low <= exact.low < exact.high <= high  # of few replicates that differ, so that it may only be wider
    assert high - low < 2.0 * (exact.high - exact.low)
    assert (none["estimate"]["value"], none["estimate"]["replicates"]) == (0.0, 1500)
    assert 0.002 < none["estimate"]["high"] < 0.003


def test_one_sided_claims_are_judged_on_their_side(finished):
    summary, _, table = finished
    none, some = summary["rows"]
    assert (none["verdict"], none["stated"], none["allowed"]) == ("supported", [None, 0.01], [None, 0.51])
    assert (some["verdict"], some["stated"], some["allowed"]) == ("contradicted", [0.5, None], [0.475, None])
    assert "≤ 0.01" in table
    assert "≥ 0.5" in table


def test_exceptions_are_listed_and_are_what_they_are_said_to_be(finished):
    summary, several, table = finished
    base, eroding = summary["listings"]
    assert (base["count"], base["rows"]) == (0, [])
    assert eroding["count"] == np.minimum(several, 4).sum()  # as many as a replicate keeps
    assert eroding["at"] == "eroding"
    assert f"eroding: {eroding['count']} rows" in table
    for values in eroding["rows"][:3]:
        row = dict(zip(eroding["columns"], values))
        economy = {k: row[k] for k in COLUMNS if k in collapse.Parameters.model_fields}
        found = collapse.equilibria(collapse.Parameters(**economy), erosion=row["erosion"])
        assert len(found) == row["equilibria"] > 1
        assert found[0].contamination == pytest.approx(row["lowest"], abs=1e-7)
        assert found[-1].contamination == pytest.approx(row["highest"], abs=1e-7)


def test_intervals_without_ends_are_listed():
    assert plain(np.array([[1.5, np.nan], [-np.inf, np.inf]])) == [[1.5, None], [None, None]]


def test_rows_that_have_names_are_named_and_counted():
    listing = {
        "name": "parts",
        "long_name": "parts",
        "at": "base_case",
        "columns": ["welfare_forgone", "x"],
        "row": "part",
        "names": ["producers", "consumers"],
        "count": 2,
        "rows": [[0.5, None], [1.0, 2.0]],
    }
    assert heading(listing) == "parts, base case: 2 rows"
    assert heading(listing | {"count": 1}) == "parts, base case: 1 row"
    lines = markdown(listing).splitlines()
    assert lines[3] == "| part | welfare forgone | x |"
    assert lines[4] == "| --- | --- | --- |"
    assert lines[5] == "| producers | 0.5 | – |"
    older = {key: value for key, value in listing.items() if key not in ("row", "names")}
    assert markdown(older).splitlines()[3] == "| welfare forgone | x |"


def test_a_divider_in_a_name_does_not_divide_a_cell():
    found = {
        "name": "a",
        "long_name": "A",
        "at": "",
        "columns": ["u|v", "w"],
        "row": "r|s",
        "names": ["x|y"],
        "count": 1,
        "rows": [[1.0, 2.0]],
    }
    assert markdown(found).splitlines()[-3:] == [
        r"| r\|s | u\|v | w |",
        "| --- | --- | --- |",
        r"| x\|y | 1 | 2 |",
    ]
