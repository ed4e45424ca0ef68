"""Whatever order a cluster works in, and whatever it loses: every task once, or a stop that says why, and no wait for ever."""

import contextlib
import queue
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from torture import schedules
from torture.processes import SUSPENDED, Shop
from torture.schedules import Queue, World, interrupt

from mfsolve.study.execution import completion, execute, processes
from mfsolve.study.execution import pending_tasks as in_flight
from mfsolve.study.execution.isolation import TRIES, run_isolated
from mfsolve.study.execution.plan import Task
from mfsolve.study.execution.task_orders import TaskOrder

SEEDS = 100_000
TAIL = 40
"""Virtual seconds that a task may take, times its number of runs, at most: exp(-40) of them take longer."""


@pytest.fixture
def virtual(monkeypatch):
    """Run `execute` in a world."""
    monkeypatch.setattr(execute, "folder_mark", lambda folder, scheduler: contextlib.nullcontext(None))
    monkeypatch.setattr(execute, "_order", lambda study, task, *unused: order(study, task))
    monkeypatch.setattr(execute, "in_flight", lambda folder: contextlib.nullcontext(in_flight.InFlight(None)))
    monkeypatch.setattr(processes, "START", 20.0)
    monkeypatch.setattr(processes, "pickle", SimpleNamespace(dumps=lambda given: given))
    monkeypatch.setattr(completion, "within", lambda seconds, ask: ask())

    def enter(world, stored):
        monkeypatch.setattr(execute, "connected", lambda workers, scheduler: contextlib.nullcontext(world))
        monkeypatch.setattr(completion, "time", SimpleNamespace(monotonic=lambda: world.now))
        monkeypatch.setattr(completion, "queue", SimpleNamespace(SimpleQueue=lambda: Queue(world), Empty=queue.Empty))
        if world.shop is None:
            monkeypatch.setattr(execute, "serve", lambda given: schedules.outcome(given, stored))
            return
        world.shop.done = lambda given: schedules.outcome(given, stored)
        monkeypatch.setattr(processes, "_processes", world.shop)
        monkeypatch.setattr(processes, "time", SimpleNamespace(monotonic=lambda: world.shop.now))
        monkeypatch.setattr(execute, "serve", lambda given: run_isolated(given, given.limit, lambda: False))

    return enter


def order(study, task):
    """What the double knows of a task: its kind, in the place of the experiment."""
    kind = study.kinds.get(task.start, "")
    return TaskOrder(kind, None, "k", 0, task.start, task.stop, False, "", 1, {}, None, None, study.limit)


class Case:
    """What a seed says: tasks and their kinds, workers that come and go, and the end of the scheduler or a stop."""

    def __init__(self, seed):
        world = self.world = World(seed)
        draw = world.draw
        self.limit = draw.choice((None, None, None, 4.0, 10.0))
        self.width = 2 if self.limit is None else draw.choice((1, 2, 7))
        starts = [self.width * place for place in range(draw.choice((1, 3, 12, 40)))]
        self.tasks = [Task(0, start, start + self.width) for start in starts]
        odd = draw.choice(((), (), ("fails",), ("kills",), ("fails", "kills"), ("hangs",), ("full",), ("unfit",)))
        self.kinds = {draw.choice(self.tasks).start: kind for kind in odd}
        self.attached = draw.random() < 0.7 or ("kills" in odd and self.limit is None)
        if self.limit is not None:
            world.shop = Shop(draw, world.slow, None)
        if self.attached:
            for _ in range(draw.randrange(4)):
                world.after(
                    draw.choice((0.0, 1.0, 50.0, 90.0)) * draw.random(), lambda: world.join(draw.choice((1, 2)))
                )
            for _ in range(draw.choice((0, 0, 1, 5))):
                world.after(draw.uniform(0.0, 60.0), world.die)
        else:
            world.join(draw.choice((1, 2, 8)))
        self.loss = self.attached and draw.random() < 0.15
        if self.loss:
            how = draw.random() < 0.5, draw.random() < 0.5
            world.after(draw.uniform(0.0, 30.0), lambda: world.lose(*how))
        self.stop = ("hangs" in odd and self.limit is None) or draw.random() < 0.1
        if self.stop:
            world.after(draw.uniform(0.0, 120.0), interrupt)
        each = 5 * TAIL * world.slow
        if world.shop is not None:
            each = (each + 4 * SUSPENDED + (self.width + 2) * (self.limit + processes.START)) * 5
        world.forever = each * len(self.tasks) + 300.0

    def run(self):
        """Carry the tasks out; what is wrong, empty where nothing is."""
        stored, told = [], []
        self.enter(self.world, stored)
        unfinished = False
        try:
            report = execute.execute(
                SimpleNamespace(kinds=self.kinds, limit=self.limit, points=[SimpleNamespace(key="k", label="k")]), self.tasks, Path(), workers=1,
                scheduler="tcp://double" if self.attached else None, attributes={}, progress=told.append,
            )  # fmt: skip
        except KeyboardInterrupt:
            unfinished = True
            report = None
        return "; ".join(self.complaints(report, unfinished, stored, told))

    def complaints(self, report, unfinished, stored, told):
        world = self.world
        held = {place for _, start, stop in stored for place in range(start, stop)}
        acknowledged = sum(outcome.replicates for outcome in told)
        if acknowledged > len(held):
            yield f"{acknowledged} replicates acknowledged, {len(held)} stored"
        if world.most_in_flight > completion.WINDOW * max(1, world.most_threads) + 1:
            yield f"{world.most_in_flight} tasks in flight with {world.most_threads} threads"
        if world.shop is not None:
            yield from world.shop.wrong
        if world.now > world.forever:
            yield f"took {world.now:.0f} s of at most {world.forever:.0f}"
        if unfinished:
            if self.attached or not self.stop:
                yield "left without need"
            return
        early = report.stopped or report.lost or report.cannot_store or report.refused
        if report.done != acknowledged:
            yield f"{report.done} replicates reported, {acknowledged} acknowledged"
        if report.stopped and not self.stop:
            yield f"stopped by {report.stopped}"
        if report.cannot_store and "full" not in self.kinds.values():
            yield "a full disk"
        if report.lost and not self.loss and world.longest_empty < completion.PATIENCE and world.workers:
            yield f"lost: {report.lost}"
        if not early:
            yield from self.of_the_whole(report, held) if world.shop is None else self.of_processes(report, held)

    def of_the_whole(self, report, held):
        bad = sum(kind in ("fails", "kills") for kind in self.kinds.values())
        if report.done + 2 * len(report.failures) != 2 * len(self.tasks):
            yield f"{report.done} done, {len(report.failures)} failed of {len(self.tasks)} tasks of 2"
        if len(report.failures) < bad:
            yield f"{len(report.failures)} failures, {bad} tasks cannot succeed"

    def of_processes(self, report, held):
        """Every replicate is stored, or is named; and is named only where three processes were not enough for it."""
        named, missed, words = set(), self.world.shop.missed, r"replicates? (\d+)(?:\.\.(\d+))?( given up)?"
        for entry in report.failures + report.given_up:
            for first, last, rest in re.findall(words, entry):
                places = range(int(first), int(last or first) + 1)
                named.update(places)
                if entry in report.given_up and not rest and min(missed[place] for place in places) < TRIES:
                    yield f"{places} given up after {[missed[place] for place in places]} tries"
        everything = set(range(len(self.tasks) * self.width))
        if everything - held - named:
            yield f"{everything - held - named} are neither stored nor named"
        if not self.attached and not self.world.forgetful and named & held:
            yield f"{named & held} are stored and named"
        for start, kind in self.kinds.items():
            cursed = {place for place in range(start, start + self.width) if place % 3 == 0}
            if kind in ("hangs", "kills") and not cursed <= named:
                yield f"{cursed - named} cannot succeed and are not named"


def complaint(seed, virtual):
    """What is wrong with the run of a seed."""
    case = Case(seed)
    case.enter = virtual
    try:
        return case.run()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


@pytest.mark.parametrize(
    "count", [pytest.param(300, id="some"), pytest.param(SEEDS, id="every", marks=pytest.mark.torture)]
)
def test_every_task_is_done_once_or_the_end_is_said(virtual, count):
    wrong = []
    for seed in range(count):
        if found := complaint(seed, virtual):
            wrong.append(f"seed {seed}: {found}")
            if len(wrong) == 5:  # a wait that nothing ends takes its time in every seed
                break
    assert not wrong, "; ".join(wrong)
