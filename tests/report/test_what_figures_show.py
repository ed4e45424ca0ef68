"""Figures of studies whose titles ask something: what is asked can be seen on them."""

import pytest
from support import figures


@pytest.mark.slow
@pytest.mark.parametrize(
    ("study", "shown"),
    [
        ("logarithmic_or_linear", ("x: squared contamination times ln(1 + t)", "x: cumulative squared contamination")),
        ("correlation_alone", ("== tradeoff", "loadings of 0 ", "loadings of 0.3", "loadings of 1 ")),
        ("low_pollution", ("== welfare", "gain at rest, transition", "less the gain in the static market")),
        ("equity_inequality", ("== tradeoff", "bargaining alone makes equity fall")),
        ("separability", ("producers, Shapley value", "information, Shapley value")),
    ],
)
def test_what_a_title_asks_is_shown(study, shown):
    found = figures.figures_of(study)
    whole = " ".join(f"== {name} {text}" for name, text in found.texts.items())
    text = " ".join(whole.replace(" / ", " ").split())
    assert found.faults == []
    assert [words for words in shown if words not in text] == []
