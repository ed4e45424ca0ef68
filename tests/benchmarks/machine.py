"""The machine that a table was made on: what it is, how busy it was, and what it can do at best."""

import os
import platform
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

BUSY = 0.5
"""Load average before the first row beyond which figures are marked as measured under load."""


def state() -> dict[str, Any]:
    """Processor, cores, load and day, before anything is measured."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return {
        "date": date.today().isoformat(), "processor": _processor(), "cores": os.cpu_count(),
        "python": platform.python_version(), "system": platform.system(), "load": load, "busy": bool(load > BUSY),
    }  # fmt: skip


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    found = dict(line.partition(":")[::2] for line in lines if ":" in line)
    named = {key.strip(): value.strip() for key, value in found.items()}
    wide = "AVX-512" if "avx512f" in named.get("flags", "").split() else "AVX2"
    return f"{named.get('model name', platform.machine())}, {wide}"


def limits() -> dict[str, float]:
    """Best of several, by the processor's clock but for the disk: memory, a sort, normals, bytes written and synced."""
    big, room = np.ones(2**24), np.empty(2**24)
    points = np.random.default_rng(1).normal(size=10**6)
    generator, out = np.random.Generator(np.random.PCG64(1)), np.empty(2**14)
    return {
        "read, GB/s": big.nbytes / _best(big.sum) / 1e9,
        "copied, GB/s": big.nbytes / _best(lambda: np.copyto(room, big)) / 1e9,
        "np.sort of 10^6, ms": 1e3 * _best(lambda: np.sort(points)),
        "a normal of PCG64, ns": 1e9 * _best(lambda: generator.standard_normal(out=out)) / out.size,
        "written and synced, MB/s": big.nbytes / 1e6 / _best(lambda: written(big.data), 3, time.perf_counter),
    }


def written(data: Any) -> None:
    """Write bytes to a new file and wait until the disk has them."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _best(call: Callable[[], Any], rounds: int = 7, now: Callable[[], float] = time.process_time) -> float:
    times = []
    for _ in range(rounds):
        start = now()
        call()
        times.append(now() - start)
    return min(times)
