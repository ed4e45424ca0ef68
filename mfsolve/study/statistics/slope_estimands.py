"""Slopes along the path of a study and their R^2: one class each."""

from typing import TYPE_CHECKING

import numpy as np

from mfsolve.study.statistics.estimand import Estimand, quotient
from mfsolve.study.statistics.sample import (
    Asked,
    Exact,
    Sample,
    fits_of_paths,
    pooled_fits,
    regression_of_mean_path,
    regressors,
)

if TYPE_CHECKING:
    from mfsolve.inference.estimate import Estimate
    from mfsolve.inference.influence import Moment


class Slope(Estimand):
    """Slope through the origin of the quantity on `against` along the path, one per replicate."""

    needs = ("against",)

    def estimate(self, spec: Asked, sample: Sample) -> "Estimate":
        """Student's t interval of the replicates' slopes."""
        from mfsolve.inference import intervals

        return intervals.mean(fits_of_paths(spec, sample)[0], sample.level)

    def exact(self, spec: Asked, values: Exact) -> float:
        """Slope of the path."""
        x, y = regressors(spec, values)
        return quotient(float(x @ y), float(x @ x), spec.against or "")

    def moment(self, spec: Asked, sample: Sample) -> "Moment":
        """Mean of the replicates' slopes."""
        from mfsolve.inference import influence

        return influence.mean(fits_of_paths(spec, sample)[0])


class RSquared(Slope):
    """Centred R^2 of the regression through the origin along the path, one per replicate."""

    def estimate(self, spec: Asked, sample: Sample) -> "Estimate":
        """Student's t interval of the replicates' R^2."""
        from mfsolve.inference import intervals

        return intervals.mean(fits_of_paths(spec, sample)[1], sample.level)

    def exact(self, spec: Asked, values: Exact) -> float:
        """R^2 of the path."""
        x, y = regressors(spec, values)
        slope = quotient(float(x @ y), float(x @ x), spec.against or "")
        spread = float(((y - y.mean()) ** 2).sum())
        return 1.0 - quotient(float(((y - slope * x) ** 2).sum()), spread, f"variation of {spec.quantity}")

    def moment(self, spec: Asked, sample: Sample) -> "Moment":
        """Mean of the replicates' R^2."""
        from mfsolve.inference import influence

        return influence.mean(fits_of_paths(spec, sample)[1])


class HacSlope(Slope):
    """Slope through the origin of the mean path, as on a single published series."""

    anytime = False
    library = "statsmodels.regression.linear_model"

    def estimate(self, spec: Asked, sample: Sample) -> "Estimate":
        """Interval of a regression with errors robust to heteroskedasticity and autocorrelation."""
        return regression_of_mean_path(spec, sample).estimate()

    def moment(self, spec: Asked, sample: Sample) -> "Moment":
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

    def estimate(self, spec: Asked, sample: Sample) -> "Estimate":
        """Student's t interval of the replicates' pooled slopes."""
        from mfsolve.inference import intervals

        return intervals.mean(pooled_fits(spec, sample)[0], sample.level)


class PooledRSquared(PooledSlope):
    """Centred R^2 of the pooled regression through the origin, one per replicate."""

    def estimate(self, spec: Asked, sample: Sample) -> "Estimate":
        """Student's t interval of the replicates' R^2."""
        from mfsolve.inference import intervals

        return intervals.mean(pooled_fits(spec, sample)[1], sample.level)
