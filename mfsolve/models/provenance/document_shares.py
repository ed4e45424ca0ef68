"""Share of synthetic documents in a pool, and everything that qualifies it (MODEL 3.5)."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from mfsolve.models.arguments import number

from .alarms import APART, SUSPECT
from .clusters import Grouped, clusters_report
from .cross_fitted import EXTRAS, CrossFitted, Shares
from .mixture_intervals import beyond
from .quantify import DOUBTFUL, FOREIGN, misfit, nothing_known
from .share_repr import in_brief
from .shared_documents import left_out


@in_brief
@dataclass(frozen=True, repr=False)
class DocumentQuantification:
    """Share of the last of several sources, or of the synthetic one of two, with its interval (MODEL 3.5).

    `interval` has the level `level`; `shares` are those of all sources.
    """

    shares: Shares
    interval: tuple[float, float]
    level: float
    behind: CrossFitted
    kind: str
    unit: str

    @classmethod
    def of(cls, behind: CrossFitted, shares: Shares, level: float, named: tuple[str, str]) -> "DocumentQuantification":
        """Quantify with an interval at a level; `named` are the kind of the samples and the unit."""
        return cls(shares, shares.interval(behind.sources - 1, level), level, behind, *named)

    @property
    def share(self) -> float:
        """Estimated share in [0, 1]."""
        return float(self.shares.value[-1])

    @property
    def standard_error(self) -> float:
        """Standard error by document."""
        return float(self.shares.standard_error[-1])

    @property
    def items(self) -> float:
        """Items of the pool."""
        return self.shares.items

    @property
    def copies(self) -> dict[str, int]:
        """Copies in the pool, and in the references of the first and the last source, by name."""
        return {"pool": self.shares.copies[0], "human": self.shares.copies[1], "synthetic": self.shares.copies[-1]}

    @property
    def clusters(self) -> dict[str, Grouped | None]:
        """Clusters of the pool, and of the references of the first and the last source; None where rows are single."""
        equations = self.shares.equations
        found = (equations.pool, equations.sources[0], equations.sources[-1])
        return {name: mean.grouped for name, mean in zip(("pool", "human", "synthetic"), found)}

    @property
    def fit_p_value(self) -> float:
        """P-value of the test that some mixture of the references explains the pool; NaN where there is none."""
        return self.shares.fit.p_value

    @property
    def reference_variance(self) -> float:
        """Part of the variance that no larger pool removes."""
        return self.shares.reference_variance

    def warnings(self, fit_p_value: float | None = None) -> list[str]:
        """Reasons not to trust the share, in sentences; empty where there are none.

        `fit_p_value` is that of the test of fit, adjusted where it is one of several.
        """
        warnings, sources = [], self.shares.equations.sources
        apart = sources[-1].value - sources[0].value
        spread = np.sqrt(np.maximum(np.diag(sources[-1].covariance + sources[0].covariance), 0.0))
        if not np.any(np.abs(apart) > APART * spread):
            warnings.append("human and synthetic references differ no more than by chance: the share is unreliable")
        if self.behind.shared.size:
            warnings.append(left_out(self.behind.shared.size))
        if self.interval == (0.0, 1.0):
            of_references = not self.reference_variance < 0.5 * self.standard_error**2
            warnings.append(nothing_known(f"{self.unit}s", beyond(self.shares.equations), of_references))
        fit = self.shares.fit
        p_value = fit.p_value if fit_p_value is None else fit_p_value
        if p_value < DOUBTFUL:
            warnings.append(f"{misfit(p_value)}: {self._how_far()}")
        if p_value < SUSPECT and self.shares.unseen > FOREIGN:
            warnings.append(f"{100 * self.shares.unseen:.1f} % of the pool's words are in neither reference")
        return warnings

    def _how_far(self) -> str:
        """Words on the largest deviation of the pool from the nearest mixture."""
        fit = self.shares.fit
        z = np.divide(fit.deviations, fit.errors, out=np.zeros_like(fit.errors), where=fit.errors > 0.0)
        worst = int(np.argmax(np.abs(z)))
        by = f"{abs(z[worst]):.1f} standard errors"
        if worst == z.size - EXTRAS and self.kind != "features":
            ratio = math.exp(float(fit.deviations[worst]))
            return f"its {self.unit}s have {100 * abs(ratio - 1):.0f} % {'more' if ratio > 1 else 'fewer'} words " \
                f"than the mixture's, {by}"  # fmt: skip
        if worst == z.size - EXTRAS:
            return f"its rows lie {'farther from' if z[worst] > 0 else 'nearer to'} the references' centre, by {by}"
        if worst == z.size - EXTRAS + 1:
            return f"words in neither reference are {'more' if z[worst] > 0 else 'less'} frequent " \
                f"by {100 * abs(fit.deviations[worst]):.2g} % of its words, {by}"  # fmt: skip
        return f"{100 * abs(fit.deviations[worst]):.2g} % of it lies where no mixture has it, {by}"

    def _needed(self, own: float, allowed: float) -> dict[str, float]:
        """Items of the pool and of each reference that leave either half of a variance; inf where nothing is known.

        `own` is the pool's part of the variance now. References' variances fall as their sizes rise, at least.
        """
        equations = self.shares.equations
        parts = equations.reference_variances(self.shares.value)
        if not parts.sum() > 0.0 or not math.isfinite(self.reference_variance):
            return {"pool": math.inf, "each_reference": math.inf}
        sizes = np.array([source.items for source in equations.sources])
        references = self.reference_variance * float(parts @ sizes) / float(parts.sum())
        return {
            "pool": float(math.ceil(2.0 * self.shares.items * own / allowed)),
            "each_reference": float(math.ceil(2.0 * references / allowed)),
        }

    def report(self, half_width: float) -> dict[str, Any]:
        """Share, uncertainty, documents that a half-width in (0, 1) requires, test of fit, warnings, by name.

        `items_needed` are those of the pool with these references, `items_needed_of_all` those of the pool and of each
        reference where all may grow.
        """
        from scipy.special import ndtri

        wanted, fit = number("half_width", half_width, "(0, 1)"), self.shares.fit
        z = float(ndtri(0.5 + 0.5 * self.level))
        own = max(self.standard_error**2 - self.reference_variance, 1e-300)
        room = (wanted / z) ** 2 - self.reference_variance
        documents = self.behind.reference_documents
        return {
            "share": self.share,
            "standard_error": self.standard_error,
            "interval": list(self.interval),
            "level": self.level,
            "unit": self.unit,
            "items": {"pool": self.shares.items, "human": documents[0], "synthetic": documents[-1]},
            "documents": {"pool": self.shares.documents, "human": documents[0], "synthetic": documents[-1]},
            "likelihoods": sorted(set(self.behind.scorer.names)),
            "information_per_item": 1.0 / (self.shares.items * own),
            "variance_from_references": self.reference_variance,
            "half_width": wanted,
            "items_needed": math.ceil(self.shares.items * own / room) if room > 0.0 else math.inf,
            "items_needed_of_all": self._needed(own, (wanted / z) ** 2),
            "least_half_width": min(z * math.sqrt(self.reference_variance), 1.0),
            "goodness_of_fit": {
                "chi_square": fit.statistic, "degrees_of_freedom": fit.degrees_of_freedom, "p_value": fit.p_value,
            },
            "unseen_share": self.shares.unseen,
            "copies": self.copies,
            **clusters_report(self.clusters),
            "warnings": self.warnings(),
        }  # fmt: skip
