"""Studies that stop by themselves: the same number of replicates however they are carried out."""

import json
import re

import h5py
import pytest

from mfsolve.commands import run as commands
from mfsolve.commands import run_directory
from mfsolve.study.file.config import load_study
from mfsolve.study.file.precision import targets
from mfsolve.study.file.source import StudyError

ASKED = ["ensemble.half_width=0.04", "ensemble.half_width_of=['contamination']"]


def run(study_file, out, *settings, **options):
    return commands.run(str(study_file), out=str(out), **{"workers": 2, **options}, settings=[*ASKED, *settings])


def rows(out):
    summary = json.loads((out / "summary.json").read_text())
    return {row["name"]: row["estimate"] for row in summary["rows"]}


def test_a_study_stops_at_its_half_width_and_goes_on_to_a_smaller_one(study_file, tmp_path, capsys, monkeypatch):
    study_file.write_text(study_file.read_text().partition('[[estimates]]\nname = "gain"')[0])
    out = tmp_path / "out"
    assert run(study_file, out) == 0
    found = rows(out)
    half = 0.5 * (found["contamination"]["high"] - found["contamination"]["low"])
    assert half <= 0.04
    count = found["contamination"]["replicates"]
    assert 12 < count < 2000
    assert found["contamination"]["method"].startswith("anytime-valid")
    assert f"{count} replicates: all requested half-widths are reached" in capsys.readouterr().err
    with h5py.File(out / "small.h5") as file:
        assert file["none/contamination"].shape[0] == count
    # a smaller one computes the others only; the larger one again shows what stands there
    before = {p.name: p.stat().st_mtime_ns for p in (out / "shards").iterdir()}
    assert run(study_file, out, "ensemble.half_width=0.032") == 0
    assert before.items() < {p.name: p.stat().st_mtime_ns for p in (out / "shards").iterdir()}.items()
    more = rows(out)["contamination"]
    assert more["replicates"] > count
    monkeypatch.setattr(commands, "compute", lambda *a: pytest.fail("computed again"))
    assert run(study_file, out, "ensemble.half_width=0.032") == 0
    assert "nothing is left to compute" in capsys.readouterr().err
    assert run_directory.show_run(str(out)) == 0
    assert run_directory.plot(str(out)) == 0
    monkeypatch.undo()
    # another computation, by one worker, of the smaller one at once
    assert run(study_file, tmp_path / "once", "ensemble.half_width=0.032", workers=1) == 0
    assert rows(tmp_path / "once")["contamination"]["low"] <= more["high"]


def test_the_most_replicates_are_an_end(study_file, tmp_path, capsys):
    assert run(study_file, tmp_path / "out", "ensemble.half_width=1e-9", "ensemble.most_replicates=20") == 0
    assert "after 20 replicates, the most allowed" in capsys.readouterr().err
    assert rows(tmp_path / "out")["contamination"]["replicates"] == 20


def test_slices_cannot_stop_by_themselves(study_file, tmp_path):
    with pytest.raises(StudyError, match="half_width: the study stops depending on its results; run it without slices"):
        run(study_file, tmp_path / "out", shard=(1, 2))


def test_an_estimate_may_have_a_half_width_of_its_own(study_file):
    study = load_study(study_file, [ASKED[0]])
    assert targets(study) == {"contamination": 0.04, "gain": 0.04}
    study_file.write_text(study_file.read_text().replace('name = "gain"', 'name = "gain"\nhalf_width = 0.1'))
    assert targets(load_study(study_file)) == {"gain": 0.1}
    assert targets(load_study(study_file, ASKED)) == {"contamination": 0.04, "gain": 0.1}


REFUSED = {
    "name": (["ensemble.half_width=0.1", "ensemble.half_width_of=['contaminatio']"], r"half_width_of: 'contaminatio' given: no such estimate; did you mean contamination\?"),
    "no width": (["ensemble.half_width_of=['gain']"], r"ensemble\.half_width: is missing"),
    "zero": (["ensemble.half_width=0"], r"ensemble\.half_width: 0 given; .*\(0, inf\)"),
    "most": (["ensemble.half_width=0.1", "ensemble.most_replicates=5"], r"most_replicates: 5 given; at least replicates = 12"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_line(study_file, case):
    settings, expected = REFUSED[case]
    with pytest.raises(StudyError) as caught:
        load_study(study_file, settings)
    assert re.search(expected, str(caught.value)), str(caught.value)


def test_a_statistic_without_an_anytime_interval_is_refused(study_file):
    text = '\n[[estimates]]\nname = "median"\nquantity = "quality"\npolicy = "none"\nstatistic = "quantile"\nprobability = 0.5\n'
    study_file.write_text(study_file.read_text() + text + "half_width = 0.1\n")
    with pytest.raises(
        StudyError, match=r"'median': half_width: a quantile has no interval on which to stop; allowed: mean"
    ):
        load_study(study_file)
