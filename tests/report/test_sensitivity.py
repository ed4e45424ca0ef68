"""Sensitivities of a study whose points are noisy: what is known of the noise decides what is said."""

from types import SimpleNamespace

import numpy as np
import pytest
from support.memory_run import MemoryRun

from mfsolve.experiments.experiment import Output
from mfsolve.inference import intervals
from mfsolve.inference.sobol_indices import UNKNOWN_NOISE
from mfsolve.report import sensitivity
from mfsolve.report.sensitivity import SHARED, sensitivities
from mfsolve.study.file import designs
from mfsolve.study.file.designs import DesignKind
from mfsolve.study.statistics.estimate_spec import EstimateSpec

AXES = ("p.active", "p.idle")
POINTS = 64


class Noisy(MemoryRun):
    """The active setting plus noise with a standard deviation of 0.3, of which replicate 1 has none."""

    def __init__(self, rows, replicates, sharing="policies"):
        axes = {axis: [row[axis] for row in rows] for axis in AXES}
        super().__init__(
            {"one": {"loss": Output((), "loss of quality")}}, path=None, sizes={}, replicates=replicates, axes=axes
        )
        rng = np.random.default_rng(2)
        noise = 0.3 * rng.standard_normal((len(rows), replicates))
        noise = noise[:1] if sharing == "all" else noise
        place = {(row["p.active"], row["p.idle"]): k for k, row in enumerate(rows)}
        self.loss = np.array([row["p.active"] for row in rows])[:, None] + noise
        self.where = lambda point: place[tuple(point.coordinates[axis] for axis in AXES)]
        self.study.ensemble.common_random_numbers = sharing
        self.study.estimates = [EstimateSpec(name="loss", quantity="loss", arm="one")]

    def values(self, point, name):
        return self.loss[self.where(point)]


def found(kind, replicates, sharing="policies"):
    unit = designs.MADE[kind](POINTS, 2, 4)
    rows = [dict(zip(AXES, point)) for point in unit.tolist()]
    run = Noisy(rows, replicates, sharing)
    settings = SimpleNamespace(kind=kind, seed=4)
    run.study.sweep.design = SimpleNamespace(axes=AXES, rows=rows, settings=settings)
    rows = [
        SimpleNamespace(name="loss", estimate=intervals.mean(values), deterministic=False, scale=None)
        for values in run.loss
    ]
    (one,) = sensitivities(run, rows)
    return one


def test_noise_of_single_replicates_is_not_taken_for_none():
    """With a standard error of 0 the idle setting had a total index of 0.5 and an interval above 0."""
    one = found(DesignKind.SALTELLI, 1)
    for index in (index for both in one.axes.values() for index in both):
        assert np.isnan([index.low, index.high, index.standard_error]).all()
        assert index.note == UNKNOWN_NOISE
    assert one.axes["p.idle"][1].value > 0.3  # which the note is about
    (line,) = sensitivity.notes([one.to_dict()])
    assert line == f"4 of 4 numbers: {UNKNOWN_NOISE}."
    assert line in sensitivity.markdown([one.to_dict()])


@pytest.mark.parametrize("replicates", [2, 3, 8])
def test_known_noise_is_taken_off(replicates):
    one = found(DesignKind.SALTELLI, replicates)
    assert one.axes["p.idle"][1].low <= 0.0 <= one.axes["p.idle"][1].high
    assert one.axes["p.active"][0].low <= 1.0 <= one.axes["p.active"][0].high
    assert sensitivity.notes([one.to_dict()]) == []


@pytest.mark.parametrize("replicates", [1, 3])
def test_noise_that_all_points_share_has_a_note(replicates):
    one = found(DesignKind.SALTELLI, replicates, "all")
    (active, total), idle = one.axes["p.active"], one.axes["p.idle"]
    assert total.low <= 1.0 <= total.high
    assert active.note == total.note == SHARED.format("interaction")
    assert [index.value for index in idle] == [0.0, 0.0]  # nothing changed: there is no noise in it
    assert SHARED.format("interaction") not in idle[1].note


def test_sizes_of_effects_say_what_noise_alone_would_give():
    size, mean, spread = found(DesignKind.MORRIS, 1).axes["p.idle"]
    assert size.note == mean.note == spread.note == UNKNOWN_NOISE  # of the mean, too: trajectories meet
    assert np.isnan([size.low, mean.low, spread.low]).all()
    size, mean, spread = found(DesignKind.MORRIS, 8).axes["p.idle"]
    # noise of 0.3 / sqrt(8) at both ends of steps of 2/3
    alone = 0.3 / np.sqrt(8) * np.sqrt(2) * 1.5
    said = "includes the noise of replicates, which alone would give"
    assert size.note.startswith(said)
    assert spread.note.startswith(said)
    assert float(size.note.rpartition(" ")[2]) == pytest.approx(np.sqrt(2 / np.pi) * alone, rel=0.1)
    assert float(spread.note.rpartition(" ")[2]) == pytest.approx(alone, rel=0.1)
    assert mean.note is None


def test_errors_are_those_of_replicates():
    """Equal replicates have an error of 0, where the interval of their mean knows none; what is solved has none."""
    rows = [{"p.active": 0.5, "p.idle": 0.5}]
    run = Noisy(rows, 5)
    run.loss[:] = 2.0
    spec = run.study.estimates[0]
    row = SimpleNamespace(estimate=intervals.mean(run.loss[0]), deterministic=False)
    assert np.isnan(row.estimate.standard_error)
    assert sensitivity._noise(run, spec, [(rows[0], row)]) == [0.0]
    row.deterministic = True
    assert sensitivity._noise(run, spec, [(rows[0], row)]) == [0.0]


def test_a_divider_in_a_name_does_not_divide_a_cell():
    number = {"value": 1.0, "low": 0.5, "high": 1.5, "method": "exact", "level": 0.95, "replicates": 3}
    found = [{"name": "a|b", "place": "x = c|d", "kind": "morris", "axes": {"p|q": {"μ*": number}}}]
    line = next(line for line in sensitivity.markdown(found).splitlines() if line.startswith("| a"))
    assert line.startswith(r"| a\|b | x = c\|d | p\|q | ")
    assert line.replace(r"\|", "").count("|") == 5


def test_a_setting_without_a_number_is_ranked_last():
    def sized(value):
        return (SimpleNamespace(value=value),) * 2

    one = sensitivity.Sensitivity("y", "", DesignKind.SALTELLI, {"a": sized(0.1), "b": sized(float("nan"))})
    assert sorted(["a", "b"], key=one.reach) == ["b", "a"]


def test_a_sensitivity_that_fails_is_said_and_costs_nothing_else(monkeypatch):
    def fail(*unused):
        raise ValueError("no such thing")

    monkeypatch.setattr(sensitivity, "_of", fail)
    said = []
    monkeypatch.setattr(sensitivity.LOG, "warning", lambda text, *given: said.append(text % given))
    monkeypatch.setattr(Noisy, "path", "results/noisy", raising=False)
    with pytest.raises(ValueError, match="not enough values"):  # none is left
        found(DesignKind.MORRIS, 4)
    assert said == ["results/noisy: the sensitivity of 'loss' could not be computed: ValueError: no such thing"]
