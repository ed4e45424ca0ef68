"""Design effects of clusters on counts in cells (MODEL 3.5.8).

Counts of items that come in clusters are divided by their design effect, the variance over that of as many independent
items, and then taken for independent (Rao and Scott 1992, Biometrics 48). Few clusters leave an effect uncertain: it is
raised by the squared ratio of Student's quantile to the normal one (Korn and Graubard 1998, Survey Methodology 24).
"""

from dataclasses import dataclass, field

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.data.words import Indices, Words

from .clusters import Grouped, Numbering, jackknife


@dataclass
class ClusteredCells:
    """Cells and clusters of a sample's items, met block by block."""

    numbering: Numbering
    _numbers: list[Indices] = field(default_factory=list)
    _cells: list[Indices] = field(default_factory=list)

    def add(self, labels: Words, identity: Words | None, cells: Indices) -> None:
        """Add items (n,) in these cells; copies belong to the cluster of the first one where `identity` is given."""
        self._numbers.append(self.numbering(labels, identity))
        self._cells.append(cells)

    @property
    def several(self) -> bool:
        """True where a cluster that the user names has two items."""
        return self.numbering.several

    @property
    def groups(self) -> Grouped:
        """Sizes of the clusters."""
        return Grouped.of(np.bincount(np.concatenate(self._numbers)).astype(np.float64))

    def variance_of(self, weight: Floats) -> float:
        """Variance of the mean of a cell's weight (k,) over the items, by cluster."""
        numbers, values = np.concatenate(self._numbers), weight[np.concatenate(self._cells)]
        rows = np.column_stack([np.bincount(numbers), np.bincount(numbers, values)]).astype(np.float64)
        return float(jackknife(rows, np.array([values.mean()]))[0, 0])

    def effect_on_cells(self) -> float:
        """Mean design effect of the cells' frequencies: the factor by which a chi-square of them is too large."""
        numbers, cells = np.concatenate(self._numbers), np.concatenate(self._cells)
        sizes, share = np.bincount(numbers).astype(np.float64), np.bincount(cells) / cells.size
        pairs, times = np.unique(np.stack([numbers, cells]), axis=1, return_counts=True)
        n, count = float(cells.size), sizes.size
        if count < 2:
            return np.inf
        away = 1.0 / (n - sizes)  # the jackknife: sum over clusters of (n_gk - s_g p_k)^2 / (n - s_g)^2
        s, t = sizes[pairs[0]], away[pairs[0]]
        p = share[pairs[1]]
        met = (((times - s * p) ** 2 - (s * p) ** 2) * t**2) / p
        variance = float(met.sum() + share.sum() * ((sizes * away) ** 2).sum())
        used = int(np.count_nonzero(share))
        return variance * (count - 1.0) / count * n / max(used - 1.0, 1.0)


@dataclass(frozen=True)
class Effect:
    """Design effect, the part of it that the sample's clusters had to show, and their degrees of freedom."""

    value: float
    shown: float
    groups: Grouped

    def within(self, level: float, least: float) -> float:
        """The effect for intervals at a level, between that of copies and that of clusters that are one draw."""
        from scipy.special import ndtri, stdtrit

        nu = self.groups.freedom * (self.value / self.shown) ** 2 if self.shown > 0.0 else np.inf
        end = 0.5 + 0.5 * level
        raised = self.value if np.isinf(nu) else self.value * float(stdtrit(nu, end) / ndtri(end)) ** 2
        return float(np.clip(raised, least, max(self.groups.square, least)))


def pool_effect(cells: ClusteredCells, share: float, laws: tuple[Floats, Floats], copied: float) -> Effect:
    """Design effect on a share's efficient score in a pool: clusters of one source each, or more where they show it.

    `laws` are the frequencies (k,) of both sources in the cells, `copied` the effect of copies.
    """
    p, q = laws
    mixed = (1.0 - share) * p + share * q
    weight = np.divide(q - p, mixed, out=np.zeros_like(mixed), where=mixed > 0.0)
    every = float(mixed @ weight**2 - (mixed @ weight) ** 2)
    groups = cells.groups
    if not every > 0.0:
        return Effect(groups.square, 0.0, groups)
    between = share * (1.0 - share) * float(q @ weight - p @ weight) ** 2 / every
    model = (1.0 - between) * copied + between * groups.square
    own = cells.variance_of(weight) * float(np.concatenate(cells._cells).size) / every
    return Effect(max(own, model), max(0.0, own - model), groups)


def reference_effect(cells: ClusteredCells, share: float, laws: tuple[Floats, Floats], source: int) -> Effect:
    """Design effect on a share's efficient score in a reference, by its own clusters."""
    p, q = laws
    mixed = (1.0 - share) * p + share * q
    weight = np.divide(q - p, mixed, out=np.zeros_like(mixed), where=mixed > 0.0)
    law = laws[source]
    every = float(law @ weight**2 - (law @ weight) ** 2)
    groups = cells.groups
    if not every > 0.0:
        return Effect(groups.square, 0.0, groups)
    own = cells.variance_of(weight) * float(np.concatenate(cells._cells).size) / every
    return Effect(own, own, groups)
