"""Power cuts: whatever was not forced to the disk is lost, kept or torn, and nothing acknowledged is lost."""

import contextlib
import io
import os
import shutil

import pytest
from torture import direct, study
from torture.calls import Calls
from torture.conftest import Studio
from torture.power import Log, Step, images, renamed_early, restore, without

from mfsolve.commands import run as commands
from mfsolve.study.execution import execute
from mfsolve.study.storage.seal import DamagedFileError
from mfsolve.study.storage.shards import named, verify

IMAGES = 10_000
OLD = [Step("make", "x", 0), Step("write", 0, (0, b"old")), Step("sync", 0), Step("sync folder", ".")]
NEW = [Step("make", "t", 1), Step("write", 1, (0, b"n" * 600))]
SYNC, MOVE, SYNC_FOLDER = Step("sync", 1), Step("move", "x", "t"), Step("sync folder", ".")
LINK = [Step("link", "x", "t"), Step("drop", "t")]


@pytest.mark.parametrize(
    ("steps", "possible", "impossible"),
    [
        ([*OLD, *NEW, SYNC, MOVE, SYNC_FOLDER], {b"n" * 600}, {b"old", b"", None, b"\0" * 600}),
        ([*OLD, *NEW, SYNC, MOVE], {b"n" * 600, b"old"}, {b"", None, b"\0" * 600}),
        ([*OLD, *NEW, MOVE, SYNC_FOLDER], {b"n" * 600, b"", b"\0" * 600, b"n" * 512 + b"\0" * 88}, {b"old", None}),
        ([*OLD, *NEW, MOVE, SYNC, SYNC_FOLDER], {b"n" * 600}, {b"", b"old", None}),
        ([*NEW, SYNC, MOVE], {b"n" * 600, None}, {b""}),
        ([*NEW, SYNC, *LINK], {b"n" * 600, None}, {b"", b"\0" * 600}),
        ([*NEW, SYNC, *LINK, SYNC_FOLDER], {b"n" * 600}, {b"", None}),
        ([*NEW, *LINK, SYNC_FOLDER], {b"n" * 600, b""}, {None}),
        ([*OLD, Step("drop", "x")], {b"old", None}, {b""}),
        ([*OLD, Step("size", 0, 1)], {b"old", b"o"}, {b"", None}),
        ([Step("folder", "d"), Step("make", "d/x", 0), Step("sync folder", "d")], {None, b""}, {b"old"}),
    ],
)
def test_the_disk_keeps_what_it_promises_and_no_more(steps, possible, impossible):
    name = "d/x" if steps[0].kind == "folder" else "x"
    found = {found[0].get(name) for found in images(steps, 300)}
    assert possible <= found
    assert not impossible & found


def recorded(folder):
    """The log of a small run, with what it has acknowledged."""
    small = study.write(folder)
    log, work = Log(), execute.carry_out

    def telling(order):
        outcome = work(order)
        log.told(f"out/shards/{order.key}-{'solved' if order.solved else f'{order.start}-{order.stop}'}.h5")
        return outcome

    execute.carry_out = telling
    try:
        with Calls(folder / "disk", log):
            assert run(folder / "disk/out", small) == ""
    finally:
        execute.carry_out = work
    log.told("all")
    return log.steps, Studio.numbers(folder / "disk/out")


def run(out, small):
    """Run or resume; what is wrong with its end, empty where nothing is."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            code = commands.run(str(small), out=str(out), workers=1)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
    return "" if code == 0 else said.getvalue()


def lost(folder, told):
    """What was acknowledged and is not there."""
    for name in told:
        if name == "all":
            if not (folder / "out/summary.json").exists():
                return "the report"
            continue
        try:
            verify(named(folder / name))
        except (DamagedFileError, OSError) as why:
            return f"{name} ({why})"
    return ""


class Judge:
    """Verdicts on the images of a log: each distinct one is resumed and held against the truth."""

    def __init__(self, folder, truth):
        self.folder, self.truth = folder, truth
        self.seen, self.images, self.wrong = set(), 0, []

    def judge(self, steps, count, most=10**9):
        """Cut the power behind the steps, and look at so many images."""
        told = tuple(step.file for step in steps if step.kind == "told")
        for found in images(steps, count):
            self.images += 1
            mark = hash((tuple(sorted(found[0].items())), found[1], told))
            if mark in self.seen:
                continue
            self.seen.add(mark)
            complaint = self.look(found, told)
            if complaint:
                self.wrong.append(f"cut behind step {len(steps)}: {complaint}; {sorted(found[0])}")
                if len(self.wrong) >= most:
                    return

    def look(self, found, told):
        disk = self.folder / "image"
        shutil.rmtree(disk, ignore_errors=True)
        disk.mkdir()
        restore(found, disk)
        if gone := lost(disk, told):
            return f"acknowledged and lost: {gone}"
        if failed := run(disk / "out", self.folder / "small.toml"):
            return failed
        return "" if Studio.numbers(disk / "out") == self.truth else "other numbers"


@pytest.fixture(scope="module")
def record(memory):
    folder = memory / "power"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execute, "connected", direct.connected)
        (folder / "disk").mkdir()
        steps, truth = recorded(folder)
        patch.setattr(os, "fsync", lambda descriptor: None)  # nothing is cut while images are looked at
        yield folder, steps, truth


def cuts(steps, stride):
    """Places where the power may fail: behind every step that changes what may be lost."""
    return [
        place
        for place in range(1, len(steps) + 1)
        if place % stride == 0 or steps[place - 1].kind in ("move", "link", "told")
    ]


@pytest.mark.parametrize(
    "count", [pytest.param(150, id="some"), pytest.param(IMAGES, id="every", marks=pytest.mark.torture)]
)
def test_a_power_cut_loses_nothing_that_was_acknowledged(record, count):
    folder, steps, truth = record
    judge = Judge(folder, truth)
    places = cuts(steps, 1 if count == IMAGES else 30)
    for place in places:
        judge.judge(steps[:place], -(-count // len(places)) + 2, most=5)
        if len(judge.wrong) >= 5:
            break
    print(f"{judge.images} images of {len(places)} cuts, {len(judge.seen)} distinct")
    assert not judge.wrong, "\n".join(judge.wrong)
    assert judge.images >= count * 0.9


PLANTS = {
    "no fsync of files": lambda steps: without(steps, "sync"),
    "no fsync of folders": lambda steps: without(steps, "sync folder"),
    "rename before the bytes": renamed_early,
}


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_fault_of_storage_is_found(record, plant):
    folder, steps, truth = record
    judge = Judge(folder, truth)
    wrong = PLANTS[plant](steps)
    for place in cuts(wrong, 6):
        judge.judge(wrong[:place], 12, most=1)
        if judge.wrong:
            break
    assert judge.wrong
