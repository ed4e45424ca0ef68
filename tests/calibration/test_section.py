"""The section [calibration]: what it may say, and how a mistake in it is told."""

import pytest
from support.calibration import ESTIMATES

from mfsolve.calibration.section import calibration_of, check
from mfsolve.study.file.config import load_study
from mfsolve.study.file.source import StudyError

BAD = {
    "not a table": ("calibration = 3", "", r"calibration: a table is needed"),
    "unknown setting": ("", "[calibration]\nreplicate = 9", r"calibration\.replicate: unknown key; did you mean replicates\?"),
    "nothing free": ("", "[calibration]", r"calibration\.free: is missing"),
    "unknown section": ("", "[calibration.free]\nparameter.imitation = [0, 1]", r"calibration\.free\.parameter: unknown key; did you mean parameters\?"),
    "unknown parameter": ("", "[calibration.free]\nparameters.imitatio = [0, 1]", r"calibration\.free\.parameters\.imitatio: unknown key; did you mean imitation\?"),
    "unknown policy": ("", "[calibration.free]\npolicies.fixt.subsidy = [0, 1]", r"calibration\.free\.policies\.fixt: unknown key; did you mean fixed\?"),
    "unknown setting of a policy": ("", "[calibration.free]\npolicies.fixed.subsidi = [0, 1]", r"calibration\.free\.policies\.fixed\.subsidi: unknown key; did you mean subsidy\?"),
    "not a number": ("", "[calibration.free]\npopulation.sampling = [0, 1]", r"population\.sampling: only numbers can be free"),
    "no range": ("", "[calibration.free]\nparameters.imitation = 0.5", r"parameters\.imitation: 0\.5 given: a range is needed"),
    "three ends": ("", "[calibration.free]\nparameters.imitation = [0, 1, 2]", r"parameters\.imitation: \[0, 1, 2\] given: a range"),
    "empty range": ("", "[calibration.free]\nparameters.imitation = [1, 1]", r"parameters\.imitation: \[1, 1\] given: low must be below high"),
    "log of zero": ("", '[calibration.free]\nparameters.imitation = {range = [0, 1], scale = "log"}', r"log scale must be positive"),
    "unknown scale": ("", '[calibration.free]\nparameters.imitation = {range = [0.1, 1], scale = "lok"}', r"parameters\.imitation\.scale: 'lok' given"),
    "half a producer": ("", "[calibration.free]\npopulation.producers = [10, 20.5]", r"producers: \[10, 20\.5\] given: whole numbers"),
    "beyond the model": ("", "[calibration.free]\nparameters.variance_ratio = [0.5, 1.5]", r"calibration\.free: parameters\.variance_ratio: 1\.5 given; .*\(0, 1\]"),
    "too few moments": ("", "[calibration.free]\nparameters.imitation = [0.1, 1]\nparameters.innovation = [0, 0.5]\nparameters.variance_ratio = [0.1, 1]", r"3 free parameters need as many moments; the study has 2"),
    "unknown moment": ("", '[calibration]\nmoments = ["contaminatio"]\nfree.parameters.imitation = [0.1, 1]', r"calibration\.moments: 'contaminatio' given: no such estimate; did you mean contamination\?"),
    "moment without a figure": ("", '[calibration]\nmoments = ["drift"]\nfree.parameters.imitation = [0.1, 1]', r"'drift' has no published figure"),
    "too few replicates": ("", "[calibration]\nreplicates = 4\nfree.parameters.imitation = [0.1, 1]", r"calibration\.replicates: 4 given; the covariance of 2 moments needs at least 5"),
    "small budget": ("", "[calibration]\nevaluations = 20\nfree.parameters.imitation = [0.1, 1]", r"calibration\.evaluations: 20 given; more than design = 64"),
    "grid": ("", "[grid]\nparameters.innovation = [0, 0.1]\n[calibration.free]\nparameters.imitation = [0.1, 1]", r"calibration: .*\[grid\] cannot be calibrated"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_calibration_is_one_line_naming_file_key_and_remedy(tmp_path, name):
    top, tables, expected = BAD[name]
    path = tmp_path / "bad.toml"
    path.write_text(f'model = "collapse"\n{top}\n{ESTIMATES}\n{tables}\n')
    with pytest.raises(StudyError, match=expected) as caught:
        calibration_of(load_study(path))
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_run_may_add_a_grid_to_a_calibrated_study(tmp_path):
    path = tmp_path / "grid.toml"
    top, tables, _ = BAD["grid"]
    path.write_text(f'model = "collapse"\n{top}\n{ESTIMATES}\n{tables}\n')
    check(load_study(path))
    path.write_text(f'model = "collapse"\n{ESTIMATES}\n{BAD["nothing free"][1]}\n')
    with pytest.raises(StudyError, match=r"calibration\.free: is missing"):
        check(load_study(path))
