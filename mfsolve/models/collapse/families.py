"""Families of content by name: what a study calls them, what each starts from (MODEL 1.7)."""

from .content import Categorical, Draws, Gaussian
from .empirical import Empirical, EmpiricalGaussian
from .kernel_density import EmpiricalKernel
from .parameters import Family, Parameters, Refit

AnyContent = Gaussian | Categorical | Empirical
FAMILIES: dict[Family, type[AnyContent]] = {
    Family.GAUSSIAN: Gaussian,
    Family.CATEGORICAL: Categorical,
    Family.EMPIRICAL: Empirical,
}
REFITS: dict[Refit, type[EmpiricalGaussian] | type[EmpiricalKernel]] = {
    Refit.GAUSSIAN: EmpiricalGaussian,
    Refit.KERNEL: EmpiricalKernel,
}


def human_content(parameters: Parameters, draws: Draws | None = None) -> AnyContent:
    """Content fitted to human content itself; `draws` of a replicate decide what its integrals are measured with."""
    if parameters.content is Family.EMPIRICAL:
        return REFITS[parameters.refit].human(parameters, draws)
    return (Categorical if parameters.content is Family.CATEGORICAL else Gaussian).human(parameters)
