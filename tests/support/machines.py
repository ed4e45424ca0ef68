"""Numbers that studies store at toy size, in a process of its own, to hold one kind of machine against another.

    python -m support.machines FILE.npz [STUDY...]     (from tests/; all studies if none is named)

writes what arms draw and solve, by `study:point/output`: what a run stores, without storing it as a run does.
"""

import json
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mfsolve.arrays import Arrays
from mfsolve.experiments import NAMES, load
from mfsolve.study.blocks import draw_block
from mfsolve.study.file.config import Study, load_study
from mfsolve.study.file.shipped import shipped_studies

from .toy import write_toy

REPLICATES = 2
POINTS = 4
"""Points of each arm that are looked at."""
FUSED = ("FMA", "FMA4", "AVX2", "FMA_Usable", "FMA4_Usable", "AVX2_Usable")
"""What the C library computes exponentials, logarithms and sines with; without it, other last bits come out of it."""


def machines() -> dict[str, dict[str, str]]:
    """Environments under which this machine computes as another one: its vectors, its linear algebra, its compiler, libm."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    vectors = " ".join(name for name in __cpu_dispatch__ if __cpu_features__.get(name))
    return {
        "numpy without vectors": {"NPY_DISABLE_CPU_FEATURES": vectors},
        "linear algebra of an older CPU": {"OPENBLAS_CORETYPE": "Nehalem"},
        "kernels for any x86-64": {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""},
        "functions of another C library": {"GLIBC_TUNABLES": f"glibc.cpu.hwcaps={','.join(f'-{x}' for x in FUSED)}"},
    }


def of_libm(machine: Mapping[str, str]) -> dict[str, list[float]]:
    """Values of functions that Python takes from the C library, where the environment is that of a machine."""
    code = (
        "import json, math; x = [0.003 * i + 0.1 for i in range(4000)];"
        "print(json.dumps({f: [getattr(math, f)(y) for y in x] for f in ('exp', 'log', 'sin', 'expm1', 'sinh')}))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **machine}, check=True, stdout=subprocess.PIPE
    )
    found: dict[str, list[float]] = json.loads(run.stdout)
    return found


def numbers(study: Study) -> Iterator[tuple[str, np.ndarray]]:
    """Outputs of the first points of each arm."""
    seen: dict[str, int] = {}
    for point in study.points:
        seen[point.arm] = seen.get(point.arm, 0) + 1
        if seen[point.arm] > POINTS:
            continue
        arm = study.experiment.arm(point.case)
        found: Arrays = {}
        if arm.drawn(point.case):
            found |= draw_block(arm, point.case, point.seed, range(REPLICATES)).arrays
        if arm.solve is not None and arm.solved(point.case):
            found |= arm.solve(point.case, 1)
        for name, values in found.items():
            yield f"{study.name}:{point.label}/{name}", np.asarray(values)


def computed(machine: Mapping[str, str], names: Sequence[str] = ()) -> dict[str, np.ndarray]:
    """What studies store where the environment is that of a machine."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "numbers.npz"
        subprocess.run(
            [sys.executable, "-m", "support.machines", str(path), *names],
            cwd=Path(__file__).parents[1], env={**os.environ, **machine}, check=True,
        )  # fmt: skip
        with np.load(path) as held:
            return dict(held)


def differing(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, float]:
    """Names whose bits differ, each with its largest difference in parts of the array's largest number, or of 1."""
    found = {}
    for name in first.keys() | second.keys():
        a, b = first.get(name), second.get(name)
        if a is None or b is None or a.shape != b.shape:
            found[name] = np.inf
        elif a.tobytes() != b.tobytes():
            a, b = a.astype(np.float64), b.astype(np.float64)
            there = np.isfinite(a) & np.isfinite(b)
            gap = np.max(np.abs(a - b), initial=0.0, where=there) / np.max(np.abs(a), initial=1.0, where=there)
            found[name] = float(gap) if np.array_equal(a[~there], b[~there], equal_nan=True) else np.inf
    return found


def main(path: str, names: Sequence[str]) -> None:
    """Compute and write."""
    warnings.simplefilter("ignore")
    for name in NAMES:
        load(name)  # all of them first: a long run does not notice an edit
    held: dict[str, np.ndarray] = {}
    for name, study in shipped_studies().items():
        if not names or name in names:
            with tempfile.TemporaryDirectory() as folder:
                held |= numbers(load_study(write_toy(study, Path(folder))))
    np.savez(path, **held)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
