import json
import re

import numpy as np
import pytest

from mfsolve.data import measurements, metrics
from mfsolve.inference.collapse_paths import Start
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
        "column 'contamination' is missing; did you mean contaminatio",
    ),
    "column twice": ("generation,generation,contamination,quality\n0,0,0,1\n", "'generation': given twice"),
    "missing generation": (GOOD.replace("\n2,", "\n,"), "line 4, column generation: the cell is missing"),
    "rising error": (
        "generation,contamination,quality,standard_error\n0,0,1,0\n1,1,.9,.1\n2,1,.8,\n3,1,.7,.1\n",
        "line 4, column standard_error: the cell is missing",
    ),
    "no error": (
        "generation,contamination,quality,standard_error\n0,0,1,0\n1,1,.9,.1\n2,1,.8,0\n3,1,.7,.1\n",
        r"line 4, column standard_error: 0 given; allowed: \(0, inf\)",
    ),
    "no metric": ("generation,contamination,x\n0,0,1\n", "no column is a known metric; name it with --metric"),
    "two metrics": (
        "generation,contamination,fid,ppl\n0,0,1,1\n",
        "has several metrics, fid, ppl; choose one with --metric",
    ),
    "never contaminated": (
        GOOD.replace("0.1", "0").replace("0.3", "0").replace("0.5", "0"),
        "contamination is 0 or unk",
    ),
    "falling exposure": (
        "generation,exposure,quality\n0,0,1\n1,2,.9\n2,1,.8\n3,4,.6\n",
        "column exposure: blank or falling",
    ),
    "short row": (GOOD + "4,0.6\n", "line 6, column quality: the cell is missing"),
    "long row": (GOOD + "4,0.6,0.8,1\n", "line 6: 4 cells given; allowed: 3"),
    "word": (GOOD.replace("0.95", "high"), "line 4, column quality: 'high' given; a number is needed"),
    "nan": (GOOD.replace("0.95", "nan"), "3 generations; at least 4 are needed, or 3 runs"),
    "negative quality": (
        GOOD.replace("0.95", "-0.95"),
        r"line 4, column quality: -0\.95 given; allowed: \[0, inf\)",
    ),
    "contamination": (
        GOOD.replace("0.3", "1.2"),
        r"line 4, column contamination: 1\.2 given; allowed: \[0, 1\]",
    ),
    "half generation": (
        GOOD.replace("\n2,", "\n2.5,"),
        "line 4, column generation: 2.5 given; allowed: whole numbers",
    ),
    "generation far away": (
        GOOD.replace("\n3,", f"\n{2**62},"),
        f"generation {2**62} given, {2**62} after the first; allowed: at most 10000000",
    ),
    "generation twice": (GOOD.replace("\n3,", "\n2,"), "column generation: 2 given twice"),
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
    quality = 1.0 - 0.1 * np.arange(4)
    assert np.allclose(data.paths.loss[:4], -np.log(quality), rtol=1e-15)
    assert np.allclose(data.paths.error, np.tile(0.01 / quality, 2), rtol=1e-15)
    assert np.allclose(data.paths.exposure[:4], np.cumsum((0.1 * np.arange(4)) ** 2), rtol=1e-15)
    assert data.runs == ("a", "b")


def given(tmp_path, text, **options):
    path = tmp_path / "m.csv"
    path.write_text(text)
    return measurements.read(path, measurements.Options(**options))


@pytest.mark.parametrize(("column", "metric", "values", "expected"), [
    ("perplexity", None, (20.0, 22.0, 25.0, 30.0), np.log([20.0, 22.0, 25.0, 30.0])),
    ("loss", None, (3.0, 3.1, 3.3, -3.4), [3.0, 3.1, 3.3, -3.4]),
    ("FID", None, (0.0, 2.0, 5.0, 9.0), [0.0, 2.0, 5.0, 9.0]),
    ("w2", None, (0.0, 0.2, 0.5, 0.9), [0.0, 0.2, 0.5, 0.9]),
    ("accuracy", None, (0.9, 0.8, 0.7, 0.6), -np.log([0.9, 0.8, 0.7, 0.6])),
    ("log-quality", None, (0.0, -0.1, -0.2, -0.4), [0.0, 0.1, 0.2, 0.4]),
    ("my score", "my score:higher", (9.0, 8.0, 7.0, 6.0), -np.log([9.0, 8.0, 7.0, 6.0])),
    ("my score", "my_score:lower:linear", (0.0, 1.0, 2.0, 5.0), [0.0, 1.0, 2.0, 5.0]),
    ("eval/loss", None, (3.0, 3.1, 3.3, -3.4), [3.0, 3.1, 3.3, -3.4]),
    ("train/loss", "train/loss:lower", (3.0, 3.1, 3.3, -3.4), [3.0, 3.1, 3.3, -3.4]),
    ("val_accuracy", "val accuracy", (0.9, 0.8, 0.7, 0.6), -np.log([0.9, 0.8, 0.7, 0.6])),
    ("accuracy", "accuracy:higher:linear", (0.9, 0.5, 0.1, 0.0), [-0.9, -0.5, -0.1, 0.0]),
])  # fmt: skip
def test_metrics_become_losses_of_log_quality(tmp_path, column, metric, values, expected):
    text = f"generation,contamination,{column}\n" + "".join(f"{t},{min(t, 1)},{v!r}\n" for t, v in enumerate(values))
    assert np.allclose(given(tmp_path, text, metric=metric).paths.loss, expected, rtol=1e-14)


def test_a_metric_that_reaches_zero_loses_those_generations_with_a_note(tmp_path):
    text = "generation,contamination,accuracy\n0,0,0.9\n1,1,0.5\n2,1,0.3\n3,1,0.2\n4,1,0\n5,1,0\n"
    data = given(tmp_path, text)
    assert data.paths.time.tolist() == [0, 1, 2, 3]
    assert data.notes == (
        "accuracy is 0 at generation 4, 5, which has no logarithm: left out (--metric accuracy:higher:linear keeps it)",
    )


def test_columns_of_a_tracker_are_named_by_options(tmp_path):
    rows = [f"{t},{r},{g},1,{3 + t + r}" for r in (1, 2) for g in "ab" for t in range(4)]
    text = "Step,Run ID,Group,contamination,eval/loss\n" + "\n".join(rows)
    with pytest.raises(InputError, match=r"'generation' is missing; .*give --generation COLUMN"):
        given(tmp_path, text.replace("Step", "When"))
    with pytest.raises(InputError, match=r"run '1': column step: 0 given twice, and only column 'run_id' identifies"):
        given(tmp_path, text, generation="Step")
    data = given(tmp_path, text, generation="Step", by="Group", run="Run ID")
    assert data.runs == ("a/1", "a/2", "b/1", "b/2")
    assert data.paths.loss.tolist() == [3 + t + r for _ in "ab" for r in (1, 2) for t in range(4)]


def test_steps_one_apart_are_generations(tmp_path):
    text = "Step,contamination,loss\n" + "".join(f"{t},{min(t, 1)},{3 + t}\n" for t in range(5))
    data = given(tmp_path, text)
    assert data.paths.time.tolist() == [0, 1, 2, 3, 4]
    assert data.notes == ("generations read from column step",)
    apart = text.replace("\n3,", "\n3000,").replace("\n4,", "\n4000,")
    with pytest.raises(
        InputError, match=r"column step: 2, 3000 given, which are not consecutive generations; give --generation"
    ):
        given(tmp_path, apart)
    assert "generations read from column step" not in given(tmp_path, apart, generation="step").notes


@pytest.mark.parametrize("text", ["inf", "-inf", "+Inf", "Infinity", "INFINITY"])
@pytest.mark.parametrize("wide", [False, True])
def test_a_run_that_diverged_is_not_left_out_unsaid(tmp_path, text, wide):
    """An infinite loss was a missing one, without a word: to drop divergence biases against collapse."""
    table = GOOD.replace("quality", "a - loss" if wide else "loss").replace("0.5,0.9", f"0.5,{text}")
    name = "a - loss" if wide else "loss"
    with pytest.raises(InputError, match=rf"line 5, column {name}: {re.escape(text)} given: a run that diverged"):
        given(tmp_path, table)


@pytest.mark.parametrize(("header", "said"), [
    ("generation,loss", "column 'contamination' is missing; known: generation, loss; name the column of the "
     "synthetic share with --contamination COLUMN, or give a constant, --contamination X"),
    ("contamination,loss", "column 'generation' is missing; known: contamination, loss; if it has another name"),
    ("generation,contaminations,loss", "did you mean contaminations?; name the column"),
])  # fmt: skip
def test_a_missing_column_is_not_taken_for_another(tmp_path, header, said):
    rows = "\n".join(",".join("1" for _ in header.split(",")) for _ in range(5))
    with pytest.raises(InputError, match=re.escape(said)):
        given(tmp_path, f"{header}\n{rows}\n")


def test_the_column_of_contamination_is_named_and_may_be_in_per_cent(tmp_path):
    plain = given(tmp_path, GOOD)
    named = given(tmp_path, GOOD.replace("contamination", "Synthetic Share"), contamination="Synthetic Share")
    assert named.paths.exposure.tolist() == plain.paths.exposure.tolist()
    assert named.notes == ()
    per_cent = GOOD.replace("0.0,", "0%,").replace(",0.1,", ",10 %,").replace("0.3,", "30%,").replace("0.5,", "50.0 %,")
    assert given(tmp_path, per_cent).paths.exposure == pytest.approx(plain.paths.exposure)
    for cell in ("101%", "-1%", "%", "x%"):
        with pytest.raises(InputError, match="line 5, column contamination: "):
            given(tmp_path, per_cent.replace("50.0 %", cell))
    with pytest.raises(InputError, match="column 'share' is missing"):
        given(tmp_path, GOOD, contamination="share")
    both = GOOD.replace("contamination", "share").replace("quality", "a - loss")
    assert given(tmp_path, both, contamination="share").paths.exposure.tolist() == plain.paths.exposure.tolist()
    other = GOOD.replace("generation,", "exposure,generation,").replace("\n", "\n9,").removesuffix("9,")
    assert (
        given(tmp_path, other, contamination="contamination").paths.exposure.tolist() == plain.paths.exposure.tolist()
    )


def test_rows_of_many_generations_are_said(tmp_path):
    steps = "Step,contamination,loss\n" + "".join(f"{1000 * t},{min(t, 1)},{3 + t}\n" for t in range(5))
    note, alike = given(tmp_path, steps, generation="Step").notes
    assert alike == "contamination of 3996 generations not given: between two equal values, taken as that value"
    assert note.startswith("generations are multiples of 1000 apart: each row counts as that many generations")
    gaps = "generation,contamination,loss\n" + "".join(f"{t},{min(t, 1)},{3 + t}\n" for t in (0, 2, 4, 5, 8))
    assert [note for note in given(tmp_path, gaps).notes if "apart" in note] == []
    wide = steps.replace("loss", "a - loss")
    assert any("1000 apart" in note for note in given(tmp_path, wide, generation="Step").notes)


def test_generations_given_twice_say_what_to_name(tmp_path):
    twice = GOOD.replace("\n3,", "\n2,")
    with pytest.raises(InputError, match=(
        r"column generation: 2 given twice, and no column identifies runs: name it with --run COLUMN, or "
        r"that of conditions with --by COLUMN$"
    )):  # fmt: skip
        given(tmp_path, twice)


@pytest.mark.parametrize("metric", ["x", "x:up", "x:lower:square", ":lower", "x:lower:log:log"])
def test_a_metric_that_is_none_is_refused(tmp_path, metric):
    with pytest.raises(InputError, match=f"--metric: {metric} given; NAME:lower or NAME:higher is needed"):
        given(tmp_path, GOOD, metric=metric)


def test_gaps_count_with_the_contamination_beside_them(tmp_path):
    """Evaluated at 0, 1, 2, 5, 10 and 20, and with blanks instead of missing rows: the same exposures."""
    places = (0, 1, 2, 5, 10, 20)
    gaps = given(
        tmp_path, "generation,contamination,quality\n" + "".join(f"{t},{min(t, 1)},{0.9**t}\n" for t in places)
    )
    assert gaps.paths.exposure.tolist() == list(places)
    alike = "contamination of 15 generations not given: between two equal values, taken as that value"
    assert gaps.notes == (alike,)
    assert gaps.paths.grid.unknown is None
    blank = given(tmp_path, "generation,contamination,quality\n" + "".join(
        f"{t},{min(t, 1)},{0.9**t if t in places else ''}\n" for t in range(21)
    ))  # fmt: skip
    assert blank.paths.exposure.tolist() == list(places)
    assert blank.notes == ("15 generations without quality: 3, 4, 6, 7, ...",)
    exposed = given(tmp_path, "generation,exposure,quality\n" + "".join(f"{t},{t},{0.9**t}\n" for t in places))
    assert exposed.paths.exposure.tolist() == list(places)


@pytest.mark.parametrize("blank", [True, False], ids=["blank", "missing"])
def test_unknown_contamination_is_filled_in_and_marked(tmp_path, blank):
    """A row that is missing says no more than a blank cell; one beyond the known values has nothing on one side."""
    rows = ["0,0.9,1", "1,,0.9", "2,0.2,0.8", "3,,", "4,0.6,0.6", "5,,", "6,0.6,0.5", "7,,0.4"]
    kept = [row for row in rows if blank or not row.endswith(",,")]
    data = given(tmp_path, "generation,contamination,quality\n" + "\n".join(kept) + "\n")
    grid = data.paths.grid
    assert grid.share.tolist() == pytest.approx([0.9, 0.2, 0.2, 0.4, 0.6, 0.6, 0.6, 0.6])
    assert np.flatnonzero(grid.unknown).tolist() == [1, 3, 7]
    squares = np.array([0, 0.2, 0.2, 0.4, 0.6, 0.6, 0.6, 0.6]) ** 2
    assert np.allclose(data.paths.exposure, np.cumsum(squares)[[0, 1, 2, 4, 6, 7]])
    assert data.notes[-2:] == (
        "contamination of 3 generations unknown: taken from its neighbours",
        "contamination of 1 generation not given: between two equal values, taken as that value",
    )


def test_a_constant_contamination_is_known_everywhere(tmp_path):
    data = given(tmp_path, "generation,quality\n0,1\n2,0.9\n3,0.8\n5,0.7\n", contamination=0.5)
    assert data.paths.grid.unknown is None
    assert data.paths.exposure.tolist() == [0, 0.5, 0.75, 1.25]


def test_flags_and_a_constant_are_contamination(tmp_path):
    flags = given(tmp_path, "generation,contamination,quality\n0,false,1\n1,yes,0.9\n2,TRUE,0.8\n3,human,0.8\n")
    assert flags.paths.exposure.tolist() == [0, 1, 2, 2]
    constant = given(tmp_path, "generation,quality\n0,1\n1,0.9\n2,0.8\n3,0.8\n", contamination=0.5)
    assert constant.paths.exposure.tolist() == [0, 0.25, 0.5, 0.75]


def test_short_and_dead_runs_are_left_out_with_a_note(tmp_path):
    text = "seed,generation,contamination,quality,walltime\n" + "".join(
        f"{seed},{t},{c * min(t, 1)},{'nan' if seed == 3 and t > 1 else 1 - 0.1 * t}\n".replace("\n", ",9\n")
        for seed, c, n in ((1, 1, 6), (2, 1, 6), (3, 1, 6), (4, 1, 3), (5, 0, 6)) for t in range(n)
    )  # fmt: skip
    data = given(tmp_path, text)
    assert data.runs == ("1", "2")
    assert data.notes == (
        "columns not used: walltime",
        "run '3': 4 generations without quality: 2, 3, 4, 5",
        "left out: run '3': 2 generations measured",
        "left out: run '4': 3 generations measured",
        "left out: run '5': contamination is 0 or unknown throughout, so the slope cannot be estimated",
        "run '5' is a control: without contamination its loss changes by +0.693 in 5 generations",
    )


def test_a_run_is_short_by_its_generations_and_not_by_its_name(tmp_path):
    rows = "".join(f"generation,{t},0,{1 - 0.1 * t}\n" for t in range(5))
    with pytest.raises(InputError) as caught:
        given(tmp_path, f"run,generation,contamination,quality\n{rows}")
    assert str(caught.value).endswith("so the slope cannot be estimated")


def test_runs_of_three_generations_are_clusters(tmp_path):
    text = "run,generation,contamination,quality\n" + "".join(
        f"{run},{t},{min(t, 1)},{1 - 0.1 * t}\n" for run in "abc" for t in range(3)
    )
    assert given(tmp_path, text).runs == ("a", "b", "c")
    with pytest.raises(InputError, match="run 'a': 3 generations; at least 4 are needed, or 3 runs"):
        given(tmp_path, text[: text.index("c,0")])


@pytest.mark.parametrize(
    ("start", "exact", "error"), [("0", True, 1.0), ("", False, 0.01 / 0.9), ("0.02", False, 0.02)]
)
def test_a_blank_or_zero_error_of_the_start(tmp_path, start, exact, error):
    text = f"generation,contamination,quality,standard_error\n0,0,1,{start}\n1,1,0.9,0.01\n2,1,0.8,0.01\n3,1,0.7,0.01\n"
    data = given(tmp_path, text.replace("0,0,1,\n", "0,0,1,\n"))
    assert data.paths.exact.tolist() == [exact]
    if start:
        assert data.paths.error[0] == pytest.approx(error)
    else:  # in the metric's own unit, like that of the next
        assert data.paths.error[0] == pytest.approx(0.01)


def test_regress_on_the_models_own_path_gives_its_slope(tmp_path, run_here):
    path = collapse.mean_field(collapse.Parameters())
    file = tmp_path / "g.csv"
    file.write_text("generation,contamination,log-quality\n" + "".join(
        f"{t},{c!r},{q!r}\n" for t, c, q in zip(path.generation.values.tolist(), path.contamination.values.tolist(), path.log_quality.values.tolist())
    ))  # fmt: skip
    done = run_here("regress", file, "--structural", "0.183", "--start", "exact", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert round(result["slope"], 5) == 0.18122
    assert result["low"] < 0.183 < result["high"]
    assert result["test"]["p_value"] > 0.05
    assert (tmp_path / "g.png").exists()
    shown = run_here("regress", file, "--start", "exact", cwd=tmp_path)
    assert "slope        0.18   (" in shown.stdout


def test_regress_refuses_on_one_line(tmp_path, run_here):
    file = tmp_path / "g.csv"
    file.write_text(GOOD.replace("0.95", "-1"))
    done = run_here("regress", file, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "g.png").exists()


@pytest.mark.parametrize("word", ["", "NA", "nan", "null", "n/a"])
def test_what_is_missing_is_missing_in_every_column(tmp_path, word):
    rows = [f"0,0,1,{word}", f"1,{word},0.9,0.1", f"2,1,{word},{word}", "3,1,0.8,0.1", "4,1,0.7,0.1", "5,1,0.6,0.1"]
    text = "generation,contamination,quality,standard_error\n" + "\n".join(rows) + "\n"
    data = given(tmp_path, text, start=Start.EXACT)
    assert data.paths.exposure.tolist() == [0, 1, 3, 4, 5]  # the first is taken from its neighbour
    assert any("contamination of 1 generation" in note for note in data.notes)
    blank = ",".join(["generation,contamination,quality,standard_error"])
    all_blank = blank + "\n" + "\n".join(f"{t},{min(t, 1)},{1 - 0.1 * t},{word}" for t in range(6)) + "\n"
    assert "standard_error is blank: not used" in given(tmp_path, all_blank).notes


@pytest.mark.parametrize(
    "name",
    ["log_perplexity", "eval/log_perplexity", "val_log_ppl", "logppl", "ln ppl", "lnppl", "NLL_test", "log2_ppl"],
)
def test_a_logarithm_by_its_name_is_taken_as_it_is(name):
    assert not metrics.asked(f"{name}:lower").log
    assert metrics.asked(f"{name}:lower:log").log


@pytest.mark.parametrize(("name", "assumed"), [("logits", True), ("my_score", True), ("perplexity", False)])
def test_a_logarithm_that_nobody_asked_for_is_noted(tmp_path, name, assumed):
    path = tmp_path / "log.csv"
    rows = "".join(f"{t},0.5,{9 - t}\n" for t in range(5))
    path.write_text(f"generation,contamination,{name}\n{rows}")
    notes = measurements.read(path, measurements.Options(metric=f"{name}:higher")).notes
    assert any(f"the logarithm of {name} is taken" in note for note in notes) == assumed
    assert not any(
        "is taken" in note for note in measurements.read(path, measurements.Options(metric=f"{name}:higher:log")).notes
    )


@pytest.mark.parametrize(
    ("cell", "hint"), [("50", "; if it is per cent, write 50 % or divide by 100"), ("-1", ""), ("500", "")]
)
def test_a_share_that_may_be_per_cent_is_refused_with_what_to_write(tmp_path, cell, hint):
    path = tmp_path / "log.csv"
    path.write_text(f"generation,contamination,perplexity\n0,0,9\n1,{cell},8\n2,1,7\n")
    with pytest.raises(InputError) as refused:
        measurements.read(path, measurements.Options())
    assert str(refused.value).endswith(f"{cell} given; allowed: [0, 1]{hint}")
