"""`mfsolve identify` as a command: what it stores, prints and refuses."""

import json

import pytest
from support import figures
from support.calibration import STUDY

from mfsolve.cli import main
from mfsolve.commands import identify


@pytest.fixture
def study(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(STUDY.replace("replicates = 8", "replicates = 32").replace("[0.02, 0.3]", "[0.005, 0.3]"))
    return path


def test_three_precise_moments_identify_two_parameters(study, tmp_path, capsys):
    command = ["identify", str(study), "--workers", "1", "--out", str(tmp_path / "out")]
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == json.loads((tmp_path / "out/identification.json").read_text())
    assert found["replicates"] == 32
    assert found["rank"] == {"estimate": 2, "least": 2, "most": 2, "of": 2}
    assert [p["name"] for p in found["parameters"]] == ["initial_contamination", "imitation"]
    assert all(p["identified_share"] == pytest.approx(1.0) for p in found["parameters"])
    assert [sum(x * x for x in d["direction"].values()) for d in found["directions"]] == pytest.approx([1.0, 1.0])
    assert (tmp_path / "out/identification.png").read_bytes()[1:4] == b"PNG"
    assert main(command) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "2 [2, 2] of 2 directions move the moments by more than one standard error over their range summary:" in out


@pytest.mark.parametrize("count", [1, 2, 5, 30])
def test_directions_are_numbered_by_whole_numbers(monkeypatch, tmp_path, count):
    """Two directions stood on an axis of 1.00, 1.25, ..."""
    drawn = []
    monkeypatch.setattr(identify, "save", lambda drawing, stem: drawn.append(drawing))
    summary = {
        "title": "t", "rank": {"estimate": count, "least": count, "most": count, "of": count},
        "directions": [{"singular_value": 2.0, "low": 1.0, "high": 3.0}] * count,
        "parameters": [{"name": "p", "value": 1.0, "identified_share": 0.5, "low": 0.4, "high": 0.6}],
    }  # fmt: skip
    identify._draw(summary, tmp_path)
    axis = drawn[0].axes[0]
    assert all(tick == int(tick) for tick in axis.get_xticks())
    low, high = axis.get_xlim()
    assert sum(low <= tick <= high for tick in axis.get_xticks()) >= 1


def test_a_shift_is_seen_against_one_standard_error_and_intervals_are_named(monkeypatch, tmp_path):
    """On an axis from 0 to 1000 nobody saw which directions are below 1."""
    drawn = []
    monkeypatch.setattr(identify, "save", lambda drawing, stem: drawn.append(drawing))
    summary = {
        "title": "a title that is longer than the figure is wide, " * 5,
        "rank": {"estimate": 2, "least": 2, "most": 3, "of": 3},
        "directions": [
            {"singular_value": value, "low": low, "high": high}
            for value, low, high in [(1000.0, 900.0, 1100.0), (2.0, 1.5, 2.5), (1e-7, 0.0, 0.3)]
        ],
        "parameters": [{"name": "p", "value": 1.0, "identified_share": 0.5, "low": 0.4, "high": 0.6}],
    }  # fmt: skip
    identify._draw(summary, tmp_path)
    left, right = drawn[0].axes
    assert left.get_yscale() == "log"
    low, high = left.get_ylim()
    assert low < identify.LEAST < 1100.0 < high
    assert "0.01 and less at the bottom" in figures.one_line(left.get_ylabel())
    for axis in (left, right):
        assert "95 % interval" in axis.get_legend_handles_labels()[1]
    assert not right.patches
    assert figures.faults(drawn[0]) == []


@pytest.mark.parametrize(
    ("rank", "said"),
    [(3, "over their range"), (2, "the other 1 is not identified"), (1, "the other 2 are not identified")],
)
def test_nothing_is_said_of_no_other_direction(monkeypatch, capsys, rank, said):
    summary = {
        "title": "t", "rank": {"estimate": rank, "least": rank, "most": rank, "of": 3}, "directions": [], "parameters": [],
    }  # fmt: skip
    identify._print(summary)
    assert " ".join(capsys.readouterr().out.split()).endswith(said)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[calibration.free]", "[calibration.loose]", "calibration"),
        ("imitation = [0.3, 1.2]", "imitashun = [0.3, 1.2]", "imitashun"),
        ("imitation = [0.3, 1.2]", "imitation = [1.3, 1.2]", "imitation"),
        ("imitation = [0.3, 1.2]", "imitation = [0.8, 1.2]", "parameters.imitation = 0.6504 in the study"),
        ("replicates = 32", "weighting = 'diagonal'\nreplicates = 3", "replicates = 3 given"),
    ],
)
def test_bad_studies_are_refused_in_one_line_and_nothing_is_written(study, tmp_path, capsys, old, new, said):
    study.write_text(study.read_text().replace(old, new))
    assert main(["identify", str(study), "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()
