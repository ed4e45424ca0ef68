"""One legend of a whole figure says one thing by each of its looks; no word of a label stands alone in a line."""

import pytest

from mfsolve.report.look import fitted, new_figure
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
