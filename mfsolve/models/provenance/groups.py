"""Shares by group of a pool's items, such as their source, with intervals of each and of all at once (MODEL 3.5.7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mfsolve.data.samples import Documents, Numbers, Sample
from mfsolve.models.frozen import InputError
from mfsolve.models.result_repr import legible

from .group_differences import differences
from .periods import LEAST_ITEMS, each_label, spanned, untold, warnings_of
from .share import Answer, Settings

MOST_GROUPS = 200


@legible
@dataclass(frozen=True)
class Groups:
    """Shares by group; `answers` have intervals of one group's level, `bands` hold in all groups at once.

    `small` are groups of fewer than two different items, of which nothing is said, with their numbers of items.
    """

    column: str
    answers: Mapping[str, Answer]
    bands: Mapping[str, tuple[float, float]]
    small: Mapping[str, int]
    level: float

    def report(self) -> dict[str, Any]:
        """Share, interval and band by group, and the number of items behind them; null where nothing is said.

        The test of equal shares, and differences, are left out where clusters lie in several groups.
        """
        warnings = warnings_of(self.answers)
        rows = {
            k: {"group": k, "items": float(a.items), "share": a.share, "standard_error": a.standard_error,
                "interval": list(a.interval), "band": list(self.bands[k]), "warnings": warnings[k]}
            for k, a in self.answers.items()
        }  # fmt: skip
        rows |= {k: {"group": k, "items": float(n), **untold(n)} for k, n in self.small.items()}
        report = {"by": self.column, "level": self.level, "groups": [rows[k] for k in sorted(rows)]}
        compared = None if spanned(self.answers) else differences(self.answers, self.level)
        return report if compared is None else {**report, **compared.report()}


def by_group(column: str, pool: Sample, human: Sample, synthetic: Sample, settings: Settings) -> Groups:
    """Estimate the share in each group of a pool whose items name theirs, in the order of their names (MODEL 3.5.7).

    The model is one, so that the references' errors are common to all groups. Bands have the level of one group that
    keeps the joint one whatever the correlations (Sidak 1967).

    Raises
    ------
    InputError
        For a pool whose items name no group, more groups than `MOST_GROUPS`, and none that has two different items.
    """
    items = _sizes(pool)
    if len(items) > MOST_GROUPS:
        raise InputError(f"{pool.name}: column {column}: {len(items)} groups given; allowed: 1 .. {MOST_GROUPS}")
    answers, bands, _ = each_label({pool.name: pool}, human, synthetic, settings)
    if not answers:
        raise InputError(f"{pool.name}: column {column}: no group has {LEAST_ITEMS} different items")
    small = {k: n for k, n in items.items() if k not in answers}
    return Groups(column, answers, bands, small, settings.level)


def _sizes(pool: Sample) -> dict[str, int]:
    """Number of items of every group."""
    found: dict[str, int] = {}
    if isinstance(pool, Documents):
        for block, labels, _ in pool.blocks():
            if labels is None:
                break
            for place in block.document.tolist():
                found[labels[place]] = found.get(labels[place], 0) + 1
    elif isinstance(pool, Numbers) and pool.periods is not None:
        for label in pool.periods.tolist():
            found[label] = found.get(label, 0) + 1
    if not found:
        raise InputError(f"{pool.name}: of kind {pool.kind}, whose items name no group; give a table of items")
    return found
