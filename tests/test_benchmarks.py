"""The table of peers: what fails costs its own line alone, and nobody's figures are made up."""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from benchmarks import measure, run, table
from benchmarks.row import Contender, Peer, Row
from benchmarks.rows import load

CHECKOUT = Path(__file__).parents[1]
STATE = {
    "date": "2026-02-03", "processor": "one", "cores": 2, "system": "Linux", "python": "3.11", "load": 3.0, "busy": True,
    "limits": {"read, GB/s": 10.0}, "seconds": 1.0,
}  # fmt: skip


def counted(n, times=1):
    return Contender(lambda: sum(range(times * n)), lambda found: found - times * n * (times * n - 1) / 2)


def absent(n, threads):
    import nothing_of_that_name  # noqa: F401


def broken(n, threads):
    raise ValueError("cannot\ndo that")


def late(n, threads):
    calls = []

    def call():
        calls.append(1)
        raise ArithmeticError("diverged")

    return Contender(call)


@pytest.fixture
def outcome(monkeypatch):
    monkeypatch.setattr(measure, "pinned", lambda threads: None)
    row = Row(
        "toy", "the sum of {n} numbers", "distance from the sum", 20_000, lambda n, threads: counted(n),
        (
            Peer("numpy", "four times the work", lambda n, threads: counted(n, 4)),
            Peer("numpy", "a quarter of it", lambda n, threads: counted(n // 4), less="a quarter"),
            Peer("nothing-of-that-name", "absent", absent), Peer("numpy", "broken", broken), Peer("numpy", "late", late),
            Peer("numpy", "on threads alone", absent, threaded=True),
        ),
        ("half of it", lambda n, threads: counted(n // 2)), (2000, 10_000, 50_000), seconds=0.05,
    )  # fmt: skip
    return row, json.loads(json.dumps(run.measured(row, 1)))


def test_a_row_is_measured_beside_peers_that_fail(outcome):
    _, found = outcome
    slow, quick, *others = found["peers"]
    assert 2.0 < slow["ratio"][0] < 8.0
    assert 0.125 < quick["ratio"][0] < 0.5
    assert 1.0 < found["limit"]["ratio"][0] < 4.0
    assert found["error"] == slow["error"] == 0.0
    assert abs(found["exponent"][0] - 1.0) < 0.3
    said = [peer.get("missing") or peer["failed"] for peer in others]
    assert said[:3] == ["nothing-of-that-name is not installed", "ValueError: cannot", "ArithmeticError: diverged"]
    assert "nothing_of_that_name" in said[3]


def test_the_table_says_who_is_behind_and_what_is_missing(outcome):
    row, found = outcome
    lost = run.failed(Row("lost", "lost work", "", 10, broken), 1, "killed | by a signal")
    text = table.markdown({"toy": row, "lost": Row("lost", "lost work", "", 10, broken)}, [found, lost], STATE)
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    assert {line.replace("\\|", "").count("|") for line in lines} == {len(table.COLUMNS) + 1}
    assert "killed \\| by a signal" in text
    assert "Behind: a quarter of it in `toy` (a quarter)." in text
    assert "absent (nothing-of-that-name is not installed)" in text
    assert "Measured under load" in text
    assert "the sum of 2 x 10^4 numbers (`toy`)" in text
    page = f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n"
    assert table.placed(page, text) == "before\n" + text + "after\n"
    with pytest.raises(ValueError, match="once each"):
        table.placed(page + table.BEGIN, text)


def test_the_exponent_and_its_error():
    sizes = [10.0, 100.0, 1000.0, 10_000.0]
    exact = measure.fitted([(n, 3.0 * n**1.5) for n in sizes])
    assert exact.value == pytest.approx(1.5)
    assert exact.standard_error == pytest.approx(0.0, abs=1e-9)
    noise = np.random.default_rng(1).normal(size=(2000, 4))
    found = [measure.fitted([(n, n * math.exp(0.1 * e)) for n, e in zip(sizes, row)]) for row in noise]
    spread = np.std([f.value for f in found])
    assert np.sqrt(np.mean([f.standard_error**2 for f in found])) == pytest.approx(spread, rel=0.1)
    assert measure.fitted([(1.0, 1.0), (2.0, 2.0)]) is None


def test_the_page_keeps_the_table_of_these_rows():
    names = list(load())
    page = (CHECKOUT / "tests" / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert page.count(table.BEGIN) == page.count(table.END) == 1
    body = page.partition(table.BEGIN)[2].partition(table.END)[0]
    assert [name for name in names if f"(`{name}`)" not in body] == []


@pytest.mark.slow
def test_the_command_makes_a_row_in_a_process_of_its_own():
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", "--quick", "--json", "--only", "sum"],
        cwd=CHECKOUT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["rows"]
    assert found["peers"][0]["ratio"][0] > 0.0


@pytest.mark.parametrize("name", sorted(load()))
def test_our_side_of_a_row_does_its_work(name):
    """At its smallest size: the interfaces that a row calls are those that there are."""
    _, row = load()[name]
    size = min(row.sizes, default=row.size)
    for make in (row.ours, *(row.limit[1:] if row.limit else ())):
        contender = make(size, 1)
        found = contender.call()
        error = 0.0 if contender.error is None else float(contender.error(found))
        assert math.isfinite(error)
        assert "standard errors" not in row.error or error < 5.0
