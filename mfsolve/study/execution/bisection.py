"""A task that fails, halved until what fails stands alone: the replicates beside it are stored."""

from collections.abc import Callable
from dataclasses import replace

from mfsolve.study.execution.task_orders import Outcome, TaskOrder

ENOUGH = 2
"""Replicates that fail alone, or end their process, before the rest of a task is given up: a model that always fails
says so soon."""


def narrowed(order: TaskOrder, failed: Outcome, attempt: Callable[[TaskOrder], Outcome]) -> Outcome:
    """The outcome of a task that has failed as a whole.

    Parameters
    ----------
    order
        The task; one of a single replicate, or of what is solved, is as narrow as it gets.
    failed
        Its outcome.
    attempt
        Carries out a part of it, and stores all of the part or nothing.

    Returns
    -------
    Outcome
        Replicates that could be stored, and failures of others, a paragraph each. A folder that takes no more
        files ends it.
    """
    if order.solved or order.replicates == 1:
        return failed
    parts, failures = _halves(order), list[str]()
    count, seconds, watched = 0, 0.0, tuple[float, ...]()
    while parts and len(failures) < ENOUGH:
        part = parts.pop()
        found = attempt(part)
        count, seconds, watched = count + found.replicates, seconds + found.seconds, watched + found.watched
        if found.cannot_store:
            return replace(found, replicates=count, seconds=seconds, watched=watched)
        if found.failure is not None and part.replicates > 1:
            parts += _halves(part)
        elif found.failure is not None:
            failures.append(found.failure)
    if parts:
        failures.insert(0, f"{replace(order, start=parts[-1].start).part.said}: given up after what follows")
    return Outcome(count, seconds, watched, failure="\n".join(failures) or None)


def _halves(order: TaskOrder) -> list[TaskOrder]:
    """Both halves, the second one first."""
    middle = (order.start + order.stop) // 2
    return [replace(order, start=middle), replace(order, stop=middle)]
