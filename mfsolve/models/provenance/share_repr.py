"""Representations of a share in a notebook: what a reader asks for first, without the arrays behind it."""

import math
from html import escape
from typing import Any, TypeVar

Kind = TypeVar("Kind")


def in_brief(kind: type[Kind]) -> type[Kind]:
    """Decorate a quantification: its repr, as text and HTML, has share, error, interval, test of fit and warnings."""
    kind.__repr__ = _text  # type: ignore[method-assign]
    kind._repr_html_ = _html  # type: ignore[attr-defined]
    return kind


def _lines(answer: Any) -> list[str]:
    """Share and interval, then the test of fit, then each warning."""
    low, high = answer.interval
    percent = f"{100 * answer.level:g} % interval [{low:.4f}, {high:.4f}]"
    told = "share not identifiable" if math.isnan(answer.share) else f"share {answer.share:.4f}"
    error = f", standard error {answer.standard_error:.2g}" if math.isfinite(answer.standard_error) else ""
    fit = "no test of fit" if math.isnan(answer.fit_p_value) else f"fit p = {answer.fit_p_value:.3g}"
    of = f"of {answer.items:.0f} items, from {answer.kind}"
    return [f"{told}{error}, {percent} {of}", fit, *(f"warning: {one}" for one in answer.warnings())]


def _text(answer: Any) -> str:
    first, *rest = _lines(answer)
    return "\n  ".join([f"<{type(answer).__name__}: {first}", *rest]) + ">"


def _html(answer: Any) -> str:
    first, *rest = map(escape, _lines(answer))
    return f"<b>{first}</b>" + "".join(f"<br>{line}" for line in rest)
