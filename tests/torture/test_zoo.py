"""Faults that were planted in the sources, each caught by the test that is there for it."""

import json
import os
import subprocess
import sys
from typing import NamedTuple

import pytest
from torture.planted import CHECKOUT, VARIABLE, changed


class Fault(NamedTuple):
    """A text of a file, the one that takes its place, and the test that has to fail."""

    file: str
    old: str
    new: str
    test: str


STUDY, INFERENCE, TORTURE = "mfsolve/study", "mfsolve/inference", "tests/torture"
CUTS = f"{TORTURE}/test_power.py::test_a_power_cut_loses_nothing_that_was_acknowledged[some]"
SCHEDULES = f"{TORTURE}/test_schedules.py::test_every_task_is_done_once_or_the_end_is_said[some]"
ZOO = {
    "missing fsync": Fault(f"{STUDY}/storage/files.py", "        sync(temporary)\n", "", CUTS),
    "missing fsync of the folder": Fault(f"{STUDY}/storage/files.py", "        sync(path.parent)\n", "", CUTS),
    "a new folder that is not entered": Fault(f"{STUDY}/storage/files.py", "        sync(folder.parent)\n", "        pass\n", CUTS),
    "rename before the bytes": Fault(
        f"{STUDY}/storage/files.py", "        sync(temporary)\n        system.replace(temporary, path, only_new)\n",
        "        system.replace(temporary, path, only_new)\n        sync(path)\n", CUTS,
    ),
    "error swallowed": Fault(
        f"{STUDY}/storage/files.py", "            self.error = error\n", "            pass\n",
        "tests/study/storage/test_files.py::test_no_space_at_any_point_is_an_oserror_and_leaves_nothing",
    ),
    "a planted link is followed": Fault(
        f"{STUDY}/storage/files.py", " | os.O_EXCL", "", "tests/study/storage/test_temporary.py::test_what_is_planted_under_a_temporary_name_is_not_followed",
    ),
    "a name that two drivers share": Fault(
        f"{STUDY}/storage/temporary.py", "secrets.token_hex(8)", "'0' * 16",
        "tests/study/storage/test_temporary.py::test_what_is_planted_under_a_temporary_name_is_not_followed",
    ),
    "a lock waited for": Fault(
        f"{STUDY}/storage/files.py", "locking=False", "locking=True", "tests/study/test_run.py::test_slices_and_merge",
    ),
    "hash of the first piece only": Fault(
        f"{STUDY}/storage/seal.py", "range(0, length, PIECE)", "range(0, min(length, PIECE), PIECE)",
        f"{TORTURE}/test_damage.py::test_a_damaged_consolidated_file_is_noticed[some]",
    ),
    "seal of other bytes": Fault(
        f"{STUDY}/storage/seal.py", "if xxh3_128(data).hexdigest() != seal.digest:", "if not data:",
        f"{TORTURE}/test_damage.py::test_a_damaged_shard_is_noticed_before_anything_is_read_from_it[some]",
    ),
    "a report that is believed": Fault(
        f"{STUDY}/storage/records.py", 'table["sha256"] == _hash(without_hash(table))', 'table["sha256"]',
        "tests/study/storage/test_records.py::test_a_record_is_held_against_its_hash",
    ),
    "unseeded draw": Fault(
        f"{STUDY}/blocks.py", "arm.draw(case, seed,", "arm.draw(case, __import__('secrets').randbits(32),",
        "tests/study/test_run.py::test_bits_do_not_depend_on_task_size[5]",
    ),
    "swapped replicate order": Fault(
        f"{STUDY}/blocks.py", "[piece[name] for piece in pieces]", "[piece[name] for piece in reversed(pieces)]",
        "tests/study/test_run.py::test_bits_do_not_depend_on_task_size[5]",
    ),
    "one replicate again and again": Fault(
        f"{STUDY}/blocks.py", "seed, here[0], threads", "seed, 0, threads",
        "tests/study/test_run.py::test_replicates_of_a_point_differ",
    ),
    "seed reused across points": Fault(
        f"{STUDY}/file/points.py", "return ensemble.seed if not mark else", "return ensemble.seed if mark else",
        "tests/study/file/test_config.py::test_random_numbers_are_shared_as_asked",
    ),
    "stored by hearsay": Fault(
        f"{STUDY}/execution/execute.py", 'return Outcome(0, 0.0, failure=why.args[0], cannot_store=True, full=why.args[1])',
        "return Outcome(order.stop - order.start, 0.0)", "tests/study/test_run.py::test_full_disk_ends_the_run_with_one_line",
    ),
    "a lost result taken for a lost cluster": Fault(
        f"{STUDY}/execution/completion.py", 'if future.status == "lost":', "if False:",
        SCHEDULES,
    ),
    "a silent scheduler waited for": Fault(
        f"{STUDY}/execution/completion.py", "elif now - self._heard > (patience := PATIENCE if _patience is None else _patience):", "elif now < 0.0:",
        SCHEDULES,
    ),
    "a process that hangs is waited for": Fault(
        f"{STUDY}/execution/processes.py", "if spent > seconds:", "if spent < 0.0:", SCHEDULES,
    ),
    "time of a closed lid counts": Fault(
        f"{STUDY}/execution/processes.py", "min(now - seen, 2.0 * TICK)", "now - seen", SCHEDULES,
    ),
    "given up at once": Fault(f"{STUDY}/execution/processes.py", "for _ in range(tries):", "for _ in range(1):", SCHEDULES),
    "a good replicate is given up with a bad one": Fault(
        f"{STUDY}/execution/isolation.py", "return _one_by_one(order, limit, stopping)",
        'return _given_up(f"{order.part.said} {found.why}")', SCHEDULES,
    ),
    "the name of a study is put over another one's": Fault(
        f"{STUDY}/storage/system.py", "os.link(source, target)", "os.replace(source, target)\n            return",
        f"{TORTURE}/test_surroundings.py::test_another_study_that_begins_meanwhile_in_the_directory_is_refused_or_refuses[some]",
    ),
    "n - 1 for n": Fault(
        f"{INFERENCE}/estimate.py", "samples.var(ddof=1)", "samples.var(ddof=0)",
        "tests/inference/test_intervals.py::test_means_and_differences_are_those_of_scipy",
    ),
    "biased weight": Fault(
        f"{INFERENCE}/quadrature.py", "weight = 2 / (", "weight = 2.000001 / (",
        "tests/inference/test_quadrature.py::test_powers_are_integrated_exactly",
    ),
    "dt unscaled": Fault(
        "mfsolve/models/transition/population.py", "np.sqrt(2.0 * sigma * dt)", "np.sqrt(2.0 * sigma)",
        "tests/models/transition/test_particles.py::test_populations_follow_the_grid",
    ),
    "wrong lane": Fault(
        "kernels/random/philox.py", "philox(key[0], key[1], lane + np.uint64(i), block", "philox(key[0], key[1], lane, block",
        "tests/kernels/random/test_philox.py::test_any_slice_is_the_same_draw",
    ),
}  # fmt: skip


def verdict(tests, tmp_path, fault=None):
    """Run tests in a process of their own, with the fault in it where there is one."""
    path = os.pathsep.join([str(CHECKOUT / "tests"), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": path}
    if fault is not None:
        environment[VARIABLE] = json.dumps([fault.file, fault.old, fault.new])
        if fault.file.startswith("kernels/"):  # what is compiled already was right
            environment["MFSOLVE_CACHE_DIR"] = str(tmp_path)
    command = ["-m", "pytest", "-p", "torture.planted", "-n", "0", "-x", "-q", "--tb=line", "-m", "", *tests]
    done = subprocess.run(
        [sys.executable, *command], cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=1800
    )
    return done.returncode, done.stdout[-2000:] + done.stderr[-1000:]


def test_every_fault_finds_its_place():
    for fault in ZOO.values():
        assert changed(fault.file, fault.old, fault.new) != (CHECKOUT / fault.file).read_text()
    assert len(ZOO) >= 12


@pytest.mark.parametrize("test", sorted({fault.test for fault in ZOO.values()}))
def test_the_test_that_has_to_notice_a_fault_is_there(test):
    file, _, name = test.partition("::")
    assert f"\ndef {name.partition('[')[0]}(" in (CHECKOUT / file).read_text()


@pytest.mark.torture
def test_without_a_fault_all_of_them_pass(tmp_path):
    code, said = verdict(sorted({fault.test for fault in ZOO.values()}), tmp_path)
    assert code == 0, said


@pytest.mark.torture
@pytest.mark.parametrize("name", ZOO)
def test_a_planted_fault_is_caught(name, tmp_path):
    code, said = verdict([ZOO[name].test], tmp_path, ZOO[name])
    assert code == 1, said
    assert "1 failed" in said, said
