"""Finite populations in transition: their limit, their bits, refusals; the layers of MODEL 5 (MODEL 5.2)."""

import numpy as np
import pytest
from support import cpus
from support.transition import off_the_limit

from mfsolve.models import agents, transition
from mfsolve.models.transition.grid_two_skills import TwoSkillParameters

QUICK = transition.Parameters(diffusion=5e-3, learning=0.02, temperature=3e-3)
PLANE = TwoSkillParameters(ramp=1.0)
TIMES = [0.0, 3.0, 6.0]


@pytest.mark.parametrize(
    ("choice", "policy"),
    [
        ("frictional", transition.LaissezFaire()), ("frictional", transition.Tax(rate=2e-3)),
        ("frictional", transition.ReskillingSubsidy(grant=0.1)), ("instant", transition.Tax(rate=2e-3)),
    ],
)  # fmt: skip
def test_populations_follow_the_grid(choice, policy):
    """Twelve populations: means within 5 standard errors of the grid (t of 11 degrees of freedom, 21 figures).

    The step's bias, 0.03 dt of the share who work by hand, is a third of that share's standard error.
    """
    p = QUICK.changed(choice=choice)
    paths = [
        transition.simulate(p, 2000, TIMES, 3, r, resolution=transition.Resolution(1 / 32), policy=policy)
        for r in range(12)
    ]
    limit = transition.mean_field(p, 200, TIMES, dt=1 / 16, policy=policy)
    names = ("human", "ai_volume", "mean_skill", "human_skill", "exited", "welfare", "equality")
    assert np.abs(off_the_limit(paths, limit, names)).max() < 5.0
    assert np.ptp([float(path.human[-1]) for path in paths]) > 0.0


def test_density_of_a_population_is_that_of_the_grid():
    found = transition.simulate(QUICK, 40_000, [4.0], 5, resolution=transition.Resolution(1 / 32, 10)).density.values[0]
    expected = transition.mean_field(QUICK, 200, [4.0], dt=1 / 16).density.values[0].reshape(10, 20).mean(axis=1)
    share = expected / 10
    error = 10 * np.sqrt(share * (1 - share) / 40_000)
    assert found.mean() == pytest.approx(1.0, rel=1e-12)
    assert np.abs((found - expected) / error).max() < 4.5
    two = transition.two_skill_simulate(
        PLANE, 2000, [1.0], 5, resolution=transition.Resolution(0.125, 6)
    ).density.values[0]
    assert two.shape == (6, 6)
    assert two.mean() == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("choice", ["frictional", "instant"])
def test_threads_and_blocks_do_not_change_a_bit(choice, monkeypatch):
    p = QUICK.changed(choice=choice)
    monkeypatch.setattr("mfsolve.models.parallel.BLOCK", 256)
    one, three = (
        transition.simulate(p, 1500, TIMES, 3, 2, resolution=transition.Resolution(0.25), threads=n) for n in (1, 3)
    )
    assert one.identical(three)
    flat = [
        transition.two_skill_simulate(PLANE, 1500, TIMES, 3, 2, resolution=transition.Resolution(0.25), threads=n)
        for n in (1, 3)
    ]
    assert flat[0].identical(flat[1])
    other = transition.simulate(p, 1500, TIMES, 3, 3, resolution=transition.Resolution(0.25))
    assert float(other.mean_skill[-1]) != float(one.mean_skill[-1])


def test_a_path_does_not_depend_on_where_it_is_looked_at():
    often = transition.simulate(QUICK, 500, np.arange(0.0, 6.5, 0.5), 3, resolution=transition.Resolution(0.25))
    seldom = transition.simulate(QUICK, 500, [6.0], 3, resolution=transition.Resolution(0.25))
    for name in ("human", "fall", "trough_time", "recovered", "mean_skill"):
        assert float(often[name][-1]) == float(seldom[name][-1]), name


def test_steps_at_which_occupations_would_swing_about_are_refused():
    fee = transition.CongestionFee(slope=0.5)
    with pytest.raises(ValueError, match=r"dt: 0.25 given; allowed: \(0, .*swing about"):
        transition.simulate(transition.Parameters(), 100, TIMES, 3, resolution=transition.Resolution(0.25), policy=fee)
    transition.simulate(transition.Parameters(), 100, TIMES, 3, resolution=transition.Resolution(0.25))
    transition.simulate(
        transition.Parameters(choice="instant"), 100, TIMES, 3, resolution=transition.Resolution(0.25), policy=fee
    )


@pytest.mark.parametrize("simulate", [transition.simulate, transition.two_skill_simulate])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"creators": 1}, r"creators: 1 given.*\[2"),
        ({"creators": 2.5}, "creators: 2.5 given"),
        ({"seed": -1}, "seed"),
        ({"replicate": 2**32}, "replicate"),
        ({"resolution": transition.Resolution(-1.0)}, "dt: -1.0 given"),
        ({"threads": 0}, r"threads: 0 given.*\[1"),
        ({"resolution": transition.Resolution(0.1, -1)}, "bins: -1 given"),
        ({"times": []}, "times"),
    ],
)
def test_nonsense_is_refused(simulate, arguments, message):
    p = QUICK if simulate is transition.simulate else PLANE
    with pytest.raises(ValueError, match=message):
        simulate(**{"parameters": p, "creators": 100, "times": TIMES, "seed": 1} | arguments)


def test_a_population_needs_a_policy_with_its_numbers():
    with pytest.raises(ValueError, match="policy: 'tax' given"):
        transition.simulate(QUICK, 100, TIMES, 1, policy="tax")
    with pytest.raises(ValueError, match="rate: not given"):
        transition.simulate(QUICK, 100, TIMES, 1, policy=transition.Tax())


def test_the_layers_agree_on_the_retreat():
    """Neither is the limit of the other: both lose creators, and those who stay shift from technical to creative."""
    flow = transition.two_skill_mean_field(TwoSkillParameters(), 24, [0.0, 30.0], dt=0.5)
    learned = agents.mean_field(agents.Parameters(), agents.Population(reference=40))
    for data, survivors in ((flow, flow.survivors), (learned, learned.surviving)):
        assert float(survivors[-1]) < float(survivors[0]), data
    assert float(flow.survivors_technical[-1] - flow.survivors_technical[0]) < 0.0
    assert float(flow.survivors_creative[-1] - flow.survivors_creative[0]) > 0.0
    assert float(learned.technical_change[-1]) < 0.0
    assert float(learned.creative_change[-1]) > 0.0


SCRIPT = """
import hashlib
import numpy as np
from mfsolve.models import transition
h = hashlib.sha256()
p = transition.Parameters(diffusion=5e-3, learning=0.02)
two = transition.TwoSkillParameters(ramp=1.0)
times = [0.0, 2.0, 5.0]
for data in (
    transition.mean_field(p, 60, times, dt=0.25, policy=transition.CongestionFee(slope=0.01)),
    transition.mean_field(p.changed(choice="instant"), 60, times, dt=0.25),
    transition.simulate(p, 2000, times, 1, resolution=transition.Resolution(0.25)),
    transition.simulate(p.changed(choice="instant"), 2000, times, 1, resolution=transition.Resolution(0.25)),
    transition.two_skill_mean_field(two, 20, times),
    transition.two_skill_simulate(two, 2000, times, 1),
):
    for name in sorted(data):
        h.update(np.ascontiguousarray(data[name].values).tobytes())
print(h.hexdigest())
"""


@pytest.mark.slow
@pytest.mark.exhaustive
def test_same_bits_on_every_cpu():
    assert len(cpus.outputs(SCRIPT)) == 1
