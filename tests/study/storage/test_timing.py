"""Time of a run: of all its executions, interrupted or side by side; unknown where a part of it is."""

import json

import pytest

from mfsolve.commands import run as commands
from mfsolve.commands.verify import Report
from mfsolve.study.storage.timing import Timing, note, seconds_of, sum_up


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "shards").mkdir()
    return tmp_path


def test_executions_add_up_whatever_their_order_and_however_often_they_are_summed(folder):
    sum_up(folder, 4)
    assert seconds_of(folder) is None
    note(folder / "shards", Timing(3, 1.5, 1.0, 2))
    sum_up(folder, 4)
    assert seconds_of(folder) is None  # a replicate is unaccounted for, as after a crash
    note(folder / "shards", Timing(1, 0.25, 0.5, 1))
    sum_up(folder, 4), sum_up(folder, 4)
    assert seconds_of(folder) == 1.75
    assert json.loads((folder / "timing.json").read_text()) == {
        "replicates": 4,
        "simulation_seconds": 1.75,
        "wall_seconds": 1.5,
        "workers": 2,
        "of": 4,
    }


def test_a_record_from_before_there_were_notes_is_of_unknown_extent_and_is_added_to_once(folder):
    (folder / "timing.json").write_text(json.dumps(Timing(3, 1.5, 1.0, 2)._asdict()))
    assert seconds_of(folder) is None
    for _ in range(2):
        note(folder / "shards", Timing(1, 0.25, 0.5, 1))
        sum_up(folder, 5)
    assert seconds_of(folder) == 2.0


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"replicates": 3}', "\x00",
    '{"replicates": -3, "simulation_seconds": 1, "wall_seconds": 1, "workers": 1}',
    '{"replicates": 3, "simulation_seconds": NaN, "wall_seconds": 1, "workers": 1}',
    '{"replicates": true, "simulation_seconds": 1, "wall_seconds": 1, "workers": 1}'])  # fmt: skip
def test_what_is_no_note_takes_no_part(folder, text):
    (folder / "timing.json").write_text(text)
    (folder / "shards/timing-0.json").write_text(text)
    note(folder / "shards", Timing(1, 0.25, 0.5, 1))
    sum_up(folder, 1)
    assert seconds_of(folder) == 0.25


def test_a_study_that_goes_on_has_taken_the_time_of_all_its_executions(tmp_path, study_text):
    (tmp_path / "small.toml").write_text(study_text)
    out = tmp_path / "out"

    def run(**options):
        assert commands.run(str(tmp_path / "small.toml"), out=str(out), workers=1, **options) == 0
        return Report.read(out).seconds

    first = run()
    notes = set((out / "shards").glob("timing-*.json"))
    more = json.loads((out / "summary.json").read_text())["study"]["ensemble"]["replicates"] + 2
    second = run(replicates=more)
    (new,) = set((out / "shards").glob("timing-*.json")) - notes
    assert second == pytest.approx(first + json.loads(new.read_text())["simulation_seconds"], rel=1e-12)
    assert second > first > 0.0
    new.unlink()  # as a crash before it was written
    (out / "summary.json").unlink(), next(out.glob("*.h5")).unlink()
    assert run(replicates=more) is None
