"""Studies from Python: the same results as the command line's, as labelled data, tables, pictures."""

import contextlib
import gc
import json
import os
import pydoc
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import tomli_w
import xarray as xr

import mfsolve
from mfsolve import api
from mfsolve.commands import run as commands
from mfsolve.experiments import load
from mfsolve.study.execution import processes
from mfsolve.study.file.source import StudyError

GRID = {
    "model": "collapse", "title": "A grid", "figures": [],
    "population": {"producers": 60, "items": 4, "generations": 5},
    "policies": {"none": {}, "closed_form": {}},
    "grid": {"parameters": {"imitation": [0.4, 0.6]}, "population": {"producers": [40, 60]}},
    "ensemble": {"replicates": 5},
    "estimates": [
        {"name": "share", "quantity": "contamination", "policy": "none", "published": 0.3},
        {"name": "loss", "quantity": "quality", "policy": "closed_form"},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    return mfsolve.run(GRID, out=tmp_path_factory.mktemp("grid") / "out", workers=1)


def test_result_is_that_of_the_command_line(study_file, tmp_path):
    result = mfsolve.run(study_file, out=tmp_path / "a", workers=1, replicates=3)
    assert commands.run(str(study_file), out=str(tmp_path / "b"), workers=1, replicates=3) == 0
    assert [row["estimate"] for row in result.summary["rows"]] == [
        row["estimate"] for row in json.loads((tmp_path / "b/summary.json").read_text())["rows"]
    ]
    again = mfsolve.open(tmp_path / "b")
    assert again.data.equals(result.data)
    assert list(result.data.contamination.dims) == ["arm", "replicate", "generation"]


def test_data_hold_every_stored_number_at_its_place(grid):
    data = grid.data
    assert dict(data.contamination.sizes) == {"arm": 2, "imitation": 2, "producers": 2, "replicate": 5, "generation": 6}
    with h5py.File(grid.path / "a_grid.h5") as file:
        for arm in ("none", "closed_form"):
            for x in (0.4, 0.6):
                for n in (40, 60):
                    stored = file[f"{arm}/imitation={x},producers={n}"]
                    for name in ("contamination", "quality"):
                        found = data[name].sel(arm=arm, imitation=x, producers=n)
                        assert np.array_equal(found, stored[name][()], equal_nan=True)
    assert data.contamination.attrs["long_name"]
    assert len(grid.tree.leaves) == 8
    node = grid.tree["none/imitation=0.4,producers=60"]
    assert (float(node.imitation), int(node.producers)) == (0.4, 60)
    assert {"imitation", "producers"} <= set(node.coords)


def test_table_and_verdicts_name_the_place(grid):
    table = grid.table
    assert list(table.columns[:3]) == ["name", "imitation", "producers"]
    assert len(table) == 8
    row = table[(table.name == "share") & (table.imitation == 0.6) & (table.producers == 40)].iloc[0]
    assert row.estimate == pytest.approx(
        float(grid.data.contamination.sel(arm="none", imitation=0.6, producers=40, generation=5).mean())
    )
    assert row.low < row.estimate < row.high
    assert grid.verdicts.index.names == ["name", "imitation", "producers"]
    assert set(grid.verdicts) <= {"reproduced", "missed", "not determined"}
    assert len(grid.verdicts) == 4


def test_representations_show_the_table(grid):
    assert "A grid" in grid._repr_html_()
    assert grid._repr_html_().count("<tr") == 9
    assert "contamination" not in repr(grid)  # the quantity is in the table, not in the short one
    assert "share" in repr(grid)


def test_a_figure_is_drawn_when_it_is_asked_for_and_leaves_the_session_alone(grid):
    import matplotlib as mpl

    mpl.rcParams["font.size"] = 17.0
    before = dict(mpl.rcParams)
    picture = grid.plot("paths")
    assert dict(mpl.rcParams) == before
    mpl.rcdefaults()
    assert picture._repr_png_()[:4] == b"\x89PNG"
    assert repr(picture).startswith("Picture(")
    with pytest.raises(ValueError, match=r"name: 'path' given: unknown figure; did you mean paths\?"):
        grid.plot("path")
    with pytest.raises(ValueError, match=r"draws no figure; name one of"):
        grid.plot()


MIXED = """
import numpy as np
from mfsolve.experiments import Arm, Experiment, Frozen, Output

class Bins(Frozen):
    width: float = 1.0

def places(case):
    return {"time": np.arange(2.0), "bin": case.arm.width * np.arange(3)}

def solve(case, threads):
    return {"mean": [3.0, 4.0], "mass": case.arm.width * np.ones(3)}

def draw(case, seed, replicate, threads):
    return {"mean": [replicate, seed], "mass": np.ones(3)}

def outputs(case):
    return {"mean": Output(("time",), "mean"), "mass": Output(("bin",), "mass")}

ARMS = {
    "particles": Arm(settings=Bins, draw=draw, drawn=outputs, coordinates=places),
    "grid": Arm(settings=Bins, solve=solve, solved=outputs, coordinates=places),
}
EXPERIMENT = Experiment(name="mixed", title="mixed", parameters=Frozen, arms=ARMS, path="time")
"""


def test_solved_and_drawn_arms_share_a_dataset_and_places_that_differ_are_kept(tmp_path):
    (tmp_path / "mixed_arms.py").write_text(MIXED)
    text = 'model = "mixed_arms:EXPERIMENT"\nfigures = []\nensemble.replicates = 4\n[arms.particles]\n[arms.grid]\nwidth = 0.5'
    (tmp_path / "mixed.toml").write_text(text)
    data = mfsolve.run(tmp_path / "mixed.toml", out=tmp_path / "out", workers=1).data
    assert data["mean"].dims == ("arm", "replicate", "time")
    assert np.array_equal(data["mean"].sel(arm="particles"), [[0, 1], [1, 1], [2, 1], [3, 1]])
    assert np.array_equal(data["mean"].sel(arm="grid"), [[3, 4]] * 4)
    assert np.array_equal(data["mass"].sel(arm="grid").isel(replicate=2), [0.5, 0.5, 0.5])
    assert np.array_equal(data["bin_at"], [[0, 1, 2], [0, 0.5, 1]])
    assert "bin" not in data.coords
    assert list(data.time.values) == [0.0, 1.0]


def test_rows_of_a_design_are_places_and_arms_ignore_axes_they_lack(tmp_path):
    model = MIXED.replace('"grid": Arm(settings=Bins', '"grid": Arm(settings=Frozen').replace(
        "case.arm.width", "getattr(case.arm, 'width', 2.0)"
    )
    (tmp_path / "mixed_design.py").write_text(model)
    study = {
        "model": "mixed_design:EXPERIMENT", "figures": [], "arms": {"particles": {}, "grid": {}},
        "design": {"kind": "zip", "over": {"arms": {"width": [0.5, 1.5]}}}, "ensemble": {"replicates": 3},
    }  # fmt: skip
    (tmp_path / "mixed.toml").write_text(tomli_w.dumps(study))
    data = mfsolve.run(tmp_path / "mixed.toml", out=tmp_path / "out", workers=1).data
    assert dict(data["mass"].sizes) == {"arm": 2, "place": 2, "replicate": 3, "bin": 3}
    assert list(data.width.values) == [0.5, 1.5]
    assert data.width.dims == ("place",)
    assert (data["mass"].sel(arm="grid") == 2.0).all()
    assert np.array_equal(data["bin_at"].sel(arm="particles"), [[0, 0.5, 1], [0, 1.5, 3]])


def test_equal_calls_find_the_result_and_other_settings_another(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small = {**GRID, "grid": {}, "policies": {"none": {}}, "estimates": []}
    first = mfsolve.run(small, workers=1)
    monkeypatch.setattr("mfsolve.api.complete", lambda *a: pytest.fail("computed again"))
    assert mfsolve.run(small, parameters={}, workers=1).path == first.path
    with pytest.raises(pytest.fail.Exception):
        mfsolve.run(small, parameters={"imitation": np.float64(0.7)}, workers=1)
    assert first.path.parent == Path("results")


def test_sweep_takes_a_setting_of_one_arm(tmp_path):
    market = {
        "model": "creator_stream", "laws": {"uniform": {}, "other": {"rule": "uniform"}}, "figures": [],
        "population": {"creators": 10},
    }  # fmt: skip
    asked = []

    class SeenError(Exception):
        pass

    def noted(content, **_options):
        asked.append(content.raw["grid"])
        raise SeenError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api, "run", noted)
        with pytest.raises(SeenError):
            api.sweep(market, {"laws.other.price": [1, 2], "population.creators": {"linspace": [1, 9, 3]}})
    assert asked == [{"laws": {"other": {"price": [1, 2]}}, "population": {"creators": {"linspace": [1, 9, 3]}}}]


def test_keys_of_a_study_from_python_may_be_dotted_as_in_a_file():
    dotted = {
        "model": "collapse", "grid.parameters.imitation": [0.4, 0.6], "grid": {"population.producers": [40, 60]},
        "policies.none": {}, "policies": {"closed_form": {}}, "estimates": [{"name": "a", "at": {"0.5": "half"}}],
    }  # fmt: skip
    assert api._content(dotted).raw == {
        "model": "collapse", "grid": GRID["grid"], "policies": GRID["policies"], "estimates": dotted["estimates"],
    }  # fmt: skip


def test_sweep_makes_the_grid(tmp_path, study_file):
    result = mfsolve.sweep(
        study_file, {"parameters.imitation": np.array([0.2, 0.3])}, out=tmp_path / "out", workers=1, replicates=2,
        estimates=[], policies={"closed_form": None},
    )  # fmt: skip
    assert dict(result.data.contamination.sizes) == {"arm": 1, "imitation": 2, "replicate": 2, "generation": 6}
    assert list(result.data.imitation.values) == [0.2, 0.3]
    assert result.table.empty
    assert "contamination" in repr(result)
    assert "Empty" not in repr(result)
    assert "<code>contamination</code>" in result._repr_html_()
    assert isinstance(result.table, pd.DataFrame)


@pytest.mark.parametrize(("study", "options", "expected"), [
    ({"model": "colapse"}, {}, r"study: model: 'colapse' given: unknown; did you mean collapse\?"),
    ("headlin", {}, r"no such study file; did you mean headline\?"),
    ("headline", {"parameters": {"imitatio": 1}}, r"headline\.toml: parameters\.imitatio: unknown key"),
    ("headline", {"replicates": 0}, r"replicates: 0 given; allowed: whole numbers in \[1"),
    ({"model": None}, {}, r"model: 'None' given: unknown"),
    ({"model": "collapse", "grid": {"population": 3}, "grid.population.items": [1]}, {}, r"grid\.population\.items: given twice"),
    ({"model": "collapse", "parameters": {"imitation": 0.5}, "parameters.imitation": 0.6}, {},
     r"parameters\.imitation: given twice"),
    ("headline", {"workers": 0}, r"workers: 0 given; allowed: whole numbers in \[1"),
    ("headline", {"task_time": -1}, r"task_time: -1 given; allowed: \(0, inf\)"),
])  # fmt: skip
def test_a_mistake_is_one_line_and_nothing_is_written(tmp_path, monkeypatch, study, options, expected):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(mfsolve.InputError, match=expected) as caught:
        mfsolve.run(study, **options)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_open_names_what_is_not_a_finished_run(tmp_path, study_file):
    with pytest.raises(StudyError, match="not a run directory"):
        mfsolve.open(tmp_path)
    assert commands.run(str(study_file), out=str(tmp_path / "out"), workers=1, shard=(1, 12)) == 0
    with pytest.raises(StudyError, match="is not finished; go on with"):
        mfsolve.open(tmp_path / "out")


def test_help_and_dir_show_the_public_names_and_nothing_else():
    public = {name for name in dir(mfsolve) if not name.startswith("_")}
    assert public == {*mfsolve.__all__} == {"InputError", "Result", "RunError", "open", "run", "sweep"}
    text = pydoc.render_doc(mfsolve, renderer=pydoc.plaintext)
    for name in public - {"open"}:
        assert re.search(rf"^    (class )?{name}\(", text, re.MULTILINE), name
    assert "open = open_run(path" in text


def test_import_takes_nothing_until_something_is_asked_for():
    script = (
        "import sys, mfsolve; before = set(sys.modules); assert 'run' in dir(mfsolve);"
        "print(sorted({'numpy', 'numba', 'xarray', 'pandas', 'h5py', 'pydantic', 'matplotlib', 'tqdm'} & before));"
        "mfsolve.open; print(sorted({'pandas', 'matplotlib', 'distributed', 'IPython'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(mfsolve.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.split("\n")[0] == "[]"
    with pytest.raises(AttributeError, match="no attribute 'rum'"):
        mfsolve.rum  # noqa: B018


@pytest.mark.parametrize(
    ("key", "meant"), [("replicate", "replicates"), ("worker", "workers"), ("task_tme", "task_time")]
)
def test_a_misspelt_argument_is_answered_with_the_right_one(key, meant):
    with pytest.raises(StudyError, match=rf"^{key}: unknown argument; did you mean {meant}\?$"):
        mfsolve.run("headline", **{key: 4})


def test_a_study_that_cannot_fit_is_refused_as_on_the_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    market = {"model": "collapse", "figures": [], "population": {"producers": 60, "items": 4, "generations": 5}}
    with pytest.raises(mfsolve.InputError, match=r"on disk, .* are free: --replicates \d+ would fit") as caught:
        mfsolve.run(market, replicates=4_000_000_000)
    assert "\n" not in str(caught.value)
    monkeypatch.setattr("mfsolve.study.execution.budget.memory_share", lambda workers: 2.0**30)
    with pytest.raises(mfsolve.InputError, match=r"a replicate needs .*, a worker has 1 GiB: population.producers = "):
        mfsolve.run(market, population={"producers": 1_000_000_000}, replicates=2)
    assert not list(tmp_path.iterdir())


def test_runs_of_several_threads_wait_for_one_another(tmp_path, monkeypatch):
    """So that none undoes the request to stop or the limit of time of another."""
    begun, limits, inside = threading.Event(), [], []

    def computes(directory, workers, scheduler):
        inside.append(directory.path.name)
        assert len(inside) == 1
        begun.set()
        time.sleep(0.05)
        limits.append((directory.path.name, processes.limit()))
        inside.remove(directory.path.name)
        raise mfsolve.InputError("enough")

    monkeypatch.setattr("mfsolve.api.complete", computes)

    def run(name, limit):
        with contextlib.suppress(mfsolve.InputError):
            mfsolve.run(GRID, out=tmp_path / name, workers=1, task_time=limit)

    threads = [threading.Thread(target=run, args=(f"run {k}", float(k))) for k in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60.0)
        assert not thread.is_alive()
    assert sorted(limits) == [(f"run {k}", float(k)) for k in range(1, 5)]
    assert processes.limit() is None


NESTED = """
import mfsolve
from mfsolve.experiments import Arm, Experiment, Field, Frozen, Output


class Parameters(Frozen):
    size: int = Field(1, ge=1, description="size")


class Population(Frozen):
    firms: int = Field(1, ge=1, description="firms")


def drawn(case):
    return {"x": Output((), "a number")}


def draw(case, seed, replicate, threads):
    mfsolve.run("headline", replicates=2)
    return {"x": 1.0}


ONE = Arm(draw=draw, drawn=drawn, coordinates=lambda case: {})
EXPERIMENT = Experiment(name="x", title="nested", parameters=Parameters, population=Population, arms={"one": ONE})
"""


def test_a_run_within_a_run_is_refused_and_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nested.py").write_text(NESTED)
    with pytest.raises((mfsolve.InputError, mfsolve.RunError)) as caught:
        mfsolve.run({"model": "nested:EXPERIMENT", "figures": []}, replicates=2, workers=1, out="out")
    assert "asked for by a model while it is run" in f"{caught.value}{(tmp_path / 'out/failures.log').read_text()}"


def test_a_file_is_read_here_by_us_and_by_others_at_the_same_time(tmp_path, recwarn):
    """HDF5 opens a file once in a process, with a lock or without; `tree` keeps it open."""
    again = mfsolve.run({**GRID, "estimates": []}, out=tmp_path / "out", workers=1)
    (file,) = again.path.glob("*.h5")
    group = "none/imitation=0.4,producers=60"
    expected = again.tree[group].contamination.values
    with xr.open_dataset(file, engine="h5netcdf", group=group) as locked, h5py.File(file) as plain:
        assert np.array_equal(locked.contamination.values, expected)
        third = mfsolve.open(again.path)
        assert np.array_equal(third.tree[group].contamination.values, expected)
        assert np.array_equal(plain[group]["contamination"][()], expected)
        assert third.data.contamination.size > 0
    left = again.tree[group].contamination
    del again, third
    gc.collect()
    assert np.array_equal(left.values, expected)
    assert not [w for w in recwarn if issubclass(w.category, ResourceWarning)]


@pytest.mark.parametrize("study", [load("statics"), {"model": load("statics")}, 3, ["statics"], None])
def test_what_is_no_study_is_named_in_a_line(study):
    """Not by all that it holds."""
    with pytest.raises(mfsolve.InputError) as caught:
        mfsolve.run(study)
    assert len(str(caught.value)) < 200
    assert str(caught.value).startswith(
        ("model: an Experiment given; write it to a file", f"study: {type(study).__name__} given")
    )


def test_an_unknown_figure_is_answered_with_those_that_are_drawn(grid):
    with pytest.raises(mfsolve.InputError) as caught:
        grid.plot("zzz")
    said = str(caught.value)
    assert "; drawn: " in said
    names = re.findall(r"[a-z_]+", said.partition("drawn: ")[2].partition(", as far")[0])
    assert len(names) == len(set(names))
    assert names[: len(grid.figures)] == list(grid.figures)


def test_a_study_from_python_with_a_published_figure_is_opened_again(tmp_path):
    """Its frozen file reads 0.3, which has a rounding of half a unit there: a run was never finished."""
    study = {
        "title": "a figure", "model": "collapse", "figures": [], "policies": {"none": {}},
        "population": {"producers": 200, "items": 4, "generations": 3}, "ensemble": {"replicates": 4, "seed": 1},
        "estimates": [{"name": "c", "quantity": "contamination", "published": figure} for figure in (0.3, np.float64(0.25), 1)],
    }  # fmt: skip
    for number, estimate in enumerate(study["estimates"]):
        estimate["name"] = f"c{number}"
    made = mfsolve.run(study, out=tmp_path / "out")
    assert mfsolve.open(tmp_path / "out").table.equals(made.table)
