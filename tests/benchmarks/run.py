"""Rows carried out: each in a process of its own, so that one that fails, hangs or kills its process ends alone."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil
from benchmarks import measure
from benchmarks.row import Contender, Maker, Row

import mfsolve

COSTLY = 3.0
"""Processor seconds to make a peer beyond which it is not made again at other sizes, for the exponent of its cost."""
LONGEST = 100.0
"""Processor seconds that a row may take on one core, or on all, before it is ended; of the clock, ten times as many."""
SERIAL = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "POLARS_MAX_THREADS",
)

Outcome = dict[str, Any]
"""A measured row as `--json` prints it."""


def version(package: str) -> str:
    """Installed version of a distribution; empty where it is not installed. Ours is that of the sources."""
    if package == "mfsolve":
        return mfsolve.__version__
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def apart(row: Row, room: str, threads: int, quick: bool = False) -> Outcome:
    """Measure a row of a file in a new process; what ends that is its outcome, too."""
    environment = os.environ | {name: str(threads) for name in SERIAL}
    with tempfile.TemporaryDirectory() as folder:
        answer, errors = Path(folder) / "row.json", Path(folder) / "errors"
        command = [sys.executable, "-P", str(Path(__file__).parent / "__main__.py"), *["--quick"] * quick]
        command += ["--room", room, "--only", row.name, "--threads", str(threads), "--answer", str(answer)]
        with errors.open("wb") as file, subprocess.Popen(command, env=environment, stdout=file, stderr=file) as process:
            if _ended(process):
                process.kill()
                return failed(row, threads, f"not through after {LONGEST:g} s")
        if process.returncode == 0 and answer.exists():
            outcome: Outcome = json.loads(answer.read_text())
            return outcome
        lines = errors.read_text(errors="replace").strip().splitlines() or [f"ended with status {process.returncode}"]
        return failed(row, threads, lines[-1])


def _ended(process: "subprocess.Popen[bytes]") -> bool:
    """Wait for a process; True where it has used up its time."""
    start = time.monotonic()
    while process.poll() is None:
        with contextlib.suppress(psutil.Error):
            used = psutil.Process(process.pid).cpu_times()
            if used.user + used.system > LONGEST or time.monotonic() - start > 10 * LONGEST:
                return True
        time.sleep(0.1)
    return False


def failed(row: Row, threads: int, why: str) -> Outcome:
    """The outcome of a row that was not measured."""
    return {"name": row.name, "threads": threads, "failed": why, "size": row.size, "peers": []}


def measured(row: Row, threads: int, quick: bool = False) -> Outcome:
    """Measure a row in this process: ours, every peer that is there, and the limit, in turn; `quick` without exponents."""
    measure.pinned(threads)
    sizes = () if quick or threads > 1 else row.sizes
    meter = measure.counter if row.counted else measure.clock(wall=row.wall or threads > 1)
    makers: dict[str, Maker] = {}
    peers: list[Outcome] = []
    costly: set[str] = set()
    for peer in row.peers:
        if threads == 1 or peer.threaded:
            found = {"package": peer.package, "uses": peer.uses, "less": peer.less, "version": version(peer.package)}
            peers.append(found)
            makers[peer.uses] = peer.make
    contenders: dict[str, Contender] = {"": row.ours(row.size, threads)}
    for peer in peers:
        begun = time.process_time()
        contender = _made(peer, makers[peer["uses"]], row.size, threads)
        if time.process_time() - begun > COSTLY:
            costly.add(peer["uses"])
        if contender is not None:
            contenders[peer["uses"]] = contender
    if row.limit is not None:
        contenders["limit"] = row.limit[1](row.size, threads)
    times = dict(zip(contenders, measure.in_turn(list(contenders.values()), 0.0 if quick else row.seconds, meter)))
    own = times[""].seconds
    outcome = {
        "name": row.name, "threads": threads, "size": row.size, "rounds": len(own), "counted": row.counted,
        **_said(contenders[""], times[""]),
        "exponent": measure.exponent(row.ours, sizes, threads, meter), "peers": peers, "limit": None,
    }  # fmt: skip
    for peer in peers:
        if peer["uses"] not in contenders:
            continue
        theirs = times[peer["uses"]]
        try:
            peer |= _said(contenders[peer["uses"]], theirs)
            peer["exponent"] = measure.exponent(
                makers[peer["uses"]], () if peer["uses"] in costly else sizes, threads, meter
            )
        except Exception as why:  # as below
            peer["failed"] = _line(why)
        else:
            peer["ratio"] = measure.spread([other / mine for other, mine in zip(theirs.seconds, own)])
    if row.limit is not None:
        floor = times["limit"].seconds
        outcome["limit"] = {
            "of": row.limit[0], "seconds": measure.spread(floor),
            "ratio": measure.spread([mine / other for mine, other in zip(own, floor)]),
        }  # fmt: skip
    return outcome


def _said(contender: Contender, times: measure.Times) -> Outcome:
    error = None if contender.error is None else float(contender.error(times.returned))
    return {"seconds": measure.spread(times.seconds), "error": error}


def _made(peer: Outcome, make: Maker, size: int, threads: int) -> Contender | None:
    """A peer's contender after a first call; None, with the reason beside its name, where it cannot do the work."""
    try:
        contender = make(size, threads)
        contender.call()
    except ImportError as why:
        peer["missing"] = f"{peer['package']} is not installed" if not peer["version"] else str(why)
    except Exception as why:  # whatever a peer raises costs its own line alone
        peer["failed"] = _line(why)
    else:
        return contender
    return None


def _line(why: Exception) -> str:
    """An error as one short line."""
    return f"{type(why).__name__}: {why}".splitlines()[0][:120]
