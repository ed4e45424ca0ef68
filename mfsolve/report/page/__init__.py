"""A run as one page of HTML that needs nothing else: question, equations, verdicts, figures, reproduction."""

from mfsolve.report.page.article import Run, claims_page, page
from mfsolve.report.page.crate import crate

__all__ = ["Run", "claims_page", "crate", "page"]
