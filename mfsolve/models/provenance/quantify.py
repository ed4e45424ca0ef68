"""Share of synthetic items in a pool of a user's own, and everything that qualifies it (MODEL 3.2).

The method is the distributional quantification of machine-written text (Liang et al., "Monitoring AI-Modified Content
at Scale: A Case Study on the Impact of ChatGPT on AI Conference Peer Reviews", ICML 2024): the likelihood of a mixture
of a human and a synthetic source, both known from references, with no item judged on its own. Here the references carry
sampling noise, and everything is reduced to counts in cells (`cell_counts`): a score need not be a true likelihood
ratio, since its distributions under both origins are measured, not assumed.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mfsolve.arrays import Floats

from .cell_counts import Counts
from .reference_samples import ReferenceEstimate, estimate_from_counts

SUSPECT = 0.001  # p-value below which a test alarms
FOREIGN = 0.05  # unseen share of a pool above which it is mentioned


@dataclass(frozen=True)
class Quantification:
    """Estimated share of synthetic items in a pool, with the counts behind it (MODEL 3.2)."""

    found: ReferenceEstimate
    counts: Counts

    def warnings(self) -> list[str]:
        """Reasons not to trust the share, in sentences; empty where there are none."""
        unseen, warnings = self.counts.unseen, []
        if unseen == 1.0:
            warnings.append(
                "nothing in the pool is like anything in either reference: nothing can be said of the share"
            )
        elif not self.found.estimate.fisher_information > 0.0:
            warnings.append("human and synthetic references do not differ: nothing can be said of the share")
        elif self.found.same_source_p_value > SUSPECT:
            warnings.append(
                "human and synthetic references differ no more than chance allows: the share is not to be trusted"
            )
        if self.found.estimate.interval == (0.0, 1.0) and self.found.estimate.fisher_information > 0.0:
            warnings.append("the interval is all of [0, 1]: so few items tell nothing of the share")
        if self.found.goodness_of_fit.p_value < SUSPECT:
            warnings.append("no mixture of the two references explains the pool: the share is not to be trusted")
        if FOREIGN < unseen < 1.0:
            warnings.append(f"{100 * unseen:.1f} % of the pool is unlike anything in either reference")
        return warnings

    def report(self, half_width: float) -> dict[str, Any]:
        """Share, uncertainty, pool items that a half-width in (0, 1) requires, test of fit and warnings, by name."""
        result, fit, counts = self.found.estimate, self.found.goodness_of_fit, self.counts
        required = self.found.required_items(half_width)
        report: dict[str, Any] = {
            "share": result.value,
            "standard_error": result.standard_error,
            "interval": list(result.interval),
            "level": result.level,
            "items": {
                "pool": result.items, "human": float(counts.human.sum()), "synthetic": float(counts.synthetic.sum()),
            },
            "cells": int(counts.pool.size),
            "information_per_item": result.fisher_information,
            "variance_from_references": self.found.variance_reference,
            "half_width": half_width,
            "items_needed": required.items,
            "least_half_width": required.least_half_width,
            "goodness_of_fit": {
                "chi_square": fit.statistic, "degrees_of_freedom": fit.degrees_of_freedom, "p_value": fit.p_value,
            },
            "unseen_share": counts.unseen,
            "warnings": self.warnings(),
        }  # fmt: skip
        if counts.as_given is not None:
            report["likelihoods_as_given"] = {
                "share": counts.as_given.value, "interval": list(counts.as_given.interval),
                "information_per_item": counts.as_given.fisher_information,
            }  # fmt: skip
        return report


def quantify(counts: Counts, level: float = 0.95) -> Quantification:
    """Estimate the share of synthetic items from counts in cells of pool and references (MODEL 3.2).

    Parameters
    ----------
    counts
        From `token_counts`, `likelihood_counts` or `feature_counts`.
    level
        Level of the interval in (0, 1).

    Raises
    ------
    ValueError
        For a level outside its range.
    """
    return Quantification(estimate_from_counts(*_cells(counts), level), counts)


def _cells(counts: Counts) -> tuple[Floats, Floats, Floats]:
    """Pool, human, synthetic; a pool with nothing that either reference has seen gets a cell of its own."""
    if counts.unseen < 1.0:
        return counts.pool, counts.human, counts.synthetic
    return (
        np.append(np.zeros_like(counts.pool), counts.pool.sum()),
        np.append(counts.human, 0.0),
        np.append(counts.synthetic, 0.0),
    )
