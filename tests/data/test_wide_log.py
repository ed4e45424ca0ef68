"""Logs with a column a run say the same as the long ones that they were made of, or are refused with what to pass."""

import numpy as np
import pytest

from mfsolve.cli import main
from mfsolve.data.measurements import Options, read
from mfsolve.models.frozen import InputError

LOSS = {"run_a": [1.0, 1.2, 1.5, 1.9, 2.4], "run-b - v2": [1.1, 1.2, 1.6, 1.8, 2.6]}
SHARE = [0.0, 0.5, 0.5, 0.8, 0.8]
LONG = "run,generation,contamination,loss\n" + "".join(
    f"{run},{t},{SHARE[t]},{loss}\n" for run, path in LOSS.items() for t, loss in enumerate(path)
)


def table(folder, header, *columns):
    path = folder / "wide.csv"
    lines = [",".join(map(str, row)) for row in zip(*columns)]
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def said(path, **options):
    with pytest.raises(InputError) as caught:
        read(path, Options(**options))
    return str(caught.value).removeprefix(f"{path}: ")


def paths(found):
    return found.paths.run.tolist(), found.paths.time.tolist(), found.paths.loss.tolist(), found.paths.exposure.tolist()


T, (A, B) = range(5), LOSS.values()
WAYS = {
    "one column of contamination": ("Step,contamination,run_a - loss,run-b - v2 - loss", T, SHARE, A, B),
    "one each": ("generation,run_a - loss,run_a - contamination,run-b - v2 - loss,run-b - v2 - contamination",
                 T, A, SHARE, B, SHARE),
    "bounds of groups": ("Step,run_a - loss,run_a - loss__MIN,run_a - loss__MAX,run-b - v2 - loss,contamination",
                         T, A, A, A, B, SHARE),
    "lines in another order": ("Step,contamination,run_a - loss,run-b - v2 - loss",
                               *(list(column)[::-1] for column in (T, SHARE, A, B))),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_a_wide_table_says_what_the_long_one_says(way, tmp_path):
    (tmp_path / "long.csv").write_text(LONG)
    long, wide = read(tmp_path / "long.csv"), read(table(tmp_path, *WAYS[way]))
    by_run = dict(zip(long.runs, range(2)))
    order = [by_run[run] for run in wide.runs]
    assert sorted(wide.runs) == sorted(LOSS)
    for name in ("time", "loss", "exposure"):
        ours, theirs = getattr(wide.paths, name), getattr(long.paths, name)
        want = np.concatenate([theirs[long.paths.run == place] for place in order])
        assert ours.tolist() == want.tolist()
    (note,) = [note for note in wide.notes if note.startswith("read as")]
    column = "generation" if way == "one each" else "Step"
    assert note == f"read as one column per run: 2 runs of loss (run_a, run-b - v2), generations from column {column}"


def test_blank_cells_around_a_run_are_those_of_others(tmp_path):
    late = ["", "", 1.0, 1.2, 1.5, 1.9, 2.4, ""]
    path = table(tmp_path, "Step,a - loss,b - loss,c - loss", range(8), late, range(1, 9), [""] * 8)
    found = read(path, Options(contamination=0.5))
    assert found.runs == ("a", "b")
    assert found.paths.time.tolist() == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5, 6, 7]
    assert [note for note in found.notes if "without" in note or "left out" in note] == [
        "run 'c': 1 generation without loss: 0", "left out: run 'c': 0 generations measured"
    ]  # fmt: skip


def test_any_columns_are_runs_where_the_user_says_so(tmp_path):
    names = table(tmp_path, "generation,seed0,seed1,contamination", T, A, B, SHARE)
    found = read(names, Options(metric="loss", wide=True))
    assert found.runs == ("seed0", "seed1")
    slashes = table(tmp_path, "generation,x/loss,y/loss,x/lr,contamination", T, A, B, A, SHARE)
    again = read(slashes, Options(metric="loss:lower", generation="generation", wide=True))
    assert again.runs[:2] == ("x", "y")
    assert paths(found)[2] == paths(again)[2][:10]


REFUSED = {
    "two metrics": ("Step,a - loss,a - accuracy", {"contamination": 1.0}, "has several metrics, loss, accuracy; choose one with --metric loss"),
    "no known metric": ("Step,a - x,b - x", {"contamination": 1.0}, "no column is a known metric; name it with --metric NAME:lower"),
    "two candidates": ("Step,Time,a - loss,b - loss", {"contamination": 1.0}, "which column is the generation? Step, Time; give --generation COLUMN"),
    "none": ("a - loss,b - loss,c - loss", {"contamination": 1.0}, "which column is the generation? none; give --generation COLUMN"),
    "a long one too": ("generation,run,a - loss,b - loss", {"contamination": 1.0}, "column 'run' and one column per run (a - loss, b - loss): name one metric column"),
    "conditions": ("generation,a - loss,b - loss", {"by": "kind", "contamination": 1.0}, "--by and one column per run (a - loss"),
    "no contamination": ("Step,a - loss,b - loss", {}, "run 'a': no contamination; a column 'contamination' of all runs is needed"),
    "that of one run only": ("Step,a - loss,b - loss,a - contamination", {}, "run 'b': no contamination"),
    "twice contaminated": ("Step,a - loss,contamination", {"contamination": 1.0}, "has a column 'contamination'; leave out --contamination"),
    "both shares": ("Step,a - loss,contamination,exposure", {}, "run 'a': has contamination and exposure; one of them is needed"),
    "another metric": ("Step,a - loss,b - loss", {"metric": "fid", "contamination": 1.0}, "no column 'RUN - fid'; known: a - loss, b - loss"),
    "slashes": ("generation,a/loss,b/loss", {"contamination": 1.0}, "has several metrics, a/loss, b/loss; choose one with --metric a/loss; if each is a run, give --wide"),
    "names alone": ("generation,seed0,seed1,seed2", {"contamination": 1.0}, "no column is a known metric; name it with --metric NAME:lower or NAME:higher, with --wide if every column is a run"),
    "names without a metric": ("generation,seed0,seed1", {"wide": True, "contamination": 1.0}, "no column is a known metric; name it with --metric"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_may_be_read_in_two_ways_is_refused_with_what_to_pass(case, tmp_path):
    header, options, line = REFUSED[case]
    columns = [[0, 1, 2, 3, 4]] + [[0.1, 0.2, 0.3, 0.4, 0.5]] * header.count(",")
    assert said(table(tmp_path, header, *columns), **options).startswith(line)


@pytest.mark.parametrize(
    ("steps", "options", "line"),
    [
        ([0, 500, 1000, 1500, 2000], {}, "column Step: 0, 500, 1000, ... given, which are not consecutive generations; give --generation 'Step'"),
        ([0, 1, 2, 2, 3], {}, "column Step: 2 given twice; one line per generation is needed"),
        ([0, 1, 2, 2, 3], {"generation": "Step"}, "column Step: 2 given twice"),
        ([0.5, 1.5, 2.5, 3.5, 4.5], {}, "line 2, column step: 0.5 given; allowed: whole numbers"),
    ],
)  # fmt: skip
def test_steps_that_are_no_generations_are_refused(steps, options, line, tmp_path):
    path = table(tmp_path, "Step,a - loss,b - loss", steps, A, B)
    assert line in said(path, contamination=1.0, **options)


def test_steps_are_generations_where_the_user_says_so(tmp_path):
    path = table(tmp_path, "Step,a - loss,b - loss", [0, 5, 10, 15, 20], A, B)
    assert read(path, Options(contamination=1.0, generation="Step")).paths.time.tolist() == [0, 5, 10, 15, 20] * 2


def test_a_long_table_may_have_columns_with_dashes(tmp_path):
    path = table(tmp_path, "generation,contamination,quality,gpu - loss", T, SHARE, A, B)
    found = read(path)
    assert found.metric.name == "quality"
    assert found.notes == ("columns not used: gpu___loss",)
    named = table(tmp_path, "generation,contamination,val - loss,val - accuracy", T, SHARE, A, B)
    assert read(named, Options(metric="val - loss:lower:linear")).runs == ("",)


def test_a_bad_cell_is_named_with_its_own_column(tmp_path, capsys):
    path = table(tmp_path, "Step,a - loss,b - loss", T, A, [1, 2, "high", 4, 5])
    assert main(["regress", str(path), "--contamination", "1", "--figure", "none"]) == 2
    assert capsys.readouterr().err == f"{path}: line 4, column b - loss: 'high' given; a number is needed\n"
    good = table(tmp_path, "Step,a - loss,b - loss", T, A, B)
    assert main(["regress", str(good), "--contamination", "1", "--figure", "none"]) == 0
    assert "read as one column per run: 2 runs of loss (a, b), generations from column Step" in capsys.readouterr().out
