"""What a user's own model returns: real numbers, copied; an exit that it asks for is a mistake in it."""

import subprocess
import sys

import h5py
import numpy as np
import pytest

from mfsolve.cli import main
from mfsolve.commands.terminal import BAD_INPUT
from mfsolve.experiments import load
from mfsolve.experiments._user_checks import GuestError
from mfsolve.study.audit.audit_design import base_case
from mfsolve.study.blocks import draw_block

MODEL = '''"""A walk."""
import sys
from decimal import Decimal

import numpy as np

from mfsolve.experiments import Arm, Experiment, Output, Frozen, generator

BUFFER, MANY = np.zeros(3), np.zeros((64, 3))


def drawn(case):
    return {"x": Output(("time",), "x")}


def coordinates(case):
    return {"time": np.arange(3)}


def draw(case, seed, replicate, threads):
    path = generator(seed, replicate).random(3)
    return {"x": path}


def draw_many(case, seed, replicates, threads):
    paths = np.stack([generator(seed, replicate).random(3) for replicate in replicates])
    return {"x": paths}


ARM = Arm(draw=draw, drawn=drawn, coordinates=coordinates, draw_many=draw_many, side_by_side=lambda case: SIDE)
EXPERIMENT = Experiment(name="m", title="m", parameters=Frozen, arms={"a": ARM}, path="time")
'''
STUDY = 'model = "walk:EXPERIMENT"\nfigures = []\nensemble.replicates = 600\n'


def model(tmp_path, one="path", many="paths", side=0, extra=""):
    text = MODEL.replace('{"x": path}', f'{{"x": {one}}}').replace('{"x": paths}', f'{{"x": {many}}}')
    (tmp_path / "walk.py").write_text(text.replace("SIDE", str(side)) + extra)
    (tmp_path / "study.toml").write_text(STUDY)
    experiment = load("walk:EXPERIMENT", tmp_path)
    return experiment.arms["a"], base_case(experiment, "a")


def plain(tmp_path):
    return np.stack([model(tmp_path)[0].draw(model(tmp_path)[1], 1, replicate, 1)["x"] for replicate in range(20)])


REUSED = {"one by one": ("[BUFFER.__setitem__(slice(None), path), BUFFER][1]", "paths", 0),
          "side by side": ("path", "[MANY.__setitem__(slice(len(paths)), paths), MANY[: len(paths)]][1]", 7)}  # fmt: skip


@pytest.mark.parametrize("how", REUSED)
def test_a_buffer_that_is_used_again_is_stored_as_it_was(tmp_path, how):
    expected = plain(tmp_path)
    arm, case = model(tmp_path, *REUSED[how])
    assert np.array_equal(draw_block(arm, case, 1, range(20)).arrays["x"], expected)
    first = arm.draw(case, 1, 0, 1)["x"]
    arm.draw(case, 1, 1, 1)
    assert np.array_equal(first, expected[0])


def test_so_is_that_of_an_arm_that_nobody_guards():
    from mfsolve.experiments import Arm

    buffer = np.zeros(1)
    arm = Arm(draw=lambda case, seed, r, threads: [buffer.__setitem__(0, r), {"x": buffer}][1])
    assert draw_block(arm, None, 1, range(4)).arrays["x"].tolist() == [[0.0], [1.0], [2.0], [3.0]]


@pytest.mark.parametrize(("one", "expected"), [
    ("path.astype(str)", "is of type <U32; real numbers are needed"), ("path + 0j", "is of type complex128"),
    ("[str(v) for v in path]", "is of type <U"), ("np.array([Decimal(1)] * 3)", "is of type object"),
    ("np.zeros(3, 'M8[s]')", "is of type datetime64"), ("path.astype('S')", "is of type"), ("None", "is of type object"),
    ("np.ma.masked_less(path, 2.0)", "has masked values"), ("[1.0, np.ma.masked, 2.0]", "has masked values"),
    ("[[1.0], [2.0, 3.0], []]", "is no array of numbers"), ("[1.0, 1j, 2.0]", "is of type complex128"),
])  # fmt: skip
def test_what_is_no_real_number_is_refused_in_a_line(tmp_path, one, expected):
    arm, case = model(tmp_path, one=one)
    with pytest.raises(GuestError, match=r"walk\.py: draw of arm 'a': 'x' ") as caught:
        arm.draw(case, 1, 0, 1)
    assert expected in str(caught.value)
    arm, case = model(tmp_path, many=f"[{one.replace('path', 'paths[0]')} for _ in replicates]", side=7)
    with pytest.raises(GuestError, match=r"walk\.py: draw_many of arm 'a': 'x' "):
        draw_block(arm, case, 1, range(3))


@pytest.mark.parametrize("one", [
    "path > 0.5", "np.rint(path * 9).astype(np.int8)", "path.astype(np.float32)", "list(path)", "tuple(path > 0.5)",
    "np.ma.masked_less(path, -1.0)", "path[::-1][::-1]", "np.stack([path, path], 1)[:, 0]",
])  # fmt: skip
def test_every_kind_of_real_numbers_is_taken(tmp_path, one):
    arm, case = model(tmp_path, one=one)
    found = arm.draw(case, 1, 0, 1)["x"]
    assert (found.dtype, found.flags.c_contiguous, found.flags.owndata) == (np.float64, True, True)


@pytest.mark.parametrize(("many", "expected"), [
    ("paths[1:]", r"has shape \(4, 3\); declared: \(replicates, time\) = \(5, 3\)"), ("paths[:, 1:]", r"has shape \(5, 2\)"),
])  # fmt: skip
def test_replicates_that_are_drawn_side_by_side_have_the_declared_shape(tmp_path, many, expected):
    arm, case = model(tmp_path, many=many, side=7)
    with pytest.raises(GuestError, match=expected):
        draw_block(arm, case, 1, range(5))


EXITS = {"in a draw": ("sys.exit(3)", "", r"walk.py:22: SystemExit: 3 (draw of arm 'a')"),
         "with words": ("sys.exit('no data')", "", "walk.py:22: SystemExit: no data"),
         "of another kind": ("next(Odd())", "\n\nclass Odd:\n    def __next__(self):\n        raise BaseException('odd')\n",
                             "BaseException: odd"),
         "at import": ("path", "\nsys.exit('enough')\n", "SystemExit: enough")}  # fmt: skip


@pytest.mark.parametrize("how", EXITS)
def test_an_exit_of_the_model_is_a_mistake_in_it(tmp_path, how):
    one, extra, expected = EXITS[how]
    if extra and how == "at import":
        with pytest.raises(GuestError, match=expected):
            model(tmp_path, one=one, extra=extra)
    else:
        model(tmp_path, one=one, extra=extra)
    for words, code in (
        (["run", "study.toml"], BAD_INPUT),
        (["check", "walk.py"], BAD_INPUT if how == "at import" else 1),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "mfsolve", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        assert expected.partition(" (")[0] in " ".join((done.stderr + done.stdout).replace("\n", " ").split())


def test_a_failure_beside_replicates_that_are_stored_ends_with_one(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model(tmp_path, one="path if replicate % 7 else sys.exit()")
    assert main(["run", "study.toml", "--replicates", "20", "--workers", "1"]) == 1
    assert "SystemExit" in capsys.readouterr().err
    with h5py.File(next((tmp_path / "results/study/shards").glob("*.h5"))) as file:
        assert file["x"].shape[1:] == (3,)


def test_the_person_at_the_keyboard_is_heard(tmp_path):
    arm, case = model(tmp_path, one="(_ for _ in ()).throw(KeyboardInterrupt)")
    with pytest.raises(KeyboardInterrupt):
        arm.draw(case, 1, 0, 1)


def test_numbers_that_are_undefined_are_counted_in_the_report(tmp_path, capsys, monkeypatch):
    """Three in each of the replicates 0, 7 and 14 of 20."""
    import mfsolve

    monkeypatch.chdir(tmp_path)
    model(tmp_path, one="path if replicate % 7 else path + np.inf")
    said = "x: 9 of 60 stored numbers are NaN or infinite; where that means something: Output(undefined=...)"
    run = ["run", "study.toml", "--replicates", "20", "--workers", "1"]
    for _ in range(2):  # computed, then shown
        assert main(run) == 0
        assert capsys.readouterr().out.replace("\n", " ").count(said) == 1
    assert (tmp_path / "results/study/table.md").read_text().count(said) == 1
    found = mfsolve.open("results/study")
    assert found.summary["undefined"] == [{"quantity": "x", "count": 9, "of": 60}]
    assert said in repr(found)
    (tmp_path / "walk.py").write_text((tmp_path / "walk.py").read_text().replace('"x")', '"x", undefined="none left")'))
    assert main([*run, "--out", "declared"]) == 0
    assert "NaN or infinite" not in capsys.readouterr().out
    model(tmp_path)
    assert main([*run, "--out", "finite"]) == 0
    assert "undefined" not in mfsolve.open("finite").summary


def test_experiments_of_the_house_are_not_counted(tmp_path):
    import mfsolve
    from mfsolve.report.undefined_values import undefined

    market = {"model": "creator_stream", "population": {"creators": 50}, "figures": [], "laws": {"uniform": {}}}
    assert undefined(mfsolve.run(market, replicates=2, out=tmp_path / "out")._directory) == []
