"""What studies store is known to the bit: a change of code that was not meant to move a number has moved none.

Recorded by `python -m support.stored_hashes NAME...` from `tests/`. These studies store the same bits with every
instruction set that NumPy dispatches to and every BLAS kernel. A change that is meant to move numbers records them
anew, and CHANGELOG.md says which and why.
"""

from pathlib import Path

import pytest
from support.stored_hashes import stored_hashes

from mfsolve.study.file.shipped import shipped_studies

RECORDED = (Path(__file__).parents[1] / "support" / "stored_hashes.txt").read_text().split("\n")
STUDIES = sorted({line.split(":")[0] for line in RECORDED if line})


@pytest.mark.slow
@pytest.mark.parametrize("study", STUDIES)
def test_a_study_stores_the_recorded_bits(study):
    recorded = [line for line in RECORDED if line.startswith(f"{study}:")]
    assert list(stored_hashes(shipped_studies()[study])) == recorded
