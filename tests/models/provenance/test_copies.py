"""Copies of items: they count in a share, but are no evidence of their own."""

import numpy as np
import pytest

from mfsolve.data import words
from mfsolve.models.frozen import InputError
from mfsolve.models.provenance import copies
from mfsolve.models.provenance.copies import Copies
from mfsolve.models.provenance.share import quantify

KINDS = ("documents", "likelihoods", "features", "many features")


def draw(rng, kind, count, synthetic):
    """Items of one source: documents by words, log likelihoods, 3 or 12 features."""
    if kind == "documents":
        law = np.arange(1.0, 61.0) ** (-1.4 if synthetic else -0.6)
        return rng.multinomial(40, law / law.sum(), size=count) * 1.0
    x = rng.normal(size=(count, 12 if kind == "many features" else 3)) + 0.7 * synthetic
    return np.column_stack([-0.5 * x[:, 0] ** 2, -0.5 * (x[:, 0] - 0.7) ** 2]) if kind == "likelihoods" else x


def samples(rng, kind, pool=300, references=400):
    k = rng.binomial(pool, 0.3)
    mixed = np.concatenate([draw(rng, kind, pool - k, False), draw(rng, kind, k, True)])
    return mixed[rng.permutation(pool)], draw(rng, kind, references, False), draw(rng, kind, references, True)


def share(kind, *given):
    return quantify(*given, kind="features" if kind == "many features" else kind)


def test_copies_are_counted_over_blocks():
    rng, known, met = np.random.default_rng(1), Copies(), {}
    for _ in range(60):
        block = rng.integers(1, 2000, rng.integers(1, 300)).astype(np.uint64)
        expected = []
        for one in block.tolist():
            expected.append(met.get(one, 0))
            met[one] = expected[-1] + 1
        assert known.before(block).tolist() == expected
    assert known.found == sum(met.values()) - len(met)


def test_what_stands_elsewhere_too_or_holds_nothing_is_no_copy():
    known = Copies(np.array([7, 5], np.uint64))
    assert known.before(np.array([5, 6, 5, 6, 0, 0, 7, 7], np.uint64)).tolist() == [0, 0, 0, 1, 0, 0, 0, 0]


def test_identities_are_those_of_words():
    found = copies.of_documents(words.split(["a b c", "c b a", "A b, c!", "...", "", "a b"]))
    assert found[0] == found[2]
    assert len(set(found.tolist())) == 4
    assert found[3] == found[4] == copies.NOTHING
    listed = copies.of_documents(words.from_lists([(["a", "b"], [1, 2]), (["b", "a"], [2, 1]), (["a", "b"], [2, 1])]))
    assert listed[0] == listed[1] != listed[2]
    rows = copies.of_rows(np.array([[0.0, 1.0], [-0.0, 1.0], [1.0, 0.0]]))
    assert rows[0] == rows[1] != rows[2]


@pytest.mark.parametrize("kind", KINDS)
def test_a_pool_of_every_item_four_times_tells_what_it_tells_once(kind):
    pool, human, synthetic = samples(np.random.default_rng(2), kind)
    once = share(kind, pool, human, synthetic)
    four = share(kind, np.tile(pool, (4, 1)), human, synthetic)
    assert (once.copies["pool"], four.copies["pool"]) == (0, 900)
    assert four.items == 4 * once.items
    assert four.share == pytest.approx(once.share, abs=1e-6)
    assert four.standard_error == pytest.approx(once.standard_error, rel=0.01)
    assert four.interval == pytest.approx(once.interval, abs=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_references_of_every_item_three_times_tell_what_they_tell_once(kind):
    """In turn, so that copies would stand in all folds, and in both halves, of models that must not see them."""
    pool, human, synthetic = samples(np.random.default_rng(3), kind)
    once = share(kind, pool, human, synthetic)
    three = share(kind, pool, np.repeat(human, 3, axis=0), np.repeat(synthetic, 3, axis=0))
    assert three.copies["human"] > 0
    assert abs(three.share - once.share) < once.standard_error
    assert 0.8 < three.standard_error / once.standard_error < 1.6


def test_synthetic_items_copied_more_often_are_a_larger_share_with_a_larger_error():
    """The share is that of items: 100 human ones and 20 synthetic ones ten times each are two thirds synthetic."""
    rng = np.random.default_rng(4)
    human, synthetic = draw(rng, "documents", 300, False), draw(rng, "documents", 300, True)
    few = draw(rng, "documents", 20, True)
    pool = np.concatenate([draw(rng, "documents", 100, False), np.tile(few, (10, 1))])
    found = share("documents", pool, human, synthetic)
    fresh = share("documents", np.concatenate([pool[:100], draw(rng, "documents", 200, True)]), human, synthetic)
    assert abs(found.share - 2 / 3) < 4 * fresh.standard_error
    assert found.standard_error > 2 * fresh.standard_error


@pytest.mark.parametrize("kind", ["features", "many features"])
def test_equal_numbers_of_a_coarse_scale_are_no_copies(kind):
    """Every row that the references have too is what anybody's is, and stays a draw of its own."""
    parts = samples(np.random.default_rng(5), kind, references=3000)
    kept = 1 if kind == "features" else 9  # rows of 9 or 512 different values
    coarse = [np.round(x[:, :1]) if kept == 1 else np.where(x[:, :kept] > 0.5, 1.0, 0.0) for x in parts]
    found = share(kind, *coarse)
    assert found.copies["pool"] < 15
    assert abs(found.share - 0.3) < 4 * found.standard_error


def test_a_reference_of_few_different_documents_is_refused():
    pool, human, synthetic = samples(np.random.default_rng(6), "documents")
    with pytest.raises(InputError, match=r"human: 10 different documents given; at least 20 are needed"):
        share("documents", pool, np.tile(human[:10], (5, 1)), synthetic)
    with pytest.raises(InputError, match=r"1 different document given in the pool; at least 2"):
        share("documents", np.tile(pool[:1], (5, 1)), human, synthetic)


@pytest.mark.slow
def test_intervals_of_pools_with_copies_cover():
    """Pools of 120 items, 3 copies each on average: taken for independent, they cover 0.68."""
    rng, covered, runs = np.random.default_rng(7), 0, 120
    for _ in range(runs):
        pool, human, synthetic = samples(rng, "likelihoods", pool=120)
        found = share("likelihoods", np.repeat(pool, rng.geometric(1 / 3, 120), axis=0), human, synthetic)
        covered += found.interval[0] <= 0.3 <= found.interval[1]
    assert covered / runs >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / runs)


@pytest.mark.parametrize("kind", KINDS)
def test_a_pool_of_one_row_and_its_copies_is_one_draw(kind):
    """Which cannot be told, wherever it fell: about the pool's own mean it would not vary at all."""
    rng = np.random.default_rng(8)
    pool, human, synthetic = (draw(rng, kind, n, s) for n, s in ((40, True), (300, False), (300, True)))
    for row in range(3):
        viral = np.concatenate([pool, np.tile(pool[row], (5000, 1))])
        found = share(kind, viral, human, synthetic)
        assert found.copies["pool"] == 5000
        assert np.ptp(found.interval) > 0.6


@pytest.mark.slow
def test_intervals_of_pools_with_one_row_copied_cover():
    """The share counts copies; with 99 rows once and one 300 times, 27 of 40 intervals covered."""
    rng, covered, runs = np.random.default_rng(9), 0, 60
    for _ in range(runs):
        synthetic = rng.random(100) < 0.3
        pool = rng.normal(size=(100, 2)) + 1.5 * synthetic[:, None]
        times = np.where(np.arange(100) == 0, 300, 1)
        references = rng.normal(size=(400, 2)), rng.normal(size=(400, 2)) + 1.5
        found = quantify(np.repeat(pool, times, axis=0), *references)
        covered += found.interval[0] <= np.repeat(synthetic, times).mean() <= found.interval[1]
    assert covered / runs >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / runs)
