"""Makers of replicates, records of runs, orders to workers, and the source that every complaint names."""

import hashlib
import json
import os
import pickle
import platform
import socket
import subprocess
from importlib.metadata import version
from pathlib import Path

import h5py
import numba
import numpy
import pytest
import scipy
from support.urn import URN, Parameters, at_home, study_of

import mfsolve
from mfsolve.study.execution import shared_folder, task_orders
from mfsolve.study.execution.pending_tasks import Part
from mfsolve.study.execution.task_orders import Outcome, TaskOrder
from mfsolve.study.file.source import Source, StudyError, digest
from mfsolve.study.origin import software as module
from mfsolve.study.origin.fingerprint import fingerprint_of_guest
from mfsolve.study.origin.software import code_of, origin, recorded_software, software, software_differences
from mfsolve.study.storage.records import read_record, with_hash


@pytest.fixture
def urn(tmp_path):
    return at_home(tmp_path)


def test_the_maker_is_the_code_and_the_libraries_of_this_process(urn, tmp_path, monkeypatch):
    code = fingerprint_of_guest("urn_home", tmp_path / "urn_home.py", urn.home.digest)
    assert code_of(urn) == code
    libraries = {"numba": numba.__version__, "numpy": numpy.__version__, "scipy": scipy.__version__}
    assert software(urn) == {"code": code, **libraries}
    monkeypatch.setattr(module, "fingerprint", lambda name: f"of {name}")
    assert code_of(URN) == code_of("urn") == "of mfsolve.experiments.urn"


def test_the_origin_names_versions_revision_and_host(urn, monkeypatch):
    found = origin(urn)
    assert json.loads(found.pop("versions")) == {
        "python": platform.python_version(), "mfsolve": mfsolve.__version__, "numba": numba.__version__,
        "numpy": numpy.__version__, "scipy": scipy.__version__, "h5py": version("h5py"),
    }  # fmt: skip
    assert version("h5py") == h5py.__version__
    assert found.pop("host") == f"{socket.gethostname()} ({platform.machine()}, {platform.system()})"
    asked = []

    def answering(command, **options):
        asked.append((command, options["check"], options["timeout"] > 0))
        return subprocess.CompletedProcess(command, 0, "abc\n", "")

    monkeypatch.setattr(subprocess, "run", answering)
    assert origin(urn)["git_revision"] == "abc"
    assert asked == [(["git", "-C", str(Path(mfsolve.__file__).parent), "rev-parse", "HEAD"], True, True)]
    for error in (
        FileNotFoundError(2, "git"),
        subprocess.CalledProcessError(128, "git"),
        subprocess.TimeoutExpired("git", 5),
    ):
        monkeypatch.setattr(subprocess, "run", lambda *given, error=error, **options: (_ for _ in ()).throw(error))
        assert origin(urn)["git_revision"] == "unknown"


def test_a_run_s_record_names_its_maker():
    versions = {"numba": 1, "numpy": "2", "scipy": "3", "h5py": "4"}
    made = {"code": "c", "numba": "1", "numpy": "2", "scipy": "3"}
    assert recorded_software({"code": "c", "versions": json.dumps(versions), "host": "h"}) == made
    assert software_differences(made, made) is None
    assert software_differences(made, {**made, "h5py": "9"}) is None
    assert software_differences({**made, "numpy": "1"}, {**made, "code": "d"}) == (
        "has code d, not c; numpy 2, not 1: results of different code or libraries are not mixed"
    )
    assert (
        software_differences({"numba": "1"}, {})
        == "has numba unknown, not 1: results of different code or libraries are not mixed"
    )


def test_a_record_is_held_against_its_hash(tmp_path):
    path = tmp_path / "a.json"
    table = with_hash({"b": (1, 2), "a": None})
    assert table == {"b": [1, 2], "a": None, "sha256": hashlib.sha256(b'{"b": [1, 2], "a": null}').hexdigest()}
    for text, hashed in ((json.dumps(table), True), (json.dumps(table), False), ('{"b": [1, 2], "a": null}', False)):
        path.write_text(text)
        assert read_record(path, "mend it", hashed) == {"b": [1, 2], "a": None}
    with pytest.raises(StudyError, match="damaged; mend it"):  # what is to have a hash has none
        read_record(path, "mend it", hashed=True)
    for text in (
        json.dumps({**table, "a": 1}),
        json.dumps({**table, "sha256": None}),
        '{"sha256": "0"}',
        "[1]",
        "3",
        "{",
        "[" * 100_000,
    ):
        path.write_text(text)
        with pytest.raises(StudyError) as caught:
            read_record(path, "mend it")
        assert str(caught.value) == f"{path}: damaged; mend it"
    path.write_bytes(b"\xff")
    with pytest.raises(StudyError, match="damaged; mend it"):
        read_record(path, "mend it")
    with pytest.raises(FileNotFoundError) as told:
        read_record(tmp_path / "none", "mend it")
    assert told.value.filename == str(tmp_path / "none")


def test_an_order_travels_with_its_case_and_looks_for_a_user_s_model_beside_the_run(tmp_path, monkeypatch):
    case = study_of({"parameters": {"steps": 7}}).points[0].case
    attributes, place = {"code": "c"}, str(tmp_path / "out/shards")
    order = TaskOrder("urn", case, "0" * 16, 5, 3, 9, False, place, 2, attributes, ("red", 1), "mark", 2.5)
    loaded = []
    monkeypatch.setattr(task_orders, "load", lambda *given: loaded.append(given))
    there = pickle.loads(pickle.dumps(order))
    assert there == order
    assert there.case.parameters == Parameters(steps=7)
    assert loaded == [("urn", tmp_path / "out")] * 2  # before its settings are packed, and before they are unpacked
    assert order.part == Part("0" * 16, 3, 9, False)
    assert (Outcome(3, 0.5).full_disk, Outcome(3, 0.5).failure) == (False, None)


def test_complaints_open_with_the_file(tmp_path):
    source = Source("a/s.toml")
    with pytest.raises(StudyError, match=r"^a/s\.toml: no$"):
        source.fail("no")
    assert source.build(Parameters, {"steps": 3}, "parameters") == Parameters(steps=3)
    for values, said in (
        (3, "parameters: a table is needed"), ({"steps": 0}, "parameters.steps: 0 given: "),
        ({"stps": 3}, "parameters.stps: unknown key; did you mean steps?"),
    ):  # fmt: skip
        with pytest.raises(StudyError) as caught:
            source.build(Parameters, values, "parameters")
        assert str(caught.value).startswith(f"a/s.toml: {said}")
    with pytest.raises(StudyError, match=r"^a/s\.toml: parameters: all wrong$"):
        source.build(Whole, {}, "parameters")


class Whole(Parameters):
    """Settings that are wrong as a whole."""

    def __init__(self, **values):
        raise ValueError("Whole: all wrong")


def test_a_digest_is_that_of_plain_data_whatever_the_order_of_its_keys():
    assert digest({"b": 1, "a": [2, "x"]}) == hashlib.sha256(b'{"a":[2,"x"],"b":1}').hexdigest()


def test_a_mark_is_there_for_the_time_of_the_block_and_none_without_a_cluster(tmp_path):
    with shared_folder.folder_mark(tmp_path, None) as name:
        assert name is None
        assert list(tmp_path.iterdir()) == []
    with shared_folder.folder_mark(tmp_path, "tcp://x") as name:
        (mark,) = tmp_path.iterdir()
        assert (mark.name, mark.stat().st_size) == (name, 0)
        assert name.startswith(".mark-")
        assert len(name) == len(".mark-") + 16
        assert mark.stat().st_mode & 0o777 & ~0o022 == 0o644
        with shared_folder.folder_mark(tmp_path, "tcp://x") as other:
            assert other != name
    assert list(tmp_path.iterdir()) == []


def test_a_worker_says_why_it_cannot_store(tmp_path, monkeypatch):
    now, slept = [0.0], []
    monkeypatch.setattr(shared_folder.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(
        shared_folder.time, "sleep", lambda pause: (slept.append(pause), now.__setitem__(0, now[0] + 2.5))
    )
    (tmp_path / "mark").write_text("")
    assert shared_folder.unseen(tmp_path, "mark") is None
    assert shared_folder.unseen(tmp_path / "none", "mark") == (
        f"does not see {tmp_path / 'none'}: a cluster needs a folder that all its workers share"
    )
    assert slept == []
    assert shared_folder.unseen(tmp_path, "other") == (
        f"sees another folder as {tmp_path}: a cluster needs one that all its workers share"
    )
    assert len(slept) == 3  # five seconds are not over after two looks, nor at their very end
    monkeypatch.setattr(shared_folder.time, "sleep", lambda pause: (tmp_path / "late").write_text(""))
    assert shared_folder.unseen(tmp_path, "late") is None
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    assert shared_folder.unseen(tmp_path, "mark") == f"cannot write to {tmp_path}"
