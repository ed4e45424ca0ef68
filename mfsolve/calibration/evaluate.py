"""Moments at many points: replicates spread over the threads of this process, every finished point stored."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from mfsolve.arrays import Floats
from mfsolve.calibration.landscape import SimulatedMoments
from mfsolve.calibration.ledger import Ledger
from mfsolve.calibration.problem import Problem, Rows
from mfsolve.study.file.points import Point

CHUNKS = 4
"""Pieces per worker that the replicates of a point are cut into."""


class Stopped(Exception):
    """Raised in a worker that was asked to stop."""


@dataclass(frozen=True)
class Evaluation:
    """An evaluated point: its moments, None where it is infeasible, and whether it had to be simulated now."""

    found: SimulatedMoments | None
    simulated: bool


class Evaluator:
    """Simulated moments of a problem, as the search asks for them. The bits do not depend on the number of workers."""

    def __init__(
        self,
        problem: Problem,
        ledger: Ledger,
        workers: int,
        progress: Callable[[Evaluation], None] = lambda outcome: None,
    ) -> None:
        self.problem, self.ledger, self.workers = problem, ledger, workers
        self._progress = progress
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="mfsolve-calibrate")

    def __enter__(self) -> "Evaluator":
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._pool.shutdown(cancel_futures=True)

    def __call__(self, values: Floats) -> list[SimulatedMoments | None]:
        """Moments at natural values (n, p); None where the model cannot be simulated."""
        prepared = [self._prepare(row) for row in values]
        missing = [points for key, points in prepared if points is not None and key not in self.ledger]
        threads = max(1, self.workers // max(1, len(missing) * self.problem.calibration.settings.replicates))
        begun = {key: self._begin(p, threads) for key, p in prepared if p is not None and key not in self.ledger}
        result = []
        for (key, points), row in zip(prepared, values):
            fresh = key in begun and key not in self.ledger
            if fresh:
                assert points is not None
                self._finish(key, points, row, begun[key])
            found = self.ledger[key] if points is not None else None
            self._progress(Evaluation(found, fresh))
            result.append(found)
        return result

    def _prepare(self, row: Floats) -> tuple[str, Mapping[str, Point] | None]:
        try:
            points = self.problem.points(row)
        except ValueError:  # settings that do not go together
            return "", None
        return self.problem.key(points), points

    def _begin(self, points: Mapping[str, Point], threads: int) -> Sequence[Future[Rows]]:
        total = self.problem.calibration.settings.replicates
        size = max(1, -(-total // (CHUNKS * self.workers)))
        return [
            self._pool.submit(self._simulate, points, range(start, min(start + size, total)), threads)
            for start in range(0, total, size)
        ]

    def _simulate(self, points: Mapping[str, Point], numbers: range, threads: int) -> Rows:
        rows = self.problem.replicates(points, numbers, threads, self._stop.is_set)
        if self._stop.is_set():
            raise Stopped
        return rows

    def _finish(self, key: str, points: Mapping[str, Point], values: Floats, futures: Sequence[Future[Rows]]) -> None:
        """Collect a point's replicates in their order, and store its moments or why there are none."""
        found, failure = None, None
        try:
            found = self.problem.moments(points, [future.result() for future in futures])
        except (ValueError, ArithmeticError) as error:  # the model's own word on what it cannot do
            failure = str(error)
            for future in futures:
                future.cancel()
        named = {item.name: item.plain(float(v)) for item, v in zip(self.problem.calibration.free, values)}
        self.ledger.add(key, named, found, failure)
