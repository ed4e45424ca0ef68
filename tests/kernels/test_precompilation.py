"""Kernels compiled ahead of need: signatures as text, the list of what experiments need, and who compiles what."""

import os
import platform
import subprocess
import sys
import threading
import time
import tomllib
from collections import Counter
from importlib import import_module

import pytest
from mfsolve.kernels import _compilation_marks, _precompilation
from mfsolve.kernels._precompilation import compile_ahead, read, written
from mfsolve.kernels.collapse.producers import ItemStream
from mfsolve.kernels.random import philox
from numba import typeof, types
from support.first_kernels import needed, record, representatives

from mfsolve.experiments import NAMES
from mfsolve.study.execution.first_kernels import FILE, LARGE, compilations

KNOWN = tomllib.loads(FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("float64", (types.float64,)),
        ("uint64, boolean", (types.uint64, types.boolean)),
        ("float64[::1]", (types.Array(types.float64, 1, "C"),)),
        ("int32[:, ::1], float64[:]", (types.Array(types.int32, 2, "C"), types.Array(types.float64, 1, "A"))),
        ("(int64, float64)", (types.Tuple([types.int64, types.float64]),)),
        ("(int64, int64)", (types.UniTuple(types.int64, 2),)),
        ("(int64,)", (types.UniTuple(types.int64, 1),)),
        ("", ()),
        (
            "collapse.producers.ItemStream(uint64[::1], uint64[::1], uint64, uint64)",
            (types.NamedTuple([types.Array(types.uint64, 1, "C")] * 2 + [types.uint64] * 2, ItemStream),),
        ),
    ],
)
def test_types_as_text(text, found):
    assert read(text) == found
    assert ", ".join(map(written, found)) == text


def test_what_numba_sees_is_written_and_read():
    import numpy as np

    value = ItemStream(np.zeros(2, np.uint64), np.zeros(2, np.uint64), np.uint64(1), np.uint64(2))
    assert read(written(typeof(value))) == (typeof(value),)


def test_the_list_names_kernels_that_exist_with_types_that_exist():
    """Where it does not: `python -m support.first_kernels EXPERIMENT` in tests/ makes it anew."""
    assert KNOWN["needed"].keys() == set(NAMES)
    assert {name for names in KNOWN["needed"].values() for name in names} == KNOWN["signatures"].keys()
    assert KNOWN["size"].keys() == KNOWN["signatures"].keys()
    stale = []
    for name, signatures in KNOWN["signatures"].items():
        module, _, function = name.rpartition(".")
        compiled = getattr(import_module(f"mfsolve.kernels.{module}"), function, None)
        arguments = -1 if compiled is None else compiled.py_func.__code__.co_argcount
        if any(len(read(signature)) != arguments for signature in signatures):
            stale.append(name)
    assert not stale, [model for model, names in KNOWN["needed"].items() if set(names) & set(stale)]


@pytest.mark.slow
@pytest.mark.parametrize("model", ["agents", "collapse", "pmir", "transition"])
def test_the_list_is_what_first_runs_need(model):
    found = needed(representatives()[model])
    assert list(dict.fromkeys(name for name, _, _ in found)) == KNOWN["needed"][model]
    assert all(signature in KNOWN["signatures"][name] for name, signature, _ in found)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_the_list_is_up_to_date():
    found = tomllib.loads(record(NAMES))
    assert (found["signatures"], found["needed"]) == (KNOWN["signatures"], KNOWN["needed"])


def compiled(study_file, large=None):
    return list(dict.fromkeys(call.args[0] for call in compilations(str(study_file), large)))


def test_a_study_is_compiled_in_order_or_the_largest_kernels_first(study_file, monkeypatch):
    order, done = KNOWN["needed"]["collapse"], []
    assert compiled(study_file) == order
    monkeypatch.setattr("mfsolve.kernels._precompilation.compile_ahead", lambda *kernel: done.append(kernel))
    for call in compilations(str(study_file)):
        call()
    assert done == [(name, signature) for name in order for signature in KNOWN["signatures"][name]]
    large, small = compiled(study_file, large=True), compiled(study_file, large=False)
    assert sorted(large + small) == sorted(order)
    size = Counter()
    for name in order:
        size[name.rpartition(".")[0]] += KNOWN["size"][name]
    for names, is_large in ((large, True), (small, False)):
        assert all((size[name.rpartition(".")[0]] >= LARGE) == is_large for name in names)
        assert names[-1] == next(name for name in order if name in names)  # whoever needs it is about to compile it
        sizes = [KNOWN["size"][name] for name in names[:-1]]
        assert len(set(sizes)) > 1
        assert sizes == sorted(sizes, reverse=True)
    study_file.write_text('model = "mine:EXPERIMENT"')
    assert compilations(str(study_file)) == []


SIDE = """
from mfsolve.kernels import _jit
from mfsolve.kernels._precompilation import compile_ahead
from mfsolve.kernels.random import philox
print(_jit.compiled_kernels(), _jit.cache_folder(), flush=True)
compile_ahead("random.philox.uniforms", {signature!r})
print(_jit.compiled_kernels(), flush=True)
"""


def test_a_kernel_is_compiled_once_for_all_processes(tmp_path):
    """Ahead of need here, and found by the one that comes later."""
    signature = KNOWN["signatures"]["random.philox.uniforms"][0]
    environment = os.environ | {"MFSOLVE_CACHE_DIR": str(tmp_path)}
    said = [
        subprocess.run(
            [sys.executable, "-c", SIDE.format(signature=signature)],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for _ in range(2)
    ]
    assert [(words[0], words[2]) for words in said] == [("0", "1"), ("0", "0")]
    assert not list(tmp_path.rglob("*.underway"))
    assert list(tmp_path.rglob("philox.uniforms*.nbc"))


# --- marks


@pytest.fixture
def other():
    """A process that does nothing."""
    with subprocess.Popen([sys.executable, "-S", "-E", "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


@pytest.fixture
def mark(tmp_path):
    return tmp_path / "kernel.nbi.underway"


def test_what_another_process_compiles_is_marked(other, mark):
    index = str(mark).removesuffix(".underway")
    underway = _compilation_marks.Underway(index)
    assert not underway.elsewhere()
    assert underway.begin()
    assert mark.exists()
    assert not underway.elsewhere()  # by this one
    assert underway.begin()
    mark.write_text(f"{other.pid} {platform.node()}")
    assert underway.elsewhere()
    assert not underway.begin()
    os.utime(mark, (time.time() - 31.0,) * 2)
    assert underway.begin()  # what is old says nothing
    assert mark.read_text() == f"{os.getpid()} {platform.node()}"
    underway.end()
    assert not mark.exists()
    underway.end()


@pytest.mark.parametrize(
    "text", ["", "no number vm", "{pid}", "{pid} another machine", "-1 {node}", "{gone} {node}", "\udcff"]
)
def test_marks_that_say_nothing(other, mark, text):
    gone = subprocess.Popen([sys.executable, "-S", "-E", "-c", ""])
    gone.wait()
    text = text.format(pid=other.pid, node=platform.node(), gone=gone.pid)
    mark.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert not _compilation_marks.Underway(str(mark).removesuffix(".underway")).elsewhere()


def test_an_old_mark_says_nothing(other, mark):
    mark.write_text(f"{other.pid} {platform.node()}")
    os.utime(mark, (time.time() - 31.0,) * 2)
    assert not _compilation_marks.Underway(str(mark).removesuffix(".underway")).elsewhere()


def test_one_waits_for_another_process_and_not_for_ever(other, mark, monkeypatch):
    underway = _compilation_marks.Underway(str(mark).removesuffix(".underway"))
    mark.write_text(f"{other.pid} {platform.node()}")
    threading.Timer(0.2, mark.unlink).start()
    begun = time.monotonic()
    underway.wait()
    assert time.monotonic() - begun >= 0.15
    monkeypatch.setattr(_compilation_marks, "PATIENCE", 0.1)
    mark.write_text(f"{other.pid} {platform.node()}")
    os.utime(mark, (time.time() + 1000.0,) * 2)  # by a clock that goes ahead
    underway.wait()


def test_who_waits_does_other_work_meanwhile(other, mark):
    """Piece by piece, whatever becomes of one, and as long as there is something to wait for."""
    underway, done = _compilation_marks.Underway(str(mark).removesuffix(".underway")), []

    def piece(name, last=False):
        done.append(name)
        if last:
            mark.unlink()
        raise ValueError(name)

    mark.write_text(f"{other.pid} {platform.node()}")
    work = [lambda: piece("first"), lambda: piece("second", last=True), lambda: piece("third")]
    with _compilation_marks.meanwhile(work):
        underway.wait()
    assert done == ["first", "second"]
    mark.write_text(f"{other.pid} {platform.node()}")
    threading.Timer(0.2, mark.unlink).start()
    underway.wait()  # outside the block it only waits
    assert done == ["first", "second"]


def test_work_that_cannot_be_found_is_no_reason_to_fail(other, mark):
    def broken():
        raise OSError("no such study")
        yield

    mark.write_text(f"{other.pid} {platform.node()}")
    threading.Timer(0.2, mark.unlink).start()
    with _compilation_marks.meanwhile(broken()):
        _compilation_marks.Underway(str(mark).removesuffix(".underway")).wait()
    assert not mark.exists()


def test_a_kernel_that_another_process_compiles_is_left_to_it(other, monkeypatch):
    kernel = philox.uniforms
    monkeypatch.setattr(kernel, "compile", lambda *types: pytest.fail("compiled"))
    cache = kernel._cache._cache_file
    signature = KNOWN["signatures"]["random.philox.uniforms"][0]
    monkeypatch.setattr(_precompilation, "Path", lambda path: _Missing())
    monkeypatch.setattr(type(cache), "underway", lambda self: _Elsewhere())
    compile_ahead("random.philox.uniforms", signature)
    asked, ends = [], []
    monkeypatch.setattr(type(cache), "underway", lambda self: _Nowhere(ends))
    monkeypatch.setattr(kernel, "compile", asked.append)
    compile_ahead("random.philox.uniforms", signature)
    assert asked == [read(signature)]
    assert ends == [True]
    monkeypatch.setattr(kernel, "compile", lambda *types: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        compile_ahead("random.philox.uniforms", signature)
    assert ends == [True, True]  # nobody waits for what does not come


class _Missing:
    def exists(self):
        return False


class _Elsewhere:
    def begin(self):
        return False


class _Nowhere:
    def __init__(self, ends):
        self.ends = ends

    def begin(self):
        return True

    def end(self):
        self.ends.append(True)
