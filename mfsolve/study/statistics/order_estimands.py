"""Orders along an axis of a study's grid, such as orders of convergence: one class each."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.study.statistics.estimand import Estimand
from mfsolve.study.statistics.sample import Asked, Sample

if TYPE_CHECKING:
    from mfsolve.inference.estimate import Estimate


@dataclass(frozen=True)
class AlongAxis:
    """Points that an order is fitted to: a positive magnitude and its standard error at each place of an axis.

    `fineness` (k,) grows towards the limit: the axis itself, or one over it where smaller is finer. `replicates` are
    those behind each standard error; None where there is one, of a solver without randomness.
    """

    values: Sequence[float]
    fineness: Floats
    magnitude: Floats
    standard_error: Floats
    replicates: int | None


class Order(Estimand):
    """Power of the axis's finer value by which the root-mean-square deviation from the deterministic limit falls."""

    needs = ("axis",)
    along_axis = True
    of_limit = False
    is_moment = False
    anytime = False
    library = "scipy.stats"
    what: ClassVar[str] = "root mean square deviation"
    deviation = True
    mean_square: ClassVar[bool] = True

    def estimate(self, spec: Asked, sample: Sample) -> "Estimate":
        """Weighted line through the logarithms."""
        from mfsolve.inference.convergence import fit_order_of_means

        data = self.magnitudes(spec, sample)
        fit = fit_order_of_means(
            data.fineness, data.magnitude, data.standard_error, sample.level, replicates=data.replicates
        )
        return fit.estimate(sample.replicates)

    def magnitudes(self, spec: Asked, sample: Sample) -> "AlongAxis":
        """Magnitudes that the order is fitted to.

        A solver without randomness has errors without errors: their standard error is set to rounding, and the fit's
        interval comes from how well they lie on a line.
        """
        rows, values, counts = [], [], []
        for value, x, limit in sample.along_axis():
            values.append(value)
            counts.append(x.size)
            rows.append(magnitude(x if limit is None else x - limit, self.mean_square))
        means, error = np.array(rows).T
        places = np.array(values, dtype=float)
        fineness = 1.0 / places if sample.finer_downward() else places
        behind = min(counts) if min(counts) > 1 else None
        return AlongAxis(values, fineness, means, np.maximum(error, 1e-9 * means), behind)


class BiasOrder(Order):
    """Power of the axis's finer value by which the deviation of the replicates' mean falls: bias without noise."""

    what = "absolute bias"
    mean_square = False


class Scaling(Order):
    """Power of the axis's finer value by which the quantity itself falls, such as a cost."""

    what = ""
    deviation = False
    mean_square = False


class MeanScaling(Scaling):
    """Power of the axis's finer value by which the quantity falls from its coarsest place to its finest.

    Nothing is supposed of the law in between.
    """

    def estimate(self, spec: Asked, sample: Sample) -> "Estimate":
        """Ratio of the two means in logarithms; a number without randomness where they are solved."""
        from mfsolve.inference import intervals
        from mfsolve.inference.convergence import mean_order

        places = sorted(((value, x) for value, x, _ in sample.along_axis()), key=itemgetter(0))
        (first, at_first), (last, at_last) = places[0], places[-1]
        coarse, fine = (at_last, at_first) if sample.finer_downward() else (at_first, at_last)
        if coarse.size == fine.size == 1:
            power = float(np.log(coarse[0] / fine[0])) / math.log(last / first)
            return intervals.deterministic(power, power, power, sample.level)
        return mean_order(coarse, fine, last / first, sample.level, sample.seed)


def magnitude(x: Floats, root_mean_square: bool) -> tuple[float, float]:
    """Root mean square, or absolute mean, of x (n,) with its standard error, by the delta method."""
    figures = x * x if root_mean_square else x
    error = float(figures.std(ddof=min(1, x.size - 1))) / np.sqrt(x.size)
    if not root_mean_square:
        return abs(float(x.mean())), error
    size = float(np.sqrt(figures.mean()))
    return size, error / (2.0 * size) if size else error
