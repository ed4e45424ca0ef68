"""Share of synthetic items from counts, scores and tokens in memory: the truth is inside, and alarms go off."""

import numpy as np
import pytest

from mfsolve.data.rows import Rows, Sources
from mfsolve.models.frozen import InputError
from mfsolve.models.provenance import cell_counts, estimate
from mfsolve.models.provenance.quantify import quantify_counts

Z = 4.5  # standard errors allowed


def rows(values, block=1000):
    """A table in blocks, of one name and of columns a, b, ..."""
    parts = [values[k : k + block] for k in range(0, len(values), block)]
    return Rows("here", tuple("abc"[: values.shape[1]]), lambda: iter(parts))


def sources(rng, d, rho, pool=4000):
    human, synthetic = (lambda n: rng.normal(0.0, 1.0, (n, d))), (lambda n: rng.normal(0.8, 0.6, (n, d)))
    k = rng.binomial(pool, rho)
    return Sources(
        rows(rng.permutation(np.concatenate([human(pool - k), synthetic(k)]))), rows(human(3000)), rows(synthetic(3000))
    )


@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("rho", [0.1, 0.6])
def test_features(d, rho):
    counts = cell_counts.feature_counts(sources(np.random.default_rng(d), d, rho))
    assert (counts.human.sum(), counts.synthetic.sum(), counts.pool.sum()) == (1500, 1500, 4000)
    found = quantify_counts(counts)
    assert abs(found.found.estimate.value - rho) < Z * found.found.estimate.standard_error
    assert found.warnings() == []


def test_likelihoods_as_given_are_those_of_the_model():
    """Exact log likelihoods: taken as given and calibrated by the references they agree within their errors."""
    raw = sources(np.random.default_rng(3), 1, 0.3)

    def scored(table):
        x = np.concatenate(list(table.blocks()))[:, 0]
        return rows(np.column_stack([-0.5 * x * x, -0.5 * ((x - 0.8) / 0.6) ** 2 - np.log(0.6)]))

    counts = cell_counts.likelihood_counts(Sources(*map(scored, raw)), 0.95)
    found = quantify_counts(counts).found.estimate
    assert counts.as_given is not None
    for each in (found, counts.as_given):
        assert abs(each.value - 0.3) < Z * each.standard_error
    pool = np.concatenate(list(scored(raw.pool).blocks()))
    exact = estimate(pool[:, 0], pool[:, 1])
    # contrasts are replaced by their means in 4096 cells: an error of second order in a cell's width of 2^-11
    assert counts.as_given.value == pytest.approx(exact.value, abs=2.0**-22)
    assert counts.as_given.fisher_information == pytest.approx(exact.fisher_information, rel=2.0**-20)


def test_tokens_beside_common_ones_share_a_cell():
    human, synthetic = {"a": 500.0, "b": 300.0, "rare": 3.0}, {"a": 200.0, "b": 600.0, "odd": 2.0}
    common = cell_counts.common_tokens(human, synthetic)
    assert common == ["b", "a"]
    counts = cell_counts.token_counts(common, {"a": 70.0, "b": 80.0, "rare": 1.0, "odd": 0.0}, 49.0, human, synthetic)
    assert counts.pool.tolist() == [80.0, 70.0, 50.0]
    assert counts.human.tolist() == [300.0, 500.0, 3.0]
    assert counts.synthetic.tolist() == [600.0, 200.0, 2.0]
    assert counts.unseen == pytest.approx(49 / 200)
    assert any("24.5 % of the pool is unlike anything" in warning for warning in quantify_counts(counts).warnings())


def test_a_pool_of_nothing_seen_says_nothing():
    human, synthetic = {"a": 500.0, "b": 300.0}, {"a": 200.0, "b": 600.0}
    found = quantify_counts(cell_counts.token_counts(["a", "b"], {"a": 0.0, "b": 0.0}, 40.0, human, synthetic))
    assert np.isnan(found.found.estimate.value)
    assert "the share cannot be estimated" in found.warnings()[0]


@pytest.mark.parametrize(("human", "message"), [
    (np.zeros((79, 1)), "here: 79 rows given; at least 80 are needed"),
    (np.ones((200, 1)), "here: column a: is constant"),
    (np.full((200, 1), 1e101), "here: column a: 1e\\+101 given; allowed"),
])  # fmt: skip
def test_refusals(human, message):
    good = rows(np.random.default_rng(0).normal(size=(200, 1)))
    with pytest.raises(InputError, match=message):
        cell_counts.feature_counts(Sources(good, rows(human), good))
