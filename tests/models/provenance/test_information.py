"""Fisher information against closed forms, and against the definition."""

import math

import numpy as np
import pytest
from scipy import special, stats

from mfsolve.models import provenance
from mfsolve.models.provenance import information_continuous as quadrature
from mfsolve.models.provenance import information_discrete as lattice

MVN = stats.multivariate_normal


@pytest.mark.parametrize("s2", [0.1, 0.319, 1.0, 1.7])
@pytest.mark.parametrize("m", [0.0, 1.2])
def test_at_zero_it_is_chi_square(s2, m):
    want = math.expm1(m * m / (2 - s2) - 0.5 * math.log(s2 * (2 - s2)))
    synthetic = stats.norm(3 + 2 * m, 2 * math.sqrt(s2))
    assert provenance.fisher_information(0.0, stats.norm(3, 2), synthetic) == pytest.approx(want, rel=1e-9, abs=1e-12)
    assert quadrature.continuous_information(quadrature.Pool(0.0), stats.norm(3, 2), synthetic) == pytest.approx(
        want, rel=1e-8, abs=1e-10
    )


def test_ends_swap_the_roles_and_diverge_together():
    p, q = stats.norm(), stats.norm(0.3, 0.9)
    for rho in (0.0, 0.3, 1.0):
        assert provenance.fisher_information(rho, p, q) == pytest.approx(
            provenance.fisher_information(1 - rho, q, p), rel=1e-9
        )
    assert provenance.fisher_information(1.0, p, stats.norm(scale=0.6)) == math.inf
    assert quadrature.continuous_information(quadrature.Pool(1.0), p, stats.norm(scale=0.6)) == math.inf


@pytest.mark.parametrize("rho", [0.0, 0.2, 1.0])
def test_discrete_laws(rho):
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.2, 0.6])
    want = np.sum((q - p) ** 2 / ((1 - rho) * p + rho * q))
    assert provenance.fisher_information(rho, p, q) == pytest.approx(want, rel=1e-14)
    assert provenance.fisher_information(0.0, stats.poisson(2), stats.poisson(3)) == pytest.approx(
        math.expm1(0.5), rel=1e-11
    )
    assert provenance.fisher_information(0.0, p, np.array([0.5, 0.5, 0.0])) == pytest.approx(0.04 / 0.3 + 0.2)
    assert provenance.fisher_information(1.0, p, np.array([0.5, 0.5, 0.0])) == math.inf


def test_watermark_multiplies_chi_square():
    """chi2 + 1 of independent parts multiply; a stripped mark adds nothing."""
    for m, s2, d in ((0.0, 1.0, 1), (1.0, 0.7, 1), (0.5, 0.7, 3), (0.0, 0.7, 20)):
        content = math.exp(m * m / (2 - s2)) / (s2 * (2 - s2)) ** (d / 2)
        got = provenance.gaussian_information(0.0, distance=m, variance=s2, dimension=d, watermark=1.5)
        assert got == pytest.approx(content * math.exp(2.25) - 1, rel=1e-9)
        got = provenance.gaussian_information(0.0, distance=m, variance=s2, dimension=d, watermark=1.5, stripping=0.4)
        assert got == pytest.approx(content * (1 + 0.36 * math.expm1(2.25)) - 1, rel=1e-9)
    assert provenance.gaussian_information(0.3, variance=0.5, watermark=2.0, stripping=1.0) == (
        provenance.gaussian_information(0.3, variance=0.5)
    )
    assert provenance.gaussian_information(0.3, watermark=0.0) == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("rho", [1e-9, 0.3, 0.999, 1.0])
def test_a_mark_is_one_more_coordinate(rho):
    """A score N(w, 1) against N(0, 1) is content at distance w; beside content at distance m, at sqrt(m^2 + w^2)."""
    for m, w, d in ((0.0, 0.7, 1), (100.0, 0.1, 1), (1e4, 2.0, 1), (0.6, 0.8, 3), (3.0, 12.0, 1)):
        got = provenance.gaussian_information(rho, distance=m, dimension=d, watermark=w)
        assert got == pytest.approx(provenance.gaussian_information(rho, distance=math.hypot(m, w)), rel=1e-9)


@pytest.mark.parametrize("strip", [1e-6, 0.4])
@pytest.mark.parametrize("rho", [0.0, 0.2, 1.0])
def test_a_stripped_mark_is_a_mixture(rho, strip):
    mixed = provenance.Mixture((1 - strip, strip), (stats.norm(1.5), stats.norm()))
    want = provenance.fisher_information(rho, stats.norm(), mixed)
    assert provenance.gaussian_information(rho, watermark=1.5, stripping=strip) == pytest.approx(want, rel=1e-8)


@pytest.mark.parametrize("strip", [0.0, 0.4])
@pytest.mark.parametrize("rho", [0.0, 0.3, 1.0])
def test_a_mark_beside_content_of_any_kind(rho, strip):
    """Two cells against the score itself, twice; Gaussians against their own rule; chi2 + 1 multiply at the ends."""
    score = {"watermark": 1.5, "stripping": strip}
    alone = provenance.gaussian_information(rho, **score)
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])
    got = provenance.fisher_information(rho, p, q, **score)
    mixed = provenance.Mixture((1 - strip, strip), (stats.norm(1.5), stats.norm())) if strip else stats.norm(1.5)
    z = np.linspace(-15.0, 18.0, 20_001)
    a, b = (np.exp(quadrature.log_density(law, z)) for law in (stats.norm(), mixed))
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [(y * b - x * a) ** 2 / ((1 - rho) * x * a + rho * y * b) for x, y in zip(p, q)]
    assert got == pytest.approx(sum(np.trapezoid(np.nan_to_num(part, posinf=0.0), z) for part in parts), rel=1e-8)
    assert got > max(alone, provenance.fisher_information(rho, p, q))
    law = provenance.Mixture((1.0,), (stats.norm(0.5, 0.9),))  # not seen to be Gaussian
    want = provenance.fisher_information(rho, stats.norm(), stats.norm(0.5, 0.9), **score)
    assert provenance.fisher_information(rho, stats.norm(), law, **score) == pytest.approx(want, rel=1e-8)


def test_no_item_tells_more_than_its_label():
    for found in (
        provenance.gaussian_information(0.3, distance=1000.0),
        provenance.gaussian_information(0.3, variance=1e12),
        provenance.gaussian_information(0.3, distance=300.0, watermark=0.1),
        quadrature.continuous_information(quadrature.Pool(0.3), stats.norm(), stats.norm(1e4)),
    ):
        assert found == pytest.approx(1 / 0.21, rel=2e-5)
        assert found <= (1 + 1e-9) / 0.21


T, B = stats.t, stats.beta
TAILS = {
    "t tails cross 1 / x": (T(3), T(1), math.inf),
    "t tails at 1 / x": (T(2), T(1), math.inf),
    "t tails below 1 / x": (T(1), T(0.4), math.inf),
    "Cauchy": (stats.cauchy(), stats.cauchy(scale=2.0), 0.25),
    "exponential, too wide": (stats.expon(), stats.expon(scale=2.1), math.inf),
    "exponential": (stats.expon(), stats.expon(scale=1.9), 1 / (1.9**2 * (2 / 1.9 - 1)) - 1),
    "log-normal": (stats.lognorm(1), stats.lognorm(0.7), (0.49 * 1.51) ** -0.5 - 1),
    "end where one vanishes": (B(2, 2), B(1, 1), math.inf),
    "singular ends": (B(1, 1), B(0.7, 0.7), math.gamma(0.4) ** 2 / math.gamma(0.8) * (math.gamma(1.4) / math.gamma(0.7) ** 2) ** 2 - 1),
    "no mass": (stats.uniform(0, 1), stats.uniform(0, 2), math.inf),
    "part of the mass": (stats.uniform(0, 2), stats.uniform(0, 1), 1.0),
    "geometric, too wide": (stats.geom(0.5), stats.geom(0.1), math.inf),
    "geometric": (stats.geom(0.5), stats.geom(0.3), 0.09 / 0.5 / (1 - 0.49 / 0.5) - 1),
    "Poisson, far": (stats.poisson(2), stats.poisson(20), math.expm1(162)),
    "zeta tails at 1 / k": (stats.zipf(3), stats.zipf(2), math.inf),
    "zeta tails": (stats.zipf(1.1), stats.zipf(1.2), special.zeta(1.3) * special.zeta(1.1) / special.zeta(1.2) ** 2 - 1),
    "a functions' scale": (lambda x: stats.norm.pdf(x, 0.37, 1e-3), lambda x: stats.norm.pdf(x, 0.37, 1.2e-3), (1.44 * 0.56) ** -0.5 - 1),
}  # fmt: skip


@pytest.mark.parametrize("name", TAILS)
def test_tails_ends_and_scales(name, monkeypatch):
    monkeypatch.setattr(lattice, "MOST_VALUES", 2**15)  # a power's tail is summed from there on
    human, synthetic, want = TAILS[name]
    assert provenance.fisher_information(0.0, human, synthetic) == pytest.approx(want, rel=1e-8)


def test_mixtures_kernel_densities_functions():
    mixture = provenance.Mixture((0.5, 0.5), (stats.norm(-2), stats.norm(2)))
    x = np.linspace(-12, 12, 200_001)
    kde = stats.gaussian_kde(np.random.default_rng(0).normal(size=50))
    for p, q in ((mixture, stats.norm(0.5)), (kde, stats.norm(0.5)), (stats.norm.pdf, stats.norm(0.5).pdf)):
        a, b = (np.exp(quadrature.log_density(f, x)) for f in (p, q))
        want = np.trapezoid((b - a) ** 2 / (0.8 * a + 0.2 * b), x)
        assert provenance.fisher_information(0.2, p, q) == pytest.approx(want, rel=1e-7)


def test_simulation_of_whatever_can_be_drawn():
    """Kernel densities, mixtures and discrete laws against the quadrature; in two dimensions independent parts."""
    rng = np.random.default_rng(0)
    kernel = stats.gaussian_kde(rng.normal(size=80))
    mixture = provenance.Mixture((0.3, 0.7), (stats.norm(-2), stats.norm(2)))
    for p, q in ((kernel, stats.norm(1)), (stats.norm(), mixture), (stats.poisson(2), stats.poisson(3))):
        got = provenance.simulated_information(0.2, p, q, 20_000, seed=2)
        assert abs(got.value - provenance.fisher_information(0.2, p, q)) < 4.5 * got.standard_error
    spread = stats.multivariate_normal([0.0, 0.0], np.diag([1.0, 0.25]))
    parts = provenance.Mixture((0.5, 0.5), (spread, stats.multivariate_normal([2.0, 0.0], np.diag([1.0, 0.25]))))
    got = provenance.simulated_information(0.2, spread, parts, 50_000, seed=3)
    along = provenance.Mixture((0.5, 0.5), (stats.norm(), stats.norm(2.0)))
    assert abs(got.value - provenance.fisher_information(0.2, stats.norm(), along)) < 4.5 * got.standard_error
    flat = stats.gaussian_kde(rng.normal(size=(2, 60)))
    assert provenance.simulated_information(0.2, flat, spread, 2000).value > 0.0


@pytest.mark.parametrize(("rho", "narrow", "wide"), [(0.0, 1.0, 1.5), (0.0, 1.0, 2.0), (1.0, 2.0, 1.0)])
def test_a_simulation_without_a_variance_has_no_interval(rho, narrow, wide):
    """The information is infinite: draws gave 13.7 with an interval from 4.4 to 23.0 where it is."""
    p, q = stats.norm(0, narrow), stats.norm(0, wide)
    assert provenance.fisher_information(rho, p, q) == math.inf
    with pytest.raises(ValueError, match=rf"contamination: {rho:g} given; allowed: \(0, 1\), or bounded_ratio=True"):
        provenance.simulated_information(rho, p, q, 1000)


@pytest.mark.parametrize(("rho", "human", "synthetic"), [(0.0, 1.0, 0.7), (1.0, 0.7, 1.0)])
def test_a_bounded_ratio_is_simulated_at_the_ends_too(rho, human, synthetic):
    p, q = stats.norm(0, human), stats.norm(0, synthetic)
    got = provenance.simulated_information(rho, p, q, 20_000, seed=5, bounded_ratio=True)
    assert abs(got.value - provenance.fisher_information(rho, p, q)) < 4.5 * got.standard_error


def test_simulation_covers_quadrature():
    p, q = stats.multivariate_normal([0, 0, 0]), stats.multivariate_normal([1, 0, 0], 0.5)
    exact = provenance.fisher_information(0.2, p, q)
    assert exact == provenance.gaussian_information(0.2, distance=1.0, variance=0.5, dimension=3)
    got = provenance.simulated_information(0.2, p, q, 50_000, seed=4)
    assert abs(got.value - exact) < 4.5 * got.standard_error
    skewed = stats.multivariate_normal([0, 0, 0], np.diag([1, 1, 2]))
    with pytest.raises(ValueError, match="simulated_information"):
        provenance.fisher_information(0.2, p, skewed)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: provenance.fisher_information(1.2, [1.0], [1.0]), r"contamination: 1.2 given; allowed: \[0, 1\]"),
    (lambda: provenance.fisher_information(0.2, [0.5, 0.6], [0.5, 0.5]), "human: sum 1.1"),
    (lambda: provenance.fisher_information(0.2, [0.5, 0.5], [1.0]), "synthetic: 1 probabilities given"),
    (lambda: provenance.gaussian_information(0.2, variance=0.0), r"variance: 0.0 given; allowed: \[1e-300, 1e300\]"),
    (lambda: provenance.fisher_information(None, [1.0], [1.0]), r"contamination: None given; allowed: a number in \[0, 1\]"),
    (lambda: provenance.fisher_information(0.2, stats.norm(), [1.0]), "human: rv_continuous_frozen given; allowed: a vector"),
    (lambda: provenance.fisher_information(0.2, stats.norm(), stats.poisson(2)), "human: .* allowed: a discrete"),
    (lambda: provenance.fisher_information(0.2, None, stats.norm()), "human: NoneType given"),
    (lambda: provenance.fisher_information(0.2, ["a"], ["b"]), r"human: \['a'\] given; allowed: a vector of numbers"),
    (lambda: provenance.fisher_information(0.2, lambda x: 2 * stats.norm.pdf(x), stats.norm.pdf), "human: a density that integrates to 2"),
    (lambda: provenance.fisher_information(0.2, stats.norm.pdf, lambda x: stats.norm.pdf(x, 9e9)), "synthetic: a density that integrates to"),
    (lambda: provenance.fisher_information(0.0, stats.norm.pdf, stats.norm(0, 2).pdf), "human: a density that underflows"),
    (lambda: provenance.fisher_information(0.2, lambda x: np.nan * x, stats.norm.pdf), "human: a density of nan"),
    (lambda: provenance.fisher_information(0.2, stats.poisson(3, loc=0.5), stats.poisson(3)), "synthetic: probabilities that sum to 0"),
    (lambda: provenance.fisher_information(0.2, MVN([0, 0]), MVN([0, 0, 0])), "synthetic: 3 dimensions given"),
    (lambda: provenance.fisher_information(0.2, MVN([0, 0], [[1, 1], [1, 1]], allow_singular=True), MVN([0, 0])), "human: a singular covariance"),
    (lambda: provenance.simulated_information(0.2, [0.5, 0.5], [0.4, 0.6]), "human: list given; allowed: a distribution with"),
    (lambda: provenance.simulated_information(0.2, MVN([0, 0]), stats.norm()), "synthetic: 1 dimensions given; allowed: 2"),
    (lambda: provenance.simulated_information(0.2, stats.norm(), stats.norm(), math.inf), "draws: inf given"),
    (lambda: provenance.simulated_information(0.2, stats.norm(), stats.norm(), "a"), "draws: 'a' given"),
    (lambda: provenance.estimate([0.0], [1.0, 2.0]), "log_synthetic: 2 values given"),
    (lambda: provenance.estimate([0.0, -np.inf], [0.0, -np.inf]), r"log_human\[1\]: -inf given"),
    (lambda: provenance.estimate([np.nan], [0.0]), r"log_human: nan given at index 0"),
    (lambda: provenance.estimate([0.0], [1.0], "best"), "method: 'best' given; allowed: mle, one_step, moment, em"),
    (lambda: provenance.estimate([0.0], [1.0], "moment"), "calibration: None given"),
    (lambda: provenance.estimate([0.0], [1.0], level=1.0), r"level: 1.0 given; allowed: \(0, 1\)"),
    (lambda: provenance.estimate([0.0], [1.0], weights=[0.0]), "weights: "),
    (lambda: provenance.Mixture((math.nan, 1.0), (stats.norm(), stats.norm())), "weights: nan given at index 0"),
    (lambda: provenance.Mixture(((0.5, 0.5),), (stats.norm(),)), r"weights: \(1, 2\) given"),
    (lambda: provenance.estimate_from_counts([1, 2], [1, 2], [0, 0]), "synthetic: least 0, sum 0 given"),
    (lambda: provenance.estimate_from_counts([1, 2], [1, 2], [1]), "pool, human, synthetic: 2, 2, 1 cells"),
    (lambda: provenance.kernel_log_density([0.0], [1.0, 1.0]), "sample: "),
    (lambda: provenance.GaussianContent(variance=-1.0), "variance: -1.0 given"),
])  # fmt: skip
def test_refusals_are_one_line(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
