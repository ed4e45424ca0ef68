"""Bets on bounded outputs, and ratios: coverage wherever one stops, where the anytime-valid t fails."""

import math

import numpy as np
import pytest

from mfsolve.inference import anytime
from mfsolve.inference.anytime import RatioTail, Wager, bounded_mean, gain
from mfsolve.inference.estimate import Method
from mfsolve.inference.stopping import anytime_reach, mixture_weight
from mfsolve.inference.verdicts import p_value

LENGTH, STUDIES, RARE = 700, 1000, 0.05
BETS = [0.99, 0.9, *(0.5**k for k in range(1, 15))]


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
        # no bet has more than (1 - m)^-50, which is 20 at the first; Hoeffding's interval at 50 replicates is the second
        width = (found.high - found.low) / 3.0
        assert 1.0 - math.exp(-math.log(20.0) / 50) < width < math.sqrt(math.log(20.0) / (2 * 50))
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


def test_capital_is_the_mean_of_sixteen_gamblers():
    values, counts = np.array([0.0, 0.125, 0.5, 0.9, 1.0]), np.array([3.0, 1.0, 4.0, 2.0, 1.0])
    wager = Wager(values, counts)
    for m in (0.01, 0.4, 0.97):
        above = np.mean([np.prod((1 - c + c * values / m) ** counts) for c in BETS])
        below = np.mean([np.prod((1 - c + c * (1 - values) / (1 - m)) ** counts) for c in BETS])
        assert wager.log_capital(m, True) == pytest.approx(math.log(above), rel=1e-12)
        assert wager.log_capital(m, False) == pytest.approx(math.log(below), rel=1e-12)
    # a capital beyond all numbers has a logarithm
    assert Wager(np.array([1.0]), np.array([1e6])).log_capital(0.5, True) == pytest.approx(
        1e6 * math.log(1.99), rel=1e-5
    )


def test_one_event_in_a_million_leaves_the_end_open():
    """The smallest bet loses e^-61 before the event, which no hypothesis worth a number makes up for."""
    for event, other in ((1.0, 0.0), (-1.0, 0.0), (7.0, 9.0)):
        low, high = min(event, other), max(event, other)
        found = bounded_mean(np.append(np.full(10**6, other), event), low, high)
        assert (found.low if event > other else found.high) == other
        assert abs(found.value - other) < (found.high - found.low) < 1e-4 * (high - low)


@pytest.mark.parametrize("x", [1e-9, 0.25])
def test_one_output_alone_has_an_end_in_closed_form(x):
    """The mean of 1 - c + c x / m is linear in the bets: 40 is reached at m = x b / (39 + b), b their mean."""
    bet = np.mean(BETS)
    found, mirrored = bounded_mean([x], 0.0, 1.0), bounded_mean([-x], -1.0, 0.0)
    assert found.low == pytest.approx(x * bet / (39 + bet), rel=1e-8)
    assert (1 - found.high) == pytest.approx((1 - x) * bet / (39 + bet), rel=1e-8)
    assert (mirrored.low, mirrored.high) == pytest.approx((-found.high, -found.low), rel=1e-8)
    assert math.isnan(found.standard_error)
    assert (found.value, found.level, found.replicates, found.method) == (x, 0.95, 1, Method.BETTING)


def test_an_end_within_a_ten_trillionth_of_the_bound_is_the_bound():
    for chance, share in ((2e-12, 2e-12 * np.mean(BETS) / 2), (6e-13, 0.0)):
        found = bounded_mean([0.5], 0.0, 1.0, 1 - chance)
        assert found.low == pytest.approx(0.5 * share, rel=1e-3)
        assert 1 - found.high == pytest.approx(0.5 * share, abs=2e-16)


def test_bounds_are_hypotheses_only_of_outputs_that_are_all_there():
    tails = [bounded_mean(samples, -1.0, 2.0).tail for samples in ([-1.0] * 3, [2.0] * 3, [-1.0, 2.0])]
    assert [[tail(m) for m in (-1.5, -1.0, 2.0, 2.5)] for tail in tails] == [[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    assert tails[2](0.5) == tails[2](0.51) == 1.0


def test_the_standard_error_is_that_of_the_mean():
    samples = np.random.default_rng(6).uniform(3, 5, 30)
    found = bounded_mean(samples, 3.0, 5.0, 0.8)
    assert found.standard_error == pytest.approx(samples.std(ddof=1) / math.sqrt(30), rel=1e-12)
    assert (found.level, found.replicates) == (0.8, 30)
    wider = bounded_mean(samples, 3.0, 5.0, 0.99)
    assert wider.low < found.low < found.high < wider.high


@pytest.mark.parametrize(
    ("count", "first", "expected", "level"), [(40, 16, 64, 0.95), (9, 9, 20, 0.8), (200, 2, 20, 0.99)]
)
def test_a_ratio_solves_fiellers_equation(count, first, expected, level):
    """At both ends the mean of a - r b is as many standard errors from zero as the anytime-valid t allows."""
    rng = np.random.default_rng(7)
    b = rng.normal(2.0, 0.5, count)
    for noise in (1.0, 1e-6):
        a = -1.5 * b + noise * rng.normal(size=count)
        found = gain(a, b, level, expected, first)
        reach = anytime_reach(count, level, mixture_weight(expected, level))
        assert found.low < found.value < found.high
        assert found.value == pytest.approx(a.mean() / b.mean() - 1, rel=1e-12)
        spread = np.std(a - (1 + found.value) * b, ddof=1)
        assert found.standard_error == pytest.approx(spread / math.sqrt(count) / b.mean(), rel=1e-6)
        for end, side in ((found.low, 1), (found.high, -1)):
            apart = a - (1 + end) * b
            statistic = apart.mean() / apart.std(ddof=1) * math.sqrt(count)
            assert statistic == pytest.approx(side * reach, rel=1e-7)
            assert found.tail(end) == pytest.approx(1 - level, rel=1e-6)
        assert (found.level, found.replicates, found.method) == (level, count, Method.ANYTIME_RATIO)


def test_a_ratio_is_silent_where_nothing_can_be_said():
    a, b = np.array([1.0, 3.0, 2.0, 2.5]), np.array([1.0, 2.0, 1.5, 2.0])
    alone, early = gain(a[:1], b[:1], first=2), gain(a, b)
    same = gain(2 * b, b, first=2)
    assert (alone.value, same.value) == (0.0, 1.0)
    assert math.isnan(alone.standard_error)
    assert same.standard_error == 0.0
    assert early.standard_error > 0
    # two replicates have no reach, however soon one looks
    for found in (alone, early, same, gain(a[:2], b[:2], first=2)):
        assert (math.isnan(found.low), math.isnan(found.high), found.tail) == (True, True, None)
    assert gain(a, b, 0.5, 4, 4).half_width > 0
    assert gain(-a, -b, 0.5, 4, 4).standard_error == pytest.approx(gain(a, b, 0.5, 4, 4).standard_error, rel=1e-12)


def test_a_ratio_speaks_from_sixteen_replicates_on_and_best_at_sixty_four():
    a, b = np.random.default_rng(8).normal([[3.0], [2.0]], 0.3, (2, 64))
    assert math.isnan(gain(a[:15], b[:15]).low)
    assert gain(a[:16], b[:16]).half_width > 0
    chosen = gain(a, b)
    assert (chosen.low, chosen.high, chosen.level) == (
        *(getattr(gain(a, b, 0.95, 64, 16), end) for end in ("low", "high")),
        0.95,
    )


def test_a_difference_without_spread_is_certain():
    b = np.array([1.0, 2.0, 4.0])
    assert (RatioTail(b + 1.0, b, 5.0)(0.0), RatioTail(b, b, 5.0)(0.0)) == (0.0, 1.0)


@pytest.mark.parametrize(("call", "words"), [
    (lambda: bounded_mean([0.5, 1.5], 0.0, 1.0), r"samples: 0\.5 to 1\.5 given; allowed: \[0, 1\]"),
    (lambda: bounded_mean([-0.001, 1.0], 0.0, 1.0), r"samples: -0\.001 to 1 given; allowed: \[0, 1\]"),
    (lambda: bounded_mean([0.5], 0.0, math.inf), "low, high: 0.0 and inf given; allowed: finite"),
    (lambda: bounded_mean([0.5], -math.inf, 1.0), "low, high: -inf and 1.0 given; allowed: finite"),
    (lambda: bounded_mean([1.0], 1.0, 1.0), "low, high: 1.0 and 1.0 given; allowed: finite"),
    (lambda: bounded_mean([0.5], 0.0, 1.0, 1.0), "level: 1.0 given; allowed"),
    (lambda: bounded_mean([math.nan], 0.0, 1.0), r"samples\[0\]: nan given"),
    (lambda: gain([1.0, 2.0], [1.0, -1.0]), "the denominator's mean is zero: it has no ratio"),
    (lambda: gain([1.0, 2.0], [1.0]), "a, b: lengths 2 and 1 given; allowed: one length"),
    (lambda: gain([1.0], [1.0], 0.0), "level: 0.0 given; allowed"),
    (lambda: gain([1.0], [1.0], first=1), "first: 1 given; allowed: at least 2"),
    (lambda: gain([1.0], [1.0], expected_replicates=1), "expected_replicates: 1 given; allowed: at least 2"),
    (lambda: gain([math.inf], [1.0]), r"a\[0\]: inf given"),
    (lambda: gain([1.0], [math.nan]), r"b\[0\]: nan given"),
])  # fmt: skip
def test_what_has_no_interval_is_refused_by_name(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_a_gain_that_differs_by_rounding_does_not_stop_a_study():
    """Before the rare event that makes it differ has been seen."""
    b = 1.0 + np.random.default_rng(1).random(40)
    found = gain(1.1 * b, b)
    assert math.isnan(found.half_width)
    assert found.value == pytest.approx(0.1)
    known = gain(np.append(1.1 * b, 3.0), np.append(b, 2.0))
    assert known.half_width > 1e-3
    tail = RatioTail(1.1 * b, b, 4.0)
    assert (tail(0.1), tail(0.2) < 1e-3) == (1.0, True)


def test_a_share_is_looked_at_at_95_percent_unless_another_level_is_asked_for():
    left_out, given, lower = (anytime.share([3, 1], [10, 4], *level) for level in ((), (0.95,), (0.9,)))
    assert (left_out.low, left_out.high, left_out.level) == (given.low, given.high, 0.95)
    assert 0.0 < left_out.low < lower.low < 4 / 14 < lower.high < left_out.high < 1.0


def test_a_share_is_the_mean_of_its_trials():
    """Whatever replicates they came in: every trial is an output of 0 or 1."""
    for hits, trials in (([3, 1], [10, 4]), ([4], [14]), ([0, 0], [3, 2]), ([5], [5])):
        found = anytime.share(hits, trials, 0.9)
        one_by_one = bounded_mean(np.repeat([0.0, 1.0], [sum(trials) - sum(hits), sum(hits)]), 0.0, 1.0, 0.9)
        assert (found.value, found.low, found.high) == pytest.approx(
            (one_by_one.value, one_by_one.low, one_by_one.high), rel=1e-12
        )
        assert (found.replicates, found.method) == (sum(trials), Method.BETTING)
        assert found.standard_error == pytest.approx(math.sqrt(found.value * (1.0 - found.value) / sum(trials)))
        for hypothesis in (0.05, 0.3, 0.8):
            assert found.tail(hypothesis) == pytest.approx(one_by_one.tail(hypothesis), rel=1e-12)


@pytest.mark.parametrize("unit", [1e-140, 1e-85, 1e-60, 1e-3, 1e60, 1e140])
def test_a_ratio_has_the_same_interval_in_any_unit(unit):
    a, b = np.random.default_rng(9).normal([[3.0], [2.0]], 0.3, (2, 40))
    plain, scaled = gain(a, b), gain(unit * a, unit * b)
    assert plain.half_width > 0.0
    assert (scaled.value, scaled.standard_error, scaled.low, scaled.high) == pytest.approx(
        (plain.value, plain.standard_error, plain.low, plain.high), rel=1e-9
    )


def test_a_gain_without_an_interval_says_why():
    rng = np.random.default_rng(4)
    noise = rng.normal(size=40)
    b = 2.0 + 0.1 * rng.normal(size=40)
    for found, said in (
        (gain(b[:7], noise[:7] + 3.0), "too few replicates for an interval at any stopping time: at least 16"),
        (gain([1.0, 2.0], [2.0, 2.5], 0.999999, 1000, 2), "too few replicates for an interval at any stopping time at"),
        (gain(3.0 * b, b), "numerator and denominator are proportional so far: future values are unbounded"),
        (gain(b, noise + 0.01), "too few replicates to distinguish the denominator from zero"),
    ):
        assert math.isnan(found.low) and math.isnan(found.high)  # noqa: PT018
        assert found.note.startswith(said)
