"""Studies of models of tokens: closed forms as references, and refused settings."""

import pytest
from support.refits import check_blocks, check_predictions, check_refusal

from mfsolve.models.atlas.tokens import Tokens, token_means

NAME = "atlas_tokens"


def test_a_block_is_an_ensemble_of_its_own_replicates():
    check_blocks(NAME, token_means, Tokens())


def test_predictions_are_the_ends_of_the_reference():
    check_predictions(NAME)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["workflows.mine.rule=mixed", "workflows.mine.weight=-0.5"], r"weight: -0.5 given.*\[0, 1\]"),
        (["parameters.items=50", "workflows.mine.rule=mixed", "workflows.mine.ratio=60.0"], r"ratio: 60.0 given; allowed: \(0, 50\]"),
        (["parameters.vocabulary=1"], r"parameters.vocabulary: 1 given.*allowed: \[2,"),
        (["parameters.items=1000000", "workflows.mine.rule=accumulate", "population.generations=200"], "items: 1000000"),
        (["parameters.features=co2", "workflows.mine.rule=curated"], "workflow: 'curated' given; allowed with a table of rows"),
    ],
)  # fmt: skip
def test_nonsense_is_one_line_and_exit_code_2(changes, message, tmp_path, capsys):
    check_refusal(NAME, changes, message, tmp_path, capsys)
