"""Fisher information of pairs of laws whose tails and ends differ, against 20-digit quadrature."""

import math

import pytest
from scipy import stats

from mfsolve.models import provenance

INF = math.inf
HUMAN = {
    "normal": stats.norm(), "laplace": stats.laplace(), "t": stats.t(3), "logistic": stats.logistic(),
    "uniform": stats.uniform(), "exponential": stats.expon(), "gamma": stats.gamma(2.5), "beta": stats.beta(2, 3),
}  # fmt: skip
SYNTHETIC = {
    "normal": stats.norm(0.3, 0.8), "laplace": stats.laplace(0.2, 0.7), "t": stats.t(5),
    "logistic": stats.logistic(0, 0.6), "uniform": stats.uniform(-0.5, 2), "exponential": stats.expon(scale=0.7),
    "gamma": stats.gamma(1.5), "beta": stats.beta(1.5, 2.5),
}  # fmt: skip
# I(0), I(0.3), I(1) by tanh-sinh quadrature of 20 digits (mpmath); infinite where the integrand's powers say so
INFORMATION = {
    ("normal", "normal"): (0.1451981422428, 0.1634725946879, 0.6679983366213),
    ("normal", "laplace"): (INF, 0.160953590786, 0.1684637152378),
    ("normal", "t"): (INF, 0.1001881533103, 0.04408903496308),
    ("normal", "logistic"): (INF, 0.03125879877997, 0.0164201036399),
    ("normal", "uniform"): (0.7786915413285, 0.8139746347988, INF),
    ("normal", "exponential"): (INF, 1.204960925366, INF),
    ("normal", "gamma"): (INF, 1.583106027712, INF),
    ("normal", "beta"): (2.500293442136, 1.955414941188, INF),
    ("laplace", "normal"): (0.2798143546373, 0.3096959662621, INF),
    ("laplace", "laplace"): (0.1551111932136, 0.1589186020296, 0.2930472812566),
    ("laplace", "t"): (INF, 0.02879413567456, 0.03396491822506),
    ("laplace", "logistic"): (0.05694570870633, 0.06609170081693, 0.2818181818182),
    ("laplace", "uniform"): (1.065205170519, 0.9965362658528, INF),
    ("laplace", "exponential"): (1.197802197802, 1.204697874051, INF),
    ("laplace", "gamma"): (1.54647908947, 1.347357507281, INF),
    ("laplace", "beta"): (2.6794452387, 2.042927511264, INF),
    ("t", "normal"): (0.2736260249183, 0.3152432214447, INF),
    ("t", "laplace"): (0.2017014591415, 0.2028949612414, INF),
    ("t", "t"): (0.01845117622491, 0.02203505805278, 0.08443533693808),
    ("t", "logistic"): (0.05477589535821, 0.0675349994033, INF),
    ("t", "uniform"): (1.004626172346, 1.003223636957, INF),
    ("t", "exponential"): (1.338537998162, 1.259906527035, INF),
    ("t", "gamma"): (1.453738644056, 1.292533616413, INF),
    ("t", "beta"): (2.880110801219, 2.123650930013, INF),
    ("logistic", "normal"): (0.5703625436137, 0.6138447168561, INF),
    ("logistic", "laplace"): (0.5446208836948, 0.5012698986063, 1.234852657866),
    ("logistic", "t"): (INF, 0.1760112530201, 0.2886804159106),
    ("logistic", "logistic"): (0.2602523020503, 0.2832353075009, 1.349688135389),
    ("logistic", "uniform"): (1.325187380294, 1.333839054917, INF),
    ("logistic", "exponential"): (2.056573056573, 1.552679008831, INF),
    ("logistic", "gamma"): (1.051330377629, 1.128610717241, INF),
    ("logistic", "beta"): (4.377261387654, 2.590842852998, INF),
    ("uniform", "normal"): (INF, 2.173600052429, 1.22141883912),
    ("uniform", "laplace"): (INF, 2.162712387771, 1.417098421797),
    ("uniform", "t"): (INF, 2.861042741855, 2.227400596432),
    ("uniform", "logistic"): (INF, 2.74454228632, 2.038021201148),
    ("uniform", "uniform"): (INF, 1.960784313725, 1.0),
    ("uniform", "exponential"): (INF, 0.9761559574711, 0.5546396029631),
    ("uniform", "gamma"): (INF, 2.31542224426, 1.592482719567),
    ("uniform", "beta"): (0.2969111506219, 0.3342206861226, INF),
    ("exponential", "normal"): (INF, 1.421313125856, INF),
    ("exponential", "laplace"): (INF, 1.46133412041, 0.9119442412804),
    ("exponential", "t"): (INF, 1.972326415758, 1.06792983645),
    ("exponential", "logistic"): (INF, 1.985901891673, 1.563636363636),
    ("exponential", "uniform"): (INF, 1.289024173052, INF),
    ("exponential", "exponential"): (0.0989010989011, 0.108047688156, 0.225),
    ("exponential", "gamma"): (0.2732395447352, 0.2642262796821, 0.5707963267949),
    ("exponential", "beta"): (0.8397226193499, 0.9056651514077, INF),
    ("gamma", "normal"): (INF, 2.556750424498, INF),
    ("gamma", "laplace"): (INF, 2.736758038299, 32.50235258445),
    ("gamma", "t"): (INF, 2.735779188864, 8.984043519537),
    ("gamma", "logistic"): (INF, 2.845164222857, 164.2777634377),
    ("gamma", "uniform"): (INF, 2.500734845539, INF),
    ("gamma", "exponential"): (INF, 2.133268457573, 21.29097607121),
    ("gamma", "gamma"): (2.0, 0.6338432858608, 0.6666666666667),
    ("gamma", "beta"): (34.57491441195, 3.49359104397, INF),
    ("beta", "normal"): (INF, 2.41949581031, 1.820835561588),
    ("beta", "laplace"): (INF, 2.299115849316, 1.579966622865),
    ("beta", "t"): (INF, 3.016414545603, 2.994215617591),
    ("beta", "logistic"): (INF, 2.903740640213, 2.697247611054),
    ("beta", "uniform"): (INF, 2.313503105751, 1.742857142857),
    ("beta", "exponential"): (INF, 1.235614390483, 0.685470837693),
    ("beta", "gamma"): (INF, 2.575982196742, 2.077459713149),
    ("beta", "beta"): (0.08075929218494, 0.05692476595477, 0.04093483917739),
}  # fmt: skip


@pytest.mark.parametrize(("human", "synthetic"), INFORMATION)
def test_pairs_of_laws(human, synthetic):
    p, q = HUMAN[human], SYNTHETIC[synthetic]
    for rho, want in zip((0.0, 0.3, 1.0), INFORMATION[human, synthetic]):
        assert provenance.fisher_information(rho, p, q) == pytest.approx(want, rel=1e-9)


def test_normal_against_laplace():
    """phi^2 / f = exp(|x| - x^2) / pi, whose integral is closed."""
    want = math.exp(0.25) * (1.0 + math.erf(0.5)) / math.sqrt(math.pi) - 1.0
    assert want == pytest.approx(0.101501451327, rel=1e-11)
    assert provenance.fisher_information(1.0, stats.norm(), stats.laplace()) == pytest.approx(want, rel=1e-10)
    assert provenance.fisher_information(0.0, stats.laplace(), stats.norm()) == pytest.approx(want, rel=1e-10)
    assert provenance.fisher_information(0.0, stats.norm(), stats.laplace()) == INF


@pytest.mark.parametrize("scale", [0.6, 0.51, 0.501, 0.5001])
def test_tails_that_matter_beyond_the_underflow_of_a_law(scale):
    """SciPy's Laplace law is 0 from 745 on, where int p^2 / q still has most of its value: b^2 / (2 b - 1) - 1."""
    want = scale**2 / (2.0 * scale - 1.0) - 1.0
    narrow = stats.laplace(scale=scale)
    mixed = provenance.Mixture((0.25, 0.75), (narrow, narrow))
    for law in (narrow, mixed):
        assert provenance.fisher_information(1.0, stats.laplace(), law) == pytest.approx(want, rel=1e-7)
        assert provenance.fisher_information(0.0, law, stats.laplace()) == pytest.approx(want, rel=1e-7)


@pytest.mark.parametrize("scale", [0.5, 0.4999, 0.3])
def test_tails_that_diverge_still_do(scale):
    assert provenance.fisher_information(1.0, stats.laplace(), stats.laplace(scale=scale)) == INF
    assert provenance.fisher_information(1.0, stats.norm(), stats.norm(scale=0.7)) == INF
    assert provenance.fisher_information(1.0, stats.t(3), stats.laplace(scale=scale)) == INF


def test_laws_that_underflow_in_a_tail_or_overflow_in_its_logarithm():
    """Hyperbolic secants, a folded normal and Gumbel laws, whose log density is about -e^x."""
    assert provenance.fisher_information(1.0, stats.norm(), stats.hypsecant()) < 1.0
    assert provenance.fisher_information(1.0, stats.hypsecant(), stats.hypsecant(scale=0.45)) == INF
    half, fold = stats.halfnorm(), stats.foldnorm(1.0)
    assert provenance.fisher_information(1.0, half, fold) < 1.0
    near, far = stats.gumbel_l(0.0), stats.gumbel_l(-0.5)
    # with y = e^x of mean 1: E_p[p / q] = int a^-1 e^(-y (2 - a)) dy, a = e^0.5
    a = math.exp(0.5)
    assert provenance.fisher_information(1.0, near, far) == pytest.approx(1.0 / (a * (2.0 - a)) - 1.0, rel=1e-9)
    assert provenance.fisher_information(1.0, near, stats.gumbel_l(-0.8)) == INF


def test_true_ends_of_the_mass_are_no_tails():
    """A histogram's density, and a law on the line that ends with a jump: no mass is missing, there is none."""
    ends = stats.rv_histogram(([1.0, 2.0, 0.0], [0.0, 1.0, 2.0, 3.0]))
    full = stats.rv_histogram(([1.0, 1.0, 1.0], [0.0, 1.0, 2.0, 3.0]))
    assert provenance.fisher_information(1.0, full, ends) == INF
    assert provenance.fisher_information(0.0, full, ends) == pytest.approx((1 / 9 + 4 / 9) * 3 - 1, rel=1e-9)


@pytest.mark.parametrize("rate", [1.5, 1.99, 1.995])
def test_discrete_tails_that_matter_beyond_the_underflow_of_a_law(rate):
    """Discrete Laplace laws tanh(a / 2) e^(-a |k|), summed as geometric series."""
    fall = math.exp(rate - 2.0)
    want = math.tanh(0.5) ** 2 / math.tanh(0.5 * rate) * (1.0 + fall) / (1.0 - fall) - 1.0
    assert provenance.fisher_information(1.0, stats.dlaplace(1.0), stats.dlaplace(rate)) == pytest.approx(
        want, rel=1e-9
    )
    assert provenance.fisher_information(1.0, stats.dlaplace(1.0), stats.dlaplace(2.01)) == INF
