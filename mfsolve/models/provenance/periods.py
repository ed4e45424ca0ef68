"""Shares by period with simultaneous intervals, and their growth (MODEL 3.5)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.data.samples import Documents, Kind, Numbers, Sample
from mfsolve.inference.verdicts import holm
from mfsolve.models.arguments import number
from mfsolve.models.frozen import InputError
from mfsolve.models.result_repr import legible

from .document_shares import DocumentQuantification
from .growth import Growth, NoGrowth, growth_of
from .mixture_equations import Equations
from .mixture_intervals import beyond, share_interval
from .quantify import DOUBTFUL, Quantification, misfit, nothing_known
from .share import Answer, Settings, cross_fitted, fill, quantify_samples
from .shared_documents import left_out

LEAST_ITEMS = 2  # different ones, or clusters: a spread needs two
SPANNED = "no growth: clusters have items in several periods, whose errors are correlated"


@legible
@dataclass(frozen=True)
class Periods:
    """Shares by period; `answers` have intervals of one period's level, `bands` hold in all periods at once.

    `small` are periods of fewer than two different items, of which nothing is said, with their numbers of items.
    Without `growth`, `no_growth` says why.
    """

    answers: Mapping[str, Answer]
    bands: Mapping[str, tuple[float, float]]
    times: Floats
    level: float
    growth: Growth | None
    small: Mapping[str, int] = field(default_factory=dict)
    order: Sequence[str] = ()
    no_growth: str = ""

    def report(self) -> dict[str, Any]:
        """Shares, intervals and bands by period, and growth per period; null where nothing is said."""
        warnings = warnings_of(self.answers)
        rows = {
            k: {"period": k, "share": a.share, "standard_error": a.standard_error, "interval": list(a.interval),
                "band": list(self.bands[k]), "warnings": warnings[k]}
            for k, a in self.answers.items()
        }  # fmt: skip
        rows |= {k: {"period": k, **untold(n)} for k, n in self.small.items()}
        report: dict[str, Any] = {"level": self.level, "periods": [rows[k] for k in self.order or rows]}
        if self.growth is not None:
            report["growth"] = {
                "rate": self.growth.rate, "standard_error": self.growth.standard_error,
                "interval": list(self.growth.interval), "start": self.growth.start, "p_value": self.growth.p_value,
            }  # fmt: skip
        else:
            report |= {"growth": None, "growth_note": self.no_growth}
        return report


def by_period(pools: Mapping[str, Sample], human: Sample, synthetic: Sample, settings: Settings) -> Periods:
    """Estimate the share in each of several periods, with bands that hold in all of them at once (MODEL 3.5).

    `pools` has one sample a period, in order, or one sample whose rows name their periods; these are sorted. Bands have
    the level of one period that keeps the joint one whatever the correlations (Sidak 1967).

    Raises
    ------
    InputError
        Where no period has two different items.
    """
    answers, bands, small = each_label(pools, human, synthetic, settings)
    if not answers:
        raise InputError(f"{', '.join(pools)}: no period has {LEAST_ITEMS} different items")
    times = period_times(list(answers))
    growth: Growth | NoGrowth = NoGrowth(SPANNED)
    if not spanned(answers):
        growth = growth_of(times, list(answers.values()), list(answers), settings.level)
    named = [*answers, *small]
    order = sorted(named) if len(pools) == 1 else [k for k in pools if k in named]
    if isinstance(growth, NoGrowth):
        return Periods(answers, bands, times, settings.level, None, small, order, growth.reason)
    return Periods(answers, bands, times, settings.level, growth, small, order)


def warnings_of(answers: Mapping[str, Answer]) -> dict[str, list[str]]:
    """Warnings of every label: p-values of the tests of fit are adjusted for the number of these (Holm 1979)."""
    fits = np.array([a.fit_p_value for a in answers.values()])
    tested = np.isfinite(fits)
    fits[tested] = holm(fits[tested])
    return {k: a.warnings(float(p)) for (k, a), p in zip(answers.items(), fits)}


def untold(items: int) -> dict[str, Any]:
    """Row of a label of which nothing is said."""
    return {
        "share": None, "standard_error": None, "interval": None, "band": None,
        "warnings": [f"{items} item{'s' * (items != 1)}: at least {LEAST_ITEMS} different ones are needed"],
    }  # fmt: skip


def each_label(
    pools: Mapping[str, Sample], human: Sample, synthetic: Sample, settings: Settings
) -> tuple[dict[str, Answer], dict[str, tuple[float, float]], dict[str, int]]:
    """Answers of each pool, or of each label in one pool, and the bands that hold for all; one model serves them all.

    Labels with fewer than `LEAST_ITEMS` different items have neither: the third are their numbers of items.
    """
    level = number("level", settings.level, "(0, 1)")
    behind = cross_fitted([human, synthetic], human.kind)
    labelled = len(pools) == 1 and _has_periods(next(iter(pools.values())))
    answers: dict[str, Answer] = {}
    bands: dict[str, tuple[float, float]] = {}
    if behind is not None:
        for label, pool in pools.items():
            fill(behind, pool, None if labelled else label)
        labels = sorted(map(str, behind.pools)) if labelled else list(pools)
        small = {k: behind.documents(k) for k in labels if k not in behind.pools or behind.draws(k) < LEAST_ITEMS}
        labels = [label for label in labels if label not in small]
        unit = str(settings.unit) if human.kind is Kind.DOCUMENTS else "row"
        for label in labels:
            shares = behind.shares(label)
            answers[label] = DocumentQuantification.of(behind, shares, level, (str(human.kind), unit))
            bands[label] = shares.interval(1, level ** (1.0 / len(labels)))
        return answers, bands, small
    samples = dict(pools)
    if labelled:
        (pool,) = pools.values()
        assert isinstance(pool, Numbers)
        assert pool.periods is not None
        samples = {str(label): pool.period(label) for label in np.unique(pool.periods)}
    sizes = {label: _different(one) for label, one in samples.items() if isinstance(one, Numbers)}
    few = {k for k, one in samples.items() if isinstance(one, Numbers) and one.clusters is not None
           and np.unique(one.clusters).size < LEAST_ITEMS}  # fmt: skip
    small = {label: items for label, (items, different) in sizes.items() if different < LEAST_ITEMS or label in few}
    samples = {label: one for label, one in samples.items() if label not in small}
    for label, pool in samples.items():
        answers[label] = answer = quantify_samples(pool, human, synthetic, settings)
        joint = level ** (1.0 / len(samples))
        if isinstance(answer, Quantification) and not answer.counts.clustered:
            bands[label] = answer.found.test.interval(joint) if math.isfinite(answer.share) else answer.interval
        else:  # the effect of clusters depends on the level
            bands[label] = quantify_samples(pool, human, synthetic, replace(settings, level=joint)).interval
    return answers, bands, small


def _different(pool: Numbers) -> tuple[int, int]:
    """Number of rows, and of different ones as far as `LEAST_ITEMS`."""
    items, met = 0, np.empty((0, len(pool.rows.columns)))
    for block in pool.rows.blocks():
        items += block.shape[0]
        if met.shape[0] < LEAST_ITEMS:
            met = np.unique(np.concatenate([met, block]), axis=0)[:LEAST_ITEMS]
    return items, met.shape[0]


def spanned(answers: Mapping[str, Answer]) -> bool:
    """True where a cluster has items in several periods, whose errors are then not independent."""
    for answer in answers.values():
        if isinstance(answer, DocumentQuantification):
            return answer.behind.spanned
    cells = [a.counts.clusters[0] for a in answers.values() if isinstance(a, Quantification)]
    met = [one.numbering.labels for one in cells if one is not None]
    return sum(map(len, met)) > len(set().union(*met))


def _has_periods(pool: Sample) -> bool:
    if isinstance(pool, Numbers):
        return pool.periods is not None
    return isinstance(pool, Documents) and next(pool.blocks()).periods is not None


def period_times(labels: Sequence[str]) -> Floats:
    """Times (n,) of periods, counted from the first: years, months, quarters, or their places where they are none."""
    kinds = {4: lambda x: int(x), 7: lambda x: 12 * int(x[:4]) + int(x[5:7])}
    sizes = {len(label) for label in labels}
    try:
        if len(sizes) == 1 and labels[0][4:6] == "-Q":
            times = [4.0 * int(x[:4]) + int(x[6:]) for x in labels]
        elif len(sizes) == 1 and len(labels[0]) in kinds:
            times = [float(kinds[len(x)](x)) for x in labels]
        elif len(sizes) == 1 and len(labels[0]) == 10:
            times = [float(np.datetime64(x, "D").astype(int)) for x in labels]
        else:
            raise ValueError
    except ValueError:
        return np.arange(len(labels), dtype=np.float64)
    return np.array(times) - times[0]


def of_sources(pool: Sample, references: Mapping[str, Sample], settings: Settings) -> tuple[Any, dict[str, Any]]:
    """Shares of several sources in a pool, human first, on the simplex, with their intervals (MODEL 3.5).

    Raises
    ------
    InputError
        For samples that are neither documents nor features.
    """
    behind = cross_fitted(list(references.values()), pool.kind)
    if behind is None:
        raise InputError(f"sources of kind {pool.kind} given; allowed: documents, or features of 3 sources")
    fill(behind, pool, "the pool")
    shares = behind.shares("the pool")
    rows = [
        {"source": name, "share": float(shares.value[c]), "standard_error": float(shares.standard_error[c]),
         "interval": list(shares.interval(c, settings.level))}
        for c, name in enumerate(references)
    ]  # fmt: skip
    warnings = [nothing_known("items", True, False)] if beyond(shares.equations) else []
    names = list(references)
    sums = []
    for alike in shares.equations.alike(shares.value):
        known = "only the sum of their shares is known" if len(alike) < len(names) else "their shares are not known"
        warnings.append(f"{' and '.join(names[c] for c in alike)} differ no more than by chance: {known}")
        if len(alike) < len(names):
            sums.append(_sum_of_alike(shares.equations, alike, names, settings.level))
    if behind.shared.size:
        warnings.append(left_out(behind.shared.size))
    if shares.fit.p_value < DOUBTFUL:
        warnings.append(misfit(shares.fit.p_value))
    return shares, {"level": settings.level, "sources": rows, "sums": sums, "warnings": warnings, "goodness_of_fit": {
        "statistic": shares.fit.statistic, "degrees_of_freedom": shares.fit.degrees_of_freedom,
        "p_value": shares.fit.p_value}}  # fmt: skip


def _sum_of_alike(equations: Equations, alike: Sequence[int], names: Sequence[str], level: float) -> dict[str, Any]:
    """Sum of the shares of sources that cannot be told apart: the share of the first, without the others."""
    first, *absent = alike
    shares = equations.solve(absent=absent)
    error = math.sqrt(max(float(equations.share_covariance(shares, absent)[first, first]), 0.0))
    return {
        "sources": [names[c] for c in alike],
        "share": float(shares[first]),
        "standard_error": error,
        "interval": list(share_interval(equations, first, level, absent)),
    }
