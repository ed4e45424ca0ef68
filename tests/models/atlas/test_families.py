"""Subsampled pools, exponential families and kernel densities: identities, and ensembles held against closed forms."""

import numpy as np
import pytest
from scipy.special import psi
from scipy.stats import t as student

from mfsolve.models.atlas.ensembles import Run
from mfsolve.models.atlas.exponential_families import ExponentialFamily, exponential_family_closed_form, family_means
from mfsolve.models.atlas.gaussian import Gaussian, gaussian_closed_form, gaussian_means
from mfsolve.models.atlas.kept_items import subsample_closed_form
from mfsolve.models.atlas.kernel_density import KernelDensity, density_means, kernel_density_closed_form
from mfsolve.models.atlas.token_closed_form import tokens_closed_form
from mfsolve.models.atlas.tokens import Tokens, token_means
from mfsolve.models.atlas.workflows import (
    Accumulate,
    Curated,
    Growing,
    Mixed,
    Replace,
    Subsample,
    Temperature,
    Verified,
)

T = 6
LAWS = ("exponential", "poisson", "bernoulli")
WAYS = (Replace(), Growing(), Accumulate(), Subsample(), Mixed(ratio=0.7))


def cases():
    """Ensemble and oracle of every family under every workflow that it can have."""
    for family in (Gaussian(items=20), Gaussian(items=20, divisor="n", dimension=3)):
        yield family, Subsample(), gaussian_means, gaussian_closed_form
    yield Tokens(vocabulary=8, items=20), Subsample(), token_means, tokens_closed_form
    for law in LAWS:
        for workflow in WAYS:
            yield ExponentialFamily(family=law, items=20), workflow, family_means, exponential_family_closed_form
    tempered = Temperature(temperature=0.9)
    yield ExponentialFamily(items=20), tempered, family_means, exponential_family_closed_form
    for h in (0.0, 0.3, None):
        for workflow in WAYS[:4]:
            yield KernelDensity(items=20, bandwidth=h), workflow, density_means, kernel_density_closed_form


CASES = list(cases())
FIGURES = 4 * T * len(CASES)


def off(case, blocks, replicates, seed):
    """Largest deviation of block means from the closed form, in quantiles of its own t law at simultaneous 1e-3."""
    family, workflow, ensemble, oracle = case
    closed = oracle(family, workflow, T)
    rows = [
        ensemble(family, workflow, Run(T, range(i * replicates, (i + 1) * replicates), seed)) for i in range(blocks)
    ]
    worst = 0.0
    for name in closed._fields:
        path = getattr(closed, name)
        if not np.isfinite(path).all():
            continue
        x = np.array([row[name] for row in rows])
        error = x.std(0, ddof=1) / np.sqrt(blocks)
        certain = error < 1e-12 * np.abs(path).max()  # the same in every replicate
        assert x.mean(0)[certain] == pytest.approx(path[certain], rel=1e-12), name
        worst = max(worst, np.abs((x.mean(0) - path)[~certain] / error[~certain]).max())
    return worst / student.isf(1e-3 / (2 * FIGURES), blocks - 1)


def label(case):
    return f"{type(case[0]).__name__} {case[0].model_dump(exclude_none=True)} {type(case[1]).__name__}"


def test_every_oracle_against_4000_replicates():
    found = {label(case): off(case, 40, 100, 17) for case in CASES}
    assert max(found.values()) < 1, found


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("case", CASES, ids=label)
def test_every_oracle_against_100_000_replicates(case):
    assert off(case, 100, 1000, 19) < 1


@pytest.mark.parametrize(
    ("family", "wrong"),
    [
        (ExponentialFamily(items=20), ExponentialFamily(family="poisson", items=20)),
        (KernelDensity(items=20, bandwidth=0.3), KernelDensity(items=20, bandwidth=0.31)),
    ],
)
def test_a_wrong_closed_form_is_found(family, wrong):
    ensemble, oracle = (
        (family_means, exponential_family_closed_form)
        if isinstance(family, ExponentialFamily)
        else (density_means, kernel_density_closed_form)
    )
    case = (family, Replace(), ensemble, lambda _, *rest: oracle(wrong, *rest))
    assert off(case, 40, 1000, 17) > 1


def test_what_is_written():
    n, t = 12, np.arange(31)
    exact = {law: exponential_family_closed_form(ExponentialFamily(family=law, items=n), Replace(), 30) for law in LAWS}
    assert exact["exponential"].risk == pytest.approx((1 + 1 / n) ** t - 1)
    assert exact["exponential"].log_mean == pytest.approx(t * (psi(n) - np.log(n)))
    assert exact["poisson"].risk == pytest.approx(t / n)
    assert exact["bernoulli"].variance == pytest.approx((1 - 1 / n) ** t)  # heterozygosity
    pooled = exponential_family_closed_form(ExponentialFamily(items=n), Accumulate(), 4000).variance[-1]
    x = np.pi / np.sqrt(n)
    assert pooled == pytest.approx(np.sinh(x) / x, rel=1e-4)  # prod (1 + 1 / (n i^2)), cut off at 4000: 1 / (4000 n)
    tokens = tokens_closed_form(Tokens(vocabulary=2, exponent=0.0, items=n), Subsample(), 30)
    share = exponential_family_closed_form(ExponentialFamily(family="bernoulli", mean=0.5, items=n), Subsample(), 30)
    assert tokens.diversity == pytest.approx(0.5 * share.variance)


def test_a_first_subsample_by_hand():
    """Generation 2 draws n of 2 n items, the second half around the first one's mean with its variance."""
    n = 5
    found = subsample_closed_form(n, 2)
    pool = ((n - 1) + (n - 1) + n / 2 * (1 / n)) / (2 * n - 1)
    assert found.variance == pytest.approx([1, 1, pool])
    assert found.mean_square == pytest.approx([0, 1 / n, 1 / n + 1 / n / 4 + pool * (1 / n - 1 / (2 * n))])


def test_tilts_of_endless_items():
    """Four generations of 10^8 items: three steps of the natural parameter, in closed form."""
    t, q, T, human = np.maximum(np.arange(5) - 1, 0), 4.0, 0.8, 0.3
    odds = (human / (1 - human)) ** (T ** -t.astype(float))
    expected = {
        ("exponential", Curated(reward_variance=q)): human / (1 + t / q),
        ("exponential", Temperature(temperature=T)): human * T**t,
        ("poisson", Curated(reward_variance=q)): human * np.exp(-t / (q * human**0.5)),
        ("bernoulli", Curated(reward_variance=q)): 1
        / (1 + (1 / human - 1) * np.exp(t / (q * (human * (1 - human)) ** 0.5))),
        ("bernoulli", Temperature(temperature=T)): odds / (1 + odds),
        **{(law, Verified(strength=0.4)): np.full(5, human) for law in LAWS},
    }
    for (law, workflow), means in expected.items():
        found = family_means(ExponentialFamily(family=law, items=10**8, mean=human), workflow, Run(4, range(2), 3))
        assert found["mean"] == pytest.approx(means, rel=2e-3), (law, workflow)  # 1 / sqrt(n) = 1e-4 a generation
        assert not np.isfinite(exponential_family_closed_form(ExponentialFamily(), Verified(), 4).risk).any()


def test_bandwidths():
    n = 50
    still = kernel_density_closed_form(KernelDensity(items=n, bandwidth=n**-0.5), Replace(), 400)
    assert still.variance == pytest.approx(1.0)
    for h in (0.0, 0.05, 1.0):
        long = kernel_density_closed_form(KernelDensity(items=n, bandwidth=h), Replace(), 2000)
        assert long.variance[-1] == pytest.approx(n * h * h, abs=1e-12)
        assert long.diversity == pytest.approx((1 - 1 / n) ** np.arange(2001))
    rule = kernel_density_closed_form(KernelDensity(items=n), Replace(), 5).variance
    assert rule[1:] / rule[:-1] == pytest.approx(1 - 1 / n + (4 / (3 * n)) ** 0.4)
    alone = density_means(KernelDensity(items=3, bandwidth=0.0), Replace(), Run(90, range(300), 1))
    assert alone["founders"][-1] == pytest.approx(1 / 3)  # one item is left of all
    assert alone["variance"][-1] == 0.0


@pytest.mark.parametrize(
    "ensemble", [lambda r, k: family_means(ExponentialFamily(family="poisson", items=5), Subsample(), r, threads=k),
                 lambda r, k: density_means(KernelDensity(items=5), Subsample(), r, threads=k)],
)  # fmt: skip
def test_threads_and_blocks_do_not_matter(ensemble):
    one, two = (ensemble(Run(3, range(2100), 5), threads) for threads in (1, 2))
    assert all(np.array_equal(one[name], two[name]) for name in one)
    parts = [ensemble(Run(3, range(first, first + 1050), 5), 1) for first in (0, 1050)]
    assert all((parts[0][name] + parts[1][name]) / 2 == pytest.approx(one[name], rel=1e-12, abs=1e-12) for name in one)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ExponentialFamily(family="bernoulli", mean=1.5), r"mean: 1.5 given; allowed: \(0, 1\)"),
        (lambda: ExponentialFamily(family="gamma"), "family: 'gamma' given"),
        (lambda: ExponentialFamily(items=1), r"items: 1 given.*allowed: \[2,"),
        (lambda: KernelDensity(bandwidth=-0.1), r"bandwidth: -0.1 given.*\[0, 100\]"),
        (
            lambda: kernel_density_closed_form(KernelDensity(), Temperature(), 3),
            "'temperature' given; allowed with the family of kernel densities: ",
        ),
        (
            lambda: exponential_family_closed_form(ExponentialFamily(family="poisson"), Temperature(), 3),
            "'temperature' given; allowed with the poisson f",
        ),
        (
            lambda: gaussian_means(Gaussian(items=10**6), Subsample(), Run(20, range(2), 1)),
            "items: '2e.07 kept numbers'",
        ),
        (lambda: subsample_closed_form(1, 3), r"items: 1 given; allowed: whole numbers in \[2,"),
    ],
)
def test_nonsense_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
