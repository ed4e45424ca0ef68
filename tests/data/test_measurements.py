import json
import re

import numpy as np
import pytest

from mfsolve.data import measurements
from mfsolve.models import collapse
from mfsolve.models.frozen import InputError

GOOD = "generation,contamination,quality\n0,0.0,1.0\n1,0.1,0.99\n2,0.3,0.95\n3,0.5,0.9\n"
BAD = {
    "empty file": ("", "is empty"),
    "no rows": ("generation,contamination,quality\n", "has a header and no rows"),
    "no contamination": ("generation,quality\n0,1\n", "column 'contamination' is missing"),
    "both qualities": ("generation,contamination,quality,log_quality\n0,0,1,0\n", "one of the columns"),
    "unknown column": (
        "generation,contaminatio,quality\n0,0,1\n",
        "column 'contaminatio': unknown; did you mean contamination",
    ),
    "column twice": ("generation,generation,contamination,quality\n0,0,0,1\n", "'generation': given twice"),
    "missing cell": (GOOD.replace("0.3", ""), "line 4, column contamination: the cell is missing"),
    "short row": (GOOD + "4,0.6\n", "line 6, column quality: the cell is missing"),
    "long row": (GOOD + "4,0.6,0.8,1\n", "line 6: 4 cells given; allowed: 3"),
    "word": (GOOD.replace("0.95", "high"), "line 4, column quality: 'high' given; a number is needed"),
    "nan": (GOOD.replace("0.95", "nan"), r"line 4, column quality: nan given; allowed: \(0, inf\)"),
    "negative quality": (
        GOOD.replace("0.95", "-0.95"),
        r"line 4, column quality: -0\.95 given; allowed: \(0, inf\)",
    ),
    "contamination": (
        GOOD.replace("0.3", "1.2"),
        r"line 4, column contamination: 1\.2 given; allowed: \[0, 1\]",
    ),
    "half generation": (
        GOOD.replace("\n2,", "\n2.5,"),
        "line 4, column generation: 2.5 given; allowed: whole numbers",
    ),
    "generation twice": (GOOD.replace("\n3,", "\n2,"), "column generation: 2 given twice"),
    "generation missing": (GOOD.replace("\n3,", "\n4,"), "line 5, column generation: 3 is missing before 4"),
    "too few": (
        "generation,contamination,quality\n0,0,1\n1,0.1,0.9\n2,0.2,0.8\n",
        "3 generations; at least 4",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_measurements_are_refused_with_line_and_column(tmp_path, name):
    text, expected = BAD[name]
    path = tmp_path / "m.csv"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        measurements.read(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
    assert re.search(expected, str(caught.value)), str(caught.value)


def test_quality_and_its_error_become_logs(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("\ufeffGeneration, Contamination,quality,standard-error,run\n" + "".join(
        f"{g},{0.1 * g},{1 - 0.1 * g},0.01,{r}\n" for r in "ab" for g in range(4)
    ))  # fmt: skip
    data = measurements.read(path)
    assert np.allclose(data.log_quality[:4], np.log(1.0 - 0.1 * np.arange(4)), rtol=1e-15)
    assert np.allclose(data.standard_error, 0.01 / np.exp(data.log_quality), rtol=1e-15)
    assert list(data.run) == ["a"] * 4 + ["b"] * 4


def test_regress_on_the_models_own_path_gives_its_slope(tmp_path, run_cli):
    path = collapse.mean_field(collapse.Parameters())
    file = tmp_path / "g.csv"
    file.write_text("generation,contamination,log-quality\n" + "".join(
        f"{t},{c!r},{q!r}\n" for t, c, q in zip(path.generation.values.tolist(), path.contamination.values.tolist(), path.log_quality.values.tolist())
    ))  # fmt: skip
    done = run_cli("regress", file, "--structural", "0.183", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert round(result["slope"], 5) == 0.18122
    assert result["low"] < 0.183 < result["high"]
    assert result["test"]["p_value"] > 0.05
    assert (tmp_path / "g.png").exists()
    shown = run_cli("regress", file, cwd=tmp_path)
    assert "slope        0.18122" in shown.stdout


def test_regress_refuses_on_one_line(tmp_path, run_cli):
    file = tmp_path / "g.csv"
    file.write_text(GOOD.replace("0.95", "-1"))
    done = run_cli("regress", file, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "g.png").exists()
