import json

import pytest

from mfsolve.report import tables


def row(**changes):
    base = {
        "name": "contamination", "place": "", "statistic": "mean", "quantity": "contamination", "arm": "none",
        "published": 0.78, "predicted": None, "claimed": 0.78, "mean_field": 0.75952, "verdict": "missed", "gap": -0.026,
        "percent": False, "note": None, "allowed": (0.7594, 0.8006), "resolution": 0.0156, "kind": "figure",
        "family": "claims", "calibrated": False, "deterministic": False,
        "estimate": {"value": 0.7580, "low": 0.7575, "high": 0.7585, "replicates": 64},
    }  # fmt: skip
    return base | changes


@pytest.mark.parametrize(
    ("low", "high", "percent", "expected"),
    [
        (0.7590, 0.7600, False, "[0.759, 0.76]"),
        (0.75900123, 0.75900456, False, "[0.7590012, 0.7590046]"),
        (0.2101, 0.2271, True, "[+21 %, +22.7 %]"),
        (-0.05203, -0.05165, False, "[-0.05203, -0.05165]"),
        (4272.0, 4321.0, False, "[4272, 4321]"),
        (0.5, 0.5, False, ""),
        (0.0, 0.0, False, ""),
        (-6.7e-16, 3.2e-16, False, ""),
        (0.1, None, False, "[0.1, inf)"),
        (None, 0.2, False, "(-inf, 0.2]"),
        (None, None, False, "–"),
    ],
)
def test_interval_shows_its_width(low, high, percent, expected):
    assert tables.interval({"low": low, "high": high}, percent) == expected


def test_a_share_has_no_sign_a_gain_has():
    assert tables.number(0.18, True, sign=False) == "18 %"
    assert tables.cells(row(percent=True))[5] == "75.8 %"
    assert tables.cells(row(percent=True, statistic="gain"))[5] == "+75.8 %"


def test_rounding_is_called_rounding():
    noise = {"value": 6.7e-16, "low": -1e-16, "high": 2e-15, "replicates": 64}
    assert tables.cells(row(estimate=noise))[5:7] == ["0 (rounding)", ""]


def test_empty_columns_are_left_out():
    titles, lines = tables.grid([row()], 0.95)
    assert titles == [
        "estimate of", "paper", "mean field", "estimate", "95 % interval", "replicates", "gap", "allowed", "verdict"
    ]  # fmt: skip
    assert lines[0][-3:] == ["-2.6 %", "0.7594 … 0.8006", "missed by 2.6 %"]
    assert "theory" in tables.grid([row(), row(published=None, predicted=0.5, allowed=(0.5, 0.5))], 0.9)[0]


def test_words_of_a_verdict():
    assert tables.verdict(row()) == "missed by 2.6 %"
    assert tables.verdict(row(verdict="reproduced", calibrated=True)) == "reproduced within 2.6 % (calibrated)"
    assert tables.verdict(row(verdict="reproduced", allowed=(0.3, 1.0))) == "reproduced within 62 %"  # measured badly
    assert tables.verdict(row(verdict="reproduced", allowed=(0.7594, None))) == "reproduced"  # a bound
    assert tables.verdict(row(gap=1.234)) == "missed by 123 %"
    assert tables.verdict(row(gap=-0.996)) == "missed by 100 %"
    assert tables.verdict(row(verdict="supported")) == "supported"
    assert tables.verdict(row(verdict=None)) == ""


def test_what_a_claim_allows_is_shown():
    assert tables.theory(row(predicted=0.5, allowed=(0.5, 0.5)), False) == "0.5"
    assert tables.allowed(row(allowed=(0.0, 1.0)), False) == "0 … 1"
    assert tables.allowed(row(allowed=None), False) == ""


def test_markdown_escapes_and_explains():
    text = tables.markdown([row(name="a | b")], 0.95)
    assert "a \\| b" in text
    assert len({line.count(" | ") for line in text.splitlines()[:2]}) == 1
    assert "Holm" in text
    assert tables.markdown([row(verdict=None, gap=None)], 0.95).count("\n") == 3


def test_terminal_table_has_every_cell(capsys):
    tables.show({"title": "t", "rows": [row(), row(name="gain", percent=True)], "level": 0.95})
    out = capsys.readouterr().out
    for text in ("contamination", "0.78", "0.75952", "[0.7575, 0.7585]", "missed by 2.6 %", "78 %", "Holm"):
        assert text in out, text


def test_json_refuses_nan():
    assert json.loads(tables.to_json({"x": 1.0})) == {"x": 1.0}
    with pytest.raises(ValueError, match="JSON"):
        tables.to_json({"x": float("nan")})


@pytest.mark.parametrize(("allowed", "shown"), [((0.95, None), "≥ 0.95"), ((None, 0.95), "≤ 0.95")])
def test_a_one_sided_claim_shows_its_side(allowed, shown):
    assert tables.theory(row(published=None, predicted=0.95, allowed=allowed), False) == shown
    assert tables.published(row(published=0.95, allowed=allowed), False) == shown
    assert tables.allowed(row(allowed=allowed), False) == shown


def test_a_terminal_shows_the_first_of_many_rows(capsys):
    rows = [row(name=f"row {i}.") for i in range(tables.MOST_SHOWN + 5)]
    tables.show({"title": "many", "level": 0.95, "rows": rows})
    shown = capsys.readouterr().out
    assert f"row {tables.MOST_SHOWN - 1}." in shown
    assert f"row {tables.MOST_SHOWN}." not in shown
    assert f"The first {tables.MOST_SHOWN} of {len(rows)} rows" in shown


def test_a_note_on_some_places_of_an_estimate_names_them():
    first, second = row(name="a", place="n = 1", note="equal"), row(name="a", place="n = 2")
    assert "a at n = 1: equal. " in tables.note([first, second], 0.95)
    assert tables.note([first, {**second, "note": "equal"}], 0.95).startswith("a: equal. ")


def test_no_column_is_left_without_room(capsys):
    tables.print_table("Claims", ["claim", "source", "study"], [["an.id", "a long source " * 20, "a_study"]], [None])
    assert "an.id" in capsys.readouterr().out
