"""One legend of a whole figure says one thing by each of its looks."""

import pytest

from mfsolve.report.look import new_figure
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
