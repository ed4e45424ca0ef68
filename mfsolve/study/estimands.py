"""Statistics that a study can report: one class each. A new statistic is one more class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.study.sample import (
    Exact,
    Sample,
    fits_of_paths,
    into,
    pooled_fits,
    regression_of_mean_path,
    regressors,
    side_by_side,
    within_support,
)

if TYPE_CHECKING:
    from mfsolve.inference.estimate import Estimate
    from mfsolve.inference.influence import Moment
    from mfsolve.study.settings import EstimateSpec


class Estimand:
    """A statistic of a recorded quantity.

    `needs` names the keys of an entry that it cannot do without; `along_axis` says that it is fitted along an axis of
    the grid; `of_limit` that a deterministic path has it too; `is_moment` that calibration can
    fit it; `deviation` that it needs a deterministic limit to deviate from; `anytime` that it has an interval under
    which a study may stop by itself.
    """

    needs: ClassVar[tuple[str, ...]] = ()
    along_axis: ClassVar[bool] = False
    of_limit: ClassVar[bool] = True
    is_moment: ClassVar[bool] = True
    deviation: ClassVar[bool] = False
    anytime: ClassVar[bool] = True

    def estimate(self, spec: "EstimateSpec", sample: Sample) -> "Estimate":
        """Value and interval from replicates."""
        raise NotImplementedError

    def exact(self, spec: "EstimateSpec", values: Exact) -> float:
        """Value where nothing is random; KeyError where an output has no such value, ValueError where it is none."""
        raise NotImplementedError

    def moment(self, spec: "EstimateSpec", sample: Sample) -> "Moment":
        """Value and each replicate's influence on it, for calibration."""
        raise NotImplementedError


def quotient(top: float, bottom: float, what: str) -> float:
    """Return the ratio of two numbers; ValueError, which a row of the report shows, where the lower one is zero."""
    if bottom == 0.0:
        raise ValueError(f"{what} is zero: nothing can be divided by it")
    return top / bottom


class Mean(Estimand):
    """Mean of an output over replicates."""

    def estimate(self, spec: "EstimateSpec", sample: Sample) -> "Estimate":
        """Mean with Student's t interval."""
        from mfsolve.inference import intervals

        values, support = within_support(spec, sample)
        return intervals.mean(values, sample.level, support=support)

    def exact(self, spec: "EstimateSpec", values: Exact) -> float:
        """Value of the output itself."""
        return values.at(values.arm, spec.quantity)

    def moment(self, spec: "EstimateSpec", sample: Sample) -> "Moment":
        """Mean and the replicates' influence."""
        from mfsolve.inference import influence

        return influence.mean(sample.column(sample.arm, spec.quantity))


class Difference(Estimand):
    """Mean of an arm less that of another."""

    needs = ("baseline",)

    def estimate(self, spec: "EstimateSpec", sample: Sample) -> "Estimate":
        """Paired t interval where arms share random numbers, else Welch's."""
        from mfsolve.inference import intervals

        support = sample.support(sample.arm, spec.quantity)
        values, against = (into(support, column) for column in side_by_side(spec, sample))
        return intervals.difference(values, against, sample.level, sample.paired, support=support)

    def exact(self, spec: "EstimateSpec", values: Exact) -> float:
        """Difference of the outputs."""
        return values.at(values.arm, spec.quantity) - values.at(spec.baseline or "", spec.quantity)

    def moment(self, spec: "EstimateSpec", sample: Sample) -> "Moment":
        """Mean of the paired differences."""
        from mfsolve.inference import influence

        values, against = side_by_side(spec, sample)
        return influence.mean(values - against)


class Gain(Estimand):
    """Ratio of the mean of an arm to that of another, less one."""

    needs = ("baseline",)

    def estimate(self, spec: "EstimateSpec", sample: Sample) -> "Estimate":
        """Bootstrap interval of a ratio of means."""
        from mfsolve.inference import ratios

        return ratios.gain(*side_by_side(spec, sample), sample.level, seed=sample.seed, paired=sample.paired)

    def exact(self, spec: "EstimateSpec", values: Exact) -> float:
        """Ratio of the outputs, less one."""
        top, bottom = (values.at(arm, spec.quantity) for arm in (values.arm, spec.baseline or ""))
        return quotient(top, bottom, f"{spec.quantity} of {spec.baseline}") - 1.0

    def moment(self, spec: "EstimateSpec", sample: Sample) -> "Moment":
        """Ratio of the means, less one."""
        from mfsolve.inference import influence

        return influence.gain(*side_by_side(spec, sample))


class Quantile(Estimand):
    """Quantile of an output over replicates."""

    needs = ("probability",)
    of_limit = False
    anytime = False

    def estimate(self, spec: "EstimateSpec", sample: Sample) -> "Estimate":
        """Interval between order statistics."""
        from mfsolve.inference import intervals

        assert spec.probability is not None
        values, support = within_support(spec, sample)
        return intervals.quantile(values, spec.probability, sample.level, support=support)

    def exact(self, spec: "EstimateSpec", values: Exact) -> float:
        """Value of the output itself."""
        return values.at(values.arm, spec.quantity)

    def moment(self, spec: "EstimateSpec", sample: Sample) -> "Moment":
        """Sample quantile and the replicates' influence."""
        from mfsolve.inference import influence

        assert spec.probability is not None
        return influence.quantile(sample.column(sample.arm, spec.quantity), spec.probability)


class Share(Estimand):
    """Share of trials that succeed, pooled over replicates."""

    is_moment = False

    def estimate(self, spec: "EstimateSpec", sample: Sample) -> "Estimate":
        """Share with the exact binomial interval."""
        from mfsolve.inference import intervals

        successes = sample.column(sample.arm, spec.quantity)
        trials = sample.column(sample.arm, spec.trials) if spec.trials else np.ones_like(successes)
        return intervals.share(successes, trials, sample.level)

    def exact(self, spec: "EstimateSpec", values: Exact) -> float:
        """Ratio of the outputs."""
        successes = values.at(values.arm, spec.quantity)
        return quotient(successes, values.at(values.arm, spec.trials), spec.trials) if spec.trials else successes


class Slope(Estimand):
    """Slope through the origin of the quantity on `against` along the path, one per replicate."""

    needs = ("against",)

    def estimate(self, spec: "EstimateSpec", sample: Sample) -> "Estimate":
        """Student's t interval of the replicates' slopes."""
        from mfsolve.inference import intervals

        return intervals.mean(fits_of_paths(spec, sample)[0], sample.level)

    def exact(self, spec: "EstimateSpec", values: Exact) -> float:
        """Slope of the path."""
        x, y = regressors(spec, values)
        return quotient(float(x @ y), float(x @ x), spec.against or "")

    def moment(self, spec: "EstimateSpec", sample: Sample) -> "Moment":
        """Mean of the replicates' slopes."""
        from mfsolve.inference import influence

        return influence.mean(fits_of_paths(spec, sample)[0])


class RSquared(Slope):
    """Centred R^2 of the regression through the origin along the path, one per replicate."""

    def estimate(self, spec: "EstimateSpec", sample: Sample) -> "Estimate":
        """Student's t interval of the replicates' R^2."""
        from mfsolve.inference import intervals

        return intervals.mean(fits_of_paths(spec, sample)[1], sample.level)

    def exact(self, spec: "EstimateSpec", values: Exact) -> float:
        """R^2 of the path."""
        x, y = regressors(spec, values)
        slope = quotient(float(x @ y), float(x @ x), spec.against or "")
        spread = float(((y - y.mean()) ** 2).sum())
        return 1.0 - quotient(float(((y - slope * x) ** 2).sum()), spread, f"variation of {spec.quantity}")

    def moment(self, spec: "EstimateSpec", sample: Sample) -> "Moment":
        """Mean of the replicates' R^2."""
        from mfsolve.inference import influence

        return influence.mean(fits_of_paths(spec, sample)[1])


class HacSlope(Slope):
    """Slope through the origin of the mean path, as on a single published series."""

    anytime = False

    def estimate(self, spec: "EstimateSpec", sample: Sample) -> "Estimate":
        """Interval of a regression with errors robust to heteroskedasticity and autocorrelation."""
        return regression_of_mean_path(spec, sample).estimate()

    def moment(self, spec: "EstimateSpec", sample: Sample) -> "Moment":
        """Slope of the mean path."""
        from mfsolve.inference import influence

        blocks = [
            [path[:, 1:] for path in paths] for paths in sample.paths(sample.arm, spec.quantity, spec.against or "")
        ]
        y, x = (np.concatenate([block[i] for block in blocks]) for i in (0, 1))
        return influence.slope_of_mean_path(x, y)


class PooledSlope(Estimand):
    """Slope through the origin of the quantity on `against`, over all paths along the axis; one per replicate."""

    needs = ("against", "axis")
    along_axis = True
    of_limit = False
    is_moment = False

    def estimate(self, spec: "EstimateSpec", sample: Sample) -> "Estimate":
        """Student's t interval of the replicates' pooled slopes."""
        from mfsolve.inference import intervals

        return intervals.mean(pooled_fits(spec, sample)[0], sample.level)


class PooledRSquared(PooledSlope):
    """Centred R^2 of the pooled regression through the origin, one per replicate."""

    def estimate(self, spec: "EstimateSpec", sample: Sample) -> "Estimate":
        """Student's t interval of the replicates' R^2."""
        from mfsolve.inference import intervals

        return intervals.mean(pooled_fits(spec, sample)[1], sample.level)


class Order(Estimand):
    """Power of the axis's finer value by which the root-mean-square deviation from the deterministic limit falls."""

    needs = ("axis",)
    along_axis = True
    of_limit = False
    is_moment = False
    anytime = False
    what: ClassVar[str] = "root mean square deviation"
    deviation = True
    mean_square: ClassVar[bool] = True

    def estimate(self, spec: "EstimateSpec", sample: Sample) -> "Estimate":
        """Weighted line through the logarithms."""
        from mfsolve.inference.convergence import fit_order_of_means

        data = self.magnitudes(spec, sample)
        fit = fit_order_of_means(data.fineness, data.magnitude, data.standard_error, level=sample.level)
        return fit.estimate(sample.replicates)

    def magnitudes(self, spec: "EstimateSpec", sample: Sample) -> "AlongAxis":
        """Magnitudes that the order is fitted to.

        A solver without randomness has errors without errors: their standard error is set to rounding, and the fit's
        interval comes from how well they lie on a line.
        """
        rows, values = [], []
        for value, x, limit in sample.along_axis():
            values.append(value)
            rows.append(_magnitude(x if limit is None else x - limit, self.mean_square))
        magnitude, error = np.array(rows).T
        places = np.array(values, dtype=float)
        fineness = 1.0 / places if sample.finer_downward() else places
        return AlongAxis(values, fineness, magnitude, np.maximum(error, 1e-9 * magnitude))


class BiasOrder(Order):
    """Power of the axis's finer value by which the deviation of the replicates' mean falls: bias without noise."""

    what = "absolute bias"
    mean_square = False


class Scaling(Order):
    """Power of the axis's finer value by which the quantity itself falls, such as a cost."""

    what = ""
    deviation = False
    mean_square = False


ESTIMANDS: Mapping[str, Estimand] = {
    "mean": Mean(),
    "difference": Difference(),
    "gain": Gain(),
    "quantile": Quantile(),
    "share": Share(),
    "slope": Slope(),
    "r_squared": RSquared(),
    "hac_slope": HacSlope(),
    "pooled_slope": PooledSlope(),
    "pooled_r_squared": PooledRSquared(),
    "order": Order(),
    "bias_order": BiasOrder(),
    "scaling": Scaling(),
}


@dataclass(frozen=True)
class AlongAxis:
    """Points that an order is fitted to: a positive magnitude and its standard error at each place of an axis.

    `fineness` (k,) grows towards the limit: the axis itself, or one over it where smaller is finer.
    """

    values: Sequence[float]
    fineness: Floats
    magnitude: Floats
    standard_error: Floats


def _magnitude(x: Floats, root_mean_square: bool) -> tuple[float, float]:
    """Root mean square, or absolute mean, of x with its standard error."""
    figures = x * x if root_mean_square else x
    error = float(figures.std(ddof=min(1, x.size - 1))) / np.sqrt(x.size)
    if not root_mean_square:
        return abs(float(x.mean())), error
    size = float(np.sqrt(figures.mean()))
    return size, error / (2.0 * size) if size else error
