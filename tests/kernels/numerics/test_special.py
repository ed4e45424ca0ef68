"""Special functions against SciPy and closed forms."""

import math
from decimal import Decimal, localcontext

import numba
import numpy as np
import pytest
from mfsolve.kernels.numerics import special
from scipy import stats
from scipy.integrate import quad
from scipy.special import betainc, gammaln
from scipy.stats import beta as law

SHAPES = (
    (1.0, 1.0),
    (2.0, 2.0),
    (1.0, 3.0),
    (1.3, 4.7),
    (2.5, 1.01),
    (7.7, 3.1),
    (20.0, 30.0),
    (100.0, 100.0),
    (1.0, 100.0),
)


@pytest.mark.parametrize(("a", "b"), SHAPES)
def test_shares_against_scipy(a, b):
    tiny = 10.0 ** -np.linspace(1, 15, 50)
    x = np.concatenate([np.linspace(0, 1, 2001), tiny, 1 - tiny])
    out = np.empty_like(x)
    special.beta_shares(x, a, b, out)
    # the logarithm of the front factor has terms of size (a + b) ln: their rounding is what limits both
    np.testing.assert_allclose(out, betainc(a, b, x), atol=8e-16 * (a + b + 4), rtol=0)
    assert out[0] == 0.0
    assert out[2000] == 1.0


def test_uniform_and_quadratic_are_exact():
    x = np.linspace(0, 1, 1001)
    out = np.empty_like(x)
    special.beta_shares(x, 1.0, 1.0, out)
    np.testing.assert_allclose(out, x, atol=1e-15)
    special.beta_shares(x, 2.0, 2.0, out)
    np.testing.assert_allclose(out, x * x * (3 - 2 * x), atol=3e-15)


def beta_moments(x, a, b):
    """`moments_below` at each of x, (n, 5)."""
    out, log_norm = np.empty((len(x), 5)), special.log_beta(a, b)
    for row, s in zip(out, x):
        edge = special.front(s, a, b, log_norm)
        special.moments_below(s, a, b, log_norm, edge, special.share_below(s, a, b, edge), row)
    return out


@pytest.mark.parametrize(("a", "b"), SHAPES[:6])
def test_partial_moments_against_quadrature(a, b):
    ends = np.array([0.15, 0.6, 0.97])
    out = beta_moments(ends, a, b)
    for k in range(-1, 4):
        for i in range(2):
            exact = quad(lambda s, k=k: s**k * law.pdf(s, a, b), ends[i], ends[i + 1], epsabs=1e-14, epsrel=1e-13)[0]
            assert out[i + 1, k + 1] - out[i, k + 1] == pytest.approx(exact, abs=3e-14)


# E[s^k; s < x], k = -1..3, of Beta(a, b), with -E[1 / s; s > x] for k = -1 and a < 1.5 (mpmath, 150 digits)
MOMENTS = {
    (1, 1, 1e-100): (-230.2585092994046, 1.0e-100, 5.0e-201, 0.0, 0.0),
    (1, 1, 1e-15): (-34.53877639491069, 1.0e-15, 5.000000000000001e-31, 3.333333333333334e-46, 2.500000000000001e-61),
    (1, 1, 1e-06): (-13.81551055796427, 1.0e-6, 5.0e-13, 3.333333333333333e-19, 2.5e-25),
    (1, 1, 0.003): (-5.809142990314027, 0.003, 4.5e-6, 9.000000000000001e-9, 2.025e-11),
    (1, 1, 0.1): (-2.302585092994046, 0.1, 0.005000000000000001, 0.0003333333333333334, 2.500000000000001e-5),
    (1, 1, 0.6): (-0.5108256237659907, 0.6, 0.18, 0.07199999999999999, 0.0324),
    (1, 1, 0.999999999): (-9.999999722180685e-10, 0.999999999, 0.499999999, 0.3333333323333334, 0.249999999),
    (1, 3, 1e-100): (-686.2755278982137, 3.0e-100, 1.5e-200, 0.0, 0.0),
    (1, 3, 1e-15): (-99.11632918473206, 2.999999999999997e-15, 1.499999999999998e-30, 9.999999999999987e-46, 7.49999999999999e-61),
    (1, 3, 1e-06): (-36.94653767389132, 2.999997000001e-6, 1.49999800000075e-12, 9.999985000005999e-19, 7.499988000004999e-25),
    (1, 3, 0.003): (-12.94541547094208, 0.008973027, 1.344606075e-5, 2.68786458e-8, 6.045876450000001e-11),
    (1, 3, 0.1): (-2.992755278982137, 0.271, 0.013075, 0.0008560000000000001, 6.350000000000001e-5),
    (1, 3, 0.6): (-0.09247687129797207, 0.936, 0.2052, 0.068256, 0.027216),
    (1, 3, 0.999999999): (-9.999999159042079e-28, 1.0, 0.25, 0.1, 0.05),
    (1.0000001, 3, 1e-100): (-686.2677014528124, 2.999931173236697e-100, 1.499965661616624e-200, 0.0, 0.0),
    (1.0000001, 3, 1e-15): (-99.11616894217199, 2.999989888384108e-15, 1.499995019191797e-30, 9.999966961278089e-46, 7.499975283458358e-61),
    (1.0000001, 3, 1e-06): (-36.94651634217288, 2.999993105354097e-6, 1.499996127677788e-12, 9.999972684521303e-19, 7.499978825892256e-25),
    (1.0000001, 3, 0.003): (-12.94541329509919, 0.008973022533845453, 1.344605473090193e-5, 2.687863421659895e-8, 6.045873894982695e-11),
    (1.0000001, 3, 0.1): (-2.992755363417978, 0.2709999587499467, 0.01307499870124498, 0.0008559999301287137, 6.349999537691776e-5),
    (1.0000001, 3, 0.6): (-0.09247688479800195, 0.9359999905867213, 0.2052000121078575, 0.06825600575378846, 0.02721600264677694),
    (1.0000001, 3, 0.999999999): (-1.000000099237536e-27, 1.0, 0.2500000187499995, 0.1000000105, 0.0500000060833334),
    (1.3, 4.7, 1e-100): (-16.66666666666666, 6.665181209657992e-130, 3.767276335893648e-230, 0.0, 0.0),
    (1.3, 4.7, 1e-15): (-16.66575332334225, 2.107715364027566e-19, 1.191317379667755e-34, 8.303121131017681e-50, 6.372162728455429e-65),
    (1.3, 4.7, 1e-06): (-16.20891104340562, 1.056357823402428e-7, 5.970715221645951e-14, 4.161406493647399e-20, 3.193637023142708e-26),
    (1.3, 4.7, 0.003): (-11.62401352704613, 0.003478115604942586, 5.889032473502428e-6, 1.230377347179184e-8, 2.831345408174429e-11),
    (1.3, 4.7, 0.1): (-3.336500280726482, 0.2704816954607861, 0.0144936767085349, 0.0009812917206927162, 7.395265497597973e-5),
    (1.3, 4.7, 0.6): (-0.0330258497574838, 0.9779777602405923, 0.2018748369984823, 0.06117698361476908, 0.02253001275660782),
    (1.3, 4.7, 0.999999999): (-9.2396899510207e-43, 1.0, 0.2166666666666667, 0.07119047619047619, 0.02936607142857143),
    (1.4999, 30, 1e-100): (-61.01200240048009, 1.280254140388021e-148, 7.68131999347171e-249, 0.0, 0.0),
    (1.4999, 30, 1e-15): (-61.01199048873593, 3.97005194345951e-21, 2.381967642703668e-36, 1.701386013884651e-51, 1.323291830928439e-66),
    (1.4999, 30, 1e-06): (-60.63610340962583, 1.25281986926474e-7, 7.516693842083071e-14, 5.368995781221065e-20, 4.175854200328744e-26),
    (1.4999, 30, 0.003): (-41.0212236143942, 0.01952764341773111, 3.479740987086421e-5, 7.414954024420026e-8, 1.724004854075267e-10),
    (1.4999, 30, 0.1): (-0.7491310502205798, 0.9052251097248574, 0.03511546816613888, 0.001926892643655982, 0.0001262032871630666),
    (1.4999, 30, 0.6): (-9.213571871583191e-12, 0.9999999999943541, 0.04761602417439344, 0.003662635847286689, 0.0003826536546592253),
    (1.4999, 30, 0.999999999): (-6.255137649820791e-270, 1.0, 0.04761602417785453, 0.003662635849409338, 0.0003826536559615922),
    (1.1, 100, 1e-100): (-1000.999999833314, 1.515322338580897e-108, 7.937402725899937e-209, 0.0, 0.0),
    (1.1, 100, 1e-15): (-948.2894302282655, 4.79186997924831e-15, 2.510027131987172e-30, 1.700340960378394e-45, 1.285623652969024e-60),
    (1.1, 100, 1e-06): (-582.3088297768011, 3.806120243439869e-5, 1.993651713560791e-11, 1.350527737959771e-17, 1.021125894036037e-23),
    (1.1, 100, 0.003): (-91.94123934624062, 0.2184007994733745, 0.0003274877478381659, 6.496441343518926e-7, 1.452085387608209e-9),
    (1.1, 100, 0.1): (-0.0003272961898019695, 0.9999645400840517, 0.01087645215920586, 0.0002233631876068352, 6.681950277533902e-6),
    (1.1, 100, 0.6): (-4.217010632531381e-40, 1.0, 0.01088031651829872, 0.0002237871174184848, 6.728807604241543e-6),
    (1.1, 100, 0.999999999): (-1.666849859744254e-900, 1.0, 0.01088031651829872, 0.0002237871174184848, 6.728807604241543e-6),
    (1.5, 1, 1e-100): (3.0e-50, 1.0e-150, 6.0e-251, 0.0, 0.0),
    (1.5, 1, 1e-15): (9.486832980505138e-8, 3.16227766016838e-23, 1.897366596101028e-38, 1.355261854357877e-53, 1.05409255338946e-68),
    (1.5, 1, 1e-06): (0.003, 9.999999999999999e-10, 5.999999999999999e-16, 4.285714285714285e-22, 3.333333333333333e-28),
    (1.5, 1, 0.003): (0.1643167672515498, 0.0001643167672515498, 2.957701810527897e-7, 6.337932451131208e-10, 1.478850905263949e-12),
    (1.5, 1, 0.1): (0.9486832980505138, 0.0316227766016838, 0.001897366596101028, 0.0001355261854357877, 1.05409255338946e-5),
    (1.5, 1, 0.6): (2.32379000772445, 0.46475800154489, 0.1673128805561604, 0.07170552023835445, 0.03346257611123208),
    (1.5, 1, 0.999999999): (2.9999999985, 0.9999999985, 0.5999999985, 0.4285714270714286, 0.3333333318333334),
    (2.5, 1.01, 1e-100): (1.694798742850839e-150, 1.016879245710503e-250, 0.0, 0.0, 0.0),
    (2.5, 1.01, 1e-15): (5.359424202998663e-23, 3.215654521799198e-38, 2.296896086999427e-53, 1.786474734332888e-68, 1.461661146272363e-83),
    (2.5, 1.01, 1e-06): (1.694798732682043e-9, 1.016879238447077e-15, 7.263423127153137e-22, 5.649329096614326e-28, 4.622178350482439e-34),
    (2.5, 1.01, 0.003): (0.0002784788325326332, 5.012601770743887e-7, 1.074126900994934e-9, 2.506293058055558e-12, 6.151805059654365e-15),
    (2.5, 1.01, 0.1): (0.05356088601365151, 0.003213264069625776, 0.0002295032915933854, 1.784948082476348e-5, 1.460367968370074e-6),
    (2.5, 1.01, 0.6): (0.7839294784849671, 0.2819131824234263, 0.120742928248369, 0.05632263461756481, 0.02764079051408296),
    (2.5, 1.01, 0.999999999): (1.673333331287416, 0.999999997954083, 0.7122507102047953, 0.5527444531375626, 0.4514246891202642),
    (100, 100, 1e-100): (0.0, 0.0, 0.0, 0.0, 0.0),
    (100, 100, 1e-15): (0.0, 0.0, 0.0, 0.0, 0.0),
    (100, 100, 1e-06): (0.0, 0.0, 0.0, 0.0, 0.0),
    (100, 100, 0.003): (5.852435283323288e-192, 1.738121868634884e-194, 5.162588521808623e-197, 1.533548868303998e-199, 4.555853088088166e-202),
    (100, 100, 0.1): (1.516015293119227e-45, 1.499032823911404e-46, 1.482426078408688e-47, 1.466182741109994e-48, 1.450291028230333e-49),
    (100, 100, 0.6): (2.006559183606226, 0.9978399050619449, 0.4986822983219045, 0.2504397692807175, 0.1263749770474272),
    (100, 100, 0.999999999): (2.01010101010101, 1.0, 0.5, 0.2512437810945274, 0.126865671641791),
}  # fmt: skip


@pytest.mark.parametrize(("a", "b", "x"), MOMENTS)
def test_partial_moments_to_twelve_digits_from_end_to_end(a, b, x):
    (out,) = beta_moments([x], float(a), float(b))
    np.testing.assert_allclose(out, MOMENTS[a, b, x], rtol=1e-12, atol=1e-290)


def test_partial_moments_at_the_ends():
    for a, b in ((1.0, 3.0), (1.2, 3.0), (2.5, 1.0)):
        out = beta_moments([0.0, 1.0], a, b)
        whole = (a + b - 1) / (a - 1) if a > 1.0 else np.inf  # E[1 / s]
        assert out[1, 0] - out[0, 0] == pytest.approx(whole, rel=1e-13)
        assert (out[0, 1:] == 0.0).all()
        np.testing.assert_allclose(out[1, 1:], [law.moment(k, a, b) if k else 1.0 for k in range(4)], rtol=1e-13)


def test_normal_quantiles():
    p = np.concatenate([np.linspace(1e-9, 1 - 1e-9, 1001), [1e-300, 1e-30, 0.0749, 0.0751, 0.5, 0.925, 0.93]])
    z = [special.normal_quantile(u) for u in p]
    np.testing.assert_allclose(z, stats.norm.ppf(p), rtol=3e-15, atol=1e-15)


def test_normal_quantiles_at_the_ends_and_beyond():
    p = np.array([0.0, 1.0, -1e-9, 1.0 + 1e-9, np.nan, np.inf, 5e-324, 1e-310])
    z = [special.normal_quantile(u) for u in p]
    np.testing.assert_allclose(z, stats.norm.ppf(p), rtol=1e-13)


jit = numba.njit(error_model="numpy")


@jit
def log_gammas(x, half, out):
    for i in range(x.size):
        out[0, i] = special.log_gamma(x[i])
        out[1, i] = special.log_gamma_half(half[i])


def test_log_gamma_of_numbers_and_of_halves():
    """A few roundings of the terms, the largest of which is about x ln x."""
    half = np.concatenate([np.arange(1, 200), [10**3, 10**6]])
    x = np.linspace(1.0, 250.0, half.size)
    out = np.empty((2, x.size))
    log_gammas(x, half, out)
    for got, at in ((out[0], x), (out[1], 0.5 * half)):
        assert (np.abs(got - gammaln(at)) <= 8 * np.finfo(float).eps * (10 + at * np.log(at + 10))).all()


@jit
def stirling_errors(n, out):
    for i in range(n.size):
        out[i] = special.stirling_error(n[i])


def test_stirling_error():
    """By its definition in exact integers, where n! still has few digits; the formula and the table meet at n = 16."""
    n = np.arange(1.0, 40.0)
    out = np.empty(n.size)
    stirling_errors(n, out)
    exact = [math.log(math.factorial(int(k))) - (k + 0.5) * math.log(k) + k - special.LN_SQRT_2PI for k in n]
    assert np.abs(out - exact).max() < 4 * np.finfo(float).eps * 40 * math.log(40)
    assert (np.diff(out) < 0).all()


@jit
def deviances(x, mean, out):
    for i in range(x.size):
        out[i] = special.deviance(x[i], mean)


def test_deviance_has_no_cancellation():
    mean, ratio = (
        1e6,
        1.0 + np.concatenate([10.0 ** -np.arange(1.0, 9.0), -(10.0 ** -np.arange(1.0, 9.0)), [3.0, -0.9]]),
    )
    x = mean * ratio
    out = np.empty(x.size)
    deviances(x, mean, out)
    gap = (x - mean).astype(np.longdouble) / mean
    exact = mean * ((1 + gap) * np.log1p(gap) - gap)
    close = np.abs(gap) < 5e-5  # there the difference above cancels even in extended precision: its series instead
    exact[close] = mean * (gap**2 / 2 - gap**3 / 6 + gap**4 / 12)[close]
    np.testing.assert_allclose(out, exact.astype(float), rtol=1e-14)


def test_constants():
    assert math.log(2.0) == special.LN_2
    assert pytest.approx(0.5 * math.log(math.pi), rel=1e-16) == special.LN_SQRT_PI
    assert pytest.approx(0.5 * math.log(2 * math.pi), rel=1e-16) == special.LN_SQRT_2PI
    assert special.LN_2PI == 2.0 * special.LN_SQRT_2PI
    assert pytest.approx(stats.norm.pdf(0.0), rel=2e-16) == special.DENSITY_AT_0


def decimals_of(x):
    return [Decimal(float(item)) for item in x]


def worst_eps(values, truths):
    """Largest relative error of values against decimals, in units of eps = 2^-52."""
    return max(float(abs(value / truth - 1)) for value, truth in zip(decimals_of(values), truths)) * 2.0**52


AWAY = np.concatenate([np.geomspace(1e-12, 0.999, 4000), np.linspace(0.32, 0.52, 1000)])
"""Distances from 1, close together where the series ends."""


def test_losses_of_variances_against_decimals():
    """From a hundredth to a googol, and as near to 1 as float64 goes: never more than 4 eps of the loss."""
    s2 = np.concatenate([1 + AWAY, 1 - AWAY, np.geomspace(2, 1e100, 500), np.geomspace(0.5, 1e-100, 500)])
    with localcontext(prec=50):
        truths = [x - 1 - x.ln() for x in decimals_of(s2)]
        assert worst_eps(map(special.loss_of_variance, s2), truths) < 4
    assert special.loss_of_variance(1.0) == 0.0
    assert special.loss_of_variance(np.e) == pytest.approx(np.e - 2, rel=1e-15)
    assert special.loss_of_variance(0.0) == np.inf


def test_losses_of_mixtures_against_decimals():
    t = np.concatenate([AWAY, -AWAY, np.geomspace(1, 1e100, 500)])
    with localcontext(prec=50):
        truths = [(1 + x) * (1 + x).ln() - x for x in decimals_of(t)]
        assert worst_eps(map(special.mixture_loss, t), truths) < 6
    assert special.mixture_loss(0.0) == 0.0
    assert special.mixture_loss(np.e - 1) == pytest.approx(1.0, rel=1e-15)


@pytest.mark.parametrize("v", [1e-9, 0.01, 0.2, -0.2])
def test_excess_of_the_inverse_hyperbolic_tangent(v):
    with localcontext(prec=50):
        exact = Decimal(v)
        truth = ((1 + exact) / (1 - exact)).ln() / 2 - exact
        assert worst_eps([special.artanh_excess(v)], [truth]) < 3
