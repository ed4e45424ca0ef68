"""The table of claims: its form, and that its page carries the present register in it."""

import re
from datetime import date
from pathlib import Path

from mfsolve.claims import claims
from mfsolve.commands.verify import chosen_claims
from mfsolve.inference.verdicts import Verdict
from mfsolve.report import claims_table

PAGE = Path(__file__).parents[2] / "runs" / "CLAIMS.md"


def measured(identifier, overall, at="", paper="Paper", value=0.5, verdict=None, p_values=None):
    """A row of `mfsolve verify`."""
    estimate = {"value": value, "low": 0.4, "high": 0.6, "replicates": 12}
    return {
        "id": identifier, "paper": paper, "statement": "a | b", "kind": "theorem", "published": None,
        "predicted": 0.0, "allowed": (0.0, None), "estimate": estimate, "percent": False, "statistic": "mean",
        "deterministic": False, "overall": overall, "study": "toy", "at": at,
        "verdict": verdict or overall, "p_values": p_values,
    }  # fmt: skip


def test_one_table_a_document_with_its_verdicts_counted():
    rows = [
        measured("a", "supported"),
        measured("b", "holds only where x = 1", "x = 1"),
        measured("b", "holds only where x = 1", "x = 2"),
        measured("c", "contradicted", paper="Another"),
    ]
    text = claims_table.markdown(rows, 0.9, date(2026, 2, 3), "reduced studies")
    assert "Made 2026-02-03" in text
    assert "reduced studies" in text
    assert "90 %" in text
    assert "<summary>Paper: 2 claims (1 supported, 1 mixed)</summary>" in text
    assert "<summary>Another: 1 claims (1 contradicted)</summary>" in text
    assert text.count("a \\| b") == 3


def shown(*rows):
    """Estimate of the only claim in the table."""
    text = claims_table.markdown(list(rows), 0.95, date(2026, 2, 3), "")
    (line,) = [line for line in text.splitlines() if line.startswith("| `")]
    return re.split(r"(?<!\\)\|", line)[5].strip()


def test_a_claim_of_several_places_shows_the_one_that_decides():
    """The clearest contradiction, else the place that bears the claim out least."""
    good = [
        measured("b", "", f"x = {i}", value=i / 10, verdict="supported", p_values=(1.0, p))
        for i, p in enumerate((1e-9, 1e-3, 1e-6))
    ]
    assert shown(*good) == "0.10 at x = 1, one of 3 places"
    open_ = measured("b", "", "x = 3", value=0.3, verdict="cannot tell", p_values=(0.4, 0.2))
    none = measured("b", "", "x = 4", value=0.4, verdict="cannot tell", p_values=(None, None))
    assert shown(*good, open_) == "0.30 at x = 3, one of 4 places"
    assert shown(*good, open_, none) == "0.40 at x = 4, one of 5 places"
    bad = [
        measured("b", "", f"x = {i}", value=i / 10, verdict="contradicted", p_values=(p, 1.0))
        for i, p in ((5, 1e-3), (6, 1e-8))
    ]
    assert shown(*good, *bad, open_) == "0.60 at x = 6, one of 6 places"
    assert shown(good[0]) == "0.00"


def on_its_page():
    """The table of claims, and the cells of its lines."""
    page = PAGE.read_text(encoding="utf-8")
    assert page.count(claims_table.BEGIN) == page.count(claims_table.END) == 1
    text = page.split(claims_table.BEGIN)[1].split(claims_table.END)[0]
    lines = [re.split(r"(?<!\\)\|", line)[1:-1] for line in text.splitlines() if line.startswith("|")]
    return text, [[cell.strip() for cell in line] for line in lines]


def test_the_page_holds_every_claim_of_the_documents_as_it_stands_in_the_register():
    text, lines = on_its_page()
    titles = [line for line in lines if line[0] == claims_table.COLUMNS[0]]
    assert titles == [list(claims_table.COLUMNS)] * len({claim.paper for claim in claims()})
    body = [line for line in lines if line[0].startswith("`")]
    expected = {(f"`{c.id}`", c.statement.replace("|", "\\|"), str(c.kind), f"`{c.study}`") for c in chosen_claims([])}
    assert {(line[0], line[1], line[2], line[-1]) for line in body} == expected
    assert len(body) == len(expected)
    made = re.search(r"^Made (\S+) by .* from studies at full size;", text, re.MULTILINE)
    assert made, "the table comes from reduced studies, or has no date"
    date.fromisoformat(made[1])


def test_every_verdict_of_the_page_is_a_word_of_the_register():
    _, lines = on_its_page()
    words = [*map(str, Verdict), "holds only where"]
    verdicts = [line[-2] for line in lines if line[0].startswith("`")]
    assert len(verdicts) == len(chosen_claims([]))
    for verdict in verdicts:
        assert any(verdict.startswith(word) for word in words), verdict
