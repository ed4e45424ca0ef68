"""Tasks with a limit, or under suspicion: in a process of their own, as a whole and then replicate by replicate."""

from collections.abc import Callable
from dataclasses import replace

from mfsolve.study.execution import processes
from mfsolve.study.execution.bisection import ENOUGH
from mfsolve.study.execution.task_orders import Outcome, TaskOrder

TRIES = 3
"""Processes for a task that cannot be divided; one fewer for the others, whose replicates are then tried alone."""


def run_isolated(order: TaskOrder, limit: float, stopping: Callable[[], bool]) -> Outcome:
    """Carry out a task in a process of its own, within a limit of time.

    Parameters
    ----------
    order : TaskOrder
    limit : float
        Seconds for each try, of the whole and of a replicate alone; infinity for any time.
    stopping
        Says whether a stop is asked for: what is drawn by then is stored.
    """
    single = order.solved or order.replicates == 1
    found = processes.answer(order, limit, stopping, TRIES if single else TRIES - 1)
    if found is None:
        return Outcome(0, 0.0)
    if not isinstance(found, processes.Ended):
        return found
    if single:
        return _given_up(f"{order.part.said} {found.why}, {TRIES} times")
    return _one_by_one(order, limit, stopping)


def _given_up(*clauses: str) -> Outcome:
    return Outcome(0, 0.0, failure="; ".join(clauses), given_up=clauses)


def _one_by_one(order: TaskOrder, limit: float, stopping: Callable[[], bool]) -> Outcome:
    """The outcome of a task whose replicates are tried once more, each alone."""
    count, seconds = 0, 0.0
    watched: tuple[float, ...] = ()
    bad: list[str] = []
    failures: list[str] = []
    for place in range(order.start, order.stop):
        if len(bad) + len(failures) >= ENOUGH:
            rest = replace(order, start=place).part.said
            bad.append(f"{rest} given up after these")
            break
        alone = replace(order, start=place, stop=place + 1)
        found = processes.answer(alone, limit, stopping, 1)
        if found is None:
            break
        if isinstance(found, processes.Ended):
            bad.append(f"{alone.part.said} alone {found.why}")
        elif found.cannot_store or found.refused is not None:
            return replace(found, replicates=count, seconds=seconds, watched=watched)
        elif found.failure is not None:
            failures.append(found.failure)
        else:
            count, seconds, watched = count + found.replicates, seconds + found.seconds, watched + found.watched
    said = ["; ".join(bad)] * bool(bad) + failures
    return Outcome(count, seconds, watched, failure="\n".join(said) or None, given_up=tuple(bad))
