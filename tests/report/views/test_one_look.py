"""One legend of a whole figure says one thing by each of its looks; no word of a label stands alone in a line."""

from itertools import pairwise

import pytest

from mfsolve.report.look import DPI, fitted, new_figure, save
from mfsolve.report.views.legends import legends


@pytest.mark.parametrize(("second", "together"), [("free", True), ("estimate", False)])
def test_one_legend_where_a_look_means_one_thing(second, together):
    drawing, axes = new_figure(1, 2, 8.0, 3.0)
    for axis, text in zip(axes.flat, ("free", second)):
        axis.plot([0, 1], [0, 1], ":", color="C1", label="limit")
        axis.errorbar([0, 1], [0, 1], [0.1, 0.1], fmt="o-", color="C0", label=text)
    legends(drawing)
    assert bool(drawing.legends) is together
    assert any(axis.get_legend() is not None for axis in axes.flat) is not together


def test_lines_of_a_label_are_of_like_lengths():
    assert fitted("quality relative to generation 0", 2.0, 9.0) == "quality relative\nto generation 0"
    assert fitted("quality", 2.4, 9.0) == "quality"
    assert all(len(line) <= 12 for line in fitted("a_word_longer_than_it_can_be, b", 0.5, 9.0).split("\n"))


@pytest.mark.parametrize("end", [0.02, 0.0177, 1.0, 12000.0, 3.0])
@pytest.mark.parametrize("width", [2.4, 3.3, 4.8, 9.0])
def test_numbers_along_an_axis_do_not_touch(tmp_path, width, end):
    """From 0.0000 by 0.0025 to 0.0200 they ran into one line."""
    drawing, axes = new_figure(1, 1, width, 3.0)
    axis = axes[0, 0]
    axis.plot([0.0, end], [0.0, 1.0])
    axis.set_ylabel("share")
    save(drawing, tmp_path / "one")
    drawing.set_dpi(DPI)
    drawing.draw_without_rendering()
    low, high = axis.get_xlim()
    labels = [label for label in axis.get_xticklabels() if low <= label.get_position()[0] <= high]
    boxes = [label.get_window_extent() for label in labels]
    assert len(boxes) >= 2
    assert min(right.x0 - left.x1 for left, right in pairwise(boxes)) > 0.06 * DPI
