"""A run as a whole: same bits however it is carried out, and nothing is ever lost."""

import contextlib
import fcntl
import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest
import xarray as xr

from mfsolve.commands import run as commands
from mfsolve.commands import run_directory
from mfsolve.commands.terminal import FAILED
from mfsolve.experiments import load
from mfsolve.models import collapse
from mfsolve.study.blocks import Block, draw_block
from mfsolve.study.execution import execute, plan
from mfsolve.study.execution import task_sizes as pace
from mfsolve.study.file.config import load_study
from mfsolve.study.file.source import StudyError
from mfsolve.study.origin.software import software
from mfsolve.study.storage.join import DeterminismError
from mfsolve.study.storage.shards import checksum, content, named, write_shard
from mfsolve.study.storage.store import RunDirectory


def bits(directory) -> dict[str, str]:
    """Fingerprints of all groups of the consolidated file of a run directory."""
    (path,) = directory.glob("*.h5")
    prints = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: prints.update({name: checksum(item)}) if isinstance(item, h5py.Group) else None
        )
    return prints


def run(study_file, out, **options):
    return commands.run(str(study_file), out=str(out), **{"workers": 2, **options})


@pytest.fixture(scope="module")
def finished(tmp_path_factory, study_text):
    """Run directory of the small study carried out by one worker without interruption."""
    folder = tmp_path_factory.mktemp("reference")
    (folder / "small.toml").write_text(study_text)
    assert run(folder / "small.toml", folder / "out", workers=1) == 0
    return folder / "out"


@pytest.fixture
def out(finished, tmp_path):
    """A copy of it."""
    return shutil.copytree(finished, tmp_path / "out")


@pytest.fixture(scope="module")
def reference(finished):
    """Its bits."""
    return bits(finished)


def test_bits_do_not_depend_on_workers(study_file, tmp_path, reference):
    for workers in (2, 4):
        assert run(study_file, tmp_path / str(workers), workers=workers) == 0
        assert bits(tmp_path / str(workers)) == reference


@pytest.mark.parametrize("size", [1, 5, 100])
def test_bits_do_not_depend_on_task_size(study_file, tmp_path, reference, monkeypatch, size):
    monkeypatch.setattr(commands, "default_size", lambda replicates, parts: size)
    assert run(study_file, tmp_path / "out") == 0
    assert bits(tmp_path / "out") == reference


def test_short_replicates_share_files_and_bits_do_not_depend_on_that(study_file, tmp_path, monkeypatch):
    """Of two points with 60 replicates each, one at a time: as they are, and with all that is known taken as short."""
    monkeypatch.setattr(commands, "default_size", lambda replicates, parts: 1)
    for name, short in (("apart", -1.0), ("together", math.inf)):
        monkeypatch.setattr(pace, "SHORT", short)
        assert run(study_file, tmp_path / name, workers=1, replicates=60) == 0
    apart, together = (len(list((tmp_path / name / "shards").glob("*.h5"))) for name in ("apart", "together"))
    assert apart == 120
    assert together < 40
    assert bits(tmp_path / "together") == bits(tmp_path / "apart")


def test_consolidated_file_holds_what_simulate_returns(finished):
    with xr.open_dataset(finished / "small.h5", engine="h5netcdf", group="closed_form") as data:
        path = collapse.simulate(
            collapse.Parameters(), "closed_form", 300, 4, 5, 7, 11, record=collapse.Record(snapshots=(2, 5))
        )
        for name in path:
            assert data[name].sel(replicate=11).values.tobytes() == path[name].values.tobytes(), name
        assert data.contamination.dims == ("replicate", "generation")
        assert data.w2_drift.attrs["units"] == "human standard deviations"
        assert data.content.dims == ("replicate", "snapshot", "bin")
        assert list(data.snapshot.values) == [2, 5]
    with h5py.File(finished / "small.h5") as file:
        assert file.attrs["schema_version"] == 1
        for key in ("study", "versions", "code", "git_revision", "host", "seed", "created"):
            assert file.attrs[key], key


def test_second_run_computes_nothing(study_file, tmp_path, monkeypatch, capsys):
    assert run(study_file, tmp_path / "out") == 0
    first = capsys.readouterr().out
    monkeypatch.setattr(commands, "compute", lambda *a: pytest.fail("computed again"))
    assert run(study_file, tmp_path / "out") == 0
    again = capsys.readouterr()
    assert "nothing is left to compute" in again.err
    assert again.out == first


def test_more_replicates_keep_the_first_ones(study_file, tmp_path, reference):
    assert run(study_file, tmp_path / "out", replicates=5) == 0
    before = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "out/shards").iterdir()}
    assert run(study_file, tmp_path / "out") == 0
    after = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "out/shards").iterdir()}
    assert before.items() < after.items()
    assert bits(tmp_path / "out") == reference


def test_lost_and_broken_shards_are_computed_again(study_file, out, reference, capsys):
    shards = sorted((out / "shards").iterdir())
    shards[0].unlink()
    shards[1].write_bytes(shards[1].read_bytes()[:1000])
    for shard, place in ((shards[2], 256), (shards[3], 320)):  # places where HDF5 itself never comes back
        data = bytearray(shard.read_bytes())
        data[place : place + 64] = bytes(64)
        shard.write_bytes(data)
    (out / "small.h5").unlink()
    assert run(study_file, out) == 0
    said = capsys.readouterr().err
    assert f"{shards[1]}: cut short or damaged" in said
    assert said.count("checksum does not match: set aside") == 2
    assert bits(out) == reference


def test_damaged_consolidated_file_is_rebuilt_from_shards(study_file, out, reference, monkeypatch):
    with h5py.File(out / "small.h5", "r+") as file:
        file["none/contamination"][3, 3] += 1e-9
    monkeypatch.setattr(execute, "carry_out", lambda order: pytest.fail("computed again"))
    assert run(study_file, out) == 0
    assert bits(out) == reference


def test_another_study_is_refused_and_the_difference_named(study_file, tmp_path):
    assert run(study_file, tmp_path / "out", replicates=2) == 0
    with pytest.raises(StudyError, match=r"parameters\.imitation: 0\.6504 there, 0\.5 here"):
        run(study_file, tmp_path / "out", settings=["parameters.imitation=0.5"])
    assert run(study_file, tmp_path / "out", replicates=2, settings=["ensemble.level=0.9", "title='new'"]) == 0


def test_results_of_other_code_are_not_mixed(study_file, tmp_path):
    assert run(study_file, tmp_path / "out", replicates=2) == 0
    made_by = tmp_path / "out/run.json"
    made_by.write_text(json.dumps(json.loads(made_by.read_text()) | {"code": "0" * 16}))
    with pytest.raises(StudyError, match="other code"):
        run(study_file, tmp_path / "out", replicates=3)


def test_slices_and_merge(study_file, tmp_path, reference, capsys):
    out = tmp_path / "out"
    assert run(study_file, out, shard=(1, 3)) == 0
    assert run(study_file, out, shard=(3, 3)) == 0
    assert run_directory.merge(str(out)) == FAILED
    assert re.search(
        r" \d+ replicates are missing, first \d+( to \d+)? of arm \w+; compute them", capsys.readouterr().err
    )
    with pytest.raises(StudyError, match=r"ensemble\.replicates: 12 there, 8 here"):
        run(study_file, out, shard=(2, 3), replicates=8)
    assert run(study_file, out, shard=(2, 3)) == 0
    with contextlib.ExitStack() as stack:  # HDF5 asks for locks, which not every file system has
        for path in out.rglob("*.h5"):
            fcntl.flock(stack.enter_context(open(path, "rb")), fcntl.LOCK_EX)
        assert run_directory.merge(str(out)) == 0
        assert bits(out) == reference
        fcntl.flock(stack.enter_context(open(out / "small.h5", "rb")), fcntl.LOCK_EX)
        assert run_directory.show_run(str(out)) == 0
        assert RunDirectory(out, load_study(study_file)).finished()


def test_what_others_have_written_into_a_run_directory_is_refused_by_name(study_file, tmp_path, capsys):
    """Shards of other code, records that are damaged or point elsewhere: one line each, and nothing is joined."""
    out = tmp_path / "out"
    assert run(study_file, out, shard=(1, 1)) == 0
    shard = min((out / "shards").iterdir())
    whole, record = shard.read_bytes(), (out / "run.json").read_text()
    block = draw_block(load("collapse").arms["none"], load_study(study_file).points[0].case, 7, range(1), 1)
    held = named(shard)
    for name, other in (("code", "f" * 16), ("numpy", "1.0"), ("numba", "0.1")):
        shard.unlink()
        write_shard(shard.parent, held.key, held.start, block, block.arrays, {**software("collapse"), name: other})
        with pytest.raises(StudyError, match=rf"{shard.name}: has {name} {other}, not "):
            run_directory.merge(str(out))
    shard.write_bytes(whole)
    for name in ("../small", "/tmp/small", "", ".", 5):
        (out / "run.json").write_text(json.dumps({**json.loads(record), "name": name}))
        with pytest.raises(StudyError, match=r"run\.json: name: .* given"):
            run_directory.merge(str(out))
    for text in ("", "{", "[]", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "[" * 5000):
        (out / "run.json").write_text(text)
        for ask in (lambda: run_directory.merge(str(out)), lambda: run(study_file, out)):
            with pytest.raises(StudyError, match=r"run\.json: damaged; delete it and run the study again") as told:
                ask()
            assert "\n" not in str(told.value)
    (out / "run.json").write_text(record)
    assert run_directory.merge(str(out)) == 0
    (out / "summary.json").write_text('{"rows": [')
    with pytest.raises(StudyError, match=r"summary\.json: damaged; rewrite it with: mfsolve merge"):
        run_directory.show_run(str(out))
    data = bytearray((out / "small.h5").read_bytes())
    data[len(data) // 2] ^= 1
    (out / "small.h5").write_bytes(data)
    with pytest.raises(StudyError, match=r"small\.h5: checksum does not match; rewrite it with: mfsolve merge"):
        run_directory.plot(str(out))
    assert not (tmp_path / "small.h5").exists()


def test_two_computations_that_differ_are_an_error(study_file, tmp_path, out):
    assert run(study_file, tmp_path / "b", settings=["ensemble.seed=8"]) == 0
    directory = RunDirectory(out, load_study(study_file))
    shards, _ = directory.scan()
    first = next(s for s in shards if s.start == 0)
    other = next(
        s for s in RunDirectory(tmp_path / "b", load_study(study_file, ["ensemble.seed=8"])).scan()[0] if s.start == 0
    )
    arrays = content(other)
    point = next(p for p in directory.study.points if p.key == first.key)
    outputs = directory.study.experiment.arm(point.case).drawn(point.case)
    held = Block(other.stop, {name: arrays[name] for name in outputs})
    fake = write_shard(tmp_path, first.key, 0, held, outputs, software(directory.study.experiment))
    shards.append(type(first)(fake, first.key, 0, other.stop))
    with pytest.raises(DeterminismError, match="other bits"):
        directory.consolidate(shards)


def test_failing_task_is_reported_and_the_others_are_stored(study_file, tmp_path, monkeypatch, capsys):
    arm = load("collapse").arms["none"]
    draw = arm.draw

    def fails_at_five(case, seed, replicate, threads):
        if replicate == 5:
            raise ZeroDivisionError("five")
        return draw(case, seed, replicate, threads)

    object.__setattr__(arm, "draw", fails_at_five)
    try:
        assert run(study_file, tmp_path / "out") == FAILED
    finally:
        object.__setattr__(arm, "draw", draw)
    assert "ZeroDivisionError: five" in capsys.readouterr().err
    log = (tmp_path / "out/failures.log").read_text()
    assert "replicate 5" in log
    assert "Traceback" in log
    held = sum(int(p.stem.split("-")[2]) - int(p.stem.split("-")[1]) for p in (tmp_path / "out/shards").glob("*.h5"))
    assert held == 23
    assert run(study_file, tmp_path / "out") == 0


def test_full_disk_ends_the_run_with_one_line(study_file, tmp_path, monkeypatch, capsys, reference):
    write = execute.write_shard
    calls = []

    def full(*arguments):
        calls.append(1)
        if len(calls) > 3:
            raise OSError(28, "No space left on device")
        return write(*arguments)

    monkeypatch.setattr(execute, "write_shard", full)
    assert run(study_file, tmp_path / "out") == FAILED
    error = capsys.readouterr().err
    assert "No space left on device" in error
    assert "Traceback" not in error
    monkeypatch.undo()
    assert run(study_file, tmp_path / "out") == 0
    assert bits(tmp_path / "out") == reference


def start(study_file, out, *options):
    return subprocess.Popen(
        [sys.executable, "-m", "mfsolve", "run", str(study_file), "--out", str(out), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=study_file.parent,
    )


ITEMS = ["population.producers=20000", "population.items=16"]
"""A replicate takes a hundredth of a second."""


def sized(replicates):
    """Options of a run of so many replicates that there is time to stop it."""
    return [*(word for setting in ITEMS for word in ("--set", setting)), "--replicates", str(replicates)]


def wait_for_shards(process, out, count):
    for _ in range(4800):
        if len(list(out.glob("shards/*.h5"))) >= count:
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.kill()
    process.communicate()
    pytest.fail("no shards appeared")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_run_stores_what_is_done_and_says_how_to_go_on(study_file, tmp_path, number):
    out = tmp_path / "out"
    process = start(study_file, out, *sized(800))
    wait_for_shards(process, out, 2)
    process.send_signal(number)
    _, error = process.communicate(timeout=120)
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143}[number]
    by = {signal.SIGINT: r"Ctrl-C \(SIGINT\)", signal.SIGTERM: "SIGTERM"}[number]
    assert re.search(rf"stopped by {by}: \d+ of 1600 replicates were stored; run the same command again", error)
    assert "Traceback" not in error
    assert not list(out.glob("shards/.*"))
    assert not (out / "small.h5").exists()


def test_killed_run_goes_on_and_ends_with_the_same_bits(study_file, tmp_path):
    out = tmp_path / "out"
    process = start(study_file, out, *sized(96))
    wait_for_shards(process, out, 2)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert not (out / "small.h5").exists()
    kept = {p.name: p.stat().st_mtime_ns for p in (out / "shards").glob("*.h5")}
    for target in (out, tmp_path / "whole"):
        assert run(study_file, target, replicates=96, settings=ITEMS) == 0
    assert kept.items() <= {p.name: p.stat().st_mtime_ns for p in (out / "shards").glob("*.h5")}.items()
    assert not list(out.glob("shards/.*"))
    assert bits(out) == bits(tmp_path / "whole")


def test_attached_scheduler_gives_the_same_bits(study_file, tmp_path, reference):
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0") as cluster:
        assert run(study_file, tmp_path / "out", scheduler=cluster.scheduler_address) == 0
    assert bits(tmp_path / "out") == reference


def test_unreachable_scheduler_is_one_line(study_file, tmp_path, run_here, monkeypatch):
    monkeypatch.setattr("mfsolve.study.execution.workers.CONNECT", 1.0)
    done = run_here("run", study_file, "--scheduler", "tcp://127.0.0.1:9", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.strip().splitlines()[-1].startswith("--scheduler tcp://127.0.0.1:9: ")


def test_tasks_cover_every_replicate_once(study_file):
    study = load_study(study_file)
    for size in (1, 5, 12, 50):
        tasks = plan.plan(study, size)
        covered = sorted((t.point, r) for t in tasks for r in range(t.start, t.stop))
        assert covered == [(p, r) for p in range(2) for r in range(12)]
        slices = [plan.share_of(tasks, i, 5) for i in range(1, 6)]
        assert sorted((t for s in slices for t in s), key=tasks.index) == tasks


def test_replicates_of_a_point_differ(study_file, tmp_path):
    assert run(study_file, tmp_path / "out") == 0
    with h5py.File(tmp_path / "out/small.h5") as file:
        final = file["none/contamination"][:, -1]
    assert len(np.unique(final)) > 8


@pytest.mark.slow
def test_peak_memory_does_not_grow_with_replicates(study_file, tmp_path):
    """Twenty times the replicates may cost what their results weigh in the estimates, not what they weigh on disk."""
    script = (
        "import resource, sys; from mfsolve.cli import main; code = main(sys.argv[1:]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss); sys.exit(code)"
    )
    peaks = {}
    for replicates in (500, 10_000):
        done = subprocess.run(
            [sys.executable, "-c", script, "run", str(study_file), "--out", str(tmp_path / str(replicates)),
             "--replicates", str(replicates), "--set", "record.snapshots=[]", "--json"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        peaks[replicates] = int(done.stdout.split()[-1]) / 1024  # MiB
    stored = sum(path.stat().st_size for path in (tmp_path / "10000/shards").iterdir()) / 2**20
    assert stored > 10.0
    # bootstrap of the gain: 9999 resamples of 10 000 pairs would be 1.6 GiB at once; batches keep it to tens
    assert peaks[10_000] - peaks[500] < 64.0, peaks
