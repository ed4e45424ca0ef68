"""`mfsolve export`: what is written is what is stored."""

import gzip
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import mfsolve
from mfsolve.cli import main
from mfsolve.study.storage import store

STUDY = {
    "model": "collapse",
    "population": {"producers": 50, "items": 4, "generations": 3},
    "policies": {"none": {}, "closed_form": {}},
    "grid": {"parameters": {"imitation": [0.5, 0.7]}},
    "ensemble": {"replicates": 4, "seed": 3},
    "figures": [],
    "estimates": [],
}


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """A finished run over a grid."""
    return mfsolve.run(STUDY, out=tmp_path_factory.mktemp("run") / "out", workers=1)


def test_a_table_has_a_line_for_every_replicate_and_generation(result, tmp_path, capsys):
    assert main(["export", str(result.path), str(tmp_path / "all.csv")]) == 0
    table = pd.read_csv(tmp_path / "all.csv", dtype={"contamination": str})  # older parsers round
    assert len(table) == 2 * 2 * 4 * 4
    assert {"arm", "imitation", "replicate", "generation", "contamination", "quality"} <= set(table)
    stored = result.data.contamination.sel(arm="closed_form", imitation=0.7, replicate=2, generation=3)
    line = table.query("arm == 'closed_form' and imitation == 0.7 and replicate == 2 and generation == 3")
    assert float(line.contamination.item()) == float(stored)
    assert main(["export", str(result.path), str(tmp_path / "two.csv.gz"), "--variables", "quality,w2_drift"]) == 0
    with gzip.open(tmp_path / "two.csv.gz", "rt") as file:
        assert set(pd.read_csv(file)) == {"arm", "imitation", "replicate", "generation", "quality", "w2_drift"}


def test_parquet_and_arviz_hold_the_same_bits(result, tmp_path):
    pytest.importorskip("pyarrow")
    for name in ("all.parquet", "all.nc"):
        assert main(["export", str(result.path), str(tmp_path / name)]) == 0
    table = pd.read_parquet(tmp_path / "all.parquet")
    with xr.open_dataset(tmp_path / "all.nc", group="posterior", engine="h5netcdf") as draws:
        assert draws.contamination.dims[:2] == ("chain", "draw")
        assert draws.sizes["draw"] == 4
        assert np.array_equal(np.sort(draws.contamination.values.ravel()), np.sort(table.contamination.to_numpy()))


@pytest.mark.parametrize(
    ("target", "more", "said"),
    [
        ("a.xlsx", [], "a.xlsx: unknown form; allowed endings: .csv"),
        ("a.csv", ["--variables", "qality"], "did you mean quality"),
        ("there.csv", [], "already exists"),
    ],
)
def test_what_cannot_be_written_is_one_line(result, tmp_path, monkeypatch, capsys, target, more, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.csv").write_text("mine")
    assert main(["export", str(result.path), target, *more]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("there.csv", "mine")]


@pytest.mark.parametrize("command", [["export", "RUN", "new.csv"], ["report", "RUN"], ["diff", "RUN", "RUN"]])
@pytest.mark.parametrize("change", ["a place", "replicates", "a byte", "nothing"])
def test_a_run_is_finished_for_one_command_as_for_another(result, tmp_path, monkeypatch, capsys, command, change):
    """Where its data are not those of its study, none of them takes it."""
    monkeypatch.chdir(tmp_path)
    run = Path(shutil.copytree(result.path, tmp_path / "run"))
    study = run / "study.toml"
    if change == "a place":
        study.write_text(study.read_text().replace("0.7", "0.8"))
    elif change == "replicates":
        study.write_text(study.read_text().replace("\nreplicates = 4", "\nreplicates = 3"))
    elif change == "a byte":
        with open(next(run.glob("*.h5")), "r+b") as file:
            file.seek(3000)
            file.write(b"\xff\x00\xff")
    code = main([str(run) if word == "RUN" else word for word in command])
    assert code == (0 if change == "nothing" else 2)
    if change != "nothing":
        assert "is not finished; go on with: mfsolve run" in capsys.readouterr().err


def test_a_run_of_other_code_is_reported_and_compared_and_its_data_are_left_to_that_code(result, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "code_of", lambda experiment: "f" * 16)
    assert main(["report", str(result.path), "--page", str(tmp_path / "page.html")]) == 0
    assert main(["diff", str(result.path), str(result.path)]) == 0
    assert main(["export", str(result.path), str(tmp_path / "data.csv")]) == 2


MIXED = '''"""Two paths of different lengths, two numbers and something solved."""
import numpy as np

from mfsolve.experiments import Arm, Experiment, Frozen, Output, generator


def drawn(case):
    return {"x": Output(("time",), "x"), "end": Output((), "end"), "top": Output((), "top"), "h": Output(("bin",), "h")}


def draw(case, seed, replicate, threads):
    x = generator(seed, replicate).random(3)
    return {"x": x, "end": x[-1], "top": x.max(), "h": np.full(2, x[0])}


ARM = Arm(
    draw=draw, drawn=drawn, coordinates=lambda case: {"time": np.arange(3), "bin": np.arange(2)},
    solve=lambda case, threads: {"s": 0.5}, solved=lambda case: {"s": Output((), "s")},
)
EXPERIMENT = Experiment(name="m", title="m", parameters=Frozen, arms={"a": ARM}, path="time")
'''


def test_numbers_of_a_replicate_stand_beside_its_path(tmp_path, capsys, monkeypatch):
    """Numbers outnumber paths, and a table of them alone would leave the paths out."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mixed.py").write_text(MIXED)
    study = {"model": "mixed:EXPERIMENT", "figures": [], "ensemble": {"replicates": 4}}
    data = mfsolve.run(study, out=tmp_path / "out", workers=1).data
    capsys.readouterr()
    for name, more in (("paths.csv", "end,top,x,s"), ("bins.csv", "end,h"), ("numbers.csv", "end,top")):
        assert main(["export", "out", name, "--variables", more]) == 0
        table = pd.read_csv(name)
        assert set(more.split(",")) <= set(table), name
        assert len(table) == {"paths.csv": 12, "bins.csv": 8, "numbers.csv": 4}[name]
        for _, line in table.iterrows():
            exact = float(data.end.sel(replicate=line["replicate"]).item())
            assert line["end"] == pytest.approx(exact, rel=1e-14)  # as old readers round
    said = capsys.readouterr().err
    assert "one row per arm, replicate, time; 4 variables; the same again along the others:" in said
    assert main(["export", "out", "default.csv"]) == 0
    said = capsys.readouterr().err
    assert "not exported: " in said
    table = pd.read_csv("default.csv")
    assert {"end", "top", "s"} < set(table)
    assert len({"x", "h"} & set(table)) == 1
    assert main(["export", "out", "all.nc"]) == 0
    with xr.open_dataset("all.nc", group="posterior", engine="h5netcdf") as draws:
        assert {"x", "end", "top", "h"} == set(draws.data_vars)
        assert np.array_equal(draws.x.values.ravel(), data.x.values.ravel())
    assert main(["export", "out", "both.csv", "--variables", "x,h"]) == 2
    assert "not along the dimensions of" in capsys.readouterr().err


HALF = '''"""A skill that half of the replicates have nobody to measure of; a second arm without it, on another path."""
import math

import numpy as np

from mfsolve.experiments import Arm, Experiment, Frozen, Output, generator


def skill(case):
    return {"skill": Output(("time",), "mean skill", undefined="nobody is left")}


def draw(case, seed, replicate, threads):
    return {"skill": np.full(2, math.nan if replicate % 2 else 1.0)}


ARM = Arm(draw=draw, drawn=skill, coordinates=lambda case: {"time": np.arange(2)})
OTHER = Arm(
    draw=lambda case, seed, replicate, threads: {"cost": np.ones(3)}, drawn=lambda case: {"cost": Output(("time",), "c")},
    coordinates=lambda case: {"time": np.arange(3)},
)
EXPERIMENT = Experiment(name="half", title="half", parameters=Frozen, arms={"a": ARM, "b": OTHER}, path="time")
'''


def test_replicates_without_a_number_keep_their_lines(tmp_path, monkeypatch):
    """Without them the mean over the file were one of those replicates only that have a number."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "half.py").write_text(HALF)
    study = {"model": "half:EXPERIMENT", "figures": [], "ensemble": {"replicates": 4}, "arms": {"a": {}, "b": {}}}
    mfsolve.run(study, out=tmp_path / "out", workers=1)
    assert main(["export", "out", "skill.csv", "--variables", "skill"]) == 0
    table = pd.read_csv("skill.csv")
    assert set(table.arm) == {"a"}  # the other arm has no skill, nor this one a third place
    assert len(table) == 4 * 2
    assert table.skill.isna().sum() == 4
    assert main(["export", "out", "all.csv"]) == 0
    table = pd.read_csv("all.csv")
    assert table.groupby("arm").size().to_dict() == {"a": 8, "b": 12}
    assert table.skill.isna().sum() == 4 + 12
