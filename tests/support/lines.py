"""Lines with an intercept, as the collapse law of one run has it, of any observations."""

from mfsolve.inference.fitted_line import ErrorModel
from mfsolve.inference.least_squares import fit_line


def with_intercept(regressor, response, *, run=None, response_error=None, **options):
    """Least-squares line with an intercept; everything else as for `regression.through_origin`."""
    return fit_line(regressor, response, True, run, response_error, ErrorModel(**options))
