"""One replicate of some points in a process of its own: how long it takes, how much memory, or that it cannot be had.

`python -m mfsolve.study.execution.trial LIMIT` reads pickled trials on standard input, and prints a line of JSON for
each.
"""

import contextlib
import json
import os
import pickle
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from mfsolve.experiments import load
from mfsolve.experiments.experiment import Case
from mfsolve.study.execution.packed_case import packed
from mfsolve.study.execution.process import how_it_ended

SECONDS = 120.0
"""Patience with a probe, in processor time; what is not done by then takes longer."""
LOOK = 0.2
"""Seconds between looks at the processor time of a probe."""
SHARE = 0.1
"""Part of a processor that a probe gets at least: one that takes less does not compute, but waits."""
OUT_OF_MEMORY = "out of memory"
"""Words that a failure for want of memory opens with."""
MEMORY = re.compile("out of memory|MemoryError|bad_alloc|(unable|cannot|failed) to allocate|allocation.* fail", re.I)
"""Last words of a process that could not have the memory it asked for: of Python, C++, LLVM and OpenBLAS."""


@dataclass(frozen=True)
class Trial:
    """A replicate to be tried: of the experiment's arm in this case, by so many threads.

    `folder` is that of the study file, where a user's own module is looked for.
    """

    experiment: str
    case: Case
    seed: int
    threads: int
    folder: str = "."

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel with the case packed: its settings may be of a user's own module."""
        return packed(self, Path(self.folder))


@dataclass(frozen=True)
class TrialResult:
    """Findings of a trial: seconds of a replicate and of what is solved once, memory at its peak, or why it failed.

    Seconds are NaN where there is nothing to do, infinite where patience ran out; memory is in bytes.
    """

    draw: float
    solve: float
    memory: float
    failure: str | None = None


def probe(trials: Sequence[Trial], limit: float, patience: float = SECONDS) -> list[TrialResult]:
    """Try replicates in a process of its own that may take so many bytes more than it starts with.

    Parameters
    ----------
    trials : sequence of n Trial
    limit : float
        Bytes, > 0.
    patience : float
        Seconds of processor time for all of them together, so that the answer is the same on a busy machine.

    Returns
    -------
    list of n TrialResult
        Those that patience did not suffice for have infinite seconds.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "mfsolve.study.execution.trial", str(int(limit))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    begun, late = time.monotonic(), False
    given: bytes | None = pickle.dumps(list(trials))
    while True:
        try:
            out, said = process.communicate(given, timeout=min(LOOK, patience))
            break
        except subprocess.TimeoutExpired:
            given = None  # it is on its way
            waited = time.monotonic() - begun
            if waited > patience and max(_processor_time(process.pid), SHARE * waited) > patience and not late:
                process.kill()
                late = True
    found = [TrialResult(**json.loads(line)) for line in out.decode().splitlines() if line.startswith("{")]
    why = None if late or len(found) >= len(trials) else _why(process.returncode, said)
    rest = TrialResult(float("inf"), float("nan"), float("nan"), why)
    return found[: len(trials)] + [rest] * (len(trials) - len(found))


def _why(code: int, said: bytes) -> str:
    """Failure of a trial whose process has ended with this exit code, and has said this last."""
    lines = [line.strip() for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    for line in reversed(lines):
        if MEMORY.search(line):
            return f"{OUT_OF_MEMORY}: {line}"
    return ": ".join([f"a replicate {how_it_ended(code)}", *lines[-1:]])


def _processor_time(process: int) -> float:
    """Seconds of processor time that a process has taken so far; none where it is gone."""
    import psutil

    try:
        times = psutil.Process(process).cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def tried(trial: Trial) -> TrialResult:
    """Carry out a trial in this process."""
    draw = solve = float("nan")
    failure = None
    try:
        arm = load(trial.experiment, Path(trial.folder)).arm(trial.case)
        begun = time.perf_counter()
        if arm.solve is not None and arm.solved(trial.case):
            arm.solve(trial.case, trial.threads)
            solve = time.perf_counter() - begun
        if arm.draw is not None and arm.drawn(trial.case):
            begun = time.perf_counter()
            arm.draw(trial.case, trial.seed, 0, trial.threads)
            first = time.perf_counter() - begun
            if first < 0.5 * SECONDS:  # kernels were compiled, or read from the cache, in the first one
                begun = time.perf_counter()
                arm.draw(trial.case, trial.seed, 1, trial.threads)
            draw = time.perf_counter() - begun
        if arm.reference is not None:
            arm.reference.compute(trial.case)
    except MemoryError as error:
        failure = f"{OUT_OF_MEMORY}: {error}"
    except Exception as error:
        failure = str(error) or type(error).__name__
    return TrialResult(draw, solve, float("nan"), failure)


def main() -> None:
    """Carry out the trials on standard input."""
    answers = open(os.dup(1), "w", encoding="utf-8")  # noqa: SIM115 - until the process ends
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a model prints is no answer
    carry_out(sys.stdin.buffer, answers, int(sys.argv[1]))


def carry_out(trials: BinaryIO, answers: TextIO, limit: int) -> None:
    """Carry out the trials of a stream with a limit in bytes, and answer each by a line."""
    found: list[Trial] = pickle.load(trials)
    resource = _limited(limit)
    for trial in found:
        print(json.dumps({**vars(tried(trial)), "memory": _peak(resource)}), file=answers, flush=True)


def _peak(resource: Any) -> float:
    """Bytes that this process has taken at most; NaN where the system does not say."""
    if resource is None:
        return float("nan")
    unit = 1.0 if sys.platform == "darwin" else 1024.0  # macOS counts bytes
    return unit * float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _limited(limit: int) -> Any:
    """The module `resource`, after the address space was limited to `limit` bytes more; None where there is none."""
    try:
        import resource
    except ImportError:
        return None
    import psutil

    ceiling = psutil.Process().memory_info().vms + limit + 2**30  # threads and compiled code are no data
    with contextlib.suppress(ValueError, OSError):  # macOS has the limit, and may not set it
        resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))
    return resource


if __name__ == "__main__":
    main()
