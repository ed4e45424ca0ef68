"""Columns and paths as statistics read them, and the intervals under which a study stops, on numbers told in the head."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from support.urn import study_of

from mfsolve.inference import anytime as intervals
from mfsolve.inference.regression import through_origin
from mfsolve.inference.stopping import AnytimeMean
from mfsolve.study.file.precision import anytime, following, half_width, targets, with_replicates
from mfsolve.study.file.settings import Ensemble
from mfsolve.study.statistics import sample
from mfsolve.study.statistics.estimate_spec import EstimateSpec

RNG = np.random.default_rng(1)
PATHS = {"y": RNG.normal(1.0, 1.0, (40, 6)), "x": RNG.normal(2.0, 1.0, (40, 6))}


class Replicates:
    """A sample of two arms: `a`, whose supports are given, and `b`; paths come 25 replicates at a time."""

    arm, level, seed, replicates, paired = "a", 0.9, 3, 40, True

    def __init__(self, support=None, **columns):
        self.held, self.known = columns, support

    def column(self, arm, name):
        return np.asarray(self.held[f"{arm}_{name}"], dtype=float)

    def support(self, arm, name):
        assert arm == "a"
        return self.known

    def paths(self, arm, *names):
        assert arm == "a"
        for start in (0, 25):
            yield [PATHS[name][start : start + 25] for name in names]

    def paths_along_axis(self, *names):
        yield [PATHS[name] for name in names]
        yield [2.0 * PATHS[name] + 1.0 for name in names]


class Path:
    """Paths of what is not random."""

    arm = "a"

    def path(self, arm, name):
        assert arm == "a"
        return {"y": np.array([5.0, 1.0, 2.0]), "x": np.array([3.0, 0.0, 4.0]), "zero": np.array([7.0, 0.0, 0.0])}[name]


def spec(**given):
    return EstimateSpec(**{"name": "n", "quantity": "y", **given})


SLOPE = {"statistic": "slope", "against": "x"}


def test_values_that_rounding_has_put_beyond_their_support_are_at_its_ends():
    values = np.array([-1e-13, 0.5, 1.0 + 5e-13, -1e-11, 1.0 + 1e-11])
    assert sample.into((0.0, 1.0), values).tolist() == [0.0, 0.5, 1.0, -1e-11, 1.0 + 1e-11]
    ends = np.array([-1e-12, math.nextafter(-1e-12, -1.0)])  # as far as counts, and a bit farther
    assert sample.into((0.0, 1.0), ends).tolist() == [0.0, ends[1]]
    assert sample.into(None, values) is values
    found, support = sample.within_support(spec(), Replicates((0.0, 1.0), a_y=values))
    assert (found.tolist()[:3], support) == ([0.0, 0.5, 1.0], (0.0, 1.0))


def test_what_is_solved_stands_beside_every_replicate():
    for a, b, both in (
        ([1, 2], [3, 4], ([1, 2], [3, 4])),
        ([1, 2], [5], ([1, 2], [5, 5])),
        ([5], [1, 2], ([5, 5], [1, 2])),
    ):
        found = sample.with_baseline(spec(baseline="b"), Replicates(a_y=a, b_y=b))
        assert tuple(part.tolist() for part in found) == both
    found = sample.with_baseline(spec(baseline="b"), Replicates(a_y=[1, 2, 3], b_y=[1, 2]))
    assert [part.size for part in found] == [3, 2]  # of arms with numbers of their own


def test_a_regression_leaves_the_first_place_out():
    x, y = sample.regressors(spec(**SLOPE), Path())
    assert (x.tolist(), y.tolist()) == ([0.0, 4.0], [1.0, 2.0])
    with pytest.raises(KeyError, match="zero"):
        sample.regressors(spec(statistic="slope", against="zero"), Path())


def by_hand(x, y):
    """Slope through the origin and centred R^2."""
    slope = (x * y).sum() / (x * x).sum()
    return slope, 1.0 - ((y - slope * x) ** 2).sum() / ((y - y.mean()) ** 2).sum()


def test_every_replicate_has_a_regression_of_its_own():
    slopes, fits = sample.fits_of_paths(spec(**SLOPE), Replicates())
    wanted = [by_hand(PATHS["x"][r, 1:], PATHS["y"][r, 1:]) for r in range(40)]
    assert np.stack([slopes, fits], axis=1) == pytest.approx(np.array(wanted), rel=1e-12)
    slopes, fits = sample.pooled_fits(spec(**SLOPE), Replicates())
    pooled = [
        by_hand(*(np.concatenate([PATHS[name][r, 1:], 2.0 * PATHS[name][r, 1:] + 1.0]) for name in "xy"))
        for r in range(40)
    ]
    assert np.stack([slopes, fits], axis=1) == pytest.approx(np.array(pooled), rel=1e-12)


def test_a_regressor_of_zeros_is_named(monkeypatch):
    monkeypatch.setitem(PATHS, "none", np.zeros((40, 6)))
    with pytest.raises(ValueError, match=r"^none is zero, or y constant, throughout a path$"):
        sample.fits_of_paths(spec(statistic="slope", against="none"), Replicates())


def test_the_mean_path_is_that_over_all_replicates():
    assert sample.mean_path(Replicates(), "y") == pytest.approx(PATHS["y"].mean(axis=0), rel=1e-13)


def test_a_published_series_is_the_mean_path_and_its_regression_that_of_a_series():
    found = sample.regression_of_mean_path(spec(**SLOPE), Replicates()).estimate()
    x, y = (PATHS[name].mean(axis=0)[1:] for name in "xy")
    truth = through_origin(x, y, level=0.9).estimate()
    assert (found.value, found.low, found.high) == pytest.approx((truth.value, truth.low, truth.high), rel=1e-9)
    assert found.level == 0.9
    assert found.value == pytest.approx((x * y).sum() / (x * x).sum(), rel=1e-12)


def mean_of(values):
    return AnytimeMean(0.9, 256, 16).update(np.asarray(values)).estimate()


VALUES = RNG.uniform(0.1, 0.9, 40)
OTHERS = RNG.uniform(0.1, 0.9, 40)
STOPPED = {
    "mean": ({}, Replicates(a_y=VALUES), lambda: mean_of(VALUES)),
    "bounded mean": ({}, Replicates((0.0, 1.0), a_y=VALUES), lambda: intervals.bounded_mean(VALUES, 0.0, 1.0, 0.9)),
    "half bounded mean": ({}, Replicates((0.0, math.inf), a_y=VALUES), lambda: mean_of(VALUES)),
    "empty support": ({}, Replicates((1.0, 1.0), a_y=VALUES), lambda: mean_of(VALUES)),
    "difference": ({"statistic": "difference", "baseline": "b"}, Replicates(a_y=VALUES, b_y=OTHERS), lambda: mean_of(VALUES - OTHERS)),
    "bounded difference": (
        {"statistic": "difference", "baseline": "b"}, Replicates((0.0, 3.0), a_y=3 * VALUES, b_y=OTHERS),
        lambda: intervals.bounded_mean(3 * VALUES - OTHERS, -3.0, 3.0, 0.9),
    ),
    "shifted difference": (
        {"statistic": "difference", "baseline": "b"}, Replicates((-1.0, 3.0), a_y=VALUES, b_y=OTHERS),
        lambda: intervals.bounded_mean(VALUES - OTHERS, -4.0, 4.0, 0.9),
    ),
    "gain": (
        {"statistic": "gain", "baseline": "b"}, Replicates(a_y=VALUES, b_y=OTHERS),
        lambda: intervals.gain(VALUES, OTHERS, 0.9, expected_replicates=256, first=16),
    ),
    "share": ({"statistic": "share"}, Replicates(a_y=VALUES > 0.5), lambda: intervals.bounded_mean((VALUES > 0.5) * 1.0, 0.0, 1.0, 0.9)),
    "share of trials": (
        {"statistic": "share", "trials": "t"}, Replicates(a_y=np.round(8 * VALUES), a_t=[8] * 40),
        lambda: intervals.bounded_mean(np.round(8 * VALUES) / 8, 0.0, 1.0, 0.9),
    ),
    "slope": (SLOPE, Replicates(), lambda: mean_of(sample.fits_of_paths(spec(**SLOPE), Replicates())[0])),
    "r_squared": ({**SLOPE, "statistic": "r_squared"}, Replicates(), lambda: mean_of(sample.fits_of_paths(spec(**SLOPE), Replicates())[1])),
    "pooled_slope": (
        {**SLOPE, "statistic": "pooled_slope", "axis": "z"}, Replicates(),
        lambda: mean_of(sample.pooled_fits(spec(**SLOPE), Replicates())[0]),
    ),
    "pooled_r_squared": (
        {**SLOPE, "statistic": "pooled_r_squared", "axis": "z"}, Replicates(),
        lambda: mean_of(sample.pooled_fits(spec(**SLOPE), Replicates())[1]),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", STOPPED)
def test_a_study_may_stop_under_the_interval_of_the_numbers_whose_mean_it_estimates(case):
    given, replicates, wanted = STOPPED[case]
    found, truth = anytime(spec(**given), replicates), wanted()
    assert (found.low, found.high, found.value, found.level, found.replicates, found.method) == (
        truth.low,
        truth.high,
        truth.value,
        0.9,
        40,
        truth.method,
    )


@pytest.mark.parametrize("trials", [[8] * 39 + [9], [0] * 40])
def test_a_share_of_unlike_or_no_trials_has_no_such_interval(trials):
    with pytest.raises(
        ValueError, match=r"^half_width: t differs between replicates: the share has no anytime interval$"
    ):
        anytime(spec(statistic="share", trials="t"), Replicates(a_y=[0] * 40, a_t=trials))


def test_a_share_of_independent_trials_has_bets_on_each_of_them():
    """In any numbers by replicate: the same as for as many replicates of one trial, in any order."""
    trials = np.array([8] * 39 + [3])
    hits = np.minimum(np.round(8 * VALUES), trials)
    found = anytime(spec(statistic="share", trials="t", independent_trials=True), Replicates(a_y=hits, a_t=trials))
    singles = np.repeat([1.0, 0.0], [int(hits.sum()), int((trials - hits).sum())])
    truth = intervals.bounded_mean(singles, 0.0, 1.0, 0.9)
    assert (found.low, found.high, found.replicates, found.method) == (truth.low, truth.high, 315, truth.method)
    assert found.value == pytest.approx(truth.value, rel=1e-12)
    assert found.standard_error == pytest.approx(math.sqrt(found.value * (1 - found.value) / 315), rel=1e-12)
    assert found.tail(0.4) == pytest.approx(truth.tail(0.4), rel=1e-9)


def test_the_next_round_has_a_tenth_more_than_is_needed_and_four_times_as_many_at_most():
    """The width falls as one over the root: a ratio of 1.5 needs 2.25 times as many."""
    for ratio, factor in ((1.5, 2.475), (1.0, 1.1), (0.2, 1.1), (1.2, 1.584), (1.9, 3.971), (2.0, 4.0), (9.0, 4.0)):
        assert following(1000, ratio, 10**6) == math.ceil(factor * 1000)
    assert following(1000, math.inf, 10**6) == following(1000, math.nan, 10**6) == 2000
    assert [following(1000, 1.0, most) for most in (1099, 1100, 1101)] == [1099, 1100, 1100]


def test_a_half_width_is_the_estimate_s_own_or_the_ensemble_s_where_that_speaks_of_it():
    named = Ensemble(half_width=0.2, half_width_of=("n",))
    quantile = {"statistic": "quantile", "probability": 0.5}
    for given, ensemble, width in (
        ({}, Ensemble(), None),
        ({}, Ensemble(half_width=0.2), 0.2),
        ({"half_width": 0.1}, Ensemble(half_width=0.2), 0.1),
        ({"half_width": 0.1}, Ensemble(), 0.1),
        ({}, named, 0.2),
        ({"name": "m"}, named, None),
        (quantile, Ensemble(half_width=0.2), None),
        (quantile, named, 0.2),
    ):
        assert half_width(spec(**given), ensemble) == width
    study = SimpleNamespace(estimates=[spec(), spec(name="m", half_width=0.1)], ensemble=named)
    assert targets(study) == {"n": 0.2, "m": 0.1}
    assert targets(SimpleNamespace(estimates=[spec()], ensemble=Ensemble())) == {}


def test_a_study_of_more_replicates_is_the_same_study():
    study = study_of({"ensemble": {"replicates": 5, "seed": 3}})
    more = with_replicates(study, 9)
    assert (more.ensemble.replicates, more.ensemble.seed, more.points) == (9, 3, study.points)
    assert more.resolved == {**study.resolved, "ensemble": {**study.resolved["ensemble"], "replicates": 9}}
    assert study.ensemble.replicates == 5
    assert with_replicates(study, 5) is study
