"""Studies of kernel densities: closed forms as references, and refused settings."""

import pytest
from support.refits import check_blocks, check_predictions, check_refusal

from mfsolve.cli import main
from mfsolve.models.atlas.kernel_density import KernelDensity, density_means

NAME = "atlas_kernel_density"


def test_a_block_is_an_ensemble_of_its_own_replicates():
    check_blocks(NAME, density_means, KernelDensity())


def test_predictions_are_the_ends_of_the_reference():
    check_predictions(NAME)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["parameters.bandwidth=-1.0"], r"bandwidth: -1.0 given.*\[0, 100\]"),
        (["workflows.mine.rule=mixed"], "unknown rule 'mixed'; known: replace, accumulate, subsample, growing"),
        (["parameters.items=1000000", "population.generations=50"], "items: '1e.08 kept numbers'"),
    ],
)  # fmt: skip
def test_nonsense_is_one_line_and_exit_code_2(changes, message, tmp_path, capsys):
    check_refusal(NAME, changes, message, tmp_path, capsys)


def test_an_infinite_mean_is_said_in_its_row(tmp_path, capsys):
    study = tmp_path / "alike.toml"
    study.write_text(
        'title = "alike"\nmodel = "atlas_kernel_density"\n[parameters]\nitems = 2\nbandwidth = 0.0\n'
        "[population]\nreplicates = 50\ngenerations = 6\n[workflows.replace]\n[ensemble]\nreplicates = 3\n"
        '[[estimates]]\nname = "shrinkage"\nquantity = "log_variance"\n'
    )
    assert main(["run", str(study), "--out", str(tmp_path / "run"), "--workers", "1"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "log_variance (log variance, E ln s2) is infinite in 3 of 3 replicates" in text
