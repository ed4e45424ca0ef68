"""The collapse law's coefficient in closed form (MODEL 1.1)."""

from .closed_form import chi_square
from .content import Gaussian
from .families import human_content
from .parameters import Family, Parameters, Refit


def collapse_law_coefficient(parameters: Parameters) -> float:
    """b_law = c I(0) / 2 of the first generator: ln Q_t = ln Q_0 - b_law t rho^2 for small rho (MODEL 1.1)."""
    if parameters.content is Family.GAUSSIAN:
        information = chi_square(parameters.variance_ratio, dimension=parameters.dimension)
    elif parameters.features is not None and parameters.refit is Refit.GAUSSIAN:  # q and p of one shape and centre
        information = chi_square(parameters.variance_ratio, dimension=parameters.features.rows.shape[1])
    else:
        content = human_content(parameters)
        assert not isinstance(content, Gaussian)
        information = content.information(0.0)
    return 0.5 * parameters.quality_elasticity * information
