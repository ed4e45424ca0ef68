"""Economies whose items carry information about their origin, as PMIR needs them."""

from mfsolve.experiments.experiment import Case
from mfsolve.models.collapse.parameters import Family
from mfsolve.models.collapse.subsidy_base import require_generator_base
from mfsolve.models.collapse.workflows import require_replace


def check(case: Case) -> None:
    """Refuse an economy in which PMIR cannot estimate anything.

    Raises
    ------
    ValueError
        For content that is not Gaussian, for a generator that equals human content, and for policies that read
        another divergence than the generator's.
    """
    if case.parameters.content is not Family.GAUSSIAN:
        raise ValueError(f"parameters.content: {case.parameters.content.value!r} given; allowed: 'gaussian'")
    require_generator_base(case.parameters)
    require_replace(case.parameters)
    if case.parameters.variance_ratio == 1.0:
        raise ValueError("parameters.variance_ratio: 1 given; allowed: (0, 1), or items carry no information")
