"""Philox: published known answers, through every kernel that draws; counters and keys do not interfere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mfsolve.kernels.collapse import categorical, emission, producers
from mfsolve.kernels.random import normals, philox, variates
from naive import random as naive

FF = 0xFFFFFFFF
KNOWN = [  # Random123 kat_vectors: counter, key, output
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((FF, FF, FF, FF), (FF, FF), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]
WORD = st.integers(0, FF)


def u64(*values):
    return np.array(values, np.uint64)


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_known_answers(counter, key, answer):
    assert naive.philox(key, counter) == list(answer)
    assert naive.words(key, [counter[0]], *counter[1:])[:, 0].tolist() == list(answer)
    out = np.empty((1, 4), np.uint64)
    philox.words(u64(*key), u64(*counter), out)
    assert out[0].tolist() == list(answer)


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_known_answers_as_uniforms_and_normals(counter, key, answer):
    lane, block, step, replicate = u64(*counter)
    pair = np.empty(2)
    philox.uniforms(u64(*key), block, step, replicate, lane, pair)
    want = [1.0 - (((answer[i] << 32) | answer[i + 1]) >> 12) / 2**52 for i in (0, 2)]
    assert pair.tolist() == want
    first, second = np.empty(1), np.empty(1)
    normals.normals(u64(*key), block, step, replicate, lane, first, second)
    x, y = naive.box_muller(u64(*answer)[:, None])
    np.testing.assert_allclose([first[0], second[0]], [x[0], y[0]], rtol=8 * np.finfo(float).eps)


def test_known_answer_as_label_and_revision():
    """Counter 0, key 0: the leading word decides the label, the two leading words the revision."""
    key, zero, word = u64(0, 0), np.uint64(0), KNOWN[0][2][0]
    for above in (0, 1):  # the item is human where its 31-bit word is below the share
        share, out = np.array([(word >> 1) + above], np.uint32), np.empty(3)
        emission.emit(producers.ItemStream(key, key, zero, zero), zero, share, 1, np.zeros(1), 1.0, out)
        assert out[0] == above
        tables = categorical.AliasTables(np.ones(2), np.arange(2), np.ones(2), np.arange(2))
        assert categorical.emit_tokens(key, zero, zero, zero, share, 1, tables, np.zeros(2, np.int64)) == above
    u = 1.0 - (((word << 32) | KNOWN[0][2][1]) >> 12) / 2**52
    for probability, moves in ((u, True), (u - 2.0**-52, False)):
        share = np.array([7], np.uint32)
        producers.revise(key, key, zero, zero, zero, producers.Revision(probability, 1.0, 0.0), share)
        assert share[0] == (2**31 if moves else 7)


def test_known_answer_as_binomial():
    """Binomial(1, p) by inversion: one where u exceeds 1 - p."""
    u = 1.0 - (((KNOWN[0][2][0] << 32) | KNOWN[0][2][1]) >> 12) / 2**52
    out, zero = np.empty(1), np.uint64(0)
    for p in (0.1, 0.3, 0.5):
        variates.binomials(u64(0, 0), zero, zero, zero, np.ones(1), np.array([p]), out)
        assert out[0] == (u > 1.0 - p)


@settings(derandomize=True, max_examples=50, deadline=None)
@given(st.tuples(WORD, WORD), st.tuples(WORD, WORD, WORD, WORD))
def test_words_against_twin(key, counter):
    """Lanes count on from the first; the lane alone wraps."""
    out = np.empty((3, 4), np.uint64)
    philox.words(u64(*key), u64(*counter), out)
    for i in range(3):
        assert out[i].tolist() == naive.philox(key, ((counter[0] + i) & FF, *counter[1:]))


def test_any_slice_is_the_same_draw():
    key, one = philox.stream_key(3, "slices"), np.uint64(1)
    whole = np.empty(2000)
    philox.uniforms(key, one, one, one, np.uint64(0), whole)
    for lane, size in ((0, 7), (5, 64), (511, 2), (990, 19)):
        part = np.empty(size)
        philox.uniforms(key, one, one, one, np.uint64(lane), part)
        assert np.array_equal(part, whole[2 * lane : 2 * lane + size])


def test_uniforms_are_uniform_in_the_half_open_interval():
    x = np.empty(2**20)
    philox.uniforms(philox.stream_key(1, "uniform"), *u64(0, 0, 0, 0), x)
    assert x.min() > 0.0
    assert x.max() <= 1.0
    counts = np.histogram(x, 1024, (0, 1))[0]
    chi2 = ((counts - 1024.0) ** 2 / 1024.0).sum()
    assert abs(chi2 - 1023.0) < 5 * np.sqrt(2 * 1023.0)
    for word in (0, FF):  # the ends of the range: 2^-52 and 1
        assert philox.unit(*u64(word, word)) == (1.0 if word == 0 else 2.0**-52)


@pytest.mark.parametrize("where", ["key", "counter"])
def test_flipping_any_bit_changes_half_of_the_output(where):
    """Avalanche: 128 output bits, each changed with probability 1/2; mean over n draws in standard errors."""
    rng, n = np.random.default_rng(5), 512
    for word in range(2 if where == "key" else 4):
        for bit in range(0, 32, 3):
            changed = 0
            key, counter = rng.integers(0, 2**32, 2, np.uint64), rng.integers(0, 2**32, 4, np.uint64)
            a, b = np.empty((n, 4), np.uint64), np.empty((n, 4), np.uint64)
            philox.words(key, counter, a)
            (key if where == "key" else counter)[word] ^= np.uint64(1 << bit)
            philox.words(key, counter, b)
            if where == "counter" and word == 0:  # neighbouring lanes: compare the first only, over fresh blocks
                b[1:] = a[1:]
                changed = int(np.bitwise_count(a[0] ^ b[0]).sum())
                assert abs(changed - 64) < 5.5 * np.sqrt(32)
                continue
            changed = int(np.bitwise_count(a ^ b).sum())
            assert abs(changed - 64 * n) < 5 * np.sqrt(32 * n)


def test_stream_keys():
    keys = {tuple(philox.stream_key(seed, p).tolist()) for seed in range(100) for p in ("a", "b", "ab", "")}
    assert len(keys) == 400
    key = philox.stream_key(2**64 - 1, "collapse/label")
    assert key.dtype == np.uint64
    assert key.shape == (2,)
    assert (key <= FF).all()
    # pinned: every stored result depends on it
    assert philox.stream_key(0, "collapse/label").tolist() == [3092260739, 2936781387]
