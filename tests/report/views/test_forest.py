"""The forest of claims: one line a judged row, on a scale of its own, coloured by its verdict."""

from math import inf, nan

import pytest
from support.memory_run import MemoryRun

from mfsolve.experiments.experiment import Output
from mfsolve.inference.estimate import Estimate, Method
from mfsolve.inference.simultaneous import Kind
from mfsolve.report.rows import Row
from mfsolve.report.views import forest


def row(name, value, low, high, verdict, claimed=0.0, allowed=(-1.0, 1.0)):
    estimate = Estimate(value, 1.0, low, high, 0.9, 8, Method.STUDENT)
    return Row(
        name, "x = 1", "mean", "y", "one", None, claimed, None, estimate, verdict, False,
        allowed=allowed, stated=allowed, resolution=0.0, kind=Kind.THEOREM,
    )  # fmt: skip


ROWS = [
    row("inside", 0.5, 0.0, 1.0, "supported"),
    row("far", 2000.0, 1998.0, 2002.0, "contradicted", claimed=1000.0, allowed=(999.0, inf)),
    row("at most", 3.0, -inf, 4.0, "cannot tell", allowed=(-inf, 2.0)),
    row("nothing known", nan, nan, nan, "cannot tell"),
    row("never claimed", 1.0, 0.0, 2.0, None),
]


def run():
    return MemoryRun({"one": {"y": Output((), "y")}}, path="step", sizes={}, replicates=8)


@pytest.fixture(autouse=True)
def closed():
    yield
    from matplotlib import pyplot as plt

    plt.close("all")


def lines(axis):
    """Ends of the intervals as drawn, by row."""
    flat = [line for line in axis.lines if len(line.get_xdata()) == 2 and len(set(line.get_ydata())) == 1]
    return {line.get_ydata()[0]: list(line.get_xdata()) for line in flat}


def test_every_judged_row_is_a_line_on_its_own_scale():
    axis = forest.forest(run(), ROWS).axes[0]
    names = [text.get_text() for text in axis.get_yticklabels()]
    assert names == [f"{name}, x = 1" for name in ("inside", "far", "at most", "nothing known")]
    found = lines(axis)
    unit = forest.SHARE
    assert found[3] == pytest.approx([0.0, unit])  # 0 to 1 where 1 is the farthest of all ends
    assert found[2] == pytest.approx([unit * 998 / 1002, unit])
    assert found[1] == pytest.approx([-1.0, unit])  # unbounded to the left: to the edge of the panel
    said = [text.get_text() for text in axis.texts]
    assert said[0].startswith("supported\n0.5 [0, 1]")
    assert "≥ 1000" in said[1]
    assert said[3].startswith("cannot tell\n–")


def test_verdicts_have_their_colours():
    axis = forest.forest(run(), ROWS).axes[0]
    colours = [text.get_color() for text in axis.texts]
    assert colours == [forest.COLOUR["supported"], forest.COLOUR["contradicted"], *2 * [forest.UNDECIDED]]


def test_a_study_without_claims_has_no_forest_and_a_long_one_says_what_is_left_out():
    assert forest.forest(run(), ROWS[-1:]) is None
    many = [ROWS[0]] * (forest.MOST_ROWS + 3)
    drawing = forest.forest(run(), many)
    assert f"the first {forest.MOST_ROWS} of {len(many)}" in drawing.get_suptitle()
    assert len(drawing.axes[0].get_yticklabels()) == forest.MOST_ROWS
