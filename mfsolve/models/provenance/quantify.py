"""Share of synthetic items in a user's own pool, and everything that qualifies it (MODEL 3.2).

The method is the distributional quantification of machine-written text (Liang et al., "Monitoring AI-Modified Content
at Scale: A Case Study on the Impact of ChatGPT on AI Conference Peer Reviews", ICML 2024): the likelihood of a mixture
of a human and a synthetic source, both known from references, with no item judged on its own. Here the references carry
sampling noise, and everything is reduced to counts in cells (`cell_counts`): a score need not be a true likelihood
ratio, since its distributions under both origins are measured, not assumed.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mfsolve.arrays import Floats

from .alarms import SUSPECT
from .cell_counts import Counts
from .clusters import Grouped, clusters_report
from .quantify_clusters import by_cluster
from .reference_labels import contradiction
from .reference_samples import ReferenceEstimate, estimate_from_counts
from .share_repr import in_brief

DOUBTFUL = 0.05  # p-value below which the test of fit is mentioned
MOST_CLUMPED = 10.0  # times that words of documents vary as much as independent ones, at most
FOREIGN = 0.05  # unseen share of a pool above which it is mentioned


@in_brief
@dataclass(frozen=True, repr=False)
class Quantification:
    """Estimated share of synthetic items in a pool, with the counts behind it (MODEL 3.2).

    `overdispersion` is the factor of clumped words in all samples, `copied` that of copies or clusters in the pool
    (MODEL 3.5.6, 3.5.8).
    """

    found: ReferenceEstimate
    counts: Counts
    overdispersion: float = 1.0
    kind: str = "tokens"
    copied: float = 1.0

    @property
    def items(self) -> float:
        """Items of the pool."""
        return float(self.counts.pool.sum())

    @property
    def copies(self) -> dict[str, int]:
        """Copies in each sample, by its name."""
        return dict(zip(("pool", "human", "synthetic"), self.counts.copies))

    @property
    def clusters(self) -> dict[str, Grouped | None]:
        """Clusters of each sample, by its name; None where rows are single."""
        found = [one.groups if one is not None and one.several else None for one in self.counts.clusters]
        return dict(zip(("pool", "human", "synthetic"), found))

    @property
    def share(self) -> float:
        """Estimated share in [0, 1]; NaN where nothing can be told."""
        return self.found.estimate.value

    @property
    def standard_error(self) -> float:
        """Standard error of the share."""
        return self.found.estimate.standard_error

    @property
    def interval(self) -> tuple[float, float]:
        """Ends of the interval, in [0, 1]."""
        return self.found.estimate.interval

    @property
    def level(self) -> float:
        """Level of the interval, in (0, 1)."""
        return self.found.estimate.level

    @property
    def fit_p_value(self) -> float:
        """P-value of the test that some mixture of the references explains the pool; NaN where there is none."""
        return self.found.goodness_of_fit.p_value

    @property
    def reference_variance(self) -> float:
        """Part of the variance that no larger pool removes."""
        return self.found.variance_reference

    def warnings(self, fit_p_value: float | None = None) -> list[str]:
        """Reasons not to trust the share, in sentences; empty where there are none.

        `fit_p_value` is that of the test of fit, adjusted where it is one of several.
        """
        unseen, warnings = self.counts.unseen, []
        if unseen == 1.0:
            warnings.append("no item of the pool resembles either reference: the share cannot be estimated")
        elif not self.found.estimate.fisher_information > 0.0:
            warnings.append("human and synthetic references do not differ: the share cannot be estimated")
        elif self.found.same_source_p_value > SUSPECT:
            warnings.append("human and synthetic references differ no more than by chance: the share is unreliable")
        if self.found.estimate.interval == (0.0, 1.0) and self.found.estimate.fisher_information > 0.0:
            noise = self.found.test.at(self.share).precision()
            warnings.append(nothing_known("items", self.found.test.outside, noise.references > 0.5 * noise.score))
        fit = self.found.goodness_of_fit
        p_value = fit.p_value if fit_p_value is None else fit_p_value
        if p_value < DOUBTFUL and not 1.0 < self.overdispersion <= MOST_CLUMPED:
            excess = fit.statistic / fit.degrees_of_freedom
            warnings.append(f"{misfit(p_value)}: chi-square is {excess:.2g} times what chance gives")
        if self.overdispersion > 1.0:
            warnings.append(
                f"words occur in clusters: errors are widened for counts that vary {self.overdispersion:.1f} times as "
                "much as independent ones, assuming the misfit is all of it; give counts by document (item, token, "
                "count) for an interval without this assumption"
            )
        if (given := self.counts.as_given) is not None:
            said = contradiction(self.counts.opposite, (given.value, given.interval), self.interval)
            warnings += [said] if said else []
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
                "pool": float(counts.pool.sum()), "human": float(counts.human.sum()),
                "synthetic": float(counts.synthetic.sum()),
            },
            "rows_halved": self.kind == "features",
            "cells": int(counts.pool.size),
            "information_per_item": result.fisher_information / self.overdispersion / self.copied,
            "variance_from_references": self.found.variance_reference,
            "half_width": half_width,
            "items_needed": required.items * self.overdispersion * self.copied,
            "least_half_width": min(required.least_half_width, 1.0),
            "goodness_of_fit": {
                "chi_square": fit.statistic, "degrees_of_freedom": fit.degrees_of_freedom, "p_value": fit.p_value,
            },
            "overdispersion": self.overdispersion,
            "copies": self.copies,
            **clusters_report(self.clusters),
            "unseen_share": counts.unseen,
            "warnings": self.warnings(),
        }  # fmt: skip
        if counts.as_given is not None:
            report["likelihoods_as_given"] = {
                "share": counts.as_given.value, "interval": list(counts.as_given.interval),
                "information_per_item": counts.as_given.fisher_information,
            }  # fmt: skip
        return report


def nothing_known(items: str, outside: bool, of_references: bool) -> str:
    """Words on an interval that is all of [0, 1], and why it is."""
    why = f"so few {items} tell nothing of the share"
    if outside:
        why = "the pool lies outside both references, where no share is more likely than another"
    elif of_references:
        why = f"the references are too similar or too small to determine the share, however many {items} the pool has"
    return f"the interval is all of [0, 1]: {why}"


def misfit(p_value: float) -> str:
    """Words on the p-value of a test of fit."""
    if p_value < SUSPECT:
        return "no mixture of the references explains the pool: the share is unreliable"
    return f"a mixture of the references explains the pool badly (p = {p_value:.2g})"


def quantify_counts(
    counts: Counts, level: float = 0.95, *, clumped: bool = False, kind: str = "tokens"
) -> Quantification:
    """Estimate the share of synthetic items from counts in cells of pool and references (MODEL 3.2, 3.5).

    Parameters
    ----------
    counts
        From `token_counts`, `likelihood_counts` or `feature_counts`.
    level
        Level of the interval in (0, 1).
    clumped
        True for words, which come in documents: counts vary more than independent ones by the factor of the misfit,
        chi-square over degrees of freedom, and all samples weigh as many independent items fewer.
    kind
        Kind of the samples, for the report.

    Raises
    ------
    ValueError
        For a level outside its range.
    """
    cells = _cells(counts)
    found = estimate_from_counts(*cells, level)
    fit = found.goodness_of_fit
    if counts.clustered and counts.unseen < 1.0:
        found, effects = by_cluster(counts, cells, level)
        return Quantification(found, counts, kind=kind, copied=effects[0])
    if counts.squares is not None and counts.unseen < 1.0:
        copied = counts.clumping
        pool, human, synthetic = (c / f for c, f in zip(cells, copied))
        widened = estimate_from_counts(pool, human, synthetic, level)
        return Quantification(widened, counts, kind=kind, copied=float(copied[0]))
    if not clumped or not fit.degrees_of_freedom or not fit.p_value < DOUBTFUL:
        return Quantification(found, counts, kind=kind)
    factor = max(1.0, fit.statistic / fit.degrees_of_freedom)
    pool, human, synthetic = (c / factor for c in cells)
    widened = estimate_from_counts(pool, human, synthetic, level)
    return Quantification(replace(widened, goodness_of_fit=fit), counts, factor, kind)


def _cells(counts: Counts) -> tuple[Floats, Floats, Floats]:
    """Pool, human, synthetic; a pool with nothing that either reference has seen gets a cell of its own."""
    if counts.unseen < 1.0:
        return counts.pool, counts.human, counts.synthetic
    return (
        np.append(np.zeros_like(counts.pool), counts.pool.sum()),
        np.append(counts.human, 0.0),
        np.append(counts.synthetic, 0.0),
    )
