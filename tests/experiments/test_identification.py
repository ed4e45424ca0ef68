"""Identification under drift as an experiment."""

import numpy as np
import pytest
from support.cases import case, outputs


@pytest.mark.parametrize("path", ["mixture", "variance"])
def test_outputs(path):
    here = case("identification", "route", population={"items": 2000, "references": 4000}, path=path)
    found = outputs("identification", here)
    assert found["read_along"][0] == pytest.approx(0.4, abs=1e-12)
    assert np.all(np.diff(found["read_along"]) > 0.0)
    assert found["bias"] == found["estimate"] - 0.4
    assert found["alarm"] in (0.0, 1.0)
    assert found["estimate"] != outputs("identification", here, 1)["estimate"]
