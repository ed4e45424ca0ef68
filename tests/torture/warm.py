"""Runs of the command line in forked children of a warm process: nothing is imported or compiled twice.

with Warm() as warm:
    ended = warm.run(["run", "small.toml", "--out", "out"], folder="out", gate=("killing", 17, "after"))
"""

import contextlib
import gc
import json
import os
import resource
import select
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any, NamedTuple, Self

import torture.planted  # a fault of the zoo, where one is asked for

TESTS = torture.planted.CHECKOUT / "tests"
SECONDS = 60.0
"""Time that a child has: one that takes longer hangs."""


class Ended(NamedTuple):
    """A child: its exit code, negative where a signal has ended it; None where it hung; what it said; its calls."""

    code: int | None
    out: str
    err: str
    calls: list[list[Any]]

    @property
    def lines(self) -> list[str]:
        """Lines on standard error that say what went wrong: neither progress nor announcements."""
        usual = (
            "rep/s]",
            "s/rep]",
            "replicates to compute",
            "nothing is left to compute",
            "in processes of their own",
            "in separate processes",
        )
        return [line for line in self.err.splitlines() if line and not any(word in line for word in usual)]


class Warm:
    """A process that has imported and compiled everything, and forks a child for each run."""

    def __init__(self) -> None:
        path = os.pathsep.join(filter(None, [str(TESTS), os.environ.get("PYTHONPATH", "")]))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "torture.warm"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=os.environ | {"PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1", "HDF5_USE_FILE_LOCKING": "FALSE"},
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.communicate()

    def run(self, arguments: list[Any], **options: Any) -> Ended:
        """Run the command line in a child; see `child` for the options."""
        return self.finish(self.start(arguments, **options))

    def start(self, arguments: list[Any], **options: Any) -> int:
        """Begin a run; its process number."""
        return self._ask({"arguments": [str(a) for a in arguments], **options})

    def finish(self, process: int) -> Ended:
        """Wait for a run to end."""
        return Ended(*self._ask({"finish": process}))

    def _ask(self, what: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(what, default=str) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the warm process has ended"
        return json.loads(answer)


def child(what: dict[str, Any]) -> int:
    """The life of a child: a seam on the files below `folder`, a limit of `memory` in bytes, and the command line.

    `gate` is the name of a gate of `torture.calls` with its arguments; `note` keeps the calls.
    """
    from torture import calls

    from mfsolve import cli

    if what.get("cwd"):
        os.chdir(what["cwd"])
    noted: list[calls.Call] = []
    gate = calls.noting(noted) if what.get("note") else calls.through
    if what.get("gate"):
        name, *arguments = what["gate"]
        gate = getattr(calls, name)(*arguments)
    if what.get("memory"):
        used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (used + int(what["memory"]),) * 2)
    seam = calls.Calls(what["folder"], gate) if what.get("folder") else contextlib.nullcontext()
    try:
        with seam:
            code = cli.main(what["arguments"])
    except SystemExit as error:
        code = int(error.code or 0)
    if what.get("note"):
        kept = [(c.number, c.name, c.file, c.changes, c.site) for c in noted]
        Path(what["note"]).write_text(json.dumps(kept))
    return code


def fork(what: dict[str, Any]) -> dict[str, Any]:
    """Start a child whose standard streams are files."""
    streams = [tempfile.TemporaryFile() for _ in range(2)]  # noqa: SIM115
    process = os.fork()
    if process:
        return {"process": process, "streams": streams, "note": what.get("note"), "begun": time.monotonic()}
    code = 70
    try:
        os.setpgid(0, 0)
        for stream, number in zip(streams, (1, 2)):
            os.dup2(stream.fileno(), number)
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", closefd=False, buffering=1)  # noqa: SIM115
        try:
            code = child(what)
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def wait(found: dict[str, Any]) -> Ended:
    """The end of a child, which is killed when its time is over."""
    code: int | None = None
    descriptor = os.pidfd_open(found["process"])
    ready, _, _ = select.select([descriptor], [], [], max(0.0, SECONDS - time.monotonic() + found["begun"]))
    os.close(descriptor)
    if not ready:
        os.kill(found["process"], signal.SIGKILL)
    _, status = os.waitpid(found["process"], 0)
    if ready:
        code = os.waitstatus_to_exitcode(status)
    texts = []
    for stream in found["streams"]:
        stream.seek(0)
        texts.append(stream.read().decode("utf-8", "replace"))
        stream.close()
    note = found["note"]
    calls = json.loads(Path(note).read_text()) if note and Path(note).exists() else []
    return Ended(code, *texts, calls)


def serve() -> None:
    """Warm up, then fork as asked, line by line."""
    from torture import direct, study

    from mfsolve import cli
    from mfsolve.study.execution import execute, processes

    execute.connected = direct.connected
    processes.answer = lambda order, *unused: execute.carry_out(order)  # a start of Python each time would take hours
    answers = os.fdopen(os.dup(1), "w")
    with tempfile.TemporaryDirectory() as folder:
        small = study.write(Path(folder))
        with open(os.devnull, "w") as nothing, contextlib.redirect_stdout(nothing), contextlib.redirect_stderr(nothing):
            assert cli.main(["run", str(small), "--out", f"{folder}/out", "--workers", "1"]) == 0
    gc.disable()  # a collection in a child would copy every page of its parent
    running: dict[int, dict[str, Any]] = {}
    for line in sys.stdin:
        what = json.loads(line)
        if "finish" in what:
            answer: Any = wait(running.pop(what["finish"]))
        else:
            found = fork(what)
            running[found["process"]] = found
            answer = found["process"]
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    serve()
