"""Rounds of replicates: what cannot become narrower is said at once, and not waited for."""

from types import SimpleNamespace

import numpy as np
import pytest
from support.memory_run import MemoryRun

from mfsolve.commands import precision
from mfsolve.commands.precision import Target, complete, still_wide
from mfsolve.experiments.experiment import Output
from mfsolve.inference.stopping import EQUAL
from mfsolve.report.rows import analyse
from mfsolve.study.file.precision import patience
from mfsolve.study.statistics.estimate_spec import EstimateSpec


@pytest.fixture
def rounds(monkeypatch):
    """Replicates of every round, and what was said, of a study whose targets a function of the replicates gives."""

    def run(targets, most=5000):
        ensemble = SimpleNamespace(replicates=16, most_replicates=most, level=0.95)
        directory = SimpleNamespace(study=SimpleNamespace(ensemble=ensemble), freeze=lambda: None)
        counts, said = [], []

        def more(study, count):
            return SimpleNamespace(ensemble=SimpleNamespace(**{**vars(study.ensemble), "replicates": count}))

        monkeypatch.setattr(precision, "still_wide", lambda held: iter(targets(held.study.ensemble.replicates)))
        monkeypatch.setattr(precision, "with_replicates", more)
        for name in ("say", "warn"):
            monkeypatch.setattr(precision, name, said.append)
        assert complete(directory, lambda held: counts.append(held.study.ensemble.replicates) or 0) == 0
        return counts, said

    return run


def test_a_row_without_a_value_is_said_at_once_and_no_replicate_is_spent_on_it(rounds):
    nothing = Target("y, a = 1", np.inf, "y is not a number in 3 of 16 replicates", hopeless=True)
    counts, said = rounds(lambda count: [nothing])
    assert counts == [16]
    assert said[0].startswith("y, a = 1: no interval of the requested half-width: y is not a number in 3 of 16")
    assert said[-1].startswith("y, a = 1: half-width not reached: y is not a number")


def test_other_rows_go_on_beside_one_that_cannot(rounds):
    nothing = Target("y, a = 1", np.inf, "y is not a number", hopeless=True)
    counts, said = rounds(lambda count: [nothing, Target("z", 1.5 * (16 / count) ** 0.5)])
    assert len(counts) == 2
    assert sum(line.startswith("y, a = 1: no interval") for line in said) == 1
    assert said[-1].startswith("y, a = 1: half-width not reached")
    assert not any("all requested" in line for line in said)


def test_equal_replicates_are_waited_for_as_long_as_a_rare_event_takes(rounds):
    assert patience(0.95) == 299  # 0.99^299 < 0.05
    counts, said = rounds(lambda count: [Target("d, a = 0", np.inf, EQUAL)])
    assert counts == [16, 32, 64, 128, 256, 512]
    assert "d, a = 0: no interval" in said[0]
    assert "until 299 replicates" in said[0]
    assert "half-width not reached: all replicates are equal" in said[-1]
    # the event comes: the row is waited for as any other
    counts, said = rounds(
        lambda count: [Target("d", 3.0 * (64 / count) ** 0.5 if count > 32 else np.inf, None if count > 32 else EQUAL)]
    )
    assert counts[-1] > 512
    assert said[-1].endswith("all requested half-widths are reached")


def test_a_difference_that_is_zero_at_one_place_has_its_place_and_a_row_that_says_so():
    run = MemoryRun({"one": {"x": Output((), "x")}, "two": {"x": Output((), "x")}}, path=None, sizes={}, replicates=40)
    run.data["two", "x"] = run.data["one", "x"].copy()
    run.study.estimates = [
        EstimateSpec(name="gap", statistic="difference", quantity="x", arm="one", baseline="two", half_width=0.1)
    ]
    (target,) = still_wide(run)
    assert (target.name, target.equal, target.hopeless) == ("gap", True, False)
    (row,) = analyse(run)
    assert row.note == f"{EQUAL}; half-width not reached: 0.1 asked"
    run.data["two", "x"] = run.data["one", "x"] + np.linspace(-1e-6, 1e-6, 40)
    (row,) = analyse(run)
    assert "not reached" not in (row.note or "")
    run.data["two", "x"][0] = np.nan
    (target,) = still_wide(run)
    assert target.hopeless
    assert "is not a number in 1 of 40 replicates" in target.silence
