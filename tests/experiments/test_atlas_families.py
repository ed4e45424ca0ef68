"""Studies of exponential families: closed forms as references, and refused settings."""

import pytest
from support.refits import check_blocks, check_predictions, check_refusal

from mfsolve.models.atlas.exponential_families import ExponentialFamily, family_means

NAME = "atlas_families"


def test_a_block_is_an_ensemble_of_its_own_replicates():
    check_blocks(NAME, family_means, ExponentialFamily())


def test_predictions_are_the_ends_of_the_reference():
    check_predictions(NAME)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["parameters.family=gamma"], "family: 'gamma' given"),
        (["parameters.family=bernoulli", "parameters.mean=1.5"], r"mean: 1.5 given.*\(0, 1\)"),
        (["workflows.mine.rule=temperature", "parameters.family=poisson"], "'temperature' given; allowed with the poisson family: "),
        (["workflows.mine.rule=mixed", "parameters.items=50", "workflows.mine.ratio=60.0"], "ratio: 60"),
    ],
)  # fmt: skip
def test_nonsense_is_one_line_and_exit_code_2(changes, message, tmp_path, capsys):
    check_refusal(NAME, changes, message, tmp_path, capsys)
