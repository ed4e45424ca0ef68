"""Tasks that do not end: how often each is tried, and what of it is given up, with processes that only seem to be."""

import math
from dataclasses import replace

import pytest

from mfsolve.study.execution import isolation as module
from mfsolve.study.execution.isolation import run_isolated
from mfsolve.study.execution.processes import Ended
from mfsolve.study.execution.task_orders import Outcome, TaskOrder

ORDER = TaskOrder("urn", None, "0" * 16, 1, 3, 7, False, "folder", 1, {}, None)


@pytest.fixture
def answers(monkeypatch):
    """Answers by the first replicate and the last one's follower; what is asked is noted."""
    found, asked = {}, []

    def answer(order, limit, stopping, tries):
        asked.append(((order.start, order.stop), limit, stopping, tries))
        return found.get((order.start, order.stop), Outcome(order.stop - order.start, 0.5, (float(order.start),)))

    monkeypatch.setattr(module.processes, "answer", answer)
    return found, asked


def never():
    return False


def of(start=3, stop=7, solved=False):
    return run_isolated(replace(ORDER, start=start, stop=stop, solved=solved), 2.0, never)


def test_an_answer_is_the_outcome_and_a_task_of_many_is_tried_twice(answers):
    assert of() == Outcome(4, 0.5, (3.0,))
    assert answers[1] == [((3, 7), 2.0, never, 2)]


@pytest.mark.parametrize(("stop", "solved", "said"), [(4, False, "replicate 3"), (7, True, "what is solved")])
def test_what_cannot_be_divided_is_tried_three_times_and_given_up(answers, stop, solved, said):
    answers[0][3, stop] = Ended("did not end in 2 seconds")
    clause = f"{said} did not end in 2 seconds, 3 times"
    assert of(stop=stop, solved=solved) == Outcome(0, 0.0, (), clause, given_up=(clause,))
    assert [tries for *_, tries in answers[1]] == [3]


def test_a_stop_is_no_failure(answers):
    answers[0][3, 7] = None
    assert of() == Outcome(0, 0.0)


def test_replicates_of_a_task_that_ends_its_process_are_tried_alone(answers):
    answers[0].update({(3, 7): Ended("died"), (5, 6): Ended("died of signal 9")})
    clause = "replicate 5 alone died of signal 9"
    assert of() == Outcome(3, 1.5, (3.0, 4.0, 6.0), clause, given_up=(clause,))
    assert [(span, tries) for span, _, _, tries in answers[1]] == [
        ((3, 7), 2),
        ((3, 4), 1),
        ((4, 5), 1),
        ((5, 6), 1),
        ((6, 7), 1),
    ]
    assert {limit for _, limit, _, _ in answers[1]} == {2.0}
    answers[0].pop((5, 6))
    assert of() == Outcome(4, 2.0, (3.0, 4.0, 5.0, 6.0))


def test_after_two_replicates_the_rest_is_given_up_too(answers):
    answers[0].update({(3, 9): Ended("died"), (3, 4): Ended("died"), (5, 6): Ended("hangs")})
    clauses = ("replicate 3 alone died", "replicate 5 alone hangs", "replicates 6..8 given up after these")
    assert of(stop=9) == Outcome(1, 0.5, (4.0,), "; ".join(clauses), given_up=clauses)
    answers[0].update({(3, 6): Ended("died")})
    assert of(stop=6).given_up == clauses[:2]  # nothing is left
    answers[0].update({(3, 7): Ended("died")})
    assert of(stop=7).given_up[2] == "replicate 6 given up after these"


@pytest.mark.parametrize("refusal", [{"failure": "no space", "cannot_store": True}, {"refused": "other code"}])
def test_what_ends_the_run_ends_the_task_and_counts_what_is_stored(answers, refusal):
    answers[0].update({(3, 7): Ended("died"), (4, 5): Outcome(0, 0.1, **refusal)})
    assert of() == Outcome(1, 0.5, (3.0,), **refusal)


def test_replicates_beside_one_that_fails_alone_are_stored(answers):
    answers[0].update({(3, 7): Ended("died"), (4, 5): Outcome(0, 0.1, failure="replicate 4: no")})
    assert of() == Outcome(3, 1.5, (3.0, 5.0, 6.0), "replicate 4: no")
    answers[0][5, 6] = Ended("hangs")
    clauses = ("replicate 5 alone hangs", "replicate 6 given up after these")
    assert of() == Outcome(1, 0.5, (3.0,), "; ".join(clauses) + "\nreplicate 4: no", given_up=clauses)


def test_a_stop_between_replicates_keeps_what_is_drawn(answers):
    answers[0].update({(3, 7): Ended("died"), (5, 6): None})
    assert of() == Outcome(2, 1.0, (3.0, 4.0))
    answers[0][3, 4] = Ended("hangs")
    assert of() == Outcome(1, 0.5, (4.0,), "replicate 3 alone hangs", given_up=("replicate 3 alone hangs",))


def test_a_task_without_an_end_is_waited_for(answers):
    assert run_isolated(ORDER, math.inf, never) == Outcome(4, 0.5, (3.0,))
    assert answers[1][0][1] == math.inf
