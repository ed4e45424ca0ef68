"""What a notebook shows of a share: a few lines, however many features, cells or documents are behind it."""

import numpy as np
import pytest

from mfsolve.models.provenance import quantify


@pytest.mark.parametrize("columns", [2, 12])
def test_a_share_is_shown_in_a_few_lines(columns):
    rng = np.random.default_rng(1)
    found = quantify(*(rng.normal(mean, 1.0, (300, columns)) for mean in (0.3, 0.0, 1.0)))
    first, fit, *rest = repr(found).splitlines()
    assert first.startswith(f"<{type(found).__name__}: share {found.share:.4f}, standard error ")
    assert f"95 % interval [{found.interval[0]:.4f}, {found.interval[1]:.4f}] of 300 items, from features" in first
    assert fit.strip(" >") == f"fit p = {found.fit_p_value:.3g}"
    assert len(rest) == len(found.warnings())
    html = found._repr_html_()
    assert html.startswith(f"<b>share {found.share:.4f}")
    assert "<br>fit p" in html


def test_a_share_that_cannot_be_told_says_so():
    rng = np.random.default_rng(1)
    same = rng.normal(size=(300, 1))
    found = quantify(same + 100.0, same, rng.normal(size=(300, 1)))
    shown = repr(found)
    assert "warning: " in shown
    assert len(shown) < 2000
    assert "<b>" in found._repr_html_()
    assert not set("<>") & set(found._repr_html_().replace("<b>", "").replace("</b>", "").replace("<br>", ""))
