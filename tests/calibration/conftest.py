"""Studies to calibrate."""

import pytest
from support.calibration import STUDY


@pytest.fixture
def calibration_file(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(STUDY)
    return path
