"""The forest of claims: one line a judged row, on a scale of its own, coloured by its verdict."""

from dataclasses import replace
from math import inf, nan

import pytest
from support.memory_run import MemoryRun

from mfsolve.experiments.experiment import Output
from mfsolve.inference.estimate import Estimate, Method
from mfsolve.inference.shares import share
from mfsolve.inference.verdicts import Kind, Question, judge, p_values
from mfsolve.report.rows import Row
from mfsolve.report.views import forest


def row(name, value, low, high, verdict, claimed=0.0, allowed=(-1.0, 1.0), **more):
    estimate = Estimate(value, 1.0, low, high, 0.9, 8, Method.STUDENT)
    judged = {"allowed": allowed, "stated": allowed, "resolution": 0.0, "kind": Kind.THEOREM} | more
    return Row(name, "x = 1", "mean", "y", "one", None, claimed, None, estimate, verdict, False, **judged)


ROWS = [
    row("inside", 0.5, 0.0, 1.0, "supported"),
    row("far", 2000.0, 1998.0, 2002.0, "contradicted", claimed=1000.0, allowed=(999.0, inf)),
    row("at most", 3.0, -inf, 4.0, "cannot tell", allowed=(-inf, 2.0)),
    row("nothing known", nan, nan, nan, "cannot tell"),
    row("never claimed", 1.0, 0.0, 2.0, None),
]


def run():
    return MemoryRun({"one": {"y": Output((), "y")}}, path="step", sizes={}, replicates=8)


def drawn(rows):
    """All pages."""
    return [page() for page in forest.forest(run(), rows)]


def lines(axis):
    """Ends of the intervals as drawn, by row."""
    flat = [line for line in axis.lines if len(line.get_xdata()) == 2 and len(set(line.get_ydata())) == 1]
    return {line.get_ydata()[0]: list(line.get_xdata()) for line in flat}


def test_every_judged_row_is_a_line_on_its_own_scale():
    axis = drawn(ROWS)[0].axes[0]
    names = [text.get_text() for text in axis.get_yticklabels()]
    assert names == [f"{name}, x = 1" for name in ("inside", "far", "at most", "nothing known")]
    found = lines(axis)
    unit = forest.SHARE
    assert found[3] == pytest.approx([0.0, unit])  # 0 to 1 where 1 is the farthest of all ends
    assert found[2] == pytest.approx([unit * 998 / 1002, unit])
    assert found[1] == pytest.approx([-1.0, unit])  # unbounded to the left: to the edge of the panel
    said = [text.get_text() for text in axis.texts]
    assert said[0].startswith("supported\n0.50 [0.00, 1.00]")
    assert "≥ 1000" in said[1]
    assert said[3].startswith("cannot tell\n–")


def test_verdicts_have_their_colours():
    axis = drawn(ROWS)[0].axes[0]
    colours = [text.get_color() for text in axis.texts]
    assert colours == [forest.COLOUR["supported"], forest.COLOUR["contradicted"], *2 * [forest.UNDECIDED]]


def test_a_study_without_claims_has_no_forest():
    assert forest.forest(run(), ROWS[-1:]) == []


def test_no_claim_is_dropped_where_another_fills_a_page():
    rows = [row("first", 0.5, 0.0, 1.0, "supported")] * (2 * forest.MOST_ROWS) + [ROWS[1], ROWS[0]]
    pages = drawn(rows)
    names = [text.get_text() for page in pages for text in page.axes[0].get_yticklabels()]
    assert len(names) == len(rows)
    assert {"far, x = 1", "inside, x = 1"} <= set(names)
    assert max(len(page.axes[0].get_yticklabels()) for page in pages) <= forest.MOST_ROWS
    assert [page.get_suptitle().splitlines()[-1] for page in pages] == [f"page {k} of 3" for k in (1, 2, 3)]


def test_of_more_rows_than_pages_hold_the_worst_of_each_claim_are_shown():
    most = forest.MOST_ROWS * forest.MOST_PAGES
    good, bad = row("many", 0.5, 0.0, 1.0, "supported"), row("many", 5.0, 4.0, 6.0, "contradicted")
    rows = [good] * most + [ROWS[2], bad, ROWS[0]]
    shown = forest.chosen(rows)
    assert shown[0] is bad
    assert {found.name for found in shown} == {"many", "at most", "inside"}
    assert len(shown) == most // 3 + 2
    assert f"{len(shown)} of {len(rows)} rows, those least favourable to each claim" in drawn(rows)[0].get_suptitle()
    assert forest.chosen(rows[:most]) == rows[:most]


def bars(axis, y):
    """Ends of the bands of a row, the widest first."""
    ends = [(p.get_x(), p.get_x() + p.get_width()) for p in axis.patches if p.get_y() < y < p.get_y() + p.get_height()]
    return sorted(ends, key=lambda pair: pair[0] - pair[1])


def test_what_is_said_and_what_still_bears_it_out_are_drawn_apart():
    """A claim that the truth is 0: an interval in the grey contradicts it where it misses what is said."""
    rows = [
        row("zero", -0.0008, -0.0009, -0.0006, "contradicted", allowed=(-0.001, 0.001), stated=(0.0, 0.0), resolution=0.001),
        row("range", 1.4, 1.3, 1.5, "supported", claimed=1.5, allowed=(0.9, 2.1), stated=(1.0, 2.0), resolution=0.1),
    ]  # fmt: skip
    axis = drawn(rows)[0].axes[0]
    unit = forest.SHARE
    assert bars(axis, 1) == [pytest.approx((-unit, unit))]
    assert bars(axis, 0) == [pytest.approx((-unit, unit)), pytest.approx((-unit * 5 / 6, unit * 5 / 6))]
    at_zero = [line.get_ydata()[0] for line in axis.lines if list(line.get_xdata()) == [0.0, 0.0]]
    assert at_zero == [0.5]  # that of the first row: nobody has stated the middle of a range
    assert "1 to 2" in axis.texts[1].get_text()


@pytest.mark.parametrize(
    ("low", "high", "verdict", "p_values", "said"),
    [
        (-0.5, 0.5, "supported", (1.0, 0.0), ""),
        (-1.2, 0.9, "supported", (1.0, 0.01), ", one-sided"),
        (-0.5, 0.5, "cannot tell", (1.0, 0.02), ", judged jointly"),
        (1.1, 2.0, "cannot tell", (0.02, 1.0), ", judged jointly"),
        (-0.5, 0.5, "cannot tell", (1.0, 0.135), ", p = 0.14"),
        (1.1, 2.0, "cannot tell", (0.5, 1.0), ", p = 0.5"),
        (0.5, 1.5, "cannot tell", (1.0, 0.6), ""),
        (1.1, 2.0, "contradicted", (0.0, 1.0), ""),
        (nan, nan, "cannot tell", (nan, nan), ""),
        (-inf, 0.5, "cannot tell", (1.0, nan), ""),
    ],
)
def test_a_verdict_that_its_interval_does_not_suggest_says_why(low, high, verdict, p_values, said):
    assert forest.beside(row("a", 0.0, low, high, verdict, p_values=p_values)) == said


def test_trials_that_may_depend_on_each_other_are_the_reason_where_they_are():
    """The interval of 0 in 10000 ends below what matters; that of 40 replicates whose trials are alike does not."""
    found = share([0.0] * 40, [250.0] * 40)
    asked = Question(found, 0.0, 0.0, 0.001)
    verdict = str(judge([asked])[0].verdict)
    assert verdict == "cannot tell"
    named = row("a", 0.0, 0.0, 0.0, verdict, stated=(0.0, 0.0), resolution=0.001, p_values=p_values(asked))
    assert forest.beside(replace(named, estimate=found)) == ", trials may depend on each other"


def test_what_differs_from_the_claim_by_less_than_matters_is_said_so():
    grey = {"claimed": 1.0, "stated": (1.0, 1.0), "allowed": (0.9, 1.1), "resolution": 0.1, "p_values": (0.005, 0.0)}
    rows = [
        row("exactly 1", 1.021, 1.007, 1.036, "contradicted", family="one", **grey),
        row("about 1", 1.021, 1.007, 1.036, "supported", family="other", **grey),
    ]
    (page,) = drawn(rows)
    assert page.axes[0].texts[0].get_text().startswith("contradicted, by less than matters\n")
    assert page.axes[0].texts[1].get_text().startswith("supported\n")
    title = page.get_suptitle()
    assert "light: differs by less than matters" in title
    assert "(Holm), each family of claims by itself" in title
    assert "each family" not in drawn(rows[:1])[0].get_suptitle()


def test_rows_of_one_name_have_one_scale_and_their_claims_share():
    near, far = (
        row("error", claimed * off, claimed * off, claimed * off, "contradicted", claimed=claimed, allowed=(0.0, 2.0))
        for claimed, off in ((1.0, 1.1), (1.0, 5.5))
    )
    found = lines(drawn([near, far])[0].axes[0])
    assert found[0][1] == pytest.approx(45.0 * found[1][1])
    large = replace(
        far, predicted=100.0, estimate=replace(far.estimate, value=550.0, low=550.0, high=550.0), allowed=(99.0, 101.0)
    )
    found = lines(drawn([near, large])[0].axes[0])
    assert found[0][1] == pytest.approx(45.0 * found[1][1])


def test_what_is_allowed_ends_where_values_do():
    share = row("share", 0.995, 0.99, 1.0, "supported", claimed=1.0, allowed=(0.98, inf), support=(0.0, 1.0))
    (ends,) = set(bars(drawn([share])[0].axes[0], 0))
    assert ends == pytest.approx((-forest.SHARE, 0.0))


def test_the_worst_rows_of_a_claim_are_those_of_the_least_p_values_and_farthest_off():
    def of(value, verdict, *ps):
        return row("many", value, value - 0.1, value + 0.1, verdict, p_values=ps)

    worst = [
        of(9.0, "contradicted", 0.0, 1.0),
        of(5.0, "contradicted", 0.0, 1.0),
        of(3.0, "contradicted", 0.01, 1.0),
        of(1.5, "cannot tell", 0.2, 1.0),
        of(0.99, "cannot tell", 1.0, 0.4),
        of(0.8, "supported", 1.0, 1e-3),
    ]
    best = [of(0.1, "supported", 1.0, 1e-9)] * (forest.MOST_ROWS * forest.MOST_PAGES)
    shown = forest.chosen([*best, *worst[::-1]])
    assert shown[: len(worst)] == worst


def test_no_line_of_a_name_ends_within_a_setting():
    long = Row("name " * 11, "verified_share = 0.25, cost_exponent = 2", "mean", "y", "one", None, 0.0, None,
               ROWS[0].estimate, "supported", False)  # fmt: skip
    lines = forest._lines(long).split("\n")
    assert any("verified share = 0.25" in line for line in lines)
    assert any("cost exponent = 2" in line for line in lines)
    assert len(lines) > 1


@pytest.mark.parametrize(
    ("methods", "ends", "said"),
    [
        ([Method.STUDENT], (0.0, 1.0), "lines: 95 % intervals, each claim on"),
        ([Method.DETERMINISTIC], (0.5, 0.5), "matters; each claim on"),
        ([Method.DETERMINISTIC], (0.4, 0.6), "lines: proved bounds, each claim on"),
        ([Method.DETERMINISTIC, Method.HAC], (0.4, 0.6), "lines: 95 % intervals or proved bounds, each claim on"),
        ([Method.STUDENT], (nan, nan), "matters; each claim on"),
    ],
)
def test_the_title_says_what_the_lines_are_and_nothing_of_lines_that_are_not(methods, ends, said):
    """A table of solved numbers stood below "lines: 95 % intervals"."""
    rows = [row("r", 0.5, *ends, "supported") for _ in methods]
    rows = [replace(r, estimate=replace(r.estimate, method=method)) for r, method in zip(rows, methods)]
    assert said in drawn(rows)[0].get_suptitle()
