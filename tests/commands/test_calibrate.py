"""`mfsolve calibrate` as a whole: what is recovered, what is refused, and that nothing is lost."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib

import numpy as np
import pytest
from support.calibration import STUDY

from mfsolve.calibration.evaluate import Evaluator
from mfsolve.calibration.ledger import Ledger
from mfsolve.commands import calibrate as commands
from mfsolve.commands import run as run_commands
from mfsolve.commands import run_directory
from mfsolve.commands.terminal import find_study
from mfsolve.models import collapse
from mfsolve.study.file.config import load_study
from mfsolve.study.file.source import StudyError
from mfsolve.study.storage.records import with_hash


@pytest.fixture
def calibration_file(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(STUDY)
    return path


def calibrate(path, out, **options):
    return commands.calibrate(str(path), out=str(out), **{"workers": 2, **options})


def results(folder):
    """What a calibration reports, as bytes."""
    names = ("calibration.json", "calibration.md", "calibrated.toml", "points.csv")
    return {name: (folder / name).read_bytes() for name in names}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a calibration by one worker, never interrupted."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "small.toml").write_text(STUDY)
    assert calibrate(folder / "small.toml", folder / "out", workers=1) == 0
    return folder / "out"


@pytest.fixture
def reference(finished):
    return results(finished)


@pytest.fixture
def out(finished, tmp_path):
    """A copy of the finished calibration."""
    shutil.copytree(finished, tmp_path / "out")
    return tmp_path / "out"


def test_run_ignores_the_section(calibration_file, tmp_path):
    """The points of the study are the same with and without it, and it may change between two runs."""
    plain = tmp_path / "plain.toml"
    plain.write_text(STUDY[: STUDY.index("[calibration]")] + STUDY[STUDY.index("[[estimates]]") :])
    assert [p.key for p in load_study(plain).points] == [p.key for p in load_study(calibration_file).points]
    assert run_commands.run(str(plain), out=str(tmp_path / "out"), workers=2) == 0
    assert run_commands.run(str(calibration_file), out=str(tmp_path / "out"), workers=2) == 0


def test_bits_do_not_depend_on_workers(calibration_file, tmp_path, reference):
    assert calibrate(calibration_file, tmp_path / "out", workers=3) == 0
    assert results(tmp_path / "out") == reference


def test_summary_and_files(calibration_file, out, capsys, reference):
    assert calibrate(calibration_file, out, as_json=True) == 0
    summary = json.loads(capsys.readouterr().out)
    assert {**summary, "sha256": with_hash(summary)["sha256"]} == json.loads(reference["calibration.json"])
    assert [p["name"] for p in summary["parameters"]] == ["parameters.initial_contamination", "parameters.imitation"]
    assert [m["name"] for m in summary["moments"]] == ["contamination", "contamination early", "gain"]
    assert summary["moments"][1]["standard_error"] == 0.01
    assert summary["j"]["degrees_of_freedom"] == 1
    for p in summary["parameters"]:
        estimate = p["estimate"]
        assert estimate["low"] < estimate["value"] < estimate["high"]
    for m in summary["moments"]:
        assert m["hit"] == (m["low"] <= m["target"] <= m["high"])
    lines = (out / "evaluations.jsonl").read_text().splitlines()
    assert len(lines) == 1 + summary["search"]["evaluations"]
    assert run_directory.show_run(str(out)) == 0
    assert "initial_contamination" in capsys.readouterr().out


@pytest.mark.slow
def test_figures_and_their_second_drawing(calibration_file, out, capsys):
    assert calibrate(calibration_file, out, settings=['figures=["paths"]']) == 0
    figures = json.loads((out / "calibration.json").read_text())["figures"]
    assert figures == ["moments.png", "moments.pdf", "profile.png", "profile.pdf"]
    before = (out / "profile.png").read_bytes()
    (out / "profile.png").unlink()
    capsys.readouterr()
    assert run_directory.plot(str(out)) == 0
    assert capsys.readouterr().out.split() == [str(out / name) for name in figures]
    assert (out / "profile.png").read_bytes() == before


@pytest.mark.parametrize("text", ["", "a,b\n1,x\n", "a,b\n1\n", "a,b\n1,2,3\n", '"\n', "a\n\udcff\n"])
def test_damaged_points_are_not_drawn(tmp_path, text):
    path = tmp_path / "points.csv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(StudyError, match=r"points\.csv: damaged; calibrate again, which starts from the stored points"):
        commands._read_points(path)


def test_calibrated_study_runs_and_holds_the_estimates(calibration_file, tmp_path, reference):
    path = tmp_path / "calibrated.toml"
    path.write_bytes(reference["calibrated.toml"])
    summary = json.loads(reference["calibration.json"])
    written = tomllib.loads(path.read_text())["parameters"]
    for p in summary["parameters"]:
        assert written[p["name"].rpartition(".")[2]] == p["estimate"]["value"]
    assert run_commands.run(str(path), out=str(tmp_path / "out"), workers=2) == 0
    rows = json.loads((tmp_path / "out/summary.json").read_text())["rows"]
    for row, m in zip(rows, summary["moments"]):  # other seeds, 4 replicates against 8
        error = np.hypot(row["estimate"]["standard_error"], m["simulation_error"])
        assert abs(row["estimate"]["value"] - m["simulated"]) < 6 * error  # Student t with 3 degrees of freedom


def test_second_calibration_simulates_nothing(calibration_file, out, reference, monkeypatch):
    monkeypatch.setattr(Evaluator, "_simulate", lambda *a: pytest.fail("simulated again"))
    assert calibrate(calibration_file, out) == 0
    assert results(out) == reference


def test_damaged_lines_are_computed_again(calibration_file, out, reference, capsys):
    path = out / "evaluations.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3].replace(b'"moments": [', b'"moments": [1')
    lines[5] = b"\x00" * 40 + b"\n"
    lines[-1] = lines[-1][:50]
    path.write_bytes(b"".join(lines))
    assert calibrate(calibration_file, out) == 0
    assert "3 damaged lines left out" in capsys.readouterr().err
    assert results(out) == reference
    ledger = Ledger(path, "collapse")
    ledger.open()
    assert len(ledger) == len(lines) - 1
    ledger.close()


def test_results_of_other_code_are_not_mixed(calibration_file, out, monkeypatch):
    monkeypatch.setattr("mfsolve.calibration.ledger.code_of", lambda name: "0" * 16)
    with pytest.raises(StudyError, match="was computed by other code"):
        calibrate(calibration_file, out)


def test_a_calibration_of_another_study_is_not_overwritten(calibration_file, out, reference):
    with pytest.raises(StudyError, match=r"holds another study \(.*population"):
        calibrate(calibration_file, out, settings=["population.producers=77"])
    with pytest.raises(StudyError, match="holds a calibration, not a run"):
        run_commands.run(str(calibration_file), out=str(out), workers=1)
    assert results(out) == reference


def test_a_run_directory_is_not_written_into(calibration_file, tmp_path):
    assert run_commands.run(str(calibration_file), out=str(tmp_path / "out"), workers=2) == 0
    with pytest.raises(StudyError, match="holds a run, not a calibration"):
        calibrate(calibration_file, tmp_path / "out")


def test_more_parameters_than_moments_is_a_search_that_says_so(tmp_path):
    path = tmp_path / "many.toml"
    one = STUDY.replace("published = 0.62", "published = 0.62\nweight = 0.0").replace(
        "published = 0.077", "published = 0.077\nweight = 0.0"
    )
    path.write_text(one.replace("starts = 1", "starts = 1\nunderidentified = true"))
    assert calibrate(path, tmp_path / "out") == 0
    summary = json.loads((tmp_path / "out/calibration.json").read_text())
    assert summary["notes"][0].startswith("2 parameters are free and 1 moments fitted: the values are one of many")
    assert [p["estimate"]["standard_error"] for p in summary["parameters"]] == [None, None]
    assert summary["j"] == {"statistic": None, "degrees_of_freedom": 0, "p_value": None}
    assert "No J test: more parameters than moments." in (tmp_path / "out/calibration.md").read_text()


def test_a_folder_does_not_hide_the_shipped_study_of_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "headline").mkdir()
    assert find_study("headline").name == "headline.toml"
    (tmp_path / "nothing").mkdir()
    with pytest.raises(StudyError, match="nothing: is a folder without a run"):
        find_study("nothing")


def test_study_without_the_section_is_refused(study_file, tmp_path):
    with pytest.raises(StudyError, match=r"calibration: is missing; name free parameters under \[calibration.free\]"):
        calibrate(study_file, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_full_disk_keeps_every_whole_line(calibration_file, tmp_path, monkeypatch, reference):
    write, calls = os.write, []

    def full(descriptor, data):
        calls.append(1)
        if len(calls) > 5:  # after the line on the code
            write(descriptor, data[:20])
            raise OSError(28, "No space left on device")
        return write(descriptor, data)

    monkeypatch.setattr("mfsolve.calibration.ledger.os.write", full)
    with pytest.raises(OSError, match=r"No space left on device: .*evaluations\.jsonl"):
        calibrate(calibration_file, tmp_path / "out")
    monkeypatch.undo()
    assert (tmp_path / "out/evaluations.jsonl").read_bytes().count(b"\n") == 6
    assert (tmp_path / "out/evaluations.jsonl").read_bytes().endswith(b"\n")
    assert calibrate(calibration_file, tmp_path / "out") == 0
    assert results(tmp_path / "out") == reference


def start(path, out):
    return subprocess.Popen(
        [sys.executable, "-m", "mfsolve", "calibrate", str(path), "--out", str(out), "--workers", "2"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=path.parent,
    )  # fmt: skip


def wait_for_points(process, out, count):
    for _ in range(2400):
        file = out / "evaluations.jsonl"
        if file.exists() and file.read_bytes().count(b"\n") > count:
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    pytest.fail("no points appeared")


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, 130),
        pytest.param(signal.SIGTERM, 143, marks=[pytest.mark.slow, pytest.mark.exhaustive]),
        (signal.SIGKILL, -9),
    ],
)
def test_interrupted_calibration_goes_on_and_ends_with_the_same_bits(
    calibration_file, tmp_path, reference, number, code
):
    out = tmp_path / "interrupted"
    process = start(calibration_file, out)
    wait_for_points(process, out, 3)
    process.send_signal(number)
    _, error = process.communicate(timeout=120)
    assert process.returncode == code
    assert "Traceback" not in error
    if number != signal.SIGKILL:
        assert "what was stored is kept, run the same command again" in error
    assert not (out / "calibration.json").exists()
    kept = (out / "evaluations.jsonl").read_bytes()
    assert calibrate(calibration_file, out) == 0
    assert (out / "evaluations.jsonl").read_bytes().startswith(kept[: kept.rindex(b"\n")])
    assert results(out) == reference


def recovery(tmp_path):
    """Figures of one simulated economy, with another seed, as the targets of a study that starts elsewhere."""
    truth = {"imitation": 0.6, "variance_ratio": 0.5, "cost_curvature": 0.25}
    one = {
        policy: collapse.simulate(
            collapse.Parameters(initial_contamination=0.1, **truth), policy, 5000, 16, 5, seed=99, sampling="statistics"
        )
        for policy in ("none", "closed_form")
    }
    none, policy = one["none"], one["closed_form"]
    x, y = none.exposure.values[1:], none.quality_loss.values[1:]
    figures = [
        ("mean", "contamination", "none", float(none.contamination[-1])),
        ("mean", "contamination", "closed_form", float(policy.contamination[-1])),
        ("mean", "w2_drift", "none", float(none.w2_drift[-1])),
        ("mean", "w2_drift", "closed_form", float(policy.w2_drift[-1])),
        ("gain", "quality", "closed_form", float(policy.quality[-1] / none.quality[-1] - 1)),
        ("slope", "quality_loss", "none", float(x @ y / (x @ x))),
    ]
    text = STUDY[: STUDY.index("[calibration]")] + "[parameters]\ninitial_contamination = 0.1\n"
    text += "[calibration]\nreplicates = 16\nevaluations = 120\ndesign = 16\nstarts = 1\n[calibration.free]\n"
    text += "parameters.imitation = [0.2, 1.2]\nparameters.variance_ratio = [0.2, 0.9]\n"
    text += 'parameters.cost_curvature = {range = [0.05, 1.5], scale = "log"}\n'
    for statistic, quantity, alternative, value in figures:
        text += f'[[estimates]]\nname = "{statistic} {quantity} {alternative}"\nstatistic = "{statistic}"\n'
        text += f'quantity = "{quantity}"\npolicy = "{alternative}"\npublished = {value!r}\nrounding = 0.0\n'
        text += {"gain": 'baseline = "none"\n', "slope": 'against = "exposure"\n'}.get(statistic, "")
    path = tmp_path / "recovery.toml"
    path.write_text(text)
    return path, truth


def test_known_parameters_are_recovered(tmp_path):
    path, truth = recovery(tmp_path)
    assert calibrate(path, tmp_path / "out") == 0
    summary = json.loads((tmp_path / "out/calibration.json").read_text())
    for p in summary["parameters"]:
        estimate, true = p["estimate"], truth[p["name"].rpartition(".")[2]]
        assert abs(estimate["value"] - true) < 4 * estimate["standard_error"], p["name"]
        assert estimate["standard_error"] < 0.2 * true  # four of them say something
    assert summary["j"]["degrees_of_freedom"] == 3
    assert summary["j"]["p_value"] > 1e-3
    assert summary["identification"]["rank"] == 3
