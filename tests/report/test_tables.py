import json

import pytest

from mfsolve.report import footer, tables


def row(**changes):
    base = {
        "name": "contamination", "place": "", "statistic": "mean", "quantity": "contamination", "arm": "none",
        "published": 0.78, "predicted": None, "claimed": 0.78, "mean_field": 0.75952, "verdict": "missed", "gap": -0.026,
        "limit": "mean field", "percent": False, "note": None, "allowed": (0.7594, 0.8006), "resolution": 0.0156, "kind": "figure",
        "family": "claims", "calibrated": False, "deterministic": False,
        "estimate": {"value": 0.7580, "low": 0.7575, "high": 0.7585, "replicates": 64},
    }  # fmt: skip
    return base | changes


def test_a_level_has_no_sign_a_change_has():
    assert tables.cells(row(percent=True))[2:6] == ["78 %", "", "75.952 %", "75.800 %"]
    assert tables.cells(row(percent=True))[9] == "75.94 % … 80.06 %"
    assert tables.cells(row(percent=True, statistic="gain"))[2:6] == ["+78 %", "", "+75.952 %", "+75.800 %"]


def test_empty_columns_are_left_out():
    titles, lines = tables.grid([row()], 0.95)
    assert titles == [
        "estimate of", "given", "mean field", "estimate", "95 % interval", "replicates", "gap", "allowed", "verdict"
    ]  # fmt: skip
    assert lines[0][-3:] == ["-2.6 %", "0.7594 … 0.8006", "missed by 2.6 %"]
    assert "theory" in tables.grid([row(), row(published=None, predicted=0.5, allowed=(0.5, 0.5))], 0.9)[0]


def test_words_of_a_verdict():
    assert tables.verdict(row()) == "missed by 2.6 %"
    assert tables.verdict(row(verdict="reproduced", calibrated=True)) == "reproduced within 2.6 % (calibrated)"
    assert tables.verdict(row(verdict="reproduced", allowed=(0.3, 1.0))) == "compatible within 62 %"  # measured badly
    assert tables.verdict(row(verdict="reproduced", allowed=(0.4, 1.0))) == "reproduced within 49 %"
    assert tables.verdict(row(verdict="reproduced", allowed=(0.7594, None))) == "reproduced"  # a bound
    assert tables.verdict(row(gap=1.234)) == "missed by 123 %"
    assert tables.verdict(row(gap=-0.996)) == "missed by 100 %"
    assert tables.verdict(row(verdict="supported")) == "supported"
    assert tables.verdict(row(verdict=None)) == ""


def test_a_figure_whose_own_error_reaches_zero_is_no_more_than_compatible():
    known = row(verdict="reproduced", claimed=0.0057, published=0.0057, allowed=(0.0, 0.108), gap=None)
    assert tables.verdict(known) == "compatible"


def test_a_range_is_shown_as_one():
    between = row(published=None, predicted=1.5, claimed=1.5, stated=(1.0, 2.0), allowed=(0.98, 2.02))
    assert tables.theory(between) == tables.claimed(between) == "1 to 2"
    assert tables.theory({**between, "stated": (1.4, 1.6)}) == "1.5"  # a prediction and its tolerance
    assert tables.theory({**between, "stated": (1.0, None), "allowed": (0.98, None)}) == "≥ 1.5"


def test_what_no_resolution_tells_from_zero_is_not_printed_to_five_digits():
    tiny = row(published=None, predicted=3.5408e-44, allowed=(-0.03, 0.03), resolution=0.03, mean_field=-2e-30)
    assert tables.cells(tiny)[2:5] == ["", "≈ 0", "≈ 0"]
    assert tables.theory({**tiny, "predicted": 0.0}) == "0"
    assert tables.theory({**tiny, "resolution": 1e-45}) == "3.5408e-44"


def test_trials_are_not_called_replicates():
    found = row()["estimate"]
    assert tables.replicates(row()) == "64"
    assert tables.replicates(row(estimate=found | {"method": "exact binomial"})) == "64 trials"
    assert tables.replicates(row(estimate=found | {"method": "exact binomial", "replicates": 1})) == "1 trial"
    assert tables.replicates(row(estimate=found | {"method": "binomial with effective trials"})) == "64"


def test_the_limit_is_called_in_the_table_as_in_the_figures():
    assert "closed form" in tables.grid([row(limit="closed form")], 0.95)[0]
    assert "deterministic limit" in tables.grid([{k: v for k, v in row().items() if k != "limit"}], 0.95)[0]


def test_a_footer_is_a_line_for_each_thing_and_names_sources_for_what_they_are():
    said = footer.note([row(note="few"), row(name="b", note="few", kind="theorem")], 0.9).splitlines()
    assert said[0] == "“contamination”, “b”: few."
    assert said[1].startswith("A statement is contradicted")
    assert said[2].startswith("A given figure, from a paper or a measurement,")
    assert said[3].startswith("Verdicts hold jointly at 90 % (Holm);")
    assert "tested separately" in said[3]


def test_verdicts_hold_jointly_only_where_some_of_them_are_tests():
    solved = row(deterministic=True, p_values=(0.0, 1.0))
    assert "Holm" not in footer.note([solved], 0.95)
    assert "Holm" in footer.note([solved, row(p_values=(0.0, 1.0))], 0.95)
    assert "Holm" in footer.note([{**solved, "p_values": (0.01, 1.0)}], 0.95)  # of a fitted order


def test_what_a_claim_allows_is_shown():
    assert tables.theory(row(predicted=0.5, allowed=(0.5, 0.5))) == "0.5"
    assert tables.allowed(row(allowed=(0.0, 1.0))) == "0 … 1"
    assert tables.allowed(row(allowed=None)) == ""


def test_markdown_escapes_and_explains():
    text = tables.markdown([row(name="a | b")], 0.95)
    assert "a \\| b" in text
    assert len({line.count(" | ") for line in text.splitlines()[:2]}) == 1
    assert "Holm" in text
    assert tables.markdown([row(verdict=None, gap=None)], 0.95).count("\n") == 3


def test_terminal_table_has_every_cell(capsys):
    tables.show({"title": "t", "rows": [row(), row(name="gain", percent=True)], "level": 0.95})
    out = capsys.readouterr().out
    for text in ("contamination", "0.78", "0.75952", "[0.75750, 0.75850]", "missed by 2.6 %", "78 %", "Holm"):
        assert text in out, text


def test_json_refuses_nan():
    assert json.loads(tables.to_json({"x": 1.0})) == {"x": 1.0}
    with pytest.raises(ValueError, match="JSON"):
        tables.to_json({"x": float("nan")})


@pytest.mark.parametrize(("allowed", "shown"), [((0.95, None), "≥ 0.95"), ((None, 0.95), "≤ 0.95")])
def test_a_one_sided_claim_shows_its_side(allowed, shown):
    assert tables.theory(row(published=None, predicted=0.95, allowed=allowed)) == shown
    assert tables.published(row(published=0.95, allowed=allowed)) == shown
    assert tables.allowed(row(allowed=allowed)) == shown


def test_a_terminal_shows_the_first_of_many_rows(capsys):
    rows = [row(name=f"row {i}.") for i in range(tables.MOST_SHOWN + 5)]
    tables.show({"title": "many", "level": 0.95, "rows": rows})
    shown = capsys.readouterr().out
    assert f"row {tables.MOST_SHOWN - 1}." in shown
    assert f"row {tables.MOST_SHOWN}." not in shown
    assert f"The first {tables.MOST_SHOWN} of {len(rows)} rows" in shown


def test_points_of_a_design_are_left_to_the_file_where_sensitivities_follow(capsys):
    rows = [row(name="moved", verdict=None) for _ in range(3)] + [row(name="moved"), row(name="other", verdict=None)]
    found = [{"name": "moved", "place": "", "axes": {}}]
    tables.show({"title": "design", "level": 0.95, "rows": rows, "sensitivity": found})
    shown = capsys.readouterr().out
    assert shown.count("moved") == 1  # the one with a verdict
    assert "other" in shown
    assert "3 rows of the design's points are in the table's file" in shown


def test_a_note_on_some_places_of_an_estimate_names_them():
    first, second = row(name="a", place="n = 1", note="equal"), row(name="a", place="n = 2")
    assert "“a” at n = 1: equal.\n" in footer.note([first, second], 0.95)
    assert footer.note([first, {**second, "note": "equal"}], 0.95).startswith("“a”: equal.\n")


def test_no_column_is_left_without_room(capsys):
    tables.print_table("Claims", ["claim", "source", "study"], [["an.id", "a long source " * 20, "a_study"]], [None])
    assert "an.id" in capsys.readouterr().out


@pytest.mark.parametrize("width", [60, 80, 100, 160])
@pytest.mark.parametrize("kind", ["identify", "study", "many"])
def test_no_cell_is_cut_on_a_narrow_terminal(monkeypatch, capsys, width, kind):
    """Long titles that could not wrap left the columns beside them no room, and their cells no letters."""
    from rich.console import Console

    monkeypatch.setattr(tables, "_console", lambda: Console(width=width, highlight=False))
    if kind == "identify":
        titles = ["direction", "shift of the moments (s.e.) over the range", "95 % interval", "largest components"]
        lines = [["1", "12345.67", "[-12345.67, 12345.67]", "+0.71 initial_contamination, -0.50 imitation_rate"]]
    elif kind == "study":
        titles, lines = tables.grid([row(), row(name="gain of welfare", percent=True)], 0.95)
    else:
        titles = [f"a longish title {i}" for i in range(8)]
        lines = [[f"cell-{i}, other-{i}" for i in range(8)]]
    tables.print_table("t", titles, lines, [None] * len(lines))
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= width
    printed = shown.split("┡")[1].splitlines()[1:]
    columns = ["".join(part) for part in zip(*(line.replace("│", "┃").split("┃") for line in printed if "│" in line))]
    for i, _ in enumerate(titles):
        expected = "".join("".join(line[i].split()) for line in lines)
        assert "".join(columns[i + 1].split()) == expected, titles[i]
    heads = [line.split("┃") for line in shown.split("┡")[0].splitlines() if "┃" in line]
    assert ["".join("".join(part).split()) for part in list(zip(*heads))[1:-1]] == ["".join(t.split()) for t in titles]
