"""Verified labels: the threshold, the recursion against its twin, and refused settings."""

import re

import numpy as np
import pytest
from naive import atlas as naive
from support.cases import SEED, case, outputs, run_study

from mfsolve.models.atlas.ensembles import Run
from mfsolve.models.atlas.labels import Labels, Verifier, label_ensemble, verification_closed_form

STUDY = {
    "model": "atlas_labels",
    "workflows": {"verified": {}},
    "population": {"replicates": 10, "generations": 3},
    "estimates": [{"name": "one", "quantity": "error", "workflow": "verified"}],
}


def test_the_oracle():
    found = verification_closed_form(0.8, 0.2)
    assert found.threshold == pytest.approx(0.8)
    assert verification_closed_form(0.8, 0.2, found.threshold).kept_error == pytest.approx(0.5)
    assert verification_closed_form(1.0, 1.0, 0.3) == pytest.approx((0.5, 0.3))
    assert verification_closed_form(0.5, 0.0).threshold == 1.0


def test_one_generation_against_items_that_are_drawn_one_by_one():
    family, verifier = Labels(candidates=40, separation=1.0, dimension=3), Verifier(error_share=0.8)
    e = 0.8 * verification_closed_form(0.9, 0.3).threshold
    found = label_ensemble(family, verifier, Run(1, range(40_000), SEED))["error"][1]
    rng = np.random.default_rng(4)
    twin = [naive.label_error(rng, 40, np.array([1.0, 0.0, 0.0]), e, 0.9, 0.3) for _ in range(2000)]
    assert abs(found - np.mean(twin)) < 4 * np.std(twin) / np.sqrt(2000) * np.sqrt(1 + 2000 / 40_000)


def test_at_the_threshold_every_second_classifier_is_useless():
    useless = label_ensemble(Labels(), Verifier(), Run(1, range(20_000), 3))["useless"][1]
    assert abs(useless - 0.5) < 4 * 0.5 / np.sqrt(20_000)


def test_blocks_and_threads_do_not_matter():
    here = case("atlas_labels", "verified", population={"replicates": 1500, "generations": 2})
    one, two = (outputs("atlas_labels", here, 1, threads) for threads in (1, 2))
    assert all(np.array_equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["workflows.verified.error_share=2.0"], r"error_share: 2.0 given; allowed: \[0, 1.33333\]"),
        (["workflows.verified.keep_right=0.0"], r"keep_right: 0.0 given.*\(0, 1\]"),
    ],
)
def test_nonsense_is_one_line_and_exit_code_2(changes, message, tmp_path, capsys):
    assert run_study(tmp_path, STUDY, *changes) == 2
    said = capsys.readouterr().err.strip()
    assert "\n" not in said
    assert re.search(message, said), said
