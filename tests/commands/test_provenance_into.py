"""Shares that `mfsolve provenance --moments --into` writes into a study: no figure gains or loses a digit on the way."""

from types import SimpleNamespace

import numpy as np
import pytest

from mfsolve.cli import main
from mfsolve.commands.provenance_text import moments, study_with
from mfsolve.study.file.config import load_study
from mfsolve.study.file.toml_text import read_toml

STUDY = """model = "forecast"
[policies.none]
[population]
generations = 8
[ensemble]
replicates = 8
seed = 1
[[estimates]]
name = "own"
quantity = "contamination"
policy = "none"
at = 5
published = 0.30
standard_error = 0.020
[[estimates]]
name = "as text"
quantity = "contamination"
policy = "none"
at = 6
published = "0.40"
"""


def measured(*answers):
    shares = [SimpleNamespace(share=share, standard_error=error) for share, error in answers]
    labels = [f"2024-0{k}" for k in range(1, 1 + len(shares))]
    return moments(SimpleNamespace(times=range(len(shares)), answers=dict(zip(labels, shares))), "none")


@pytest.fixture
def study(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(STUDY)
    return path


def test_rounding_is_that_of_what_was_written(tmp_path, study):
    """A share of 0.25001 is no figure of two digits, and a small error keeps two digits; a share of 0 is accepted."""
    found = measured((0.25001, 0.01), (0.3, 0.02), (0.1234567, 0.00012), (0.0, 0.05), (0.5, 0.0))
    text = study_with(found, read_toml(study))
    (tmp_path / "new.toml").write_text(text)
    specs = load_study(tmp_path / "new.toml").estimates
    assert [(s.published, s.rounding, s.standard_error) for s in specs[:4]] == [
        (0.25, pytest.approx(5e-5), 0.01), (0.3, pytest.approx(5e-5), 0.02), (0.12346, pytest.approx(5e-6), 0.00012),
        (0.0, pytest.approx(5e-5), 0.05),
    ]  # fmt: skip
    assert [(s.published, s.rounding) for s in specs[4:]] == [(0.3, pytest.approx(0.005)), (0.4, pytest.approx(0.005))]


def test_estimates_of_the_study_keep_their_rounding(tmp_path, study, capsys):
    rng = np.random.default_rng(1)
    days = [f"2024-0{1 + k % 2}-01" for k in range(400)]
    for name, mean in (("pool", 0.3), ("human", 0.0), ("synthetic", 1.5)):
        rows = [f"{day},{x:.4f}" for day, x in zip(days, rng.normal(mean, 1.0, 400))]
        (tmp_path / f"{name}.csv").write_text("day,x\n" + "\n".join(rows) + "\n")
    files = [str(tmp_path / f"{name}.csv") for name in ("pool", "human", "synthetic")]
    asked = [files[0], "--human", files[1], "--synthetic", files[2], "--date", "day", "--columns", "x"]
    assert main(["provenance", *asked, "--moments", "none", "--into", str(study)]) == 0
    text = capsys.readouterr().out
    (tmp_path / "new.toml").write_text(text)
    before, after = (load_study(path).estimates for path in (study, tmp_path / "new.toml"))
    assert [(s.name, s.published, s.rounding) for s in after[2:]] == [(s.name, s.published, s.rounding) for s in before]
    assert [s.rounding for s in after[:2]] == [pytest.approx(5e-5)] * 2


def test_periods_without_a_standard_error_are_left_out_with_a_word(tmp_path, capsys):
    """One row tells no share: its period was missing in the study, and nothing said so."""
    rng = np.random.default_rng(1)
    for name, mean, days in (("pool", 0.3, ["2024-01-01"] * 200 + ["2024-02-01"]), ("human", 0.0, [""] * 200),
                             ("synthetic", 1.5, [""] * 200)):  # fmt: skip
        rows = [f"{day},{x:.4f}" for day, x in zip(days, rng.normal(mean, 1.0, len(days)))]
        (tmp_path / f"{name}.csv").write_text("day,x\n" + "\n".join(rows) + "\n")
    files = [str(tmp_path / f"{name}.csv") for name in ("pool", "human", "synthetic")]
    asked = [files[0], "--human", files[1], "--synthetic", files[2], "--date", "day", "--columns", "x"]
    assert main(["provenance", *asked, "--moments", "none"]) == 0
    out, err = capsys.readouterr()
    assert out.count("[[estimates]]") == 1
    assert "periods without a positive standard error, left out: 2024-02\n" in err
