"""`mfsolve regress` on logs as people keep them, and in surroundings that may not lose a result."""

import io
import json
import os
import re
from types import SimpleNamespace

import numpy as np
import pytest

from mfsolve.cli import main
from mfsolve.commands import regress
from mfsolve.inference.collapse_shift import Shift

LOG = "generation,contamination,log_quality\n" + "".join(
    f"{t},{min(t, 1)},{q}\n"
    for t, q in enumerate((0.05, -0.12, -0.17, -0.35, -0.38, -0.46, -0.63, -0.65, -0.84, -0.88, -1.02))
)


def report(capsys, *arguments):
    assert main(["regress", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(LOG)
    return path


def test_a_true_slope_is_not_contradicted_by_the_error_of_the_start(capsys, log):
    """The start lies 0.05 too high: through it the slope is 0.107 +- 0.002, and 0.1 contradicted."""
    found = report(capsys, log, "--structural", "0.1", "--figure", "none")
    assert found["low"] < 0.1 < found["high"]
    assert found["test"]["p_value"] > 0.3
    assert found["start"] == "measured"
    assert found["misfit"] is None
    assert found["verdict"] == "the collapse law is not rejected"
    assert found["comparison"]["laws"][0]["law"] == "collapse"
    exact = report(capsys, log, "--structural", "0.1", "--figure", "none", "--start", "exact")
    assert exact["test"]["p_value"] < 0.05


def test_a_slope_out_of_sight_is_rejected_and_one_that_is_no_number_refused(capsys, log):
    assert report(capsys, log, "--structural", "1e300", "--figure", "none")["test"]["p_value"] < 1e-100
    for word in ("nan", "inf", "x"):
        with pytest.raises(SystemExit):
            main(["regress", str(log), "--structural", word])
        assert f"argument --structural: '{word}': a number is needed" in capsys.readouterr().err


def test_verdicts_and_conditions_are_printed(capsys, tmp_path):
    rng = np.random.default_rng(1)
    rows = [
        f"{kind};{seed};{t};{min(t, 1)};{np.exp(slope * t + 0.01 * rng.normal()):.5f}".replace(".", ",")
        for kind, slope in (("replace", 0.2), ("accumulate", 0.05)) for seed in range(4) for t in range(7)
    ]  # fmt: skip
    path = tmp_path / "log.csv"
    path.write_text("setting;seed;generation;contamination;perplexity\n" + "\n".join(rows))
    assert main(["regress", str(path), "--by", "setting", "--figure", "none"]) == 0
    out = capsys.readouterr().out
    slopes = dict(re.findall(r"condition    (\w+): ([\d.]+)", out))
    # 28 measurements with errors of 0.01 over exposures 0 to 6: a slope has a standard error of 0.001
    assert {name: float(slope) for name, slope in slopes.items()} == pytest.approx(
        {"accumulate": 0.05, "replace": 0.2}, abs=0.004
    )
    assert "verdict      the collapse law does not describe these data: the slopes of the conditions differ" in out
    assert "equal slopes rejected, p = " in out
    assert ": increase of ln perplexity on cumulative" in out
    assert [path.name for path in tmp_path.iterdir()] == ["log.csv"]


def test_a_saturating_log_is_said_to_be_one(capsys, tmp_path):
    path = tmp_path / "log.csv"
    quality = (1, 0.52, 0.31, 0.3, 0.31, 0.29, 0.3, 0.31, 0.3, 0.29, 0.3, 0.31)
    path.write_text(
        "generation,contamination,quality\n" + "".join(f"{t},{min(t, 1)},{q}\n" for t, q in enumerate(quality))
    )
    assert main(["regress", str(path), "--figure", "none"]) == 0
    out = capsys.readouterr().out
    assert (
        "verdict      the collapse law does not describe these data: losses deviate from the line (lack of fit p = "
        in out
    )
    assert " under the least favourable autocorrelation up to 0." in out
    assert "bounded describes them better" in out


def test_one_r_squared_of_a_law_is_printed(capsys, tmp_path):
    """The slope is the mean of the runs', and an R^2 of it stood beside that of the law's least-squares fit."""
    rng = np.random.default_rng(3)
    rows = [
        f"{seed},{t},{share if t else 0},{3 + slope * share**2 * t + 0.01 * rng.normal():.5f}\n"
        for seed, (share, slope) in enumerate([(1, 0.1), (1, 0.1), (0.4, 0.2), (0.4, 0.1)]) for t in range(11)
    ]  # fmt: skip
    path = tmp_path / "log.csv"
    path.write_text("seed,generation,contamination,loss\n" + "".join(rows))
    assert main(["regress", str(path), "--figure", "none"]) == 0
    out = capsys.readouterr().out
    assert "mean of the runs' slopes, robust standard error" in out
    assert "laws         by least squares, R^2 within runs" in out
    assert len(re.findall(r"R\^2 +-?[0-9]", out)) == len(re.findall("\n  law  ", out))


@pytest.fixture
def drawn(monkeypatch):
    """The axes of the figure that is drawn."""
    from mfsolve.report import laws

    found = []
    monkeypatch.setattr(laws, "save", lambda drawing, stem: found.append(drawing.axes[0]) or [])
    return found


def test_the_figure_shows_falls_from_first_measurements_and_a_line_for_each_condition(drawn, capsys, tmp_path):
    """Slopes of 0.05 and 0.2 over eleven generations: the pooled line's residuals began at +0.4 and -0.4."""
    rng = np.random.default_rng(1)
    rows = [
        f"{kind},{seed},{t},{min(t, 1)},{3 + slope * t + 0.02 * rng.normal():.5f}\n"
        for kind, slope in (("keep", 0.05), ("replace", 0.2)) for seed in range(3) for t in range(12)
    ]  # fmt: skip
    path = tmp_path / "log.csv"
    path.write_text("condition,seed,generation,contamination,loss\n" + "".join(rows))
    assert main(["regress", str(path)]) == 0
    (axis,) = drawn
    assert axis.get_ylabel() == "increase of loss since the first measurement"
    for points, slope in zip(axis.containers, [0.05] * 3 + [0.2] * 3):
        x, fall = points.lines[0].get_data()
        assert fall[0] == 0.0
        assert fall == pytest.approx(slope * x, abs=0.12)
    lines = {line.get_label(): line.get_data() for line in axis.get_lines()}
    for name, slope in (("keep", 0.05), ("replace", 0.2)):
        x, y = next(data for label, data in lines.items() if label.startswith(f"{name}: slope 0."))
        assert np.asarray(y) == pytest.approx(slope * np.asarray(x), abs=0.05)
    pooled = [
        line.get_data() for line in axis.get_lines() if line.get_color() == "black" and line.get_linestyle() == "-"
    ]
    assert [label.partition(",")[2] for label in lines if label.startswith("slope 0.12")] == [" all runs"]
    for (x, y), slope in zip(pooled, (0.05, 0.2)):  # through the middle of each condition, not between both
        np.testing.assert_allclose(np.diff(y) / np.diff(x), 0.125, rtol=0.05)
        middle = np.interp(np.mean(np.arange(1, 12)), x, y)
        assert middle == pytest.approx(slope * 6.0, abs=0.1)


def test_every_law_goes_through_the_data_of_each_condition(drawn, tmp_path):
    """The best law stood between two conditions, at the mean of their intercepts, and met the data of neither."""
    rows = [
        f"{kind},{seed},{t},{min(t, 1)},{3 + jump * min(t, 1) + 0.3 * t**0.5 + 0.01 * ((5 * seed + 3 * t) % 7 - 3):.4f}\n"
        for kind, jump in (("keep", 0.0), ("replace", 1.0)) for seed in range(3) for t in range(12)
    ]  # fmt: skip
    path = tmp_path / "log.csv"
    path.write_text("condition,seed,generation,contamination,loss\n" + "".join(rows))
    assert main(["regress", str(path), "--structural", "0.15"]) == 0
    (axis,) = drawn
    falls = [points.lines[0].get_data() for points in axis.containers]
    means = [np.mean([fall for _, fall in some], axis=0) for some in (falls[:3], falls[3:])]
    black = [line for line in axis.get_lines() if line.get_color() == "black"]
    for dash, named in (("--", "power"), (":", "structural 0.15")):
        lines = [line for line in black if line.get_linestyle() == dash]
        assert [line.get_label().partition(",")[0] for line in lines if line.get_label()[0] != "_"] == [named]
        assert len(lines) == 2
        for line, mean in zip(lines, means):
            off = np.interp(falls[0][0], *line.get_data()) - mean
            assert abs(off[1:].mean()) < 0.25


def test_more_runs_than_colours_differ_and_the_legend_covers_no_point(drawn, tmp_path):
    rows = [
        f"{run},{t},{min(t, 1)},{3 + 0.1 * t + 0.01 * ((7 * run + 3 * t) % 5)}\n" for run in range(12) for t in range(4)
    ]
    path = tmp_path / "log.csv"
    path.write_text("seed,generation,contamination,loss\n" + "".join(rows))
    assert main(["regress", str(path)]) == 0
    (axis,) = drawn
    looks = [(points.lines[0].get_color(), points.lines[0].get_marker()) for points in axis.containers]
    assert len(looks) == len(set(looks)) == 12
    assert axis.get_legend() is None
    (legend,) = axis.figure.legends
    axis.figure.draw_without_rendering()
    assert not legend.get_window_extent().overlaps(axis.bbox)
    assert "and 4 more runs" in [text.get_text() for text in legend.get_texts()]


def test_an_exact_start_is_where_the_line_starts(drawn, log):
    assert main(["regress", str(log), "--start", "exact"]) == 0
    line = next(line for line in drawn[0].get_lines() if line.get_label().startswith("slope"))
    assert line.get_ydata()[0] == 0.0


SHARES = np.array([0.2, 0.9, 0.3, 0.8, 0.9, 0.4, 0.7, 0.6, 0.9, 0.3, 0.5, 0.8])


def exact_log(path, blank=(), missing=(), later=False):
    """A log without noise of slope 0.15; `later` has each row's contamination train the next model."""
    exposure = np.cumsum(SHARES**2)
    exposure = np.append(0.0, exposure[:-1]) if later else exposure - exposure[0]
    rows = [
        f"{t},{'' if t in blank else c},{float(20 * np.exp(0.15 * x))!r}\n"
        for t, (c, x) in enumerate(zip(SHARES, exposure)) if t not in missing
    ]  # fmt: skip
    path.write_text("generation,contamination,perplexity\n" + "".join(rows))
    return path


@pytest.mark.parametrize("gap", ["blank", "missing"])
def test_bounds_of_unknown_contamination_are_bounds(capsys, tmp_path, gap):
    """Generation 4 had 0.9, which is not between its neighbours, 0.8 and 0.4: their bounds leave the true slope out."""
    path = exact_log(tmp_path / "log.csv", **{gap: [4]})
    found = report(capsys, path, "--figure", "none", "--structural", "0.15")
    unknown = found["unknown_contamination"]
    assert unknown["slope"][0] < 0.15 < unknown["slope"][1]
    assert (
        found["low"] < unknown["interval_of_those_beside"][0] < unknown["interval_of_those_beside"][1] < found["high"]
    )
    assert found["test"]["p_value"] == 1.0
    assert found["misfit"] is None
    assert any("anything in [0, 1], the slope would be 0.14" in note for note in found["notes"])


def test_a_log_exactly_on_the_law_has_a_slope_and_no_interval(capsys, tmp_path):
    path = exact_log(tmp_path / "log.csv")
    found = report(capsys, path, "--structural", "0.1")
    assert found["slope"] == pytest.approx(0.15, rel=1e-12)
    assert [found[key] for key in ("low", "high", "standard_error", "misfit")] == [None] * 4
    assert found["test"] == {"structural": 0.1, "p_value": None, "p_value_above": None}
    assert "the measurements lie exactly on the line: there is no error to estimate and no interval" in found["notes"]
    assert (tmp_path / "log.png").exists()
    assert main(["regress", str(path), "--figure", "none"]) == 0
    out = capsys.readouterr().out
    assert "slope        0.15   (no standard error)\n  95 % interval none\n" in out
    flat = "condition,generation,contamination,perplexity\n" + "".join(
        f"{name},{t},0.5,{float(20 * np.exp(slope * t))!r}\n"
        for name, slope in (("a", 0.1), ("b", 0.0))
        for t in range(5)
    )
    (tmp_path / "two.csv").write_text(flat)
    slopes = report(capsys, tmp_path / "two.csv", "--figure", "none")["conditions"]["slopes"]
    assert [(one["slope"], one["low"]) for one in slopes] == [(pytest.approx(0.4), None), (0.0, None)]


def test_the_note_on_the_next_generation_is_left_out_where_its_law_is_rejected_too(capsys, tmp_path, monkeypatch):
    words = "the law fits clearly better if it is that of the next model's"
    path = exact_log(tmp_path / "a.csv")
    for later, said in ((0.04, False), (0.06, True)):
        monkeypatch.setattr(regress, "shift", lambda *unused, later=later: Shift(0.001, later))
        notes = report(capsys, path, "--figure", "none")["notes"]
        assert any(words in note for note in notes) is said


def test_slopes_are_rounded_as_their_intervals(capsys, tmp_path):
    """A slope of five digits stood beside an error of two, and an end of three beside one of five."""
    fit = SimpleNamespace(slope=0.0872083, low=0.0394183, high=0.1349983)
    assert regress._slope(fit) == "0.087 [0.039, 0.135]"
    assert regress._slope(SimpleNamespace(slope=0.1, low=-np.inf, high=np.inf)) == "0.1 (-inf, inf)"
    assert regress._slope(SimpleNamespace(slope=0.4, low=np.nan, high=np.nan)) == "0.4 none"
    assert regress._slope(SimpleNamespace(slope=0.4, low=0.4, high=0.4)) == "0.4 [0.4, 0.4]"


def test_contamination_of_the_next_generation_is_noticed(capsys, tmp_path):
    words = "the law fits clearly better if it is that of the next model's"
    later = report(capsys, exact_log(tmp_path / "a.csv", later=True), "--figure", "none")
    assert sum(words in note for note in later["notes"]) == 1
    (said,) = (note for note in later["notes"] if words in note)
    assert re.search(r"\(p of the added term [\d.e-]+, not [\d.e-]+\)", said)
    own = report(capsys, exact_log(tmp_path / "b.csv"), "--figure", "none")
    assert not any(words in note for note in own["notes"])


@pytest.mark.parametrize(("options", "code", "lines"), [([], 0, 1), (["--figure", "gone/x.png"], 1, 1)])
def test_a_folder_that_cannot_be_written_costs_no_result(capsys, monkeypatch, log, options, code, lines):
    from mfsolve.report import laws

    def refused(*unused):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(laws, "save", refused)
    assert main(["regress", str(log), *options]) == code
    printed = capsys.readouterr()
    assert "slope        0.102" in printed.out
    assert printed.err.count("\n") == lines
    assert "figure not written: " in printed.err
    assert "Permission denied" in printed.err
    assert main(["regress", str(log), *options, "--json"]) == code
    assert json.loads(capsys.readouterr().out)["figures"] == []


def test_surroundings_change_no_result_and_no_figure(tmp_path, run_cli, run_here, log, monkeypatch):
    """Another backend, a matplotlibrc with LaTeX, an ASCII terminal, a name outside it, and standard input."""
    plain = run_here("regress", log, cwd=tmp_path)
    assert plain.returncode == 0, plain.stderr
    drawn = log.with_suffix(".png").read_bytes()
    odd = tmp_path / "données"
    odd.mkdir()
    (odd / "matplotlibrc").write_text("text.usetex: True\nlines.linewidth: 9\n")
    (odd / "log.csv").write_text(LOG)
    surroundings = {"MPLBACKEND": "nonsense", "MATPLOTLIBRC": str(odd / "matplotlibrc"), "PYTHONIOENCODING": "ascii"}
    again = run_cli("regress", odd / "log.csv", cwd=odd, env=surroundings)
    assert again.returncode == 0, again.stderr
    assert r"donn\xe9es" in again.stdout
    assert (odd / "log.png").read_bytes() == drawn
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(LOG.encode())))
    for piped in (
        run_here("regress", "-", cwd=tmp_path),
        run_cli("regress", "/dev/stdin", cwd=tmp_path, input=LOG),
    ):
        assert piped.returncode == 0, piped.stderr
        assert "slope        0.102" in piped.stdout
        assert "figure" not in piped.stdout
    assert not os.path.exists("/dev/stdin.png")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--figure", "x.svg"], "--figure: x.svg given; a file ending in .png or .pdf, or none, is needed"),
        (["--contamination", "0.5"], "log.csv: has a column 'contamination'; leave out --contamination"),
        (["--by", "arm"], "log.csv: column 'arm' is missing"),
        (["--metric", "fid"], "log.csv: column 'fid' is missing"),
        (["--metric", "speed"], "--metric: speed given; NAME:lower or NAME:higher is needed"),
        (["--level", "2"], "--level: 2 given; allowed: [0.01, 1)"),
    ],
)
def test_bad_options_are_one_line(capsys, log, options, words):
    assert main(["regress", str(log), *options]) == 2
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1


def test_a_bound_that_is_used_up_is_not_a_p_value_of_one(capsys, tmp_path):
    """Two conditions of unlike exposure: slopes of the runs, with any variances; close to the slope all is possible."""
    rng = np.random.default_rng(3)
    rows = [
        f"{kind},{seed},{t},{rho},{np.exp(0.1 * rho**2 * t + 0.01 * rng.normal())}"
        for kind, rho in (("a", 0.6), ("b", 1.0)) for seed in range(4) for t in range(6)
    ]  # fmt: skip
    path = tmp_path / "two.csv"
    path.write_text("condition,seed,generation,contamination,perplexity\n" + "\n".join(rows) + "\n")
    slope = report(capsys, path, "--figure", "none")["slope"]
    near = repr(slope * 1.001)
    test = report(capsys, path, "--figure", "none", "--structural", near)["test"]
    assert (test["p_value"], test["p_value_above"]) == (None, 0.1)
    assert main(["regress", str(path), "--figure", "none", "--structural", near]) == 0
    assert "p > 0.1, not contradicted" in capsys.readouterr().out
    far = report(capsys, path, "--figure", "none", "--structural", "0.01")["test"]
    assert far["p_value"] < 0.05
    assert far["p_value_above"] is None


def test_a_gross_error_in_one_row_is_named(capsys, tmp_path):
    rng = np.random.default_rng(4)
    rows = [
        [seed, t, min(t, 1), float(np.exp(3.0 + 0.1 * t + 0.02 * rng.normal()))] for seed in "123" for t in range(8)
    ]
    path = tmp_path / "log.csv"

    def notes():
        path.write_text("seed,generation,contamination,perplexity\n" + "\n".join(",".join(map(str, r)) for r in rows))
        return [note for note in report(capsys, path, "--figure", "none")["notes"] if "far from the line" in note]

    assert notes() == []
    rows[10][3] *= 10.0
    (note,) = notes()
    assert note.startswith("run '2', 2 generations after its first: perplexity lies far from the line")
