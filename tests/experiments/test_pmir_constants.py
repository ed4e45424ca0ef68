"""The constants of PMIR as an experiment: what is stated, replicate by replicate."""

import pytest
from support.cases import case, outputs

SIZE = {
    "items": 500, "rounds": 8, "tolerance": 0.9, "ladder": (4, 1000), "paths": 2, "generations": 4,
}  # fmt: skip


def test_outputs():
    here = case("pmir_constants", "platform", population=SIZE, generation=100)
    found = outputs("pmir_constants", here)
    assert 4.0 <= found["break_even"] <= 1000.0
    assert found["gain"].shape == (2,)
    assert found["items_epsilon"] == pytest.approx(81.0 * found["generations_of_data"])
    assert found["variance_constant"] > 0.0
    assert found["variance_constant"] != outputs("pmir_constants", here, 1)["variance_constant"]
