"""Arms of the study `replication_attack` return what they declare; replicates of two seeds share no orders."""

import numpy as np
import pytest
from support.arms import check_what_is_declared

from mfsolve.experiments import replication_attack
from mfsolve.experiments.replication_attack import EXPERIMENT
from mfsolve.study.audit.audit_design import base_case


@pytest.mark.parametrize("name", list(EXPERIMENT.arms))
def test_arms_return_what_they_declare(name):
    check_what_is_declared(EXPERIMENT, name)


@pytest.mark.parametrize(("name", "output"), [("copies", "shapley_gain"), ("splits", "split_gain")])
def test_replicates_of_two_seeds_share_no_orders(monkeypatch, name, output):
    """In one market for all, so that only the orders differ."""
    one = replication_attack.market(base_case(EXPERIMENT, name), 1, 0)
    monkeypatch.setattr(replication_attack, "market", lambda *which: one)
    arm, case = EXPERIMENT.arms[name], base_case(EXPERIMENT, name)
    found = {float(arm.draw(case, seed, replicate, 1)[output]) for seed in (1, 2, 3) for replicate in range(3)}
    assert len(found) == 9


def test_efforts_are_the_planners():
    loading, effort = replication_attack.market(base_case(EXPERIMENT, "copies"), 1, 0)
    aggregate = (loading * effort).sum() / (1.0 + (loading**2 * effort).sum())
    np.testing.assert_allclose(effort, (1.0 - loading * aggregate) ** 2, rtol=1e-9)  # MODEL 4.1, k = 1, g = 2
