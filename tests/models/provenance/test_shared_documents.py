"""Documents in both references tell nothing of their origin: they are left out, with a warning."""

import numpy as np
import pytest

from mfsolve.data.words import chosen, from_matrix, split
from mfsolve.models.frozen import InputError
from mfsolve.models.provenance import copies
from mfsolve.models.provenance.share import quantify
from mfsolve.models.provenance.shared_documents import LEAST_WORDS, shared

WORDS = [f"w{k}" for k in range(300)]
LEFT_OUT = "stand in two references, which gives no evidence of origin"


def texts(rng, power, count):
    law = np.arange(1.0, 301.0) ** power
    return [" ".join(rng.choice(WORDS, 40, p=law / law.sum())) for _ in range(count)]


def samples(seed):
    rng = np.random.default_rng([1, seed])
    pool = texts(rng, -0.8, 140) + texts(rng, -1.1, 60)
    return pool, texts(rng, -0.8, 100), texts(rng, -1.1, 100)


def test_texts_of_the_synthetic_reference_in_the_human_one_do_not_change_the_share():
    """30 of 100: with these in both references, shares of 0.3 were 0.1 too large."""
    found = []
    for seed in range(12):
        pool, human, synthetic = samples(seed)
        answer = quantify(pool, human + synthetic[:30], synthetic)
        assert next(w for w in answer.warnings() if LEFT_OUT in w).startswith("30 documents")
        clean = quantify(pool, human, synthetic[30:])
        assert answer.share == pytest.approx(clean.share, abs=1e-9)
        found.append((answer.share, answer.standard_error))
    share, error = np.array(found).T
    assert abs(share.mean() - 0.3) < 4 * error.mean() / np.sqrt(12)


@pytest.mark.parametrize("unit", ["document", "sentence"])
def test_they_are_left_out_of_the_pool_too_with_their_labels(unit):
    pool, human, synthetic = samples(20)
    both = texts(np.random.default_rng(2), -0.9, 25)
    labels = {"pool": np.arange(200) // 2, "human": np.arange(100) // 2, "synthetic": np.arange(100) // 2}
    plain = quantify(pool, human, synthetic, unit=unit, cluster=labels)
    more = {name: np.concatenate([1000 + np.arange(25), own]) for name, own in labels.items()}
    found = quantify(both + pool, both + human, both + synthetic, unit=unit, cluster=more)
    assert found.items == plain.items
    assert found.share == pytest.approx(plain.share, abs=1e-9)
    assert found.interval == pytest.approx(plain.interval, abs=1e-7)


def test_short_texts_that_anybody_writes_stay():
    pool, human, synthetic = samples(21)
    short = ["thanks a lot"] * 10
    found = quantify(pool + short, human + short, synthetic + short)
    assert found.items == 210
    assert not any(LEFT_OUT in warning for warning in found.warnings())
    long = " ".join(WORDS[:LEAST_WORDS])
    repeated = " ".join(WORDS[: LEAST_WORDS - 1] * 3)
    one, other = split([long, repeated, "x y"]), split(["z", repeated, long])
    assert shared([one, other]).tolist() == [copies.of_documents(one)[0]]
    assert shared([one, split(["z"])]).size == 0


def test_references_that_share_all_but_a_few_documents_are_refused():
    pool, human, synthetic = samples(22)
    with pytest.raises(InputError, match=r"human: 5 documents that stand in no other reference given; at least 20"):
        quantify(pool, synthetic + human[:5], synthetic)


def test_chosen_documents_are_the_same_as_those_alone():
    given = ["a b c. d e", "...", "f. g", "", "h i"]
    keep = np.array([True, False, True, False, True])
    for unit in ("document", "sentence"):
        found, alone = chosen(split(given, unit), keep), split([given[k] for k in np.flatnonzero(keep)], unit)
        for one, other in zip(found, alone):
            np.testing.assert_array_equal(one, other)
    counts = np.array([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0], [4.0, 0.0, 0.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    for one, other in zip(chosen(from_matrix("abc", counts), keep), from_matrix("abc", counts[keep])):
        np.testing.assert_array_equal(one, other)
