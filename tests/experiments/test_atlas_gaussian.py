"""Studies of Gaussian models fitted to their own samples: closed forms as references, and refused settings."""

import numpy as np
import pytest
from support.refits import check_blocks, check_predictions, check_refusal

from mfsolve.models.atlas.ensembles import Run
from mfsolve.models.atlas.gaussian import Gaussian, gaussian_closed_form, gaussian_means
from mfsolve.models.atlas.workflows import Replace

NAME = "atlas_gaussian"


def test_a_block_is_an_ensemble_of_its_own_replicates():
    check_blocks(NAME, gaussian_means, Gaussian())


def test_predictions_are_the_ends_of_the_reference():
    check_predictions(NAME)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["workflows.mine.rule=mixed", "workflows.mine.weight=1.5"], r"weight: 1.5 given.*\[0, 1\]"),
        (
            ["workflows.mine.rule=mixed", "workflows.mine.ratio=60.0"],
            r"ratio: 60.0 given; allowed: \(0, 50\]: a refit needs 2 synthetic items",
        ),
        (["parameters.items=1"], r"parameters.items: 1 given.*allowed: \[2,"),
        (["workflows.mine.rule=subsample", "parameters.items=10000000"], "items: '3e.07 kept numbers' given; allowed: sizes"),
        (["record.tail=-1.0"], r"record.tail: -1.0 given.*\(0, 6\]"),
    ],
)  # fmt: skip
def test_nonsense_is_one_line_and_exit_code_2(changes, message, tmp_path, capsys):
    check_refusal(NAME, changes, message, tmp_path, capsys)


def test_the_log_variance_has_its_closed_form_beyond_floats():
    """Two items, 500 generations: E ln s2 = -635, where ln of the smallest float is -708 and half of paths are below."""
    family, replicates = Gaussian(items=2), 2000
    run = Run(500, range(replicates), 3)
    found = gaussian_means(family, Replace(), run)["log_variance"][-1]
    want = gaussian_closed_form(family, Replace(), 500).log_variance[-1]
    error = np.sqrt(500 * np.pi**2 / 2 / replicates)  # ln of a chi-square of one degree has the variance pi^2 / 2
    assert abs(found - want) < 4.5 * error
    assert abs(np.maximum(want, -620.2) - want) > 4.5 * error  # a floor at 1e-280 was found
