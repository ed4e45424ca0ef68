"""Tasks that do not end, or end their process: with real ones, and what is noted of them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import pytest

from mfsolve.cli import main
from mfsolve.study.execution import isolation
from mfsolve.study.execution.pending_tasks import InFlight, Part, clear_stored, in_flight
from mfsolve.study.storage.shards import checksum

SLOW = pytest.mark.slow
MODEL = '''"""A number, which one replicate does not give while the environment says so."""

import os
import signal
import time
from pathlib import Path

from mfsolve.experiments import Arm, Experiment, Frozen, Output, generator


def drawn(case):
    """A number."""
    return {"end": Output((), "end")}


def draw(case, seed, replicate, threads):
    """Draw it; what a model prints is no answer."""
    print("drawing", replicate)
    odd = os.environ.get("ODD")
    if replicate == 5 and odd:
        Path(os.environ["PIDS"]).open("a").write(f"{os.getpid()} ")
        while odd == "hangs":
            time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGSEGV)
    return {"end": generator(seed, replicate).standard_normal(1).reshape(())}


EXPERIMENT = Experiment(
    name="odd", title="odd", parameters=Frozen, population=Frozen, arms={"drawn": Arm(Frozen, draw, drawn)},
    section="ways", word="way",
)
'''
STUDY = """
title = "odd"
model = "odd:EXPERIMENT"
figures = []

[ways.drawn]

[ensemble]
replicates = 16
seed = 7

[[estimates]]
name = "end"
way = "drawn"
quantity = "end"
"""


@pytest.fixture
def odd(tmp_path, monkeypatch):
    """A study with a replicate that hangs or kills as ODD says, the command that runs it, and who has tried it."""
    (tmp_path / "odd.py").write_text(MODEL)
    (tmp_path / "odd.toml").write_text(STUDY)
    monkeypatch.setenv("PIDS", str(tmp_path / "pids"))
    monkeypatch.setattr(isolation, "TRIES", 2)
    return ["run", str(tmp_path / "odd.toml"), "--workers", "1", "--out"]


def contents(folder: Path) -> dict[str, str]:
    """Fingerprints of the joined file."""
    with h5py.File(folder / "odd.h5") as file:
        return {name: checksum(file[name]) for name in file}


def alive(folder: Path) -> list[str]:
    """Processes that have tried the odd replicate and live still."""
    return [pid for pid in (folder / "pids").read_text().split() if Path(f"/proc/{pid}").exists()]


def given_up(command, out, said, why):
    """Run what cannot succeed: one line that names the replicate, and all others are stored."""
    assert main([*command[:-1], "--out", str(out)]) == 1
    (line,) = [line for line in said.readouterr().err.splitlines() if "failed" in line]
    assert line.startswith(f"1 task failed, the others are stored; drawn: replicate 5 {why}")
    held = sum(
        int(stop) - int(start) for path in (out / "shards").glob("*.h5") for _, start, stop in [path.stem.split("-")]
    )
    assert held == 15


@SLOW
def test_a_replicate_that_hangs_is_ended_and_named_and_comes_later_to_the_same_bits(odd, tmp_path, monkeypatch, capfd):
    out = tmp_path / "out"
    monkeypatch.setenv("ODD", "hangs")
    given_up([*odd[:-1], "--task-time", "0:01", "--out"], out, capfd, "alone took longer than 0:00:01; all: ")
    assert len((tmp_path / "pids").read_text().split()) == 2
    assert alive(tmp_path) == []
    monkeypatch.delenv("ODD")
    assert main([*odd, str(out), "--task-time", "5"]) == 0
    assert main([*odd, str(tmp_path / "whole")]) == 0
    assert contents(out) == contents(tmp_path / "whole")


@SLOW
def test_a_replicate_that_kills_the_run_is_named_by_the_next_one(odd, tmp_path, monkeypatch, capfd):
    """The first run dies with it; later ones know what was under way, and try that in processes of their own."""
    out = tmp_path / "out"
    monkeypatch.setenv("ODD", "kills")
    first = subprocess.run([sys.executable, "-m", "mfsolve", *odd, str(out)], capture_output=True, check=False)
    assert first.returncode == -signal.SIGSEGV
    given_up(odd, out, capfd, "alone ended its process by SIGSEGV")
    given_up(odd, out, capfd, "ended its process by SIGSEGV, 2 times")
    monkeypatch.delenv("ODD")
    assert main([*odd, str(out)]) == 0
    assert main([*odd, str(tmp_path / "whole")]) == 0
    assert contents(out) == contents(tmp_path / "whole")
    assert not list(out.rglob(".*"))


@SLOW
@pytest.mark.exhaustive
def test_a_worker_of_a_cluster_ends_what_hangs_and_works_on(odd, tmp_path, monkeypatch, capfd):
    from distributed import LocalCluster

    out = tmp_path / "out"
    with LocalCluster(
        n_workers=1,
        threads_per_worker=2,
        processes=False,
        protocol="tcp://",
        dashboard_address=None,
        silence_logs=50,
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
        worker_dashboard_address="127.0.0.1:0",
    ) as cluster:
        there = ["--scheduler", cluster.scheduler_address, "--task-time", "0:01", "--out"]
        monkeypatch.setenv("ODD", "hangs")
        given_up([*odd[:-1], *there], out, capfd, "alone took longer than 0:00:01")
        assert alive(tmp_path) == []
        monkeypatch.delenv("ODD")
        assert main([*odd[:-1], *there, str(out)]) == 0
    assert main([*odd, str(tmp_path / "whole")]) == 0
    assert contents(out) == contents(tmp_path / "whole")


@SLOW
@pytest.mark.exhaustive
@pytest.mark.parametrize("stops", [[signal.SIGINT, signal.SIGINT], [signal.SIGKILL]])
def test_nothing_outlives_a_run_that_is_ended(odd, tmp_path, stops):
    """A process that hangs does not hear of a stop; it ends with the one that has started it."""
    running = subprocess.Popen(
        [sys.executable, "-m", "mfsolve", *odd, str(tmp_path / "out"), "--task-time", "10"],
        env=os.environ | {"ODD": "hangs"},
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (tmp_path / "pids").exists() or not (tmp_path / "pids").read_text():
        assert running.poll() is None
        time.sleep(0.05)
    for number in stops:
        running.send_signal(number)
        time.sleep(0.5)
    _, said = running.communicate(timeout=60)
    if signal.SIGKILL not in stops:
        assert running.returncode == 130
        assert said.splitlines()[-1] == "stopped; what was stored is kept, run the same command again to go on"
        assert not list(tmp_path.rglob("*.underway"))
    end = time.monotonic() + 20.0
    while alive(tmp_path) and time.monotonic() < end:
        time.sleep(0.05)
    assert alive(tmp_path) == []


def test_a_task_needs_some_time(odd, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*odd, str(tmp_path / "out"), "--task-time", "0"])
    assert ended.value.code == 2
    assert "a span of time above 0 is needed" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_notes_of_a_process_that_is_gone_name_what_it_had_begun(tmp_path):
    """Notes of a living process are no suspicion; settled ones go, and those of what is not stored stay."""
    one, two, solved = Part("a" * 16, 0, 4, False), Part("a" * 16, 4, 8, False), Part("a" * 16, 0, 1, True)
    with in_flight(tmp_path) as notes:
        for part in (one, two, solved):
            notes.begin(part)
        notes.end(one)
        (mine,) = tmp_path.iterdir()
        text = mine.read_bytes()
        assert InFlight(tmp_path).suspects == []
    assert list(tmp_path.iterdir()) == []
    place, process, moment, rest = mine.name.split(".")[2].split("-")
    gone = tmp_path / f".tasks.{place}-{process}-{int(moment) + 1}-{rest}.underway"
    for damaged, found in (
        (text[:-3], [one, two, solved]),
        (text + b"+zz 1\n\xff", [two, solved]),
        (text, [two, solved]),
    ):
        gone.write_bytes(damaged)
        assert InFlight(tmp_path).suspects == found
    (tmp_path / f"{'a' * 16}-4-7.h5").touch()
    clear_stored(tmp_path)
    assert gone.exists()
    for name in ("4-8", "solved"):
        (tmp_path / f"{'a' * 16}-{name}.h5").touch()
    clear_stored(tmp_path)
    assert not gone.exists()
    assert two.meets(Part("a" * 16, 7, 9, False))
    assert not two.meets(one)
    assert not two.meets(Part("a" * 16, 4, 8, True))
