"""The table of peers: the same work and the same error here and elsewhere, timed in one run.

    python -m tests.benchmarks --markdown           the page's table, between its lines
    python -m tests.benchmarks --json               everything that was measured
    python -m tests.benchmarks --only NAME ...      some rows
    python -m tests.benchmarks --list               their names, peers, and which of these are installed

From the root of the checkout, with `pip install '.[bench]'`. Every row is measured in a process of its own, pinned to one
core and then, where it uses threads, on all. A peer that is not installed gives a line that says so.
"""

import argparse
import json
import os
import sys
import time
import warnings
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from benchmarks import machine, run, table  # noqa: E402
from benchmarks.rows import load  # noqa: E402


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.partition("\n")[0])
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="print the table in markdown")
    form.add_argument("--json", action="store_true", help="print everything that was measured")
    form.add_argument("--list", action="store_true", help="name the rows and their peers, measure nothing")
    form.add_argument("--write", metavar="FILE", help="put the table between the lines of a page that keeps it")
    parser.add_argument("--only", nargs="+", metavar="NAME", default=[], help="these rows")
    parser.add_argument("--quick", action="store_true", help="three rounds and no exponents: to see that all works")
    parser.add_argument("--minutes", type=float, default=30.0, help="begin no row after so long (30)")
    parser.add_argument("--room", nargs="*", default=[], help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--answer", help=argparse.SUPPRESS)
    return parser


def main() -> int:
    asked = _parser().parse_args()
    found = load(*asked.room)
    rows = {name: row for name, (_, row) in found.items()}
    unknown = [name for name in asked.only if name not in rows]
    if unknown:
        print(f"--only: {unknown[0]!r} given; rows are: {', '.join(rows)}", file=sys.stderr)
        return 2
    chosen = [row for name, row in rows.items() if not asked.only or name in asked.only]
    if asked.list:
        for row in chosen:
            peers = ", ".join(f"{p.package} {run.version(p.package) or '(not installed)'}" for p in row.peers)
            print(f"{row.name}: {peers or 'no peer'}")
        return 0
    if asked.answer:
        warnings.simplefilter("ignore")
        (row,) = chosen
        Path(asked.answer).write_text(json.dumps(run.measured(row, asked.threads, asked.quick)))
        return 0
    begun, state = time.time(), machine.state()
    outcomes = []
    for row in chosen:
        for threads in (1, os.cpu_count() or 1) if row.threaded else (1,):
            print(f"{time.time() - begun:4.0f} s  {row.name}, threads {threads}", file=sys.stderr, flush=True)
            if time.time() - begun > 60.0 * asked.minutes:
                outcomes.append(run.failed(row, threads, f"{asked.minutes:g} minutes were over"))
            else:
                outcomes.append(run.apart(row, found[row.name][0], threads, asked.quick))
    state |= {"limits": machine.limits(), "seconds": time.time() - begun}
    if asked.json:
        print(json.dumps({"machine": state, "rows": outcomes}, indent=1))
        return 0
    text = table.markdown(rows, outcomes, state)
    if asked.write:
        page = Path(asked.write)
        page.write_text(table.placed(page.read_text(), text))
    else:
        print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
