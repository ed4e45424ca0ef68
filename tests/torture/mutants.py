"""Small faults by the hundred, each of which some test has to notice: a share with its interval.

    python -m torture.mutants [inference] [study] [--count 200] [--seed 1] [--again]      (from tests/)

Mutants are drawn from the seed, in each package so many, from each file in proportion. A change of a function is made in
a child of a process that has imported everything, any other where nothing is imported yet; the tests that execute the
changed lines run until one fails. It prints each mutant that lives, and the share that is killed of those that are not
listed in `equivalent.toml` as no faults at all.
"""

import argparse
import json
import os
import random
import sys
import time
import tomllib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TextIO

from torture.changes import Mutant, mutants
from torture.executed import Test, executed, kept, test_files, tests_of
from torture.forks import (
    KILLED,
    LIVES,
    Functions,
    Loop,
    Verdict,
    Warm,
    change_function,
    change_module,
    forked,
    functions,
    keeps_its_cells,
    pytest_here,
)
from torture.planted import CHECKOUT

ROOMS = {
    "inference": ("tests/inference",),
    "study": ("tests/study", "tests/torture/test_schedules.py"),
}
"""Packages, and the tests that they answer to; others may kill a mutant too, and are not asked."""
EQUIVALENT = Path(__file__).with_name("equivalent.toml")
Chosen = Sequence[tuple[Mutant, Sequence[Test]]]


def sources(room: str) -> list[str]:
    """Source files of a package."""
    return [path.relative_to(CHECKOUT).as_posix() for path in sorted((CHECKOUT / "mfsolve" / room).rglob("*.py"))]


def equivalent() -> dict[tuple[str, str, str, str], str]:
    """Mutants that compute the same: their file, function, statement before and after, and the reason."""
    if not EQUIVALENT.exists():
        return {}
    listed = tomllib.loads(EQUIVALENT.read_text())["mutant"]
    return {(one["file"], one["function"], one["before"], one["after"]): one["reason"] for one in listed}


def named(mutant: Mutant) -> tuple[str, str, str, str]:
    """What a list knows a mutant by."""
    return mutant.file, mutant.function, mutant.before, mutant.after


def sample(strata: Sequence[Sequence[Mutant]], count: int, draw: random.Random) -> list[Mutant]:
    """So many mutants, from each file in proportion to its own, rounded at random."""
    total, offset, before, chosen = sum(map(len, strata)), draw.random(), 0, []
    count = min(count, total)
    for stratum in strata:
        ends = [(end * count / total + offset) // 1 for end in (before, before + len(stratum))]
        before += len(stratum)
        chosen += draw.sample(stratum, min(len(stratum), int(ends[1] - ends[0])))
    return chosen


def judged(chosen: Chosen, say: TextIO) -> dict[str, Verdict]:
    """The verdict on each mutant."""
    verdicts = {str(mutant): Verdict(LIVES) for mutant, tests in chosen if not tests}
    note = kept() / f"verdicts-{os.getpid()}.json"
    note.write_text("{}")
    part = [(mutant, tests) for mutant, tests in chosen if mutant.warm and tests]
    if part and forked(partial(judge_warm, part, note, say)).what != LIVES:
        raise RuntimeError("the loop over mutants ended early")
    verdicts |= {name: Verdict(*verdict) for name, verdict in json.loads(note.read_text()).items()}
    note.unlink()
    for mutant, tests in chosen:
        if str(mutant) not in verdicts:
            verdicts[str(mutant)] = timed(mutant, tests, partial(cold, mutant, tests), say)
    return verdicts


def judge_warm(part: Chosen, note: Path, say: TextIO) -> int:
    """Write down the verdicts on changes of functions, made in children of a process that has collected their tests.

    A test that has killed any must pass by itself without a change, or what it has killed lives.
    """

    def work(loop: Warm) -> None:
        verdicts: dict[str, Verdict] = {}
        known = functions(CHECKOUT / "mfsolve")
        for mutant, tests in part:
            if keeps_its_cells(mutant, known):  # any other is made where nothing is imported
                verdicts[str(mutant)] = timed(mutant, tests, partial(warm, mutant, known, tests, loop), say)
        for by in sorted({verdict.by for verdict in verdicts.values()} - {""}):
            if forked(partial(loop.run, [loop.items[by]])).what != LIVES:
                print(f"{by} fails by itself and kills nothing", file=say, flush=True)
                verdicts = {name: Verdict(LIVES) if one.by == by else one for name, one in verdicts.items()}
        note.write_text(json.dumps(verdicts))

    return pytest_here(Warm(work), sorted({test.name.partition("::")[0] for _, tests in part for test in tests}))


def warm(mutant: Mutant, known: Functions, tests: Sequence[Test], loop: Warm) -> int:
    """Run tests of a changed function; in a child."""
    change_function(mutant, known)
    return loop.run([loop.items[test.name] for test in tests])


def cold(mutant: Mutant, tests: Sequence[Test]) -> int:
    """Run tests of a changed file; in a child."""
    change_module(mutant)
    return pytest_here(Loop(), [test.name for test in tests])


def timed(mutant: Mutant, tests: Sequence[Test], work: Callable[[], int], say: TextIO) -> Verdict:
    """The verdict on a mutant, whose tests may take some times what they take without it."""
    seconds, begun = sum(test.seconds for test in tests), time.monotonic()
    verdict = forked(work, processor=20 + 4 * seconds, clock=60 + 8 * seconds)
    took = f"{time.monotonic() - begun:5.1f} s of {len(tests):3} tests"
    print(f"{took}, {verdict.what}: {mutant} [{verdict.by.rpartition('/')[2]}]", file=say, flush=True)
    return verdict


def told(chosen: Sequence[Mutant], verdicts: dict[str, Verdict], known: dict[tuple[str, str, str, str], str]) -> None:
    """Print what lives, and the shares that are killed."""
    from statsmodels.stats.proportion import proportion_confint

    for mutant in chosen:
        if str(mutant) in verdicts and verdicts[str(mutant)].what != KILLED:
            print(f"{verdicts[str(mutant)].what}: {mutant}")
    files = sorted({mutant.file for mutant in chosen})
    for part in (*sorted({file.rpartition("/")[0] for file in files}), *files):
        mine = [mutant for mutant in chosen if mutant.file.startswith(part)]
        aside = sum(named(mutant) in known for mutant in mine)
        killed = sum(str(mutant) in verdicts and verdicts[str(mutant)].what != LIVES for mutant in mine)
        count = len(mine) - aside
        if count:
            low, high = proportion_confint(killed, count, method="wilson")
            print(
                f"{part:38} {killed:4} of {count:4} killed: {killed / count:6.1%} ({low:.1%} to {high:.1%}), {aside} equivalent"
            )


def main() -> None:
    """Draw mutants, and count those that are killed."""
    asked = argparse.ArgumentParser()
    asked.add_argument("packages", nargs="*", choices=[*ROOMS, []])
    asked.add_argument("--count", type=int, default=200, help="mutants of each package")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--only", default="", help="files whose name holds this")
    asked.add_argument("--tests", nargs="*", help="test files that are asked, in the place of the package's own")
    asked.add_argument("--again", action="store_true", help="only those that lived when they were judged last")
    given = asked.parse_args()
    import_what_does_not_change()
    known = equivalent()
    for room in given.packages or ROOMS:
        files, last = sources(room), kept() / f"last-{room}.json"
        tests = executed(files, test_files(given.tests or ROOMS[room]), room)
        strata = [mutants(file) for file in files if given.only in file]
        chosen = sample(strata, given.count, random.Random(f"{room}/{given.seed}"))
        if given.again:
            before = json.loads(last.read_text())
            chosen = [mutant for mutant in chosen if before.get(str(mutant), [LIVES])[0] == LIVES]
        with os.fdopen(os.dup(1), "w") as say:
            part = [(mutant, tests_of(mutant, tests)) for mutant in chosen if named(mutant) not in known]
            verdicts = judged(part, say)
        last.write_text(json.dumps(verdicts))
        told(chosen, verdicts, known)


def import_what_does_not_change() -> None:
    """Import libraries before children are made, and nothing of the package itself."""
    import coverage
    import distributed
    import h5py
    import hypothesis
    import matplotlib.pyplot
    import numba
    import pydantic
    import pytest
    import scipy.optimize
    import scipy.stats
    import statsmodels.api
    import xarray

    del coverage, distributed, h5py, hypothesis, matplotlib, numba, pydantic, pytest, scipy, statsmodels, xarray
    assert not any(name.startswith("mfsolve") for name in sys.modules)


if __name__ == "__main__":
    main()
