"""DataFrames of callers: only the columns that are chosen matter."""

import numpy as np
import pandas as pd
import pytest

from mfsolve.models.provenance.memory_samples import sample
from mfsolve.models.provenance.share import quantify


def frames(extra=None):
    rng = np.random.default_rng(1)
    out = []
    for share, n in ((0.3, 200), (0.0, 200), (1.0, 200)):
        x = rng.normal(size=(n, 2)) + 1.5 * (rng.random((n, 1)) < share)
        out.append(pd.DataFrame({"x": x[:, 0], "y": x[:, 1], **{k: v[:n] for k, v in (extra or {}).items()}}))
    return out


EXTRA = {
    "author": ["Ann", "Bo"] * 100, "when": list(pd.date_range("2024-01-01", periods=200)), "note": [None] * 200,
    "kept": list(pd.array([1, None] * 100, dtype="Int64")), "gap": [np.nan, 1.0] * 100,
}  # fmt: skip


@pytest.mark.parametrize("chosen", [{"columns": ["x", "y"]}, {"ignore": list(EXTRA)}])
def test_only_the_chosen_columns_have_to_hold_numbers(chosen):
    plain = quantify(*frames())
    found = quantify(*frames(EXTRA), **chosen)
    assert (found.share, found.interval) == (plain.share, plain.interval)


def test_references_need_the_columns_of_the_pool_only():
    pool, human, synthetic = frames()
    other = frames(EXTRA)
    assert quantify(pool, *other[1:]).share == quantify(pool, human, synthetic).share


@pytest.mark.parametrize(("column", "said"), [
    ("author", r"pool: column 'author' holds no numbers; choose features by columns=\[...\]"),
    ("when", "pool: column 'when' holds no numbers"),
    ("gap", r"pool\['gap'\]: .*a cell that is missing or not finite"),
    ("kept", r"pool\['kept'\]: .*a cell that is missing"),
])  # fmt: skip
def test_a_column_that_holds_no_numbers_is_named(column, said):
    with pytest.raises(ValueError, match=said):
        quantify(*frames({column: EXTRA[column]}))


def test_a_column_asked_for_that_is_missing_is_named():
    pool, human, synthetic = frames()
    with pytest.raises(ValueError, match="pool: column 'z' is missing; known: x, y"):
        quantify(pool, human, synthetic, columns=["z"])
    with pytest.raises(ValueError, match="human: column 'y' is missing"):
        quantify(pool, human[["x"]], synthetic, columns=["x", "y"])
    with pytest.raises(ValueError, match="columns: 'x' given; allowed: a list of names"):
        quantify(pool, human, synthetic, columns="x")


def test_a_column_of_clusters_is_no_feature():
    found = quantify(*frames({"author": np.arange(200) // 4}), cluster="author")
    assert set(found.clusters) == {"pool", "human", "synthetic"}
    assert found.clusters["pool"].count == 50
    assert found.report(0.05)["items"]["pool"] == 200


class Plain:
    """A table with columns by name alone, as libraries other than pandas have them."""

    def __init__(self, frame):
        self.columns, self._frame = list(frame.columns), frame

    def __getitem__(self, name):
        return self._frame[name]

    def to_numpy(self):
        return self._frame.to_numpy()


def test_tables_need_no_places_of_rows():
    assert quantify(*map(Plain, frames(EXTRA)), columns=["x", "y"]).share == quantify(*frames()).share


def test_nothing_of_the_callers_is_kept():
    frame = frames()[0]
    rows = sample("pool", frame).rows
    block = next(rows.blocks())
    block[:] = 0.0
    assert frame["x"].abs().sum() > 1.0
