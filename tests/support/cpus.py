"""Scripts run with kernels compiled for one kind of CPU and another."""

import os
import subprocess
import sys
from pathlib import Path


def outputs(script: str) -> set[str]:
    """What a script prints with kernels for any x86-64 CPU, for one with AVX2, and for this one."""
    found = set()
    for cpu in ("generic", "haswell", None):
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        if cpu is not None:
            environment |= {"NUMBA_CPU_NAME": cpu, "NUMBA_CPU_FEATURES": ""}
        run = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        found.add(run.stdout)
    return found
