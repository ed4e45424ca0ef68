"""Figures of shares: the legend lies on no share, and names that are cut stay different."""

import numpy as np
import pytest

from mfsolve.data.samples import Kind, Numbers
from mfsolve.models.provenance.groups import by_group
from mfsolve.models.provenance.memory_samples import sample
from mfsolve.models.provenance.periods import by_period
from mfsolve.models.provenance.share import Settings
from mfsolve.report import shares


@pytest.fixture(scope="module")
def given():
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(120, 10)) + 2.0 * (rng.random((120, 1)) < 0.4)
    labels = np.array([f"https://www.example.com/{k}/page" for k in range(6)])[np.arange(120) % 6]
    pool = Numbers(sample("pool", rows).rows, Kind.FEATURES, labels)
    human, synthetic = (sample(n, rng.normal(size=(200, 10)) + m) for n, m in (("human", 0.0), ("synthetic", 2.0)))
    return pool, human, synthetic


def test_the_legend_lies_outside_the_axes(given, monkeypatch, tmp_path):
    pool, human, synthetic = given
    drawn = []
    monkeypatch.setattr(shares, "save", lambda drawing, stem: drawn.append(drawing) or [])
    shares.draw(by_period({"pool": pool}, human, synthetic, Settings()), tmp_path / "a")
    shares.draw_groups(by_group("site", pool, human, synthetic, Settings()), tmp_path / "b")
    for drawing in drawn:
        drawing.canvas.draw()
        (axis,), (legend,) = drawing.axes, drawing.legends
        assert axis.get_legend() is None
        assert not legend.get_window_extent().overlaps(axis.get_window_extent())
        assert len(legend.get_texts()) >= 3


def test_long_names_are_cut_in_the_middle_and_stay_different():
    names = [f"https://www.example.com/very/long/{k}" for k in range(40)]
    cut = shares._short(names)
    assert len(set(cut)) == 40
    assert max(map(len, cut)) <= shares.LONGEST
    assert shares._short(["short"]) == ["short"]
    alike = shares._short([f"https://www.example.com/{k}/index.html" for k in range(3)])
    assert len(set(alike)) == 3
