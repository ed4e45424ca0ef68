"""Replicates in processes of their own, where texts have other hashes than here.

`python -m mfsolve.study.audit.other_processes NAME FOLDER SEED` prints a line of JSON: by arm the SHA-256 of every
output, or what was wrong.
"""

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import warnings
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from mfsolve.experiments import load
from mfsolve.experiments.experiment import Arm, Case
from mfsolve.study.audit.audit_design import base_case
from mfsolve.study.audit.promise import bits, computed

COUNT = 4
"""Processes: an order of two texts is the same in all of them, by chance, once in 16 times."""
FIRST = 4
"""Replicates that are compared."""


def here(arm: Arm, case: Case, seed: int) -> dict[str, str]:
    """SHA-256 of each output's bits in the first replicates, computed in this process."""
    digests: dict[str, Any] = {}
    for replicate in range(FIRST if arm.draw is not None else 1):
        for name, found in bits(computed(arm, case, seed, replicate)).items():
            digests.setdefault(name, hashlib.sha256()).update(found)
    return {name: digest.hexdigest() for name, digest in digests.items()}


@lru_cache(1)
def elsewhere(name: str, folder: str, digest: str, seed: int) -> list[dict[str, dict[str, str] | str]]:
    """Digests of every arm by `here` in other processes, a dict of each; `digest` tells versions of a model apart."""
    hashes = [str(number) for number in range(1, COUNT + 2) if str(number) != os.environ.get("PYTHONHASHSEED")][:COUNT]
    started = [
        subprocess.Popen(
            [sys.executable, "-m", __name__, name, folder, str(seed)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONHASHSEED": number},
        )
        for number in hashes
    ]
    found = []
    try:
        for process in started:
            answer, _ = process.communicate()
            try:
                found.append(json.loads(answer.decode().splitlines()[-1]))
            except (ValueError, IndexError):
                found.append({})
    finally:
        for process in started:  # where somebody does not wait for all of them
            process.kill()
    return found


def main(name: str, folder: str, seed: str) -> None:
    """Print what is found of every arm."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a model prints is no answer
    found: dict[str, dict[str, str] | str] = {}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        experiment = load(name, Path(folder))
        for rule, arm in experiment.arms.items():
            try:
                found[rule] = here(arm, base_case(experiment, rule), int(seed))
            except Exception as error:
                found[rule] = (str(error).splitlines() or [type(error).__name__])[0]
    with contextlib.closing(answers):
        print(json.dumps(found), file=answers)


if __name__ == "__main__":
    main(*sys.argv[1:])
