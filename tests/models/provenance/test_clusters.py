"""Clusters of items: one draw each for intervals and tests of fit."""

import numpy as np
import pandas as pd
import pytest

from mfsolve.data.rows import kept_rows
from mfsolve.data.samples import Kind, Numbers
from mfsolve.data.words import identities
from mfsolve.models.frozen import InputError
from mfsolve.models.provenance import clusters, copies
from mfsolve.models.provenance.clustered_cells import ClusteredCells, pool_effect, reference_effect
from mfsolve.models.provenance.clusters import Grouped, Numbering, jackknife
from mfsolve.models.provenance.memory_samples import Asked, sample
from mfsolve.models.provenance.periods import by_period
from mfsolve.models.provenance.share import Settings, quantify

KINDS = ("documents", "likelihoods", "features", "many features")


def draw(rng, kind, synthetic, noise=1.0):
    """Items of the sources that `synthetic` (n,) says: words, log likelihoods, 3 or 12 features."""
    count = len(synthetic)
    if kind == "documents":
        laws = [np.arange(1.0, 61.0) ** a for a in (-0.6, -1.4)]
        return np.array([rng.multinomial(40, laws[int(s)] / laws[int(s)].sum()) * 1.0 for s in synthetic])
    x = noise * rng.normal(size=(count, 12 if kind == "many features" else 3)) + 0.7 * np.asarray(synthetic)[:, None]
    return np.column_stack([-0.5 * x[:, 0] ** 2, -0.5 * (x[:, 0] - 0.7) ** 2]) if kind == "likelihoods" else x


def samples(rng, kind, pool=300, references=400):
    return tuple(draw(rng, kind, s) for s in (rng.random(pool) < 0.3, np.zeros(references), np.ones(references)))


def share(kind, *given, **named):
    return quantify(*given, kind="features" if kind == "many features" else kind, **named)


@pytest.mark.parametrize("kind", KINDS)
def test_clusters_of_one_item_are_none(kind):
    """To the bit, copies among them included."""
    pool, human, synthetic = samples(np.random.default_rng(1), kind)
    pool = np.concatenate([pool, pool[:7]])
    plain = share(kind, pool, human, synthetic)
    labels = {"pool": [f"p{k}" for k in range(307)], "human": np.arange(400), "synthetic": np.arange(400.0)}
    found = share(kind, pool, human, synthetic, cluster=labels)
    assert found.report(0.05) == plain.report(0.05)
    assert found.copies["pool"] == 7


@pytest.mark.parametrize("kind", KINDS[1:])
def test_near_copies_tell_what_each_tells_once(kind):
    rng = np.random.default_rng(2)
    pool, human, synthetic = samples(rng, kind)
    once = share(kind, pool, human, synthetic)
    near = np.tile(pool, (8, 1)) + 1e-6 * rng.normal(size=(8 * len(pool), pool.shape[1]))
    found = share(kind, near, human, synthetic, cluster={"pool": np.tile(np.arange(300), 8)})
    assert found.items == 8 * once.items
    assert found.share == pytest.approx(once.share, abs=0.01)
    assert 0.85 < found.standard_error / once.standard_error < 1.15
    assert np.allclose(found.interval, once.interval, atol=0.05)
    assert abs(found.fit_p_value - once.fit_p_value) < 0.3
    report = found.report(0.05)
    assert report["clusters"] == {"pool": {"number": 300, "effective": pytest.approx(300.0)}}
    taken = share(kind, near, human, synthetic)
    told = [x.report(0.05)["information_per_item"] for x in (once, found, taken)]
    assert told[1] == pytest.approx(told[0] / 8, rel=0.2)
    assert told[2] == pytest.approx(told[0], rel=0.2)
    assert taken.fit_p_value < once.fit_p_value


@pytest.mark.parametrize("kind", KINDS)
def test_clusters_of_references_widen_the_interval(kind):
    """Four near copies of 100 rows are no 400 rows; the models must not see the copies of what they measure."""
    rng = np.random.default_rng(3)
    pool, human, synthetic = samples(rng, kind, pool=3000, references=100)
    wide = [np.repeat(x, 4, axis=0) for x in (human, synthetic)]
    if kind != "documents":
        wide = [x + 1e-6 * rng.normal(size=x.shape) for x in wide]
    labels = {"pool": np.arange(3000), "human": np.repeat(np.arange(100), 4), "synthetic": np.repeat(np.arange(100), 4)}
    found = share(kind, pool, *wide, cluster=labels)
    taken = share(kind, pool, *wide)
    assert set(found.report(0.05)["clusters"]) == {"human", "synthetic"}
    assert found.reference_variance > (0.8 if kind == "documents" else 1.5) * taken.reference_variance
    assert abs(found.share - 0.3) < 4 * found.standard_error


def test_the_jackknife_leaves_each_cluster_out():
    rng = np.random.default_rng(4)
    rows = np.column_stack([rng.integers(1, 9, 12), rng.normal(size=(12, 2))])
    value = rows[:, 1:].sum(0) / rows[:, 0].sum()
    each = np.array([np.delete(rows, g, 0)[:, 1:].sum(0) / np.delete(rows, g, 0)[:, 0].sum() for g in range(12)])
    assert jackknife(rows, value) == pytest.approx(11 / 12 * (each - value).T @ (each - value))
    x = rng.normal(size=(50, 1))
    plain = jackknife(np.column_stack([np.ones(50), x]), x.mean(axis=0))
    assert plain[0, 0] == pytest.approx(x.var(ddof=1) / 50)
    assert np.isinf(jackknife(rows[:1], value)).all()


def test_effective_clusters():
    assert Grouped.of(np.full(9, 7.0)).effective == pytest.approx(9.0)
    assert Grouped.of(np.array([1000.0, *np.ones(50)])).effective == pytest.approx(1.0, abs=1e-3)
    assert Grouped.of(np.array([1000.0, *np.ones(50)])).freedom == 1.0
    assert Grouped.of(np.array([3.0, 1.0])).square == 2.5


def test_parts_keep_clusters_whole_and_single_items_in_turn():
    assert clusters.parts(np.arange(7), 3).tolist() == [0, 1, 2, 0, 1, 2, 0]
    numbers = np.random.default_rng(5).integers(0, 30, 400)
    part = clusters.parts(numbers, 5)
    assert all(len(set(part[numbers == g])) == 1 for g in range(30))
    assert np.ptp(np.bincount(part)) <= np.bincount(numbers).max()


def test_a_copy_belongs_to_the_cluster_where_it_was_met_first():
    known = Numbering(np.array([9], np.uint64))
    labels, identity = np.array([50, 51, 52, 51], np.uint64), np.array([1, 1, 9, 2], np.uint64)
    assert known(labels, identity).tolist() == [0, 0, 1, 2]
    again = np.array([2, 9, 0, 0], np.uint64)
    assert known(np.array([53, 51, 54, 55], np.uint64), again).tolist() == [2, 2, 3, 4]
    assert copies.NOTHING == 0


def test_halves_of_a_reference_keep_clusters_whole():
    labels = identities(np.arange(200) // 10)
    rows = clusters.grouped_rows(sample("x", np.arange(200.0)).rows, labels, reference=True)
    measured, fitted = (np.concatenate([x for x, _ in kept_rows(rows, True, fitted)]) for fitted in (False, True))
    assert sorted([*measured[:, 0], *fitted[:, 0]]) == list(range(200))
    assert not {int(x) // 10 for x in measured[:, 0]} & {int(x) // 10 for x in fitted[:, 0]}
    single = clusters.grouped_rows(sample("x", np.arange(9.0)).rows, identities(range(9)), reference=True)
    assert np.concatenate([x for x, _ in kept_rows(single, True)])[:, 0].tolist() == [1, 3, 5, 7]


def test_design_effects_of_independent_and_of_equal_items():
    rng, p, q = np.random.default_rng(6), np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])
    for count, size, same in ((4000, 5, False), (4000, 5, True)):
        synthetic = rng.random(count) < 0.3 if same else None
        if same:
            cell = np.repeat([rng.choice(3, p=q if s else p) for s in synthetic], size)
        else:
            cell = rng.choice(3, p=0.7 * p + 0.3 * q, size=count * size)
        found = ClusteredCells(Numbering())
        found.add(identities(np.repeat(np.arange(count), size)), None, cell)
        expected = size if same else 1.0
        assert found.effect_on_cells() == pytest.approx(expected, rel=0.1)
        assert reference_effect(found, 0.3, (0.7 * p + 0.3 * q, q), 0).value == pytest.approx(expected, rel=0.1)
        effect = pool_effect(found, 0.3, (p, q), 1.0)
        assert effect.within(0.95, 1.0) <= size
        assert effect.value >= expected * 0.9
        assert pool_effect(found, 0.0, (p, p), 1.0).value == size  # sources that do not differ: one draw each


@pytest.mark.parametrize("kind", KINDS)
def test_too_few_clusters_are_refused(kind):
    pool, human, synthetic = samples(np.random.default_rng(7), kind)
    with pytest.raises(InputError, match="1 cluster given in the pool; at least 2 are needed"):
        share(kind, pool, human, synthetic, cluster={"pool": np.zeros(300)})
    if kind != "likelihoods":
        with pytest.raises(InputError, match="human: 9 clusters given; at least 10 are needed in a reference"):
            share(kind, pool, human, synthetic, cluster={"pool": np.arange(300), "human": np.arange(400) % 9})


def test_labels_and_columns_of_callers_are_checked():
    x = np.random.default_rng(8).normal(size=(60, 2))
    frame = pd.DataFrame({"a": x[:, 0], "who": ["x", None] * 30})
    with pytest.raises(ValueError, match=r"cluster\['human'\]: 3 given; allowed: 60 labels, one an item"):
        quantify(x, x, x + 1, cluster={"pool": np.arange(60), "human": [1, 2, 3]})
    with pytest.raises(ValueError, match="cluster: no clusters given for the pool"):
        quantify(x, x, x + 1, cluster="author")
    with pytest.raises(ValueError, match="cluster: counts by token given for the pool"):
        quantify({"a": 30.0}, {"a": 30.0}, {"a": 30.0}, cluster="author")
    with pytest.raises(ValueError, match="pool: 'a missing cluster' given; allowed: one a row"):
        quantify(frame, frame, frame, cluster="who")
    with pytest.raises(ValueError, match="cluster: int given"):
        quantify(x, x, x, cluster=3)
    items = pd.DataFrame({"item": [1, 1], "token": ["a", "b"], "count": [1, 2], "who": ["x", "y"]})
    with pytest.raises(ValueError, match="item 1: 'two clusters' given; allowed: one"):
        sample("pool", items, Asked(cluster="who"))


@pytest.mark.parametrize("columns", [2, 12])
def test_clusters_by_period(columns):
    """Those within periods allow for growth, those across periods do not; a period of one cluster tells nothing."""
    rng = np.random.default_rng(9)
    times = np.repeat(np.arange(4), 120)
    author = np.arange(480) // 6
    synthetic = rng.random(80)[author] < 1 / (1 + np.exp(1.5 - 0.8 * times))
    rows = rng.normal(size=(480, columns)) + 2 / np.sqrt(columns) * synthetic[:, None]
    references = [
        sample(n, rng.normal(size=(500, columns)) + k * 2 / np.sqrt(columns)) for n, k in (("h", 0), ("s", 1))
    ]

    def found(labels):
        pool = Numbers(sample("p", rows).rows, Kind.FEATURES, np.array([f"200{t}" for t in times]),
                       clusters=identities(labels))  # fmt: skip
        return by_period({"p": pool}, *references, Settings())

    within, single = found(author), found(np.arange(480))
    assert within.growth is not None
    assert within.growth.standard_error > 1.2 * single.growth.standard_error
    across = found(np.arange(480) % 120)
    assert across.growth is None
    assert "clusters have items in several periods" in across.report()["growth_note"]
    one = found(np.where(times == 0, 0, 1 + author)).report()["periods"]
    assert (one[0]["share"], one[0]["warnings"]) == (None, ["120 items: at least 2 different ones are needed"])
    assert one[1]["share"] is not None


@pytest.mark.slow
@pytest.mark.parametrize("columns", [2, 12])
def test_intervals_of_a_handful_of_near_copied_rows_cover(columns):
    """Eight rows, 25 near copies each: taken for independent they cover less than half."""
    rng, runs, covered, plain = np.random.default_rng(10), 60, 0, 0
    for _ in range(runs):
        truth = rng.random(8) < 0.3
        pool = rng.normal(size=(8, columns)) + 2 / np.sqrt(columns) * truth[:, None]
        pool = np.repeat(pool, 25, axis=0) + 0.01 * rng.normal(size=(200, columns))
        references = [rng.normal(size=(400, columns)) + k * 2 / np.sqrt(columns) for k in (0, 1)]
        low, high = quantify(pool, *references, cluster={"pool": np.repeat(np.arange(8), 25)}).interval
        covered += low <= 0.3 <= high
        low, high = quantify(pool, *references).interval
        plain += low <= 0.3 <= high
    assert covered / runs >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / runs)
    assert plain / runs < 0.7
