"""A run does not depend on who reads its output, and can be stopped at any moment."""

import contextlib
import os
import subprocess
import sys

import h5py
import pytest

from mfsolve.cli import main
from mfsolve.study.storage.shards import checksum

LINE = "stopped; what was stored is kept, run the same command again to go on"

STOPPED = """
import os, signal, sys, threading, time
import mfsolve.__main__ as entry

where = sys.argv.pop(1)

def stop(*unused, **options):
    for _ in range(3):
        os.kill(os.getpid(), signal.SIGINT)
    time.sleep(60)

if where == "imports":
    class Finder:
        def find_spec(self, name, *unused):
            if name == "numba":
                stop()
    sys.meta_path.insert(0, Finder())
elif where == "joining":
    from mfsolve.study.storage import join, store
    calls = []
    store.write_group = lambda *arguments: calls.append(stop() if calls else join.write_group(*arguments))
elif where == "report":
    import mfsolve.report.rows
    mfsolve.report.rows.begin_to_analyse = stop
elif where == "endless":
    from mfsolve.experiments import load
    arm = load("collapse").arms["none"]
    def endless(*arguments):
        threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        time.sleep(60)
    object.__setattr__(arm, "draw", endless)
    object.__setattr__(arm, "draw_many", None)
entry.start()
"""


def contents(folder):
    with h5py.File(folder / "small.h5") as file:
        return {name: checksum(file[name]) for name in file}


@pytest.fixture(scope="module")
def whole(study_text, tmp_path_factory):
    """What the small study stores."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "small.toml").write_text(study_text)
    assert main(["run", str(folder / "small.toml"), "--out", str(folder)]) == 0
    return contents(folder)


@pytest.mark.parametrize(
    "where",
    [
        "imports",
        "joining",
        pytest.param("report", marks=[pytest.mark.slow, pytest.mark.exhaustive]),
        pytest.param("endless", marks=[pytest.mark.slow, pytest.mark.exhaustive]),
    ],
)
def test_several_stops_in_a_row_are_one_line(study_file, tmp_path, whole, where):
    out = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "-c", STOPPED, where, "run", "-q", str(study_file), "--out", str(out)],
        capture_output=True, text=True, timeout=50, check=False,
    )  # fmt: skip
    assert done.returncode == 130, done.stderr
    assert [line for line in done.stderr.splitlines() if "/24 [" not in line] == [LINE]
    assert main(["run", str(study_file), "--out", str(out)]) == 0
    assert contents(out) == whole
    assert not list(out.rglob(".*"))


@pytest.fixture(params=["unread", "full", "closed"])
def nobody(request):
    """A stream that nobody reads: a pipe without a reader, a full disk, a closed descriptor."""
    with contextlib.ExitStack() as stack:

        def opened():
            if request.param == "closed":
                return None
            reader, writer = os.pipe()
            os.close(reader)
            if request.param == "full":
                os.dup2(os.open("/dev/full", os.O_WRONLY), writer)
            stack.enter_context(contextlib.suppress(OSError))
            return stack.enter_context(open(writer, "w", buffering=1))

        yield opened


def test_the_result_does_not_depend_on_who_reads_the_output(study_file, tmp_path, whole, monkeypatch, nobody, request):
    out, full = tmp_path / "out", "full" in request.node.name
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", nobody())
        assert main(["run", str(study_file), "--out", str(out)]) == 0
    assert contents(out) == whole
    assert (out / "summary.json").exists()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", nobody())
        assert main(["show", str(out)]) == (1 if full else 0)
