"""Both sources estimated from small references: the best sources, no bias, coverage, and the limit of large ones."""

import numpy as np
import pytest
from naive.profile_likelihood import ProfileLikelihood
from scipy import optimize, stats

from mfsolve.models.provenance import estimate, estimate_from_counts
from mfsolve.models.provenance.score_test import GUARD

Z = 4.5  # standard errors allowed
HUMAN = np.array([6, 4, 7, 9, 12, 10, 8, 9, 10, 11, 6, 5, 3.0]) / 100
SYNTHETIC = HUMAN * np.exp(np.linspace(-1.2, 1.2, 13))
SYNTHETIC /= SYNTHETIC.sum()


def pools(sets, rho=0.3, sizes=(750, 262, 2000), synthetic=SYNTHETIC, seed=0):
    rng = np.random.default_rng(seed)
    mixed = (1 - rho) * HUMAN + rho * synthetic
    for _ in range(sets):
        yield [rng.multinomial(n, f).astype(float) for n, f in zip(sizes, (mixed, HUMAN, synthetic))]


def test_best_sources():
    """Against a general optimiser over both frequency vectors."""
    pool, human, synthetic = np.array([[30.0, 50, 20], [12, 5, 3], [4, 9, 17]])
    profile = ProfileLikelihood(pool, human, synthetic)

    def frequencies(x):
        e = np.exp(np.append(x, 0.0))
        return e / e.sum()

    for rho in (0.0, 0.2, 0.7, 1.0):

        def loss(x, rho=rho):
            p, q = frequencies(x[:2]), frequencies(x[2:])
            return -(pool @ np.log((1 - rho) * p + rho * q) + human @ np.log(p) + synthetic @ np.log(q))

        found = optimize.minimize(loss, np.zeros(4), method="BFGS", options={"gtol": 1e-9})
        own = sum(c @ np.log(c / c.sum()) for c in (pool, human, synthetic))
        assert profile.log_likelihood(rho) == pytest.approx(-found.fun - own, abs=1e-8)
        for mine, theirs in zip(profile.sources(rho), (frequencies(found.x[:2]), frequencies(found.x[2:]))):
            assert mine.sum() == pytest.approx(1.0, abs=1e-12)
            np.testing.assert_allclose(mine, theirs, atol=1e-5)


def test_cells_that_a_sample_has_not_seen():
    profile = ProfileLikelihood(*np.array([[5.0, 0, 3, 7], [9.0, 4, 0, 0], [0.0, 1, 6, 0]]))
    for rho in (0.0, 0.3, 1.0):
        for source in profile.sources(rho):
            assert (source >= 0.0).all()
            assert source.sum() == pytest.approx(1.0)
        assert np.isfinite(profile.log_likelihood(rho))


@pytest.mark.parametrize("sets", [40, pytest.param(150, marks=[pytest.mark.slow, pytest.mark.exhaustive])])
def test_small_references_neither_bias_nor_mislead(sets):
    """262 human items in 13 cells: taken at their word, they would shift the estimate by 0.05."""
    found = [estimate_from_counts(*counts) for counts in pools(sets)]
    values = np.array([f.estimate.value for f in found])
    spread = values.std(ddof=1)
    assert abs(values.mean() - 0.3) < Z * spread / np.sqrt(sets)
    assert np.median([f.estimate.standard_error for f in found]) == pytest.approx(spread, rel=Z / np.sqrt(2 * sets))
    covered = np.mean([f.estimate.interval[0] <= 0.3 <= f.estimate.interval[1] for f in found])
    assert covered > 0.95 - Z * np.sqrt(0.95 * 0.05 / sets)
    exact = np.sum((SYNTHETIC - HUMAN) ** 2 / (0.7 * HUMAN + 0.3 * SYNTHETIC))
    information = np.array([f.estimate.fisher_information for f in found])
    # pi is estimated too: a bias of the order of cells over items, 1 %
    assert information.mean() == pytest.approx(exact, rel=0.01 + Z * information.std() / exact / np.sqrt(sets))
    assert max(f.same_source_p_value for f in found) < 1e-3


@pytest.mark.parametrize("sets", [40, pytest.param(150, marks=[pytest.mark.slow, pytest.mark.exhaustive])])
def test_false_alarms_are_at_most_nominal_and_foreign_pools_are_found(sets):
    p_values = np.array([estimate_from_counts(*counts).goodness_of_fit.p_value for counts in pools(sets, seed=1)])
    for level in (0.01, 0.05, 0.2):
        assert np.mean(p_values < level) < level + Z * np.sqrt(level * (1 - level) / sets)
    foreign = HUMAN[np.argsort(-SYNTHETIC)]
    rng = np.random.default_rng(2)
    for _, human, synthetic in pools(5):
        assert estimate_from_counts(rng.multinomial(2000, foreign), human, synthetic).goodness_of_fit.p_value < 1e-3


def test_references_of_one_source():
    """The p-value is uniform, up to the chi-square's approximation at 20 items a cell."""
    sets = 400
    found = [ProfileLikelihood(*counts).same_source_p_value() for counts in pools(sets, synthetic=HUMAN, seed=3)]
    assert stats.kstest(found, "uniform").pvalue > 1e-4
    nothing = estimate_from_counts(100 * HUMAN, 1000 * HUMAN, 1000 * HUMAN)
    assert np.isnan(nothing.estimate.value)
    assert nothing.estimate.interval == (0.0, 1.0)
    assert nothing.same_source_p_value == pytest.approx(1.0)


@pytest.mark.exhaustive
@pytest.mark.slow
@pytest.mark.parametrize("rho", [0.0, 0.01, 0.3, 0.9, 1.0])
def test_counts_cover_everywhere(rho):
    """At least nominal at the ends and beside them, nominal within: 120 pools of 4000 items, references of 3000."""
    sets, sharp = 120, HUMAN * np.exp(np.linspace(-3.0, 3.0, 13))
    sharp /= sharp.sum()
    found = [estimate_from_counts(*c).estimate for c in pools(sets, rho, (4000, 3000, 3000), sharp, seed=5)]
    covered = np.mean([e.interval[0] <= rho <= e.interval[1] for e in found])
    error = Z * np.sqrt(0.95 * 0.05 / sets)
    assert covered > 0.95 - error
    assert covered < 0.95 + error or rho in (0.0, 0.01, 1.0)


@pytest.mark.parametrize("rho", [0.0, 0.002, 1.0])
def test_at_the_ends_errors_come_from_the_interval(rho):
    """A token that only synthetic text uses: information would be infinite, and the error 0, by curvature alone."""
    human, synthetic = np.append(HUMAN, 0.0), np.append(0.95 * SYNTHETIC, 0.05)
    rng, values, errors = np.random.default_rng(6), [], []
    for _ in range(40):
        counts = [rng.multinomial(10_000, f) for f in ((1 - rho) * human + rho * synthetic, human, synthetic)]
        found = estimate_from_counts(*counts).estimate
        values.append(found.value)
        errors.append(found.standard_error)
        distance = max(found.value - found.interval[0], found.interval[1] - found.value)
        if 0.0 in found.interval or 1.0 in found.interval:
            assert found.standard_error == pytest.approx(distance / stats.norm.ppf(0.975), rel=1e-9)
    miss = np.sqrt(np.mean((np.array(values) - rho) ** 2))
    assert np.median(errors) > miss * (1 - Z / np.sqrt(2 * 40))
    assert np.max(errors) < 0.1


def test_promised_items_bring_the_half_width():
    """Half-widths of pools of the size that is promised are what was wished for: inside, and at an end."""
    human, synthetic = np.append(HUMAN, 0.0), np.append(0.95 * SYNTHETIC, 0.05)
    rng = np.random.default_rng(7)
    references = [rng.multinomial(20_000, f) for f in (human, synthetic)]
    for rho, wanted in ((0.3, 0.05), (0.0, 0.004), (1.0, 0.06)):
        found = estimate_from_counts(rng.multinomial(5000, (1 - rho) * human + rho * synthetic), *references)
        needed, least = found.required_items(wanted)
        assert least < wanted
        reach = []
        for _ in range(12):
            drawn = rng.multinomial(int(needed), (1 - rho) * human + rho * synthetic)
            estimate = estimate_from_counts(drawn, *references).estimate
            reach.append(max(estimate.value - estimate.interval[0], estimate.interval[1] - estimate.value))
        # at an estimate of 0 the token's frequency in human text is known to be small, not to be 0: more is asked for
        assert 0.75 * wanted < np.mean(reach) < 1.25 * wanted if rho else wanted / 5 < np.mean(reach) < wanted
        assert found.required_items(0.5 * least)[0] == np.inf
    with pytest.raises(ValueError, match=r"half_width: 0.0 given; allowed: \(0, 1\)"):
        found.required_items(0.0)


def test_a_pool_of_nothing_seen():
    found = estimate_from_counts([0, 0, 0, 100], [50, 50, 0, 0], [10, 60, 30, 0])
    assert np.isnan(found.estimate.value)
    assert (found.estimate.interval, found.estimate.standard_error) == ((0.0, 1.0), np.inf)
    assert found.required_items(0.1)[0] == np.inf
    mostly = estimate_from_counts([5, 3, 2, 100], [50, 50, 10, 0], [10, 60, 30, 0])
    assert mostly.goodness_of_fit.p_value < 1e-10  # neither reference has anything like it


def test_a_score_is_the_slope_of_the_likelihood():
    profile = ProfileLikelihood(*np.array([[30.0, 50, 20, 7], [12, 5, 3, 1], [4, 9, 17, 2]]))
    known = ProfileLikelihood(profile.pool, profile.human, np.array([0.1, 0.3, 0.5, 0.1]), known=True)
    for each in (profile, known):
        for rho in (0.1, 0.4, 0.8):
            slope = (each.log_likelihood(rho + 1e-5) - each.log_likelihood(rho - 1e-5)) / 2e-5
            assert each.score(rho) == pytest.approx(slope, abs=1e-6)


def test_a_huge_pool_beside_small_references():
    """Nothing cancels: frequencies are positive, and the likelihood a number."""
    profile = ProfileLikelihood(
        1e12 * np.array([0.5, 0.3, 0.1, 0.1]), np.array([30.0, 9, 0, 1]), np.array([5.0, 20, 1, 0])
    )
    for rho in (1e-6, 0.3, 0.9):
        for source in profile.sources(rho):
            assert (source > 0.0).all()
        assert np.isfinite(profile.log_likelihood(rho))


@pytest.mark.parametrize("rho", [0.0, 0.3, 1.0])
def test_large_references_are_known_sources(rho):
    """750 pool items move sources known from 10^7 by less than 1e-4 of their error, and the estimate with them."""
    ((pool, *_),) = pools(1, rho, seed=4)
    known = estimate(np.log(HUMAN), np.log(SYNTHETIC), weights=np.maximum(pool, 1e-9))
    found = estimate_from_counts(pool, 1e7 * HUMAN, 1e7 * SYNTHETIC).estimate
    assert found.value == pytest.approx(known.value, abs=1e-4)
    if rho == 0.3:
        assert found.standard_error == pytest.approx(known.standard_error, rel=0.1)  # expected against observed

    def squared(x):
        """Squared score in units of its variance, sources known."""
        mixed = (1 - x) * HUMAN + x * SYNTHETIC
        score = pool @ ((SYNTHETIC - HUMAN) / mixed)
        return score**2 / (pool.sum() * np.sum((SYNTHETIC - HUMAN) ** 2 / mixed))

    least = squared(known.value) + stats.norm.ppf(1 - 0.025 * (1 - GUARD)) ** 2
    ends = [side if squared(side) < least else optimize.brentq(lambda x: squared(x) - least, known.value, side)
            for side in (0.0, 1.0)]  # fmt: skip
    assert found.interval == pytest.approx(ends, abs=2e-4)
