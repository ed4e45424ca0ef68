"""Bets on bounded outputs, and ratios: coverage wherever one stops, where the anytime-valid t fails."""

import math

import numpy as np
import pytest

from mfsolve.inference.anytime import BETS, Wager, bounded_mean, gain
from mfsolve.inference.simultaneous import p_value
from mfsolve.inference.stopping import anytime_reach, mixture_weight

LENGTH, STUDIES, RARE = 700, 1000, 0.05


def log_mean(logs):
    top = logs.max(axis=0)
    return top + np.log(np.exp(logs - top).mean(axis=0))


def capital(events, probability):
    """Logarithm of the mean capital after every replicate (studies, length): naive, from counts of events."""
    count, seen = np.arange(1, events.shape[1] + 1), np.cumsum(events, axis=1)
    return log_mean(
        np.array([seen * math.log(1.0 - c + c / probability) + (count - seen) * math.log(1.0 - c) for c in BETS])
    )


def test_no_stopping_rule_beats_the_bets_on_a_rare_event():
    events = np.random.default_rng(1).random((STUDIES, LENGTH)) < RARE
    above, below = capital(events, RARE), capital(~events, 1.0 - RARE)
    missed = (np.maximum(above, below) > math.log(40.0)).any(axis=1).mean()
    bound = 4.0 * math.sqrt(0.05 * 0.95 / STUDIES)
    assert missed <= 0.05 + bound
    # the anytime-valid t interval, exact for normal replicates, misses too often
    count = np.arange(1, LENGTH + 1)
    mean = np.cumsum(events, axis=1) / count
    error = np.sqrt(mean * (1.0 - mean) / np.maximum(count - 1, 1))
    weight = mixture_weight(64, 0.95)
    reach = np.array([anytime_reach(n, 0.95, weight) if n >= 16 else math.inf for n in count])
    reach[np.isinf(reach)] = 1e300
    said = np.where(error > 0.0, reach * error, math.inf)
    assert (np.abs(mean - RARE) > said).any(axis=1).mean() > 0.05 + bound
    # the class reports the capital that was simulated
    for n in (1, 7, 400):
        distinct, counts = np.unique(events[0, :n].astype(float), return_counts=True)
        wager = Wager(distinct, counts.astype(float))
        assert wager.log_capital(RARE, True) == pytest.approx(above[0, n - 1], abs=1e-11)
        assert wager.log_capital(RARE, False) == pytest.approx(below[0, n - 1], abs=1e-11)


@pytest.mark.parametrize("draw", ["event", "uniform", "one", "none", "all"])
def test_the_interval_ends_where_the_p_value_is_one_less_the_level(draw):
    rng = np.random.default_rng(2)
    samples = {
        "event": (rng.random(200) < 0.1) * 3.0 - 1.0, "uniform": rng.uniform(-1, 2, 200), "one": np.array([0.5]),
        "none": np.full(50, -1.0), "all": np.full(50, 2.0),
    }[draw]  # fmt: skip
    found = bounded_mean(samples, -1.0, 2.0, 0.9)
    assert -1.0 <= found.low <= found.value <= found.high <= 2.0
    assert found.value == pytest.approx(samples.mean(), abs=1e-14)
    for end, edge in ((found.low, -1.0), (found.high, 2.0)):
        if end != edge:
            assert found.tail(end) == pytest.approx(0.1, rel=1e-6)
            assert p_value(found, end, end) == found.tail(end)
            assert found.tail(0.5 * (end + edge)) < 0.1
    if draw in ("none", "all"):
        # nobody who bet c = 0.99 on the other side has more than 50 log(1 - c + c / (1 - m))
        assert abs(found.high - found.low) / 3.0 == pytest.approx(1.0 - math.exp(-math.log(20.0) / 50), rel=0.9)
        assert 0.0 < found.half_width < 0.5


def test_mirrored_outputs_have_the_mirrored_interval():
    samples = (np.random.default_rng(3).random(300) < 0.03) * 1.0
    found, mirrored = bounded_mean(samples, 0.0, 1.0), bounded_mean(1.0 - samples, 0.0, 1.0)
    assert (1.0 - mirrored.high, 1.0 - mirrored.low) == pytest.approx((found.low, found.high), rel=1e-9)


def test_a_ratio_that_stops_at_a_half_width_covers():
    rng = np.random.default_rng(4)
    missed = 0
    for _ in range(600):
        b = rng.normal(1.0, 0.3, 32)
        a = 1.4 * b + rng.normal(0.0, 0.3, 32)
        while not gain(a, b).half_width <= 0.1:
            more = rng.normal(1.0, 0.3, 16)
            b, a = np.append(b, more), np.append(a, 1.4 * more + rng.normal(0.0, 0.3, 16))
        found = gain(a, b)
        missed += not found.low <= 0.4 <= found.high
        assert [found.tail(end) for end in (found.low, found.high)] == pytest.approx([0.05] * 2, rel=1e-6)
    residual = a - (1.0 + found.value) * b
    assert found.standard_error == pytest.approx(residual.std(ddof=1) / math.sqrt(a.size) / b.mean(), rel=1e-12)
    mirrored = gain(-a, -b)
    assert (mirrored.value, mirrored.low, mirrored.high) == pytest.approx(
        (found.value, found.low, found.high), rel=1e-9
    )
    assert mirrored.standard_error == pytest.approx(found.standard_error, rel=1e-12)
    assert math.isnan(gain(a[:15], b[:15]).low)
    assert gain(a[:16], b[:16]).half_width > 0
    assert missed / 600 <= 0.05 + 4.0 * math.sqrt(0.05 * 0.95 / 600)


def test_a_ratio_without_a_denominator_has_no_interval():
    noise = np.random.default_rng(5).normal(size=100)
    assert math.isnan(gain(noise + 1.0, noise).half_width)
    with pytest.raises(ValueError, match="the denominator's mean is zero"):
        gain([1.0, 2.0], [1.0, -1.0])


def test_outputs_beyond_their_bounds_are_refused():
    with pytest.raises(ValueError, match=r"samples must lie in \[0, 1\], got 0\.5 to 1\.5"):
        bounded_mean([0.5, 1.5], 0.0, 1.0)
    with pytest.raises(ValueError, match="low and high must be finite and ordered"):
        bounded_mean([0.5], 0.0, math.inf)
