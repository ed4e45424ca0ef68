"""A statistic that a study can report: what its class provides, and what it says of itself."""

from typing import TYPE_CHECKING, ClassVar

from mfsolve.inference.estimate import EstimateError
from mfsolve.study.statistics.sample import Asked, Exact, Sample

if TYPE_CHECKING:
    from mfsolve.inference.estimate import Estimate
    from mfsolve.inference.influence import Moment


class Estimand:
    """A statistic of a recorded quantity.

    `needs` names the keys of an entry that it cannot do without; `along_axis` says that it is fitted along an axis of
    the grid; `of_limit` that a deterministic path has it too; `is_moment` that calibration can
    fit it; `deviation` that it needs a deterministic limit to deviate from; `anytime` that it has an interval under
    which a study may stop by itself. `library` is what its interval rests on and takes a while to import: a process
    beside a run does it beforehand.
    """

    needs: ClassVar[tuple[str, ...]] = ()
    along_axis: ClassVar[bool] = False
    of_limit: ClassVar[bool] = True
    is_moment: ClassVar[bool] = True
    deviation: ClassVar[bool] = False
    anytime: ClassVar[bool] = True
    library: ClassVar[str] = "scipy.optimize"

    def estimate(self, spec: Asked, sample: Sample) -> "Estimate":
        """Value and interval from replicates."""
        raise NotImplementedError

    def exact(self, spec: Asked, values: Exact) -> float:
        """Value where nothing is random; KeyError where an output has no such value, EstimateError where it is none."""
        raise NotImplementedError

    def moment(self, spec: Asked, sample: Sample) -> "Moment":
        """Value and each replicate's influence on it, for calibration."""
        raise NotImplementedError


def quotient(top: float, bottom: float, what: str) -> float:
    """Return the ratio of two numbers; EstimateError, which a row of the report shows, where the lower one is zero."""
    if bottom == 0.0:
        raise EstimateError(f"{what} is zero: nothing can be divided by it")
    return top / bottom
