"""Stored files are trusted by their seal alone: damage is found at once, and errors of the system are not damage."""

import ast
import errno
import os
import time
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

import mfsolve
from mfsolve.study import points, seal, shards, temporary
from mfsolve.study.config import StudyError, resolve
from mfsolve.study.files import new_hdf5, replaced, write_text
from mfsolve.study.maker import maker
from mfsolve.study.store import RunDirectory

KEY = "0123456789abcdef"


@pytest.fixture
def shard(tmp_path):
    """A shard of two outputs, one of them empty."""
    path = tmp_path / f"{KEY}-0-3.h5"
    with new_hdf5(path) as file:
        file.attrs.update({"schema": 1, "key": KEY, "start": 0, "stop": 3})
        file.create_dataset("x", data=np.arange(12.0).reshape(3, 4), chunks=(3, 4), fletcher32=True)
        file.create_dataset("none", data=np.zeros((3, 0)))
        file.create_dataset("one", data=2.5)
    return shards.named(path)


def test_arrays_are_read_without_the_hdf5_library_and_with_it(shard, monkeypatch):
    with h5py.File(shard.path) as file:
        truth = {name: file[name][()] for name in file}
    monkeypatch.setattr(h5py, "File", lambda *unused, **options: pytest.fail("HDF5 has seen the file"))
    found = shards.content(shard)
    assert found.keys() == truth.keys()
    for name, values in truth.items():
        assert found[name].shape == values.shape
        assert found[name].tobytes() == np.asarray(values).tobytes()


def test_a_file_of_an_earlier_version_is_named_as_that(shard):
    data = shard.path.read_bytes()
    shard.path.write_bytes(data.replace(seal.MAGIC, seal.EARLIER))
    with pytest.raises(seal.Broken, match="by an earlier version"):
        shards.content(shard)


def test_every_flipped_zeroed_and_cut_byte_is_found_before_hdf5_sees_it(shard, monkeypatch):
    whole = shard.path.read_bytes()
    monkeypatch.setattr(h5py, "File", lambda *unused, **options: pytest.fail("HDF5 has seen the file"))

    def broken():
        try:
            shards.content(shard)
        except seal.Broken:
            return True
        return False

    assert not broken()
    with open(shard.path, "r+b", buffering=0) as file:
        for place, byte in enumerate(whole):
            os.pwrite(file.fileno(), bytes([byte ^ 1 << place % 8]), place)
            assert broken(), place
            os.pwrite(file.fileno(), bytes([byte]), place)
        for place in range(0, len(whole), 64):
            before = whole[place : place + 64]
            os.pwrite(file.fileno(), bytes(len(before)), place)
            assert not any(before) or broken(), place
            os.pwrite(file.fileno(), before, place)
        assert not broken()
        for length in range(len(whole) - 1, 0, -97):
            file.truncate(length)
            assert broken(), length
    shard.path.write_bytes(whole + b"\0")
    assert broken()


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ESTALE, errno.EACCES, errno.EIO, errno.ENOLCK, errno.EAGAIN])
@pytest.mark.parametrize("call", ["open", "pread"])
@pytest.mark.parametrize("times", [1, 1000])
def test_an_error_of_the_system_never_sets_a_good_shard_aside(shard, monkeypatch, number, call, times):
    left = times
    ask = getattr(os, call)

    def fails(*arguments, **options):
        nonlocal left
        if left and (call == "pread" or str(arguments[0]).endswith(".h5")):
            left -= 1
            raise OSError(number, os.strerror(number))
        return ask(*arguments, **options)

    monkeypatch.setattr(seal, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr(os, call, fails)
    passing = number in seal.PASSING and times == 1
    for read in (lambda: shards.scan(shard.path.parent, {KEY}), lambda: shards.weed([shard])):
        left = times
        if passing:
            assert read() in (([shard], []), [])
        else:
            with pytest.raises(OSError) as told:
                read()
            assert told.value.errno == number
    monkeypatch.undo()
    assert shards.scan(shard.path.parent, {KEY}) == ([shard], [])


def test_hdf5_files_are_opened_without_locks():
    opened = [
        (path.name, {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}, ast.unparse(node.args[0]))
        for path in sorted(Path(mfsolve.__file__).parent.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "h5py.File"
    ]
    assert opened
    locking = [where for where, options, first in opened if options.get("locking") != "False" and first != "guard"]
    assert locking == ["files.py"]  # a file that this process holds open with a lock already


def test_what_is_planted_under_a_temporary_name_is_not_followed(tmp_path, monkeypatch):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    names = [temporary.temporary_for(tmp_path / "a.h5") for _ in range(100)]
    assert len(set(names)) == 100
    monkeypatch.setattr("mfsolve.study.files.temporary_for", lambda path: path.with_name(".planted.tmp"))
    (tmp_path / ".planted.tmp").symlink_to(victim)
    for write in (lambda: write_text(tmp_path / "a.txt", "other"), lambda: new_hdf5(tmp_path / "a.h5").__enter__()):
        with pytest.raises(FileExistsError):
            write()
        (tmp_path / ".planted.tmp").unlink(missing_ok=True)
        (tmp_path / ".planted.tmp").symlink_to(victim)
    assert victim.read_text() == "mine"


@pytest.mark.parametrize("names", [["run.json"], ["study.toml"], ["small.h5"], [".h5"], ["a/x.csv", "b/x.csv"]])
def test_data_never_take_the_place_of_a_file_of_the_run(tmp_path, names):
    for name in names:
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_text("1,2\n")
    found, nothing = ([tmp_path / "data" / name for name in names], [])
    parts = {part: SimpleNamespace(data_files=lambda f=f: f) for part, f in zip("pqr", (found, nothing, nothing))}
    case = SimpleNamespace(parameters=parts["p"], population=parts["q"], record=parts["r"])
    study = SimpleNamespace(name="small", points=[SimpleNamespace(case=case)])
    with pytest.raises(StudyError, match="a run directory has another file of that name; rename the data"):
        RunDirectory(tmp_path / "out", study).open()
    assert not (tmp_path / "out").exists()


def test_left_overs_of_processes_that_ended_are_swept_and_no_others(tmp_path, monkeypatch):
    def leave(place, process, begun, age=0.0):
        path = tmp_path / f".a.h5.{place}-{process}-{begun}-{os.urandom(8).hex()}.tmp"
        path.write_text("half")
        os.utime(path, (time.time() - age,) * 2)
        return path

    here, me = temporary._place(), os.getpid()
    begun = temporary.begun(me)
    dead = [leave(here, 2**30, 5), leave(here, me, begun + 1), leave("0" * 12, me, begun, 7200.0)]
    (tmp_path / ".a.h5.host-5.tmp").write_text("of an earlier version")
    os.utime(tmp_path / ".a.h5.host-5.tmp", (0, 0))
    # the same number in another namespace of this host, as drivers in two containers have it
    alive = [leave(here, me, begun), leave("0" * 12, 2**30, 5)]
    with replaced(tmp_path / "now") as writing:
        writing.write_text("x")
        temporary.remove_leftovers(tmp_path)
        assert writing.exists()
    assert not any(path.exists() for path in dead)
    assert sorted(path for path in tmp_path.iterdir() if path.name != "now") == sorted(alive)


def test_joining_looks_at_every_shard_and_point_a_fixed_number_of_times(tmp_path, monkeypatch):
    """The work of a start and of joining is linear: counted, not timed."""
    made = maker("collapse")
    monkeypatch.setattr(points, "digest", counted(points.digest, digests := []))
    monkeypatch.setattr(os, "open", counted(os.open, opened := []))
    monkeypatch.setattr(h5py, "File", counted(h5py.File, files := []))
    raw = {
        "model": "collapse", "figures": [], "population": {"producers": 2, "items": 1, "generations": 1},
        "policies": {"none": {}}, "ensemble": {"replicates": 4},
        "grid": {"parameters": {"imitation": [0.1 + 0.02 * step for step in range(12)]}},
    }  # fmt: skip
    study = resolve(raw, "small", "small.toml")
    directory = RunDirectory(tmp_path / "out", study)
    directory.open()
    for point in study.points:
        drawn, places = study.experiment.arm(point.case).drawn(point.case), study.experiment.coordinates(point.case)
        for start in range(4):
            with new_hdf5(directory.shards / f"{point.key}-{start}-{start + 1}.h5") as file:
                file.attrs.update({"schema": 1, "key": point.key, "start": start, "stop": start + 1, **made})
                for name, output in drawn.items():
                    data = np.full((1, *(places[dim].size for dim in output.dims)), float(start))
                    file.create_dataset(name, data=data, chunks=data.shape, fletcher32=True)
    for calls in (digests, opened, files):
        calls.clear()
    found, _ = directory.scan()
    directory.consolidate(found)
    assert len(found) == 48
    assert len(digests) == 0
    assert sum(str(call[0]).endswith(".h5") for call in opened) <= 2 * 48 + 2
    assert len(files) == 1
    assert directory.column(study.points[5], "contamination").tolist() == [0.0, 1.0, 2.0, 3.0]


def counted(function, calls):
    """A function that notes what it is called with."""

    def noting(*arguments, **options):
        calls.append(arguments)
        return function(*arguments, **options)

    return noting
