"""Stored files are trusted by their seal alone: damage is found at once, and errors of the system are not damage."""

import ast
import errno
import json
import os
from pathlib import Path

import h5py
import numpy as np
import pytest
from support.urn import URN, at_home, study_of
from xxhash import xxh3_128

import mfsolve
from mfsolve.study.file import points
from mfsolve.study.origin.software import software
from mfsolve.study.storage import seal, shards
from mfsolve.study.storage.files import new_hdf5
from mfsolve.study.storage.store import RunDirectory

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


def test_the_layout_names_arrays_in_one_piece_and_plain_attributes(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs.update({"key": "k", "start": np.int64(3), "share": 0.5, "list": [1, 2]})
        file.create_group("group")["inside"] = np.arange(3.0)
        truth = {
            "whole": np.arange(6.0).reshape(2, 3),
            "chunk": np.arange(4, dtype="<i8"),
            "one": np.asarray(2.5),
            "empty": np.zeros((2, 0)),
        }
        file.create_dataset("whole", data=truth["whole"])
        file.create_dataset("chunk", data=truth["chunk"], chunks=(4,), fletcher32=True)
        file.create_dataset("one", data=truth["one"])
        file.create_dataset("empty", data=truth["empty"])
        file.create_dataset("pieces", data=np.arange(4.0), chunks=(2,))
        file.create_dataset("roomy", data=np.arange(3.0), chunks=(4,), maxshape=(None,))
        found = seal.layout(file)
        stored = (tmp_path / "a.h5").read_bytes()  # all is there already
    assert found["attributes"] == {"key": "k", "start": 3}
    assert type(found["attributes"]["start"]) is int
    assert {name: (dtype, shape) for name, (dtype, shape, _) in found["arrays"].items()} == {
        name: (values.dtype.str, values.shape) for name, values in truth.items()
    }
    assert found["arrays"]["empty"][2] == 0
    for name in ("whole", "chunk", "one"):
        assert stored[found["arrays"][name][2] :].startswith(truth[name].tobytes())


def write_sealed(path, data, **what):
    """A file of these bytes with a seal behind them; returns the seal's bytes."""
    path.write_bytes(data)
    with open(path, "r+b") as file:
        end = seal.sealed(file.fileno(), {"attributes": {}, "arrays": {}, **what})
    path.write_bytes(data + end)
    return end


def test_a_seal_is_json_its_length_its_hash_and_a_magic_word(tmp_path, monkeypatch):
    data, place = bytes(range(256)) * 3, ("<u2", (2, 4), 7)
    end = write_sealed(tmp_path / "a", data, attributes={"key": "k"}, arrays={"x": place})
    text, tail = end[:-40], end[-40:]
    assert tail == len(text).to_bytes(8, "little") + xxh3_128(text).digest() + b"mfsolve sealed 2"
    assert json.loads(text) == {
        "length": 768,
        "xxh3_128": xxh3_128(data).hexdigest(),
        "attributes": {"key": "k"},
        "arrays": {"x": ["<u2", [2, 4], 7]},
    }
    wanted = seal.Seal(768, xxh3_128(data).hexdigest(), {"key": "k"}, {"x": place})
    for piece in (5, 768, seal.PIECE):
        monkeypatch.setattr(seal, "PIECE", piece)
        assert seal.look(tmp_path / "a") == seal.check(tmp_path / "a") == wanted
        rows = [b"".join(seal.rows(tmp_path / "a", wanted, "x", a, b)) for a, b in ((0, 2), (1, 2), (0, 1), (1, 1))]
        assert rows == [data[7:23], data[15:23], data[7:15], b""]
    found, arrays = seal.read(tmp_path / "a")
    assert found == wanted
    assert arrays["x"].tolist() == np.frombuffer(data[7:23], "<u2").reshape(2, 4).tolist()


def test_rows_are_read_in_pieces_of_4_mib_at_most(tmp_path, monkeypatch):
    write_sealed(tmp_path / "a", bytes(10 * 2**20))
    asked = []
    read = seal.system.read_at
    monkeypatch.setattr(seal.system, "read_at", lambda *given: asked.append(given[1]) or read(*given))
    seal.check(tmp_path / "a")
    assert max(asked) <= 2**22
    assert len(asked) < 10  # a call costs as much as a quarter of a megabyte


@pytest.mark.parametrize("spare", [-1, 0, 1])
def test_a_long_seal_is_read_whole(tmp_path, spare):
    """Of more than the 4096 bytes that are read first, as many, and one fewer."""
    short = len(write_sealed(tmp_path / "a", b"x" * 5000, attributes={"key": ""}))
    key = "k" * (4096 + spare - short)
    assert len(write_sealed(tmp_path / "a", b"x" * 5000, attributes={"key": key})) == 4096 + spare
    assert seal.check(tmp_path / "a").attributes == {"key": key}
    write_sealed(tmp_path / "a", b"x" * 5000, attributes={"key": 9 * key})
    assert seal.read(tmp_path / "a")[0].attributes == {"key": 9 * key}


def test_nothing_may_stand_before_a_seal(tmp_path):
    write_sealed(tmp_path / "a", b"")
    assert seal.check(tmp_path / "a") == seal.read(tmp_path / "a")[0]
    assert seal.look(tmp_path / "a").length == 0


def tail(length, digest, magic=b"mfsolve sealed 2"):
    return length.to_bytes(8, "little") + digest + magic


TEXT = json.dumps({"length": 0, "xxh3_128": xxh3_128(b"").hexdigest(), "attributes": {}, "arrays": {}}).encode()
HASH = xxh3_128(TEXT).digest()
DAMAGED = {
    "empty": (b"", "cut short or damaged: it does not end with a seal"),
    "magic alone": (b"mfsolve sealed 2", "cut short or damaged: it does not end with a seal"),
    "a byte short": ((TEXT + tail(len(TEXT), HASH))[:-1], "cut short or damaged: it does not end with a seal"),
    "no text": (tail(0, bytes(16)), "its seal is damaged"),
    "too long": (TEXT + tail(len(TEXT) + 1, HASH), "its seal is damaged"),
    "text": (TEXT[:-1] + b" " + tail(len(TEXT), HASH), "its seal is damaged"),
    "hash": (TEXT + tail(len(TEXT), bytes(16)), "its seal is damaged"),
    "more bytes": (b"x" + TEXT + tail(len(TEXT), HASH), "other bytes than were written"),
    "earlier": (TEXT + tail(len(TEXT), HASH, b"mfsolve sealed 1"), "written and sealed by an earlier version"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_seal_is_told_as_what_it_is(tmp_path, case):
    data, said = DAMAGED[case]
    (tmp_path / "a").write_bytes(TEXT + tail(len(TEXT), HASH))
    assert seal.read(tmp_path / "a")[0].length == 0
    (tmp_path / "a").write_bytes(data)
    for ask in (seal.look, seal.check, seal.read):
        with pytest.raises(seal.DamagedFileError, match=rf"^{said}$"):
            ask(tmp_path / "a")


def test_changed_bytes_before_the_seal_are_found_by_all_that_read_them(tmp_path):
    end = write_sealed(tmp_path / "a", b"abc")
    (tmp_path / "a").write_bytes(b"abd" + end)
    assert seal.look(tmp_path / "a").length == 3  # which does not read them
    for ask in (seal.check, seal.read):
        with pytest.raises(seal.DamagedFileError, match=r"^checksum does not match$"):
            ask(tmp_path / "a")


def test_no_more_than_16_mib_are_taken_for_a_seal(tmp_path, monkeypatch):
    asked = []
    read = seal.system.read_at
    monkeypatch.setattr(seal.system, "read_at", lambda *given: asked.append(given[1]) or read(*given))
    for length, most in ((2**24, 2**24 + 40), (2**24 + 1, 4096)):
        asked.clear()
        with open(tmp_path / "a", "wb") as file:
            file.truncate(2**24 + 100)
            file.seek(0, os.SEEK_END)
            file.write(tail(length, bytes(16)))
        with pytest.raises(seal.DamagedFileError, match="its seal is damaged"):
            seal.look(tmp_path / "a")
        assert max(asked) == most


@pytest.mark.parametrize("size", [1, 50, 400])
def test_reads_may_come_back_in_parts_and_files_may_shrink(tmp_path, monkeypatch, size):
    write_sealed(tmp_path / "a", bytes(range(100)), arrays={"x": ("|u1", (100,), 0)})
    whole, read = (tmp_path / "a").read_bytes(), seal.system.read_at
    monkeypatch.setattr(seal.system, "read_at", lambda file, count, place: read(file, min(count, size), place))
    assert seal.read(tmp_path / "a")[1]["x"].tolist() == list(range(100))
    found = seal.check(tmp_path / "a")
    (tmp_path / "a").write_bytes(whole[:60])
    with pytest.raises(seal.DamagedFileError, match=r"^shorter than a moment ago$"):
        list(seal.rows(tmp_path / "a", found, "x", 0, 100))


def test_an_error_that_may_pass_is_asked_again_three_times_and_no_other(tmp_path, monkeypatch):
    slept, calls = [], []
    monkeypatch.setattr(seal.time, "sleep", slept.append)

    def ask(number, fails):
        calls.append(number)
        if len(calls) <= fails:
            raise OSError(number, "no")
        return len(calls)

    assert seal.patiently(ask, errno.EAGAIN, 0) == 1
    assert (calls.clear(), seal.patiently(ask, errno.EAGAIN, 3)) == (None, 4)
    assert slept == list(seal.system.PAUSES)
    held = len(os.listdir("/dev/fd"))
    for _ in range(3):
        with pytest.raises(seal.DamagedFileError):
            seal.look(Path(__file__))
    assert len(os.listdir("/dev/fd")) == held  # what was opened is closed
    for number, tries in ((errno.ESTALE, 4), (errno.EACCES, 1)):
        calls.clear()
        with pytest.raises(OSError, match="no"):
            seal.patiently(ask, number, 9)
        assert len(calls) == tries
    with pytest.raises(FileNotFoundError) as told:
        seal.look(tmp_path / "none")
    assert told.value.filename == str(tmp_path / "none")


def test_a_file_of_an_earlier_version_is_named_as_that(shard):
    data = shard.path.read_bytes()
    shard.path.write_bytes(data.replace(seal.MAGIC, seal.EARLIER))
    with pytest.raises(seal.DamagedFileError, match="by an earlier version"):
        shards.content(shard)


def test_every_flipped_zeroed_and_cut_byte_is_found_before_hdf5_sees_it(shard, monkeypatch):
    whole = shard.path.read_bytes()
    monkeypatch.setattr(h5py, "File", lambda *unused, **options: pytest.fail("HDF5 has seen the file"))

    def broken():
        try:
            shards.content(shard)
        except seal.DamagedFileError:
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

    monkeypatch.setattr(seal.system, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr(os, call, fails)
    passing = number in seal.PASSING and times == 1
    for read in (lambda: shards.scan(shard.path.parent, {KEY}), lambda: shards.drop_broken([shard])):
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
        if b"h5py" in path.read_bytes()
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "h5py.File"
    ]
    assert opened
    locking = [where for where, options, first in opened if options.get("locking") != "False" and first != "guard"]
    assert locking == ["files.py"]  # a file that this process holds open with a lock already


def test_joining_looks_at_every_shard_and_point_a_fixed_number_of_times(tmp_path, monkeypatch):
    """The work of a start and of joining is linear: counted, not timed."""
    urn = at_home(tmp_path)
    monkeypatch.setattr(points, "digest", counted(points.digest, digests := []))
    monkeypatch.setattr(os, "open", counted(os.open, opened := []))
    monkeypatch.setattr(h5py, "File", counted(h5py.File, files := []))
    grid = {"parameters": {"share": [0.1 + 0.02 * step for step in range(12)]}}
    study = study_of({"grid": grid, "parameters": {"steps": 1}, "ensemble": {"replicates": 4}}, urn)
    directory = RunDirectory(tmp_path / "out", study)
    directory.open()
    for point in study.points:
        for start in range(4):
            with new_hdf5(directory.shards / f"{point.key}-{start}-{start + 1}.h5") as file:
                file.attrs.update({"schema": 1, "key": point.key, "start": start, "stop": start + 1, **software(urn)})
                for name, row in URN.arms["draws"].draw(point.case, 1, start, 1).items():
                    file.create_dataset(name, data=row[None], chunks=row[None].shape, fletcher32=True)
    for calls in (digests, opened, files):
        calls.clear()
    found, _ = directory.scan()
    directory.consolidate(found)
    assert len(found) == 48
    assert len(digests) == 0
    assert sum(str(call[0]).endswith(".h5") for call in opened) <= 2 * 48 + 2
    assert len(files) == 1
    assert directory.column(study.points[5], "red", 0).tolist() == [0.0, 1.0, 2.0, 3.0]


def counted(function, calls):
    """A function that notes what it is called with."""

    def noting(*arguments, **options):
        calls.append(arguments)
        return function(*arguments, **options)

    return noting
