"""The row that lies farthest from the line, against a fit with a column of its own for that row."""

import numpy as np
import pytest
import statsmodels.api as sm

from mfsolve.inference.collapse_outlier import outlier
from mfsolve.inference.collapse_paths import Start, paths

TIME = np.tile(np.arange(7), 3)
RUN = np.repeat([0, 1, 2], 7)
SHARE = np.minimum(TIME, 1) * 0.8


def log(seed, off=0.0, start=Start.MEASURED, error=None):
    rng = np.random.default_rng(seed)
    quality = -0.1 * 0.64 * TIME + 0.02 * rng.standard_normal(21) * (1.0 if error is None else error / error.min())
    quality[9] -= off
    return paths(TIME, SHARE, quality, RUN, error, start)


@pytest.mark.parametrize("start", [Start.MEASURED, Start.EXACT])
@pytest.mark.parametrize("weighted", [False, True])
def test_it_is_studentised_without_its_own_row(start, weighted):
    error = np.linspace(0.01, 0.02, 21) if weighted else None
    measured = log(1, 0.5, start, error)
    found = outlier(measured, 0.001)
    assert found.place == 9
    keep = measured.observed
    x, y = measured.since_start(measured.exposure)[keep], measured.since_start(measured.loss)[keep]
    columns = [x] if start is Start.EXACT else [x, *(k == RUN for k in range(3))]
    design = np.column_stack([np.asarray(c, float) for c in columns])
    root = np.sqrt(measured.weight[keep])
    fit = sm.OLS(root * y, root[:, None] * design).fit()
    studentised = fit.get_influence().resid_studentized_external
    place = np.flatnonzero(keep).tolist().index(9)
    assert found.residual == pytest.approx(studentised[place], rel=1e-8)
    assert np.abs(studentised).argmax() == place


def test_the_largest_of_many_rows_is_named_by_chance_as_often_as_stated():
    named = sum(outlier(log(seed), 0.05) is not None for seed in range(1000))
    assert 20 <= named <= 75  # Bonferroni: up to 50, and 3.6 standard deviations


def test_nothing_is_said_of_a_line_without_error_or_without_freedom():
    quality = -0.1 * TIME
    assert outlier(paths(TIME, SHARE, quality, RUN, None, Start.MEASURED), 0.05) is None
    few = paths([0, 1, 2], [0, 1, 1], [0.0, -0.1, -0.3], None, None, Start.MEASURED)
    assert outlier(few, 0.05) is None
