"""`provenance.quantify` on what people have: the truth is inside, columns are named, what cannot be used is refused."""

import numpy as np
import pandas as pd
import pytest

from mfsolve.data.rows import Rows
from mfsolve.data.samples import Kind, running_numbers
from mfsolve.models import provenance
from mfsolve.models.frozen import InputError
from mfsolve.models.provenance.memory_samples import Asked, sample
from mfsolve.models.provenance.periods import by_period, of_sources, period_times
from mfsolve.models.provenance.share import Settings, prepare, quantify
from mfsolve.models.provenance.shift import alternatives, drift

Z = 4.5  # standard errors allowed
WORDS = [f"w{k}" for k in range(120)]


@pytest.fixture(scope="module")
def laws():
    rng = np.random.default_rng(5)
    p = rng.gamma(0.7, size=120) + 1e-3
    q, other = (p * np.exp(0.8 * rng.normal(size=120)) for _ in range(2))
    return tuple(x / x.sum() for x in (p, q, other))


def matrix(rng, law, count, burst=60.0, length=60):
    own = rng.gamma(burst * law, size=(count, 120)) + 1e-12
    return rng.multinomial(length, own / own.sum(axis=1, keepdims=True)).astype(float)


def texts(counts):
    return [" ".join(w for w, c in zip(WORDS, row) for _ in range(int(c))) for row in counts]


def test_documents_in_every_form_are_the_same(laws):
    """Texts, item-token-count tables and matrices of the same documents have one share, and it is the true one."""
    rng = np.random.default_rng(1)
    pool = np.concatenate([matrix(rng, laws[0], 140), matrix(rng, laws[1], 60)])
    human, synthetic = matrix(rng, laws[0], 150), matrix(rng, laws[1], 150)
    found = quantify(*(texts(x) for x in (pool, human, synthetic)))
    assert abs(found.share - 0.3) < Z * found.standard_error
    assert found.interval[0] < 0.3 < found.interval[1]
    assert found.warnings() == []

    def table(counts):
        row, column = np.nonzero(counts)
        return pd.DataFrame({"item": row, "token": [WORDS[c] for c in column], "count": counts[row, column]})

    listed = quantify(*(table(x) for x in (pool, human, synthetic)))
    frames = quantify(*(pd.DataFrame(x, columns=WORDS) for x in (pool, human, synthetic)), kind="documents")
    column = quantify(*(pd.DataFrame({"text": texts(x)}) for x in (pool, human, synthetic)))
    for other in (listed, frames, column):  # sums are taken in another order
        assert other.share == pytest.approx(found.share, rel=1e-12)
    assert listed.interval == pytest.approx(found.interval, abs=1e-9)


def test_errors_are_by_document_not_by_word(laws):
    """Bursty documents: the spread of estimates is that of the standard errors, which those of words fall short of."""
    found = []
    for seed in range(12):
        rng = np.random.default_rng([2, seed])
        pool = np.concatenate([matrix(rng, laws[0], 70, 20.0), matrix(rng, laws[1], 30, 20.0)])
        answer = quantify(pool, matrix(rng, laws[0], 60, 20.0), matrix(rng, laws[1], 60, 20.0), kind="documents")
        found.append((answer.share, answer.standard_error))
    share, error = np.array(found).T
    # the mean of squared errors is known to sqrt(2 / 12): three of these
    assert abs(np.mean(((share - 0.3) / error) ** 2) - 1.0) < 3 * np.sqrt(2 / 12)
    assert abs(share.mean() - 0.3) < Z * share.std() / np.sqrt(12)


def test_the_sandwich_is_that_of_the_bootstrap(laws):
    """Documents of the pool drawn again: the spread of shares is that part of the standard error which is the pool's."""
    rng = np.random.default_rng(3)
    pool = np.concatenate([matrix(rng, laws[0], 210), matrix(rng, laws[1], 90)])
    from mfsolve.data.words import from_matrix
    from mfsolve.models.provenance.cross_fitted import CrossFitted
    from mfsolve.models.provenance.word_likelihoods import WordLikelihoods

    scorer = WordLikelihoods([from_matrix(WORDS, matrix(rng, laws[k], 200)) for k in (0, 1)])

    def shares(rows):
        behind, block = CrossFitted(scorer, 2), from_matrix(WORDS, pool[rows])
        behind.add(block, block.document)
        return behind.shares()

    once = shares(np.arange(300))
    again = [shares(rng.integers(0, 300, 300)).value[1] for _ in range(100)]
    own = np.sqrt(once.standard_error[1] ** 2 - once.reference_variance)
    assert np.std(again) == pytest.approx(own, rel=Z / np.sqrt(200))


def test_sentences_of_one_document_are_no_more_than_one(laws):
    """A document copied into each of four sentences tells no more than itself: the error is the same."""
    rng = np.random.default_rng(4)
    parts = [np.concatenate([matrix(rng, laws[0], 70), matrix(rng, laws[1], 30)]),
             matrix(rng, laws[0], 100), matrix(rng, laws[1], 100)]  # fmt: skip
    once = quantify(*(texts(x) for x in parts), unit="sentence")
    four = quantify(*([". ".join([text] * 4) for text in texts(x)] for x in parts), unit="sentence")
    assert four.shares.items == 4 * once.shares.items
    assert 0.8 < four.standard_error / once.standard_error < 1.25


def test_words_without_documents_say_what_they_assume(laws):
    rng = np.random.default_rng(6)
    pool = np.concatenate([matrix(rng, laws[0], 105, 15.0), matrix(rng, laws[1], 45, 15.0)])
    human, synthetic = matrix(rng, laws[0], 300, 15.0), matrix(rng, laws[1], 300, 15.0)
    found = quantify(*(pd.Series(x.sum(axis=0), index=WORDS) for x in (pool, human, synthetic)))
    assert found.overdispersion > 1.5
    assert found.interval[0] < 0.3 < found.interval[1]
    assert any("words occur in clusters" in warning for warning in found.warnings())
    order = np.random.default_rng(1).permutation(120)
    shuffled = pd.Series(pool.sum(axis=0), index=WORDS).iloc[order]
    again = quantify(shuffled, *(pd.Series(x.sum(axis=0), index=WORDS) for x in (human, synthetic)))
    assert again.share == pytest.approx(found.share, abs=1e-9)


@pytest.mark.parametrize("values", [
    np.arange(100, 130), np.array([3, 1, 2, 0, *range(4, 30)]), np.cumsum(np.arange(1, 31)),
], ids=["running", "shuffled", "ascending with gaps"])  # fmt: skip
def test_running_numbers_are_no_features(values):
    score = np.random.default_rng(1).normal(size=30)
    rows = Rows("here", ("number", "score"), lambda: iter([np.column_stack([values, score])]))
    assert running_numbers(rows) == ["number"]


def test_counts_and_named_numbers():
    rng = np.random.default_rng(2)
    columns = np.column_stack([rng.poisson(3.0, 50), rng.choice(10**6, 50, replace=False), rng.normal(size=50)])
    rows = Rows("here", ("count", "unnamed:_0", "id"), lambda: iter([columns]))
    assert running_numbers(rows) == ["unnamed:_0"]


def test_numbered_rows_are_left_out_and_columns_named():
    """The share of 0.3 is found where a running number used to make it 1; the column can still be asked for."""
    rng = np.random.default_rng(7)

    def frame(x, start):
        return pd.DataFrame({"id": np.arange(start, start + x.size), "score": x})

    parts = (frame(np.concatenate([rng.normal(size=140), rng.normal(1.5, 1, 60)]), 400),
             frame(rng.normal(size=200), 0), frame(rng.normal(1.5, 1, 200), 200))  # fmt: skip
    samples = [sample(name, value) for name, value in zip(("pool", "human", "synthetic"), parts)]
    ready = prepare({"pool": samples[0]}, {"h": samples[1], "s": samples[2]}, Settings())
    assert ready.columns == ("score",)
    assert ready.notes == ("column id: numbers the rows and is left out; --columns id,... takes it",)
    found = quantify(*parts)
    assert found.interval[0] < 0.3 < found.interval[1]
    assert found.share == quantify(*(part[["score"]] for part in parts)).share
    assert prepare({"pool": samples[0]}, {"h": samples[1]}, Settings(columns=("id", "score"))).columns == (
        "id", "score")  # fmt: skip
    with pytest.raises(InputError, match="no column is left"):
        quantify(*parts, ignore=["score"])


def test_embeddings_of_768_dimensions():
    rng = np.random.default_rng(8)
    shift = 0.1 * rng.normal(size=768)

    def rows(count, synthetic):
        return rng.normal(size=(count, 768)) + synthetic * shift

    pool = np.concatenate([rows(140, 0), rows(60, 1)])
    found = quantify(pool, rows(200, 0), rows(200, 1))
    assert abs(found.share - 0.3) < Z * found.standard_error
    assert found.standard_error < 0.15
    alike = quantify(pool, rows(200, 0), rows(200, 0))
    assert any("differ no more than by chance" in warning for warning in alike.warnings())


@pytest.mark.parametrize(("value", "message"), [
    (np.ma.masked_array(np.zeros(50), mask=np.arange(50) == 3), "pool: .*mask"),
    (np.zeros(50) + 1j, "pool: .*allowed"),
    (np.array([1.0, np.nan]), "pool: .*finite"),
    ("a text", "pool: .*a list of texts"),
    ({"a": -1.0}, "pool"),
    (["too", "few"] * 3, "kind"),
])  # fmt: skip
def test_what_cannot_be_used_is_refused(value, message):
    with pytest.raises(ValueError, match=message):
        quantify(value, np.zeros(50), np.ones(50))


def test_nothing_of_the_caller_is_kept_or_changed():
    rng = np.random.default_rng(9)
    pool = rng.normal(size=(60, 1))
    held = sample("pool", pool)
    before = np.concatenate(list(held.rows.blocks())).copy()
    pool[:] = 0.0
    np.testing.assert_array_equal(np.concatenate(list(held.rows.blocks())), before)


def test_unknown_settings_and_few_documents():
    with pytest.raises(ValueError, match="levl: unknown"):
        quantify([], [], [], levl=0.9)
    with pytest.raises(ValueError, match="human: 3 documents given; at least 20"):
        quantify(["a"] * 50, ["a", "b", "c"], ["b"] * 30)
    assert provenance.quantify is quantify


def test_alternative_references_widen_the_interval(laws):
    """A reference from another domain: the interval covers the estimates under either, and without each of them."""
    rng = np.random.default_rng(10)
    shifted = 0.6 * laws[0] + 0.4 * laws[2]
    pool = sample("pool", np.concatenate([matrix(rng, laws[0], 140), matrix(rng, laws[1], 60)]), Asked(Kind.DOCUMENTS))
    humans = {
        n: sample(n, matrix(rng, law, 100), Asked(Kind.DOCUMENTS)) for n, law in (("near", laws[0]), ("far", shifted))
    }
    synthetics = {"s": sample("s", matrix(rng, laws[1], 100), Asked(Kind.DOCUMENTS))}
    found = alternatives(pool, humans, synthetics, Settings())
    assert list(found.each) == ["near and s", "far and s"]
    for answer in (*found.each.values(), found.together):
        assert found.interval[0] <= answer.interval[0] <= answer.interval[1] <= found.interval[1]
    assert found.each["near and s"].interval[0] < 0.3 < found.each["near and s"].interval[1]
    with pytest.raises(InputError, match="at least 2"):
        alternatives(pool, {"near": humans["near"]}, synthetics, Settings())


def test_a_baseline_measures_drift_and_removes_it(laws):
    """Human items drifted along p -> q: nothing in the pool shows it, the baseline does."""
    rng = np.random.default_rng(11)
    drifted = 0.8 * laws[0] + 0.2 * laws[1]
    pool = np.concatenate([matrix(rng, drifted, 280), matrix(rng, laws[1], 120)])
    names = {"pool": pool, "baseline": matrix(rng, drifted, 300), "human": matrix(rng, laws[0], 300),
             "synthetic": matrix(rng, laws[1], 300)}  # fmt: skip
    given = {name: sample(name, value, Asked(Kind.DOCUMENTS)) for name, value in names.items()}
    naive = quantify(pool, names["human"], names["synthetic"], kind="documents")
    found = drift(given["pool"], given["baseline"], (given["human"], given["synthetic"]), Settings())
    assert naive.interval[0] > 0.3
    assert found.apparent.interval[0] > 0.0
    assert found.corrected.interval[0] < 0.3 < found.corrected.interval[1]


def test_shares_by_period_grow_as_they_do(laws):
    rng = np.random.default_rng(12)
    truth = 1 / (1 + np.exp(-(-2.5 + 0.8 * np.arange(5))))
    pools = {f"2024-{k + 1:02d}": np.concatenate([matrix(rng, laws[0], 120 - round(120 * s)),
                                                 matrix(rng, laws[1], round(120 * s))]) for k, s in enumerate(truth)}  # fmt: skip
    samples = {name: sample(name, x, Asked(Kind.DOCUMENTS)) for name, x in pools.items()}
    references = [
        sample(n, matrix(rng, laws[k], 150), Asked(Kind.DOCUMENTS)) for k, n in enumerate(("human", "synthetic"))
    ]
    found = by_period(samples, *references, Settings())
    for answer, band, share in zip(found.answers.values(), found.bands.values(), truth):
        assert band[0] <= answer.interval[0] <= answer.interval[1] <= band[1]
        assert band[0] < share < band[1]
    assert found.growth is not None
    assert abs(found.growth.rate - 0.8) < Z * found.growth.standard_error
    assert found.growth.p_value > 1e-3
    # one file a period, read anew against the same references: one share of the pooled functions
    alone = quantify(pools["2024-03"], *references, kind="documents")
    assert alone.share == pytest.approx(found.answers["2024-03"].share, abs=1e-12)


def test_times_of_periods():
    assert period_times(["2024-11", "2025-01"]).tolist() == [0.0, 2.0]
    assert period_times(["2024-Q4", "2025-Q2"]).tolist() == [0.0, 2.0]
    assert period_times(["2020", "2023"]).tolist() == [0.0, 3.0]
    assert period_times(["2024-01-31", "2024-02-02"]).tolist() == [0.0, 2.0]
    assert period_times(["first", "second"]).tolist() == [0.0, 1.0]


def test_several_generators_share_the_simplex(laws):
    rng = np.random.default_rng(13)
    truth = (0.5, 0.3, 0.2)
    pool = np.concatenate([matrix(rng, law, round(300 * s)) for law, s in zip(laws, truth)])
    references = {name: sample(name, matrix(rng, law, 150), Asked(Kind.DOCUMENTS)) for name, law in zip("hgl", laws)}
    shares, report = of_sources(sample("pool", pool, Asked(Kind.DOCUMENTS)), references, Settings())
    assert shares.value.sum() == pytest.approx(1.0)
    assert report["sums"] == []
    for row, share in zip(report["sources"], truth):
        assert abs(row["share"] - share) < Z * row["standard_error"]
        assert row["interval"][0] < share < row["interval"][1]


def test_scores_never_meet_their_training(laws):
    """References of one law, and a pool of it: held-out scores say that there is nothing to tell; in-sample ones would."""
    rng = np.random.default_rng(14)
    pool, human, synthetic = (matrix(rng, laws[0], 60, 20.0) for _ in range(3))
    found = quantify(pool, human, synthetic, kind="documents")
    assert any("differ no more than by chance" in warning for warning in found.warnings())


def among_alike(seed, again):
    """Report on a pool of 0.5 h, 0.3 g and 0.2 k, rows of two features; g and k are of one law, from one file if `again`."""
    rng = np.random.default_rng(seed)
    draw = {name: (lambda n, m=middle: rng.normal(m, 1.0, (n, 2))) for name, middle in zip("hgk", (0.0, 1.5, 1.5))}
    pool = np.concatenate([draw[name](n) for name, n in zip("hgk", rng.multinomial(300, (0.5, 0.3, 0.2)))])
    rows = {name: draw[name](150) for name in "hgk"}
    if again:
        rows["k"] = rows["g"]
    references = {name: sample(name, one, Asked(Kind.FEATURES)) for name, one in rows.items()}
    return of_sources(sample("pool", pool, Asked(Kind.FEATURES)), references, Settings())[1]


@pytest.mark.parametrize("again", [True, False])
def test_of_sources_that_are_alike_the_sum_is_known(again):
    report = among_alike(1, again)
    (one,) = report["sums"]
    assert one["sources"] == ["g", "k"]
    assert any("g and k differ no more than by chance" in warning for warning in report["warnings"])
    human, *alike = report["sources"]
    assert np.isfinite(human["standard_error"])
    assert one["standard_error"] == pytest.approx(human["standard_error"], rel=0.2)
    if again:
        assert [row["standard_error"] for row in alike] == [np.inf, np.inf]
        assert human["share"] + one["share"] == pytest.approx(1.0)


@pytest.mark.exhaustive
@pytest.mark.parametrize("again", [True, False])
def test_intervals_of_the_sum_cover_it(again):
    """Of 200 intervals of 95 % fewer than 178 would cover with a probability of 0.0002."""
    ends = [among_alike(seed, again)["sums"][0]["interval"] for seed in range(1000, 1200)]
    assert sum(low <= 0.5 <= high for low, high in ends) >= 178
