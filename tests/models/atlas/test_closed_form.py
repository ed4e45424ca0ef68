"""Closed forms of the atlas: identities among them, and ensembles held against each of them."""

import numpy as np
import pytest
from scipy.special import gammaln
from scipy.stats import norm

from mfsolve.models.atlas.closed_form import (
    accumulate_closed_form,
    accumulate_limit,
    curation_closed_form,
    mixed_closed_form,
    replace_closed_form,
    sampled_closed_form,
    temperature_closed_form,
    weighting_closed_form,
)
from mfsolve.models.atlas.ensembles import Run
from mfsolve.models.atlas.gaussian import Gaussian, gaussian_closed_form, gaussian_means
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


def test_replace_is_what_is_written():
    n, t = 12, np.arange(31)
    c4 = np.sqrt(2 / (n - 1)) * np.exp(gammaln(n / 2) - gammaln((n - 1) / 2))
    unbiased, plain = replace_closed_form(n, 30), replace_closed_form(n, 30, unbiased=False)
    assert unbiased.mean_square == pytest.approx(t / n)
    assert unbiased.w2 == pytest.approx(t / n + 2 - 2 * c4**t)
    assert plain.variance == pytest.approx((1 - 1 / n) ** t)
    assert plain.mean_square == pytest.approx(1 - plain.variance, abs=1e-14)
    assert np.isinf(replace_closed_form(3, 2).risk[1:]).all()


@pytest.mark.parametrize("n", [2, 5, 100])
def test_accumulate_conserves_the_second_moment_and_tends_to_its_limit(n):
    found = accumulate_closed_form(n, 4000, unbiased=False)
    assert found.mean_square == pytest.approx(1 - found.variance, abs=1e-13)
    late = np.array([1000, 4000])  # the rest of the product is 1 + 1 / (n t) of the limit
    assert found.variance[late] / accumulate_limit(n) == pytest.approx(1 + 1 / (n * late), abs=2 / (n * late[0] ** 2))


def test_weighting():
    assert weighting_closed_form(1.0, 0.5).optimal_weight == pytest.approx((np.sqrt(5) - 1) / 2)
    for k in (0.3, 1.0, 7.0):
        best = weighting_closed_form(k, 0.5).optimal_weight
        least = weighting_closed_form(k, best).variance
        assert all(weighting_closed_form(k, best + step).variance > least for step in (-1e-3, 1e-3))
        long = mixed_closed_form(210, 400, Mixed(ratio=k, weight=0.2)).mean_square[
            -1
        ]  # 700, 210 and 30 synthetic items
        assert 210 * long == pytest.approx(weighting_closed_form(k, 0.2).variance)
    assert np.isinf(weighting_closed_form(1.0, 0.0).variance)


def test_temperature_and_curation():
    assert temperature_closed_form(30, 9, 0.8).variance[1:] == pytest.approx(0.8 ** np.arange(9))
    x = np.linspace(-8, 8, 4001)
    p = norm.pdf(x)
    for expected in curation_closed_form(6, 3.0)[1:]:
        assert np.average(x**2, weights=p) == pytest.approx(expected, rel=1e-6)
        p = p * np.exp(-(x**2) / 6.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: replace_closed_form(1, 5), r"items: 1 given; allowed: whole numbers in \[2,"),
        (lambda: accumulate_closed_form(10, 0), "generations: 0 given"),
        (lambda: weighting_closed_form(1.0, 1.2), r"weight: 1.2 given; allowed: \[0, 1\]"),
        (lambda: Mixed(weight=-0.1), r"weight: -0.1 given; allowed: \[0, 1\], or 'optimal'"),
        (lambda: mixed_closed_form(10, 5, Mixed(ratio=8.0)), r"ratio: 8.0 given; allowed: \(0, 5\]"),
        (lambda: sampled_closed_form(np.array([5.0, 1.0])), "sizes: 1.0 given at index 1"),
        (lambda: Gaussian(items=1), r"items: 1 given.*allowed: \[2,"),
        (lambda: Gaussian(divisor="n+1"), "divisor: 'n\\+1' given"),
    ],
)
def test_nonsense_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_threads_and_blocks_do_not_matter():
    family, run = Gaussian(items=7), Run(3, range(9000), 5)
    one, two = (gaussian_means(family, Replace(), run, threads=threads) for threads in (1, 2))
    assert all(np.array_equal(one[name], two[name]) for name in one)
    parts = [gaussian_means(family, Replace(), Run(3, range(first, first + 4500), 5)) for first in (0, 4500)]
    assert (parts[0]["w2"] + parts[1]["w2"]) / 2 == pytest.approx(one["w2"], rel=1e-13)


WORKFLOWS = [
    Replace(), Growing(), Accumulate(), Subsample(), Mixed(), Mixed(weight=0.2, ratio=3.0),
    Temperature(temperature=0.9),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize(("divisor", "dimension"), [("n", 1), ("n-1", 1), ("n-1", 4)])
@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda w: f"{type(w).__name__}{w.model_dump()}")
def test_every_oracle_against_100_000_replicates(workflow, divisor, dimension):
    """All measures at all generations within simultaneous intervals, error rate 1e-3 over all of them."""
    family, T, blocks = Gaussian(items=30, divisor=divisor, dimension=dimension), 20, 100
    oracle = gaussian_closed_form(family, workflow, T)
    rows = [gaussian_means(family, workflow, Run(T, range(i * 1000, (i + 1) * 1000), 11)) for i in range(blocks)]
    names = [name for name in oracle._fields if np.isfinite(getattr(oracle, name)).all()]
    limit = norm.isf(1e-3 / (2 * len(names) * T * 3 * len(WORKFLOWS)))
    for name in names:
        x = np.array([row[name] for row in rows])[:, 1:]
        z = (x.mean(0) - getattr(oracle, name)[1:]) / (x.std(0, ddof=1) / np.sqrt(blocks))
        assert np.abs(z).max() < limit, (name, np.abs(z).max())


def test_verified_and_curated_laws():
    """Endless items: the kept law's moments, iterated by hand."""
    q, a = 4.0, 0.3
    found = gaussian_means(Gaussian(items=10**8), Verified(strength=a), Run(3, range(4), 1))
    assert found["variance"][1:] == pytest.approx([1.0] * 3, abs=1e-3)
    found = gaussian_means(Gaussian(items=10**8), Curated(reward_variance=q), Run(4, range(4), 1))
    assert found["variance"] == pytest.approx(curation_closed_form(4, q), rel=1e-3)
