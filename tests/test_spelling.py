"""Names as readers know them."""

import pytest

from mfsolve.commands.deals import regime
from mfsolve.spelling import spelt


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("flooded edvex", "flooded EDVEX"), ("without ai", "without AI"), ("mle", "MLE"), ("hac slope", "HAC slope"),
        ("pooled r squared", "pooled R²"), ("repeated buyout", "repeated buy-out"), ("w2 drift", "W2 drift"),
        ("chained items", "chained items"), ("the emission", "the emission"), ("AI", "AI"), ("", ""),
        ("pigouvian tax", "Pigouvian tax"), ("stochastic newton", "stochastic Newton"), ("gaussian", "Gaussian"),
    ],
)  # fmt: skip
def test_abbreviations_are_spelt_as_papers_have_them_and_nothing_else_is_changed(words, said):
    assert spelt(words) == said
    assert spelt(said) == said


def test_regimes_are_spelt_so():
    assert [regime(name) for name in ("edvex", "buyout", "strict_rights")] == ["EDVEX", "buy-out", "strict rights"]
