"""Every statistic against its formula written out here, on replicates that are given."""

import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy import stats

from mfsolve.inference.convergence import fit_order_of_means
from mfsolve.inference.estimate import Method
from mfsolve.inference.ratios import ratio
from mfsolve.inference.regression import through_origin
from mfsolve.inference.verdicts import p_value
from mfsolve.study.statistics.estimand import Estimand
from mfsolve.study.statistics.estimands import ESTIMANDS
from mfsolve.study.statistics.estimate_spec import EstimateSpec

LEVEL = 0.9
RNG = np.random.default_rng(4)
COLUMNS = {("a", "y"): RNG.normal(3.0, 1.0, 20), ("b", "y"): RNG.normal(2.0, 0.5, 20)}
PATHS = {"y": RNG.normal(2.0, 0.6, (20, 9)), "x": RNG.normal(3.0, 1.0, (20, 9))}


@dataclass
class Held:
    """A sample of given columns, whose paths come in two blocks."""

    columns: dict = field(default_factory=lambda: COLUMNS)
    bounds: tuple | None = None
    places: dict = field(default_factory=dict)
    arm: str = "a"
    level: float = LEVEL
    seed: int = 5
    replicates: int = 20
    paired: bool = True
    downward: bool = False
    along: tuple = (PATHS,)

    def column(self, arm, name):
        return self.columns[arm, name]

    def support(self, arm, name):
        assert (arm, name) == ("a", "y")
        return self.bounds

    def paths(self, arm, *names):
        assert arm == "a"
        for part in (slice(0, 7), slice(7, 20)):
            yield [PATHS[name][part] for name in names]

    def along_axis(self):
        yield from ((value, *held) for value, held in self.places.items())

    def finer_downward(self):
        return self.downward

    def paths_along_axis(self, *names):
        for paths in self.along:
            yield [paths[name] for name in names]


@dataclass
class Given:
    """Numbers without randomness."""

    numbers: dict
    lines: dict = field(default_factory=dict)
    arm: str = "a"

    def at(self, arm, name):
        return self.numbers[arm, name]

    def path(self, arm, name):
        return np.array(self.lines[arm, name], dtype=float)


def spec(statistic, **keys):
    needed = {
        "baseline": "b",
        "against": "x",
        "axis": "population.n",
        "probability": 0.5,
    }
    own = {key: needed[key] for key in ESTIMANDS[statistic].needs}
    return EstimateSpec(name="row", statistic=statistic, quantity="y", **{**own, **keys})


def estimate(statistic, sample=None, **keys):
    asked = spec(statistic, **keys)
    return asked.estimand.estimate(asked, Held() if sample is None else sample)


def exact(statistic, values, **keys):
    asked = spec(statistic, **keys)
    return asked.estimand.exact(asked, values)


def t_interval(figures):
    """Student's: the mean of a figure per replicate, and its ends."""
    half = stats.t.ppf((1 + LEVEL) / 2, len(figures) - 1) * np.std(figures, ddof=1) / math.sqrt(len(figures))
    return np.mean(figures), np.mean(figures) - half, np.mean(figures) + half


def slopes(y, x):
    """Slope through the origin and centred R^2 of each row."""
    slope = (x * y).sum(axis=1) / (x * x).sum(axis=1)
    rest = ((y - slope[:, None] * x) ** 2).sum(axis=1)
    return slope, 1.0 - rest / ((y - y.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)


ALONG = ({"y": PATHS["y"], "x": PATHS["x"]}, {"y": PATHS["x"] + 1.0, "x": PATHS["y"] + 4.0})
OWN = slopes(PATHS["y"][:, 1:], PATHS["x"][:, 1:])
POOLED = slopes(*(np.concatenate([part[name][:, 1:] for part in ALONG], axis=1) for name in ("y", "x")))
A, B = COLUMNS["a", "y"], COLUMNS["b", "y"]


@pytest.mark.parametrize(
    ("statistic", "figures"),
    [
        ("mean", A),
        ("difference", A - B),
        ("slope", OWN[0]),
        ("r_squared", OWN[1]),
        ("pooled_slope", POOLED[0]),
        ("pooled_r_squared", POOLED[1]),
    ],
)
def test_figures_of_replicates_have_the_t_interval_of_their_mean(statistic, figures):
    found = estimate(statistic, Held(along=ALONG))
    assert (found.value, found.low, found.high) == pytest.approx(t_interval(figures), rel=1e-12)
    assert (found.method, found.level, found.replicates) == (Method.STUDENT, LEVEL, 20)
    if ESTIMANDS[statistic].is_moment:
        asked = spec(statistic)
        moment = asked.estimand.moment(asked, Held())
        assert moment.value == pytest.approx(figures.mean(), rel=1e-12)
        np.testing.assert_allclose(moment.influence, figures - figures.mean(), rtol=0, atol=1e-12)


def test_arms_that_share_no_random_numbers_have_welchs_interval():
    found = estimate("difference", Held(paired=False))
    ends = stats.ttest_ind(A, B, equal_var=False).confidence_interval(LEVEL)
    assert (found.value, found.low, found.high) == pytest.approx((np.mean(A) - np.mean(B), *ends), rel=1e-12)
    assert found.method is Method.WELCH


def test_what_an_arm_solves_stands_beside_every_replicate():
    sample = Held({("a", "y"): A, ("b", "y"): np.array([2.0])})
    found = estimate("difference", sample)
    assert (found.value, found.low, found.high) == pytest.approx(t_interval(A - 2.0), rel=1e-12)


@pytest.mark.parametrize(
    ("statistic", "ends"), [("mean", (0.0, 1.0)), ("difference", (-1.0, 1.0)), ("quantile", (0.0, 1.0))]
)
def test_a_support_is_used_and_rounding_beyond_it_is_taken_back(statistic, ends):
    """Four equal replicates: without a support nothing bounds what was not seen."""
    low, high = -1e-13, 1.0 + 1e-13
    columns = {("a", "y"): np.array([low] * 4), ("b", "y"): np.array([high] * 4)}
    known = estimate(statistic, Held(columns, (0.0, 1.0)))
    unknown = estimate(statistic, Held(columns))
    value = -1.0 if statistic == "difference" else 0.0
    assert known.value == value
    if statistic == "quantile":  # three in four, with 4 replicates: no order statistic bounds the upper end
        found = estimate(statistic, Held({("a", "y"): np.array([low, 0.2, 0.4, high])}, (0.0, 1.0)), probability=0.75)
        assert (found.low, found.high) == (pytest.approx(0.0), 1.0)
        free = estimate(statistic, Held({("a", "y"): np.array([0.0, 0.2, 0.4, 1.0])}), probability=0.75)
        assert free.high == math.inf
        return
    # at most a share 1 - ((1 - level) / 2)^(1/4) of all outputs was missed, at the other end of the support
    missed = 1.0 - ((1.0 - LEVEL) / 2.0) ** 0.25
    assert (known.low, known.high) == pytest.approx((ends[0], value + missed * (ends[1] - value)))
    assert math.isnan(unknown.low)


def test_a_gain_is_the_ratio_of_means_less_one_with_the_bootstrap_of_the_samples_seed():
    found = estimate("gain")
    assert found.value == pytest.approx(A.mean() / B.mean() - 1.0, rel=1e-12)
    assert found.method is Method.BCA
    # by the delta method, paired and not; the bootstrap is near it
    ratio = A.mean() / B.mean()
    for paired, variance in ((True, (A - ratio * B).var(ddof=1)), (False, A.var(ddof=1) + ratio**2 * B.var(ddof=1))):
        mine = estimate("gain", Held(paired=paired))
        error = math.sqrt(variance / 20) / B.mean()
        assert mine.standard_error == pytest.approx(error, rel=1e-9)
        assert mine.half_width == pytest.approx(stats.t.ppf(0.95, 19) * error, rel=0.15)
        assert mine.level == LEVEL
    assert estimate("gain") == found
    assert estimate("gain", Held(seed=6)).low != found.low
    asked = spec("gain")
    moment = asked.estimand.moment(asked, Held())
    assert moment.value == pytest.approx(ratio - 1.0, rel=1e-12)
    np.testing.assert_allclose(moment.influence, (A - ratio * B) / B.mean(), atol=1e-12)


def test_a_quantile_lies_between_order_statistics():
    found = estimate("quantile", probability=0.3)
    ordered = np.sort(A)
    assert found.value == np.quantile(A, 0.3, method="median_unbiased")
    # the k-th of 20 is below the quantile unless fewer than k lie below it: P(Bin(20, 0.3) < k) <= 0.05
    k = next(k for k in range(20, 0, -1) if stats.binom.cdf(k - 1, 20, 0.3) <= 0.05)
    above = next(k for k in range(1, 21) if stats.binom.sf(k - 1, 20, 0.3) <= 0.05)
    assert (found.low, found.high) == (ordered[k - 1], ordered[above - 1])
    asked = spec("quantile", probability=0.3)
    moment = asked.estimand.moment(asked, Held())
    assert moment.value == found.value
    assert moment.influence.std(ddof=1) / math.sqrt(20) == pytest.approx(found.standard_error, rel=1e-9)


def test_a_share_pools_trials_of_replicates_and_counts_one_each_where_none_are_named():
    """Replicates that are more alike than independent trials make them: those count, and are 160."""
    successes, trials = np.array([1.0, 1.0, 1.0, 2.0] * 10), np.array([4.0, 3.0, 4.0, 5.0] * 10)
    for keys, hits, total in (({"trials": "t"}, 50, 160), ({}, 40, 40)):
        held = successes if keys else np.minimum(successes, 1.0)
        found = estimate("share", Held({("a", "y"): held, ("a", "t"): trials}), **keys)
        ends = stats.binomtest(hits, total).proportion_ci(LEVEL, method="exact")
        assert (found.value, found.low, found.high) == pytest.approx((hits / total, *ends))
        assert found.replicates == total


def test_one_published_series_is_the_mean_path():
    found = estimate("hac_slope")
    y, x = (PATHS[name].mean(axis=0)[1:] for name in ("y", "x"))
    assert found.value == pytest.approx((x @ y) / (x @ x), rel=1e-12)
    expected = through_origin(x, y, level=LEVEL).estimate()
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-9)
    assert found.method is Method.HAC
    asked = spec("hac_slope")
    moment = asked.estimand.moment(asked, Held())
    assert moment.value == pytest.approx(found.value, rel=1e-12)
    # its influence is the derivative by a replicate's weight in the mean path
    weights = np.ones(20)
    weights[13] += 1e-6
    y, x = (np.average(PATHS[name], axis=0, weights=weights)[1:] for name in ("y", "x"))
    moved = (x @ y) / (x @ x) - moment.value
    assert moment.influence[13] == pytest.approx(20 * moved / 1e-6, rel=1e-3)


def test_statistics_of_numbers_without_randomness():
    line = {("a", "y"): [9.0, 1.0, 3.0, 2.0], ("a", "x"): [9.0, 1.0, 2.0, 2.0]}
    values = Given({("a", "y"): 3.0, ("b", "y"): 4.0, ("a", "t"): 6.0}, line)
    for statistic, expected in (
        ("mean", 3.0),
        ("quantile", 3.0),
        ("difference", -1.0),
        ("gain", -0.25),
        ("share", 3.0),
        ("slope", 11.0 / 9.0),
        ("hac_slope", 11.0 / 9.0),
        ("r_squared", 1.0 - (14.0 - 121.0 / 9.0) / 2.0),
    ):
        assert exact(statistic, values) == pytest.approx(expected, rel=1e-14), statistic
    assert exact("share", values, trials="t") == 0.5


@pytest.mark.parametrize(
    ("statistic", "keys", "said"),
    [
        ("gain", {}, "y of b is zero: nothing can be divided by it"),
        ("share", {"trials": "t"}, "t is zero: nothing can be divided by it"),
        ("r_squared", {}, "variation of y is zero: nothing can be divided by it"),
    ],
)
def test_nothing_is_divided_by_zero(statistic, keys, said):
    values = Given(
        {("a", "y"): 3.0, ("b", "y"): 0.0, ("a", "t"): 0.0}, {("a", "y"): [0.0, 2.0, 2.0], ("a", "x"): [0.0, 1.0, 2.0]}
    )
    with pytest.raises(ValueError, match=f"^{said}$"):
        exact(statistic, values, **keys)


@pytest.mark.parametrize("statistic", ["slope", "r_squared"])
def test_a_regressor_that_is_zero_but_for_its_first_place_has_no_slope(statistic):
    values = Given({}, {("a", "y"): [1.0, 2.0, 3.0], ("a", "x"): [1.0, 0.0, 0.0]})
    with pytest.raises(KeyError, match=r"^'x'$"):
        exact(statistic, values)


def spread(size, mean, width):
    """Replicates of exactly this mean, at equal distances on both sides."""
    return mean + width * np.array([-1.0, 1.0] * (size // 2))


@pytest.mark.parametrize(
    ("statistic", "power", "x"),
    [
        ("order", 0.5, lambda n: spread(8, 7.0, n**-0.5)),  # no bias: root mean square is the width
        ("bias_order", 1.0, lambda n: spread(8, 7.0 - 1.0 / n, 1e-3 / n)),
        ("scaling", 2.0, lambda n: spread(8, n**-2.0, 1e-3 / n**2)),
    ],
)
@pytest.mark.parametrize("downward", [False, True])
def test_the_power_along_an_axis(statistic, power, x, downward):
    sizes = [2.0, 4.0, 8.0, 16.0]
    limit = None if statistic == "scaling" else 7.0
    places = {1.0 / n if downward else n: (x(n), limit) for n in sizes}
    found = estimate(statistic, Held(places=places, downward=downward))
    assert found.value == pytest.approx(power, abs=1e-6)
    assert (found.level, found.replicates, found.method) == (LEVEL, 20, Method.LOG_LOG)


@pytest.mark.parametrize("downward", [False, True])
def test_the_mean_power_between_the_ends_of_an_axis(downward):
    """Of a law that is none: what lies between the ends takes no part, and neither end has to be the first."""
    means = {4.0: 100.0, 2.0: 1.0, 32.0: 1.0 / 64.0, 8.0: 7.0}
    places = {1.0 / n if downward else n: (spread(8, mean, 0.1 * mean), None) for n, mean in means.items()}
    found = estimate("mean_scaling", Held(places=places, downward=downward))
    of = ratio(places[min(places)][0], places[max(places)][0], LEVEL, paired=False)
    assert found.value == pytest.approx(1.5)
    if downward:
        of = ratio(places[max(places)][0], places[min(places)][0], LEVEL, paired=False)
    ends = [math.log(end) / math.log(16.0) for end in (of.low, of.high)]
    assert [found.low, found.high] == pytest.approx(ends)
    assert p_value(found, 2.0, math.inf) == pytest.approx(p_value(of, 16.0**2.0, math.inf))
    assert p_value(found, found.high, found.high) == pytest.approx(1.0 - LEVEL, rel=1e-6)
    assert found.standard_error == pytest.approx(of.standard_error / of.value / math.log(16.0))
    solved = {n: (x[:1], limit) for n, (x, limit) in places.items()}
    exact = estimate("mean_scaling", Held(places=solved, downward=downward))
    assert (exact.method, exact.low) == (Method.DETERMINISTIC, exact.value)


def magnitudes(statistic, **places):
    asked = spec(statistic)
    held = {float(n.lstrip("n")): place for n, place in places.items()}
    return asked.estimand.magnitudes(asked, Held(places=held))


def test_magnitudes_and_their_standard_errors():
    x = np.array([1.0, 2.0, 4.0, -3.0])
    square = x * x
    size = math.sqrt(square.mean())
    found = magnitudes("order", n5=(x + 6.0, 6.0), n9=(np.array([1.5]), 1.0), n20=(spread(4, 3.0, 2.0), 3.0))
    assert list(found.values) == [5.0, 9.0, 20.0]
    np.testing.assert_array_equal(found.fineness, [5.0, 9.0, 20.0])
    np.testing.assert_allclose(found.magnitude, [size, 0.5, 2.0], rtol=1e-14)
    # by the delta method; to rounding for a single one, and where all squares are equal
    error = square.std(ddof=1) / 2.0 / (2.0 * size)
    np.testing.assert_allclose(found.standard_error, [error, 0.5e-9, 2e-9], rtol=1e-12)
    bias = magnitudes("bias_order", n5=(x + 6.0, 6.0), n9=(np.array([1.5]), 2.0), n20=(x, None))
    np.testing.assert_allclose(bias.magnitude, [1.0, 0.5, 1.0], rtol=1e-14)
    np.testing.assert_allclose(bias.standard_error, [x.std(ddof=1) / 2.0, 0.5e-9, x.std(ddof=1) / 2.0], rtol=1e-12)
    pair = magnitudes("bias_order", n5=(np.array([1.0, 3.0]), None))  # two replicates have an error already
    assert pair.standard_error[0] == pytest.approx(1.0)
    itself = magnitudes("scaling", n5=(x, None))
    assert (itself.magnitude[0], itself.standard_error[0]) == pytest.approx((1.0, x.std(ddof=1) / 2.0))
    none = magnitudes("order", n5=(np.full(3, 6.0), 6.0))
    assert (none.magnitude[0], none.standard_error[0]) == (0.0, 0.0)


def test_what_a_statistic_can_do_is_what_it_says():
    """Moments of calibration, values without randomness, places along an axis: there or refused."""
    for name, statistic in ESTIMANDS.items():
        kind = type(statistic)
        assert statistic.is_moment == (kind.moment is not Estimand.moment), name
        assert statistic.along_axis == ("axis" in statistic.needs), name
        assert statistic.estimate.__func__ is not Estimand.estimate
        # a quantile of replicates is none of a path without any, whatever it is where an arm is solved
        assert statistic.of_limit == (kind.exact is not Estimand.exact and name != "quantile"), name
        assert statistic.deviation == (name in ("order", "bias_order")), name
        # what a study stops by is a mean of replicates, or a ratio of two
        assert statistic.anytime == (
            name not in ("quantile", "hac_slope", "order", "bias_order", "scaling", "mean_scaling")
        ), name
    plain = Estimand()
    for ask in (plain.estimate, plain.exact, plain.moment):
        with pytest.raises(NotImplementedError):
            ask(spec("mean"), Held())


def test_the_order_of_a_study_is_that_of_its_replicates():
    """With few of them, too, whose standard errors say too little of their own."""
    rng = np.random.default_rng(4)
    for replicates in (2, 5, 8, 30):
        errors = {n: 7.0 + rng.normal(size=replicates) / math.sqrt(n) for n in (10.0, 20.0, 40.0, 80.0, 160.0)}
        found = estimate("order", Held(places={n: (x, 7.0) for n, x in errors.items()}, replicates=replicates))
        squares = [(x - 7.0) ** 2 for x in errors.values()]
        root = np.sqrt([square.mean() for square in squares])
        spread = [stats.sem(square) / (2.0 * size) for square, size in zip(squares, root)]
        direct = fit_order_of_means([*errors], root, spread, LEVEL, replicates=replicates).estimate(replicates)
        assert (found.low, found.high) == pytest.approx((direct.low, direct.high), rel=1e-6)
        assert found.note == direct.note


def test_a_share_is_a_moment_pooled_over_trials_or_a_mean_of_indicators():
    held, trials = np.array([1.0, 0.0, 3.0, 2.0]), np.array([2.0, 1.0, 4.0, 3.0])
    asked = spec("share", trials="t")
    moment = asked.estimand.moment(asked, Held({("a", "y"): held, ("a", "t"): trials}))
    assert moment.value == pytest.approx(0.6)
    np.testing.assert_allclose(moment.influence, (held - 0.6 * trials) / 2.5, atol=1e-15)
    events = np.array([1.0, 0.0, 0.0, 1.0])
    asked = spec("share")
    moment = asked.estimand.moment(asked, Held({("a", "y"): events}))
    assert moment.value == 0.5
    np.testing.assert_array_equal(moment.influence, events - 0.5)
