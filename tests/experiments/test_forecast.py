"""The forecast draws start and imitation from the errors of a measurement, and is the market without them."""

import numpy as np

from mfsolve.experiments import collapse as market
from mfsolve.experiments.experiment import Case
from mfsolve.experiments.forecast import EXPERIMENT, Measured, parameters_of
from mfsolve.models import collapse

SIZE = collapse.Population(producers=50, items=4, generations=3)


def case_of(**measured):
    return Case(Measured(**measured), collapse.ClosedForm(), SIZE, collapse.Record(), "closed_form")


def test_without_errors_it_is_the_market():
    case = case_of()
    plain = Case(collapse.Parameters(), case.arm, SIZE, case.record, "closed_form")
    found, expected = EXPERIMENT.arm(case).draw(case, 1, 2, 1), market.EXPERIMENT.arm(plain).draw(plain, 1, 2, 1)
    assert all(np.array_equal(found[name], expected[name]) for name in expected)


def test_draws_have_the_errors_of_the_measurement():
    measured = Measured(initial_contamination=0.1, imitation=2.0, initial_odds_error=0.5, imitation_error=0.2,
                        error_correlation=-0.8)  # fmt: skip
    drawn = [parameters_of(measured, 1, k) for k in range(2000)]
    start = np.array([p.initial_contamination for p in drawn])
    odds, rate = np.log(start / (1 - start)), np.array([p.imitation for p in drawn])
    error = 4 / np.sqrt(2 * 2000)  # of a standard deviation, relatively: four standard errors
    assert abs(odds.std() / 0.5 - 1) < error
    assert abs(rate.std() / 0.2 - 1) < error
    assert abs(odds.mean() - np.log(0.1 / 0.9)) < 4 * 0.5 / np.sqrt(2000)
    assert abs(np.corrcoef(odds, rate)[0, 1] + 0.8) < 4 * (1 - 0.64) / np.sqrt(2000)


def test_imitation_is_never_negative():
    measured = Measured(imitation=0.1, imitation_error=1.0)
    assert min(parameters_of(measured, 1, k).imitation for k in range(50)) == 0.0
