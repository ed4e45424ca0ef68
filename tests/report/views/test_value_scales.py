"""Scales of values: nothing is lost from a panel, and panels of one quantity are compared on one scale."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from mfsolve.report.look import new_figure, save
from mfsolve.report.value_scales import say_magnified, set_value_scale, value_scale
from mfsolve.report.views.panels import share_range


@pytest.fixture
def axes():
    drawing, axes = new_figure(1, 2, 6.0, 3.0)
    yield axes[0]
    plt.close(drawing)


def test_what_is_zero_everywhere_is_seen_beside_steep_lines(axes):
    axis, x = axes[0], np.array([0.01, 0.1, 1.0])
    axis.set_xscale("log")
    axis.plot(x, [0.004, 0.0002, 0.0001])
    (nothing,) = axis.plot(x, np.zeros(3))
    set_value_scale(axis)
    assert axis.get_yscale() == "symlog"
    assert axis.yaxis.get_transform().linthresh == 1e-4

    heights = nothing.get_transform().transform(nothing.get_xydata())[:, 1]
    assert axis.bbox.y0 < heights.min() <= heights.max() < axis.bbox.y1


def test_panels_of_one_quantity_have_one_scale_on_which_none_is_flat(axes):
    x = np.arange(5.0)
    axes[0].plot(x, [0.0, 4e3, 8e3, 1.2e4, 1.6e4])
    axes[1].plot(x, [0.0, 1e-5, 1e-3, 0.5, 1.6])
    assert value_scale(axes[0]) == "linear"
    for axis in axes:
        set_value_scale(axis)
    share_range(axes)
    assert [axis.get_yscale() for axis in axes] == ["symlog", "symlog"]
    assert axes[0].get_ylim() == axes[1].get_ylim()
    low, high = (axes[1].transAxes.inverted().transform(axes[1].transData.transform((0.0, y)))[1] for y in (0.0, 1.6))
    assert high - low > 0.4


def test_alike_panels_stay_linear_and_a_panel_of_zeros_presses_nothing(axes):
    axes[0].plot([0.0, 1.0, 2.0], [0.5, 2.0, 3.0])
    axes[1].plot([0.0, 1.0, 2.0], [0.0, 0.0, 0.0])
    share_range(axes)
    assert [axis.get_yscale() for axis in axes] == ["linear", "linear"]


def test_far_ranges_with_zero_have_few_ticks(axes, tmp_path):
    axes[0].plot(np.arange(4.0), [0.0, 1e-5, 1e150, 1e300])
    set_value_scale(axes[0])
    axes[1].plot(np.arange(4.0), [0.0, 1.0, 2.0, 3.0])
    with np.errstate(over="ignore"):
        save(axes[0].figure, tmp_path / "far")
    assert axes[0].get_yscale() == "symlog"
    assert axes[0].get_yticks()[0] == 0.0
    assert 4 <= len(axes[0].get_yticks()) <= 9


@pytest.mark.parametrize(
    ("values", "said"),
    [([0.5928, 0.59315], True), ([-0.59315, -0.5928], True), ([0.55, 0.6], False), ([-1e-9, 1e-9], False)],
)
def test_an_axis_that_shows_a_hundredth_of_its_values_says_so(axes, values, said):
    axes[0].plot([0.0, 1.0], values)
    axes[0].set_ylabel("price")
    say_magnified(*axes)
    assert axes[0].get_ylabel() == ("price\nmagnified: 0.06 % of the value" if said else "price")
    assert axes[1].get_ylabel() == ""
