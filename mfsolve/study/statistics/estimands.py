"""Statistics that a study can report, by name: one class each. A new statistic is one more class."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from mfsolve.study.statistics.estimand import Estimand, quotient
from mfsolve.study.statistics.order_estimands import BiasOrder, MeanScaling, Order, Scaling
from mfsolve.study.statistics.sample import Asked, Exact, Sample, into, with_baseline, within_support
from mfsolve.study.statistics.slope_estimands import HacSlope, PooledRSquared, PooledSlope, RSquared, Slope

if TYPE_CHECKING:
    from mfsolve.inference.estimate import Estimate
    from mfsolve.inference.influence import Moment


class Mean(Estimand):
    """Mean of an output over replicates."""

    def estimate(self, spec: Asked, sample: Sample) -> "Estimate":
        """Mean with Student's t interval."""
        from mfsolve.inference import intervals

        values, support = within_support(spec, sample)
        return intervals.mean(values, sample.level, support=support)

    def exact(self, spec: Asked, values: Exact) -> float:
        """Value of the output itself."""
        return values.at(values.arm, spec.quantity)

    def moment(self, spec: Asked, sample: Sample) -> "Moment":
        """Mean and the replicates' influence."""
        from mfsolve.inference import influence

        return influence.mean(sample.column(sample.arm, spec.quantity))


class Difference(Estimand):
    """Mean of an arm less that of another."""

    needs = ("baseline",)

    def estimate(self, spec: Asked, sample: Sample) -> "Estimate":
        """Paired t interval where arms share random numbers, else Welch's."""
        from mfsolve.inference import intervals

        support = sample.support(sample.arm, spec.quantity)
        values, against = (into(support, column) for column in with_baseline(spec, sample))
        return intervals.difference(values, against, sample.level, sample.paired, support=support)

    def exact(self, spec: Asked, values: Exact) -> float:
        """Difference of the outputs."""
        return values.at(values.arm, spec.quantity) - values.at(spec.baseline or "", spec.quantity)

    def moment(self, spec: Asked, sample: Sample) -> "Moment":
        """Mean of the paired differences."""
        from mfsolve.inference import influence

        values, against = with_baseline(spec, sample)
        return influence.mean(values - against)


class Gain(Estimand):
    """Ratio of the mean of an arm to that of another, less one."""

    needs = ("baseline",)
    library = "scipy.stats"

    def estimate(self, spec: Asked, sample: Sample) -> "Estimate":
        """Bootstrap interval of a ratio of means."""
        from mfsolve.inference import ratios

        return ratios.gain(*with_baseline(spec, sample), sample.level, seed=sample.seed, paired=sample.paired)

    def exact(self, spec: Asked, values: Exact) -> float:
        """Ratio of the outputs, less one."""
        top, bottom = (values.at(arm, spec.quantity) for arm in (values.arm, spec.baseline or ""))
        return quotient(top, bottom, f"{spec.quantity} of {spec.baseline}") - 1.0

    def moment(self, spec: Asked, sample: Sample) -> "Moment":
        """Ratio of the means, less one."""
        from mfsolve.inference import influence

        return influence.gain(*with_baseline(spec, sample))


class Quantile(Estimand):
    """Quantile of an output over replicates."""

    needs = ("probability",)
    of_limit = False
    anytime = False
    library = "scipy.stats"

    def estimate(self, spec: Asked, sample: Sample) -> "Estimate":
        """Interval between order statistics."""
        from mfsolve.inference import intervals

        assert spec.probability is not None
        values, support = within_support(spec, sample)
        return intervals.quantile(values, spec.probability, sample.level, support=support)

    def exact(self, spec: Asked, values: Exact) -> float:
        """Value of the output itself."""
        return values.at(values.arm, spec.quantity)

    def moment(self, spec: Asked, sample: Sample) -> "Moment":
        """Sample quantile and the replicates' influence."""
        from mfsolve.inference import influence

        assert spec.probability is not None
        return influence.quantile(sample.column(sample.arm, spec.quantity), spec.probability)


class Share(Estimand):
    """Share of trials that succeed, pooled over replicates."""

    library = "scipy.stats"

    def estimate(self, spec: Asked, sample: Sample) -> "Estimate":
        """Share with the binomial interval of its effective trials, or of all where they are declared independent."""
        from mfsolve.inference import intervals

        successes = sample.column(sample.arm, spec.quantity)
        trials = sample.column(sample.arm, spec.trials) if spec.trials else np.ones_like(successes)
        return intervals.share(successes, trials, sample.level, independent=spec.independent_trials)

    def exact(self, spec: Asked, values: Exact) -> float:
        """Ratio of the outputs."""
        successes = values.at(values.arm, spec.quantity)
        return quotient(successes, values.at(values.arm, spec.trials), spec.trials) if spec.trials else successes

    def moment(self, spec: Asked, sample: Sample) -> "Moment":
        """Mean of replicates that are a trial each, or the ratio of the mean successes to the mean trials."""
        from mfsolve.inference import influence

        successes = sample.column(sample.arm, spec.quantity)
        if spec.trials is None:
            return influence.mean(successes)
        ratio = influence.gain(successes, sample.column(sample.arm, spec.trials))
        return influence.Moment(ratio.value + 1.0, ratio.influence)


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
    "mean_scaling": MeanScaling(),
}
