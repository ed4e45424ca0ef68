"""Rows of the report against the same statistics computed by hand from the stored replicates."""

import json
from types import SimpleNamespace

import h5py
import numpy as np
import pytest
from scipy import stats
from support.memory_run import MemoryRun

import mfsolve
from mfsolve.commands import run as commands
from mfsolve.commands import verify
from mfsolve.experiments.experiment import Output
from mfsolve.inference import intervals
from mfsolve.inference.estimate import Estimate, EstimateError, Method
from mfsolve.models import collapse
from mfsolve.models.quantities import reach_of
from mfsolve.report import rows as report
from mfsolve.report.numbers import with_interval
from mfsolve.study.file.source import StudyError
from mfsolve.study.statistics.estimate_spec import EstimateSpec

ROWS = """
[[estimates]]
name = "mean"
quantity = "contamination"
policy = "none"
at = 3
[[estimates]]
name = "difference"
statistic = "difference"
quantity = "welfare"
policy = "closed_form"
baseline = "none"
[[estimates]]
name = "gain of quality"
statistic = "gain"
quantity = "quality"
policy = "closed_form"
baseline = "none"
[[estimates]]
name = "slope"
statistic = "slope"
quantity = "quality_loss"
against = "exposure"
policy = "none"
prediction = "collapse_law_coefficient"
[[estimates]]
name = "hac"
statistic = "hac_slope"
quantity = "quality_loss"
against = "exposure"
policy = "none"
[[estimates]]
name = "fit"
statistic = "r_squared"
quantity = "quality_loss"
against = "exposure"
policy = "none"
[[estimates]]
name = "median"
statistic = "quantile"
probability = 0.5
quantity = "w2_drift"
policy = "none"
[[estimates]]
name = "no variance"
statistic = "slope"
quantity = "policy_cost"
against = "policy_cost"
policy = "none"
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory, study_text):
    folder = tmp_path_factory.mktemp("estimates")
    (folder / "small.toml").write_text(study_text.partition("[[estimates]]")[0] + ROWS)
    assert commands.run(str(folder / "small.toml"), out=str(folder / "out"), workers=2, replicates=40) == 0
    summary = json.loads((folder / "out/summary.json").read_text())
    with h5py.File(folder / "out/small.h5") as file:
        data = {p: {n: file[p][n][:] for n in file[p]} for p in ("none", "closed_form")}
    return {row["name"]: row for row in summary["rows"]}, data


def t_interval(x):
    return x.mean(), *stats.t.interval(0.95, x.size - 1, x.mean(), stats.sem(x))


def check(row, expected):
    estimate = row["estimate"]
    assert np.allclose([estimate["value"], estimate["low"], estimate["high"]], expected, rtol=1e-12)
    assert estimate["replicates"] == 40


def interval_of_mean(x):
    """Twelve contaminations and fits are skewed: their interval is not Student's."""
    found = intervals.mean(x)
    assert found.method is not intervals.Method.STUDENT
    return found.value, found.low, found.high


def test_mean_and_its_mean_field(finished):
    rows, data = finished
    check(rows["mean"], interval_of_mean(data["none"]["contamination"][:, 3]))
    exact = collapse.mean_field(collapse.Parameters(), generations=5)
    assert rows["mean"]["mean_field"] == float(exact.contamination[3])


def test_difference_is_paired(finished):
    rows, data = finished
    check(rows["difference"], t_interval((data["closed_form"]["welfare"] - data["none"]["welfare"])[:, -1]))


def test_gain_is_the_ratio_of_means_less_one(finished):
    rows, data = finished
    policy, none = (data[p]["quality"][:, -1].mean() for p in ("closed_form", "none"))
    estimate = rows["gain of quality"]["estimate"]
    assert np.isclose(estimate["value"], policy / none - 1.0, rtol=1e-12)
    assert estimate["low"] < estimate["value"] < estimate["high"]


def test_slope_fit_and_prediction(finished):
    rows, data = finished
    x, y = data["none"]["exposure"][:, 1:], data["none"]["quality_loss"][:, 1:]
    slopes = np.array([np.linalg.lstsq(a[:, None], b, rcond=None)[0][0] for a, b in zip(x, y)])
    check(rows["slope"], t_interval(slopes))
    assert rows["slope"]["predicted"] == collapse.collapse_law_coefficient(collapse.Parameters())
    assert rows["slope"]["estimate"]["low"] > rows["slope"]["predicted"] + rows["slope"]["resolution"]
    assert rows["slope"]["verdict"] == "contradicted"  # at high contamination the slope is twice the limit's
    fits = [1 - ((b - s * a) ** 2).sum() / ((b - b.mean()) ** 2).sum() for a, b, s in zip(x, y, slopes)]
    check(rows["fit"], interval_of_mean(np.array(fits)))


def test_hac_slope_is_that_of_the_mean_path(finished):
    rows, data = finished
    x, y = (data["none"][n][:, 1:].mean(axis=0) for n in ("exposure", "quality_loss"))
    assert np.isclose(rows["hac"]["estimate"]["value"], (x @ y) / (x @ x), rtol=1e-12)


def test_quantile(finished):
    rows, data = finished
    drift = data["none"]["w2_drift"][:, -1]
    estimate = rows["median"]["estimate"]
    assert drift.min() < estimate["low"] <= estimate["value"] <= estimate["high"] < drift.max()


def test_an_estimate_that_cannot_be_made_is_said_and_the_others_stand(finished):
    rows, _ = finished
    assert rows["no variance"]["estimate"]["value"] is None
    assert rows["no variance"]["note"]
    assert rows["mean"]["note"] is None


def gap(value, claimed, half=0.01, resolution=0.0, side=(1, 1), **claim):
    """Gap of a row with an estimate, its half-width, and a prediction within a resolution, bounded on these sides."""
    ends = [claimed - resolution if side[0] else -np.inf, claimed + resolution if side[1] else np.inf]
    estimate = Estimate(value, half / 2, value - half, value + half, 0.95, 64, Method.STUDENT)
    given = {"published": None, "predicted": claimed, "stated": (claimed, claimed)} | claim
    return report.Row("x", "", "mean", "y", "a", None if given["published"] is None else claimed, given["predicted"],
                      None, estimate, "cannot tell", False, allowed=tuple(ends), stated=given["stated"],
                      resolution=resolution).gap  # fmt: skip


def test_a_gap_is_a_share_of_what_is_claimed():
    assert gap(1.1, 1.0) == pytest.approx(0.1)
    assert gap(-1.1, -1.0) == pytest.approx(-0.1)
    assert gap(-0.4, -0.5, side=(0, 1)) == pytest.approx(0.2)  # at most -0.5
    assert gap(-0.6, -0.5, side=(0, 1)) is None  # a bound that holds
    assert gap(0.2, 0.181, resolution=0.05, predicted=None, published=0.181, stated=(0.131, 0.231)) is not None


@pytest.mark.parametrize(
    ("value", "claimed", "more"),
    [
        (-78.0, 3.5e-44, {"resolution": 0.03}),
        (1.0, 3.5e-44, {"half": 0.0}),
        (0.02, 0.01, {"resolution": 0.01}),
        (0.02, 0.01, {"half": 0.03}),
        (1.0, 1.0, {}),
        (1.0 + 4e-16, 1.0, {"half": 0.0}),
        (1.0, 0.0, {}),
        (0.9, 1.0 + 1e-16, {"stated": (0.5, 1.5)}),
        (-1.0 - 9.3e-14, -1.0, {"half": 1e-14}),
    ],
)
def test_a_gap_that_says_nothing_is_none(value, claimed, more):
    assert gap(value, claimed, **more) is None


@pytest.mark.parametrize(
    ("support", "statistic", "accepted", "said"),
    [
        ((0.0, 1.0), "mean", (-0.1, 0.11), (0.0, 0.11)),
        ((0.0, 1.0), "quantile", (0.9, 1.2), (0.9, 1.0)),
        ((0.0, 1.0), "difference", (-0.1, 0.11), (-0.1, 0.11)),
        (None, "mean", (-0.1, 0.11), (-0.1, 0.11)),
        ((0.0, 1.0), "mean", (-np.inf, 0.5), (-np.inf, 0.5)),
        ((0.0, 1.0), "mean", (1.2, 1.4), (1.2, 1.4)),
        (None, "share", (0.98, 1.02), (0.98, 1.0)),
    ],
)
def test_what_is_allowed_lies_where_the_quantity_can(support, statistic, accepted, said):
    spec = SimpleNamespace(statistic=statistic, quantity="y")
    sample = SimpleNamespace(reach=lambda arm, name: support, arm="a", spec=spec)
    assert report._possible(report._support(sample), accepted) == said


@pytest.mark.parametrize(
    ("meaning", "reach"),
    [
        ("synthetic share of the pool", (0.0, 1.0)),
        ("contamination at generation 10, no policy", (0.0, 1.0)),
        ("contamination above that of the rule that knows", None),
        ("quality relative to generation 0", None),
    ],
)
def test_what_is_allowed_of_a_contamination_ends_at_0_and_1(meaning, reach):
    """A measured share of 0.006 with an error of 0.05 allowed -0.1 to 0.11."""
    run = MemoryRun({"one": {"x": Output((), meaning)}}, path=None, sizes={}, replicates=32)
    run.data["one", "x"] = 0.04 + 0.001 * np.random.default_rng(1).standard_normal(32)
    run.study.estimates = [EstimateSpec(name="x", quantity="x", published=0.0057, standard_error=0.0522, rounding=1e-4)]
    (row,) = report.analyse(run)
    low, high = row.allowed
    assert (low == 0.0) is (reach is not None)
    assert high == pytest.approx(0.108, abs=0.001)
    assert reach_of(meaning) == reach


def test_small_numbers_are_beside_the_size_of_what_is_behind_them():
    """Replicates of 3e-13 were printed as 0; differences of that size between numbers of order one are rounding."""
    run = MemoryRun({"one": {"x": Output((), "x")}, "two": {"x": Output((), "x")}}, path=None, sizes={}, replicates=32)
    noise = np.random.default_rng(1).standard_normal((2, 32))
    run.data["one", "x"], run.data["two", "x"] = 3e-13 * (1.0 + 0.1 * noise)
    run.study.estimates = [
        EstimateSpec(name="mean", quantity="x", arm="one"),
        EstimateSpec(name="gap", statistic="difference", quantity="x", arm="one", baseline="two"),
        EstimateSpec(name="given", quantity="x", arm="one", published=3e-13, rounding=1e-15),
    ]
    mean, _, given = report.analyse(run)
    assert mean.scale == np.abs(run.data["one", "x"]).max()
    assert with_interval(mean.to_dict()["estimate"]) == "2.991e-13 [2.891e-13, 3.091e-13]"
    assert given.to_dict()["estimate"]["scale"] == mean.scale
    assert verify._estimate(mean.to_dict()["estimate"]) == mean.estimate  # whatever beside it is for its text
    assert given.gap is not None
    assert "scale" not in mean.to_dict()
    run.data["one", "x"] += 1.0
    run.data["two", "x"] += 1.0
    _, gap, _ = report.analyse(run)
    assert gap.scale == pytest.approx(1.0)
    assert with_interval(gap.to_dict()["estimate"]) == "0 (rounding)"


def test_a_fault_of_the_program_is_said_and_leaves_the_other_rows(monkeypatch):
    """An estimator that cannot add two of its arrays is wrong; data that allow no estimate are said in the row."""
    run = MemoryRun({"one": {"x": Output((), "x")}}, path=None, sizes={})
    run.study.estimates = [EstimateSpec(name="mean", quantity="x", arm="one")]

    def wrong(*_args, **_options):
        return np.zeros(2) + np.zeros(3)

    def refused(*_args, **_options):
        raise EstimateError("there is none")

    monkeypatch.setattr(intervals, "mean", refused)
    (row,) = report.analyse(run)
    assert (row.note, np.isnan(row.estimate.value)) == ("there is none", True)
    monkeypatch.setattr(intervals, "mean", wrong)
    said = []
    monkeypatch.setattr(report.LOG, "warning", lambda text, *given: said.append(text % given))
    run.path = "results/x"
    run.study.estimates.append(
        EstimateSpec(name="median", statistic="quantile", probability=0.5, quantity="x", arm="one")
    )
    row, other = report.analyse(run)
    assert row.note.startswith("could not be computed: ValueError: operands could not be broadcast")
    assert said == [f"results/x: 'mean' {row.note}"]
    assert np.isnan(row.estimate.value)
    assert np.isfinite(other.estimate.value)
    unreadable = StudyError("results/x/small.h5: damaged")

    def damaged(*_args, **_options):
        raise unreadable

    monkeypatch.setattr(intervals, "mean", damaged)
    with pytest.raises(StudyError):  # that is no fault of one row
        report.analyse(run)


def test_an_order_of_a_number_without_a_path_in_a_model_that_has_paths(tmp_path, monkeypatch):
    """Its limit is one number, whatever the place on the path that other rows are taken at."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.py").write_text(
        "import numpy as np\n"
        "from mfsolve.experiments import Arm, Experiment, Field, Frozen, Output, Reference, generator\n"
        "class Population(Frozen):\n    agents: int = Field(10, ge=1, description='agents')\n"
        "def draw(case, seed, replicate, threads):\n"
        "    noise = generator(seed, replicate).standard_normal() / np.sqrt(case.population.agents)\n"
        "    return {'last': np.array(2.0 + noise), 'path': np.full(4, noise)}\n"
        "def outputs(case):\n    return {'last': Output((), 'last'), 'path': Output(('t',), 'path')}\n"
        "ARM = Arm(draw=draw, drawn=outputs, coordinates=lambda case: {'t': np.arange(4.0)},\n"
        "          reference=Reference(lambda case: ('last',), lambda case: {'last': np.array(2.0)}))\n"
        "EXPERIMENT = Experiment(name='m', title='m', parameters=Frozen, population=Population, arms={'only': ARM}, path='t')\n"
    )
    (tmp_path / "s.toml").write_text(
        "model = 'm:EXPERIMENT'\nfigures = []\n[grid]\npopulation.agents = [10, 40, 160]\n"
        "[[estimates]]\nname = 'order'\nstatistic = 'order'\nquantity = 'last'\naxis = 'population.agents'\nat = 3\n"
        "[[estimates]]\nname = 'mean'\nquantity = 'last'\n[ensemble]\nreplicates = 64\n"
    )
    result = mfsolve.run("s.toml", out=tmp_path / "out", workers=1)
    order = result.table.set_index("name").loc["order"]
    assert order["estimate"] == pytest.approx(0.5, abs=0.15)
