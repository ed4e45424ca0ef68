"""P-values of intervals that are known at every level."""

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class LevelTail:
    """P-value of an interval known at every level: one minus the level whose end just reaches the hypothesis.

    Ends that are NaN bound nothing at their level, as those of a ratio whose denominator may then be zero.
    """

    value: float
    ends: Callable[[float], tuple[float, float]]

    def __call__(self, hypothesis: float) -> float:
        """Return the p-value, at least 1e-12."""
        from scipy.optimize import brentq

        distance = abs(hypothesis - self.value)
        if distance == 0:
            return 1.0

        def excess(log_p: float) -> float:
            low, high = self.ends(-math.expm1(log_p))
            # From the end, not from the value: beside the value an end near zero would vanish.
            beyond = high - hypothesis if hypothesis > self.value else hypothesis - low
            return math.atan((math.inf if math.isnan(beyond) else beyond) / distance)

        least, most = math.log(1e-12), -1e-9
        if not excess(least) > 0:
            return 1e-12
        if not excess(most) < 0:
            return 1.0
        return math.exp(brentq(excess, least, most, xtol=1e-9))
