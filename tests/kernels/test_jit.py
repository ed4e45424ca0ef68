"""The compile cache is never stale, finds a writable folder, and the bits do not depend on the CPU."""

import gc
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import mfsolve.kernels
import numpy as np
import pytest
from mfsolve.kernels import _jit

SOURCES = Path(mfsolve.kernels.__file__).parent
ROOT = Path(mfsolve.__file__).parents[1]

EXPONENTIAL = """
from probe import _jit
from probe.numerics import sums
import numpy as np
print(_jit.cache_folder())
print(sums.total(np.ones(3)))
"""

FINGERPRINT = """
import hashlib, sys
import numpy as np
from mfsolve.kernels.collapse import categorical, emission, gaussian_pool, producers
from mfsolve.kernels.numerics import elementary, sums
from mfsolve.kernels.provenance import likelihood
from mfsolve.kernels.random import normals, philox, variates
from mfsolve.models import collapse

def show(name, *arrays):
    digest = hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)).hexdigest()
    print(name, digest[:20])

u, key, other = np.uint64, philox.stream_key(1, "a"), philox.stream_key(1, "b")
words = np.empty((1000, 4), np.uint64)
philox.words(key, np.array([7, 1, 2, 3], np.uint64), words)
show("philox", words)
uniform = np.empty(1001)
philox.uniforms(key, u(1), u(2), u(3), u(4), uniform)
show("uniforms", uniform)
first, second = np.empty(20_000), np.empty(20_000)
normals.normals(key, u(1), u(2), u(3), u(4), first, second)
show("normals", first, second)
x = np.exp2(np.linspace(-9, 9, 2000))
show("elementary", [elementary.natural_log(v) for v in x], [elementary.exponential(v - 30.0) for v in x])
show("sums", [sums.total(first[:n]) for n in range(300)])
out, m = np.empty(8), np.array([0.1, -0.2])
share = (uniform[:700] * 2**31).astype(np.uint32)
for spread in (0.0, 0.3):
    producers.revise(key, other, u(1), u(0), u(0), producers.Revision(0.4, 0.5, spread), share)
    producers.share_moments(other, u(0), u(0), spread, share, out)
    show(f"revise {spread}", share, out[:3])
stream = producers.ItemStream(key, other, u(1), u(0))
emission.emit(stream, u(0), share, 5, m, 0.7, out)
counts = np.zeros(50, np.int64)
producers.histogram(stream, u(0), share, 5, m, 0.7, (-4.0, 4.0), counts)
show("emit", out[:4], counts, [producers.count_human(key, u(1), u(0), u(0), share, 30)])
rows = []
for rho, s2, d in ((0.3, 0.5, 1), (0.9, 0.01, 1), (0.5, 0.4, 3)):
    gaussian_pool.gaussian_functionals(rho, 0.2, s2, d, out[:3])
    rows.append(out[:3].copy())
show("mixture", *rows)
n = 10.0 ** (np.arange(2000) % 12)
variates.binomials(key, u(1), u(0), u(0), n, uniform[np.arange(2000) % 1001], first[:2000])
second[:2000] = [variates.chi_square(key[0], key[1], u(i), u(1), u(0), k) for i, k in enumerate(n)]
show("variates", first[:2000], second[:2000])
variates.gaussian_pool(key, u(1), u(0), 50.0, 60.0, m, 0.7, out)
show("gaussian_pool", out[:4])
p = 1.0 / np.arange(1.0, 301)
p /= p.sum()
q = np.empty_like(p)
categorical.temper(p, 0.6, q)
categorical.categorical_functionals(0.3, p, q, out)
show("content", q, out[:6])
rows = []
for n in (1, 33, 1001):
    t, c = 1.998 * uniform[:n] - 0.999, 1.0 + np.arange(float(n)) % 3
    for weights in (np.empty(0), c):
        rows += [np.array(likelihood.maximum(t - 0.5 * abs(t), weights, 1e-12, out)), out[:3].copy()]
        likelihood.moment(t, weights, -0.1, 0.2, out)
        rows += [out[:2].copy(), np.array([likelihood.log_likelihood(0.3, t, weights)])]
show("likelihood", *rows)
market = collapse.Parameters(cost_spread=0.1, verified_share=0.3)
words_market = collapse.Parameters(content="categorical", vocabulary=200)
for name, path in (
    ("mean_field", collapse.mean_field(market, "closed_form")),
    ("items", collapse.simulate(market, "watermark", 3000, 5, 4, 9)),
    ("cohorts", collapse.simulate(collapse.Parameters(), "none", 3000, 5, 4, 9, sampling="statistics")),
    ("tokens", collapse.simulate(words_market, "none", 300, 5, 4, 9)),
    ("token statistics", collapse.simulate(words_market, "none", 300, 5, 4, 9, sampling="statistics")),
):
    show(name, *(path[v].values for v in sorted(path.data_vars)))
"""


def run(code, folder, **environment):
    env = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA_")} | environment
    return subprocess.Popen(
        [sys.executable, "-c", code], cwd=folder, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def output(process):
    out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    return out.splitlines()


@pytest.fixture
def probe(tmp_path):
    """A copy of the kernels under another name, with a cache of its own."""
    copy = tmp_path / "probe"
    for name in (
        "__init__",
        "_jit",
        "_compilers",
        "_compilation_marks",
        "numerics/__init__",
        "numerics/elementary",
        "numerics/sums",
        "numerics/vectors",
    ):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SOURCES / f"{name}.py", copy / f"{name}.py")
    return tmp_path


@pytest.mark.slow
def test_an_edit_in_another_file_is_never_missed(probe):
    """A kernel that calls a helper of another file, which then changes."""
    environment = {"MFSOLVE_CACHE_DIR": str(probe / "cache")}
    (probe / "probe" / "extra.py").write_text("from ._jit import inline\n\n\n@inline\ndef offset():\n    return 0.0\n")
    source = probe / "probe" / "numerics" / "sums.py"
    text = source.read_text()
    text = text.replace(
        "from .._jit import inline, kernel", "from .._jit import inline, kernel\nfrom ..extra import offset"
    )
    assert text.count("return carried(levels, whole, rest)") == 1
    source.write_text(
        text.replace("return carried(levels, whole, rest)", "return carried(levels, whole, rest) + offset()")
    )
    folder, result = output(run(EXPONENTIAL, probe, **environment))
    assert result == "3.0"
    assert list(Path(folder).rglob("*.nbc"))
    before = {path: path.stat().st_mtime_ns for path in Path(folder).rglob("*.nbc")}
    assert output(run(EXPONENTIAL, probe, **environment))[0] == folder  # unchanged: served from the cache
    assert before == {path: path.stat().st_mtime_ns for path in Path(folder).rglob("*.nbc")}
    for place, path in enumerate(sorted(Path(folder).rglob("*.nb*"))):  # damaged: compiled again, and stored again
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes((data, data[:40], b"")[place % 3])
    assert output(run(EXPONENTIAL, probe, **environment)) == [folder, "3.0"]
    assert all(hashlib.sha256(data[32:]).digest() == data[:32] for data in map(Path.read_bytes, before))
    extra = probe / "probe" / "extra.py"
    extra.write_text(extra.read_text().replace("0.0", "5.0"))
    other, result = output(run(EXPONENTIAL, probe, **environment))
    assert other != folder
    assert result == "8.0"


def test_any_source_names_another_folder(monkeypatch, tmp_path):
    for path in SOURCES.rglob("*.py"):
        copy = tmp_path / path.relative_to(SOURCES)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    monkeypatch.setattr(_jit, "__file__", str(tmp_path / "_jit.py"))
    monkeypatch.setenv("MFSOLVE_CACHE_DIR", str(tmp_path / "cache"))
    seen = {_jit.cache_folder()}
    for path in sorted(tmp_path.rglob("*.py")):
        path.write_text(path.read_text() + "\n# edited\n")
        seen.add(_jit.cache_folder())
    (tmp_path / "new.py").write_text("")
    seen.add(_jit.cache_folder())
    assert len(seen) == 2 + len(list(SOURCES.rglob("*.py")))


def test_falls_back_to_a_temporary_folder(monkeypatch, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("MFSOLVE_CACHE_DIR", str(blocked / "below"))
    monkeypatch.setattr(_jit.tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    folder = _jit.cache_folder()
    assert folder.is_relative_to(tmp_path / "temporary" / f"mfsolve-{_jit._owner()}")
    assert os.access(folder, os.W_OK)
    monkeypatch.setattr(_jit.tempfile, "tempdir", str(blocked))
    with pytest.raises(OSError, match="no writable folder"):
        _jit.cache_folder()


@pytest.mark.parametrize("planted", ["writable", "inside", "link", "owner"])
def test_a_folder_that_others_can_write_into_is_not_used(monkeypatch, tmp_path, planted):
    """What is cached is run: compiled code of another user must never be."""
    monkeypatch.setenv("MFSOLVE_CACHE_DIR", str(tmp_path / "file" / "below"))
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setattr(_jit.tempfile, "tempdir", str(tmp_path))
    shared = tmp_path / f"mfsolve-{_jit._owner()}"
    if planted == "link":
        (tmp_path / "theirs").mkdir()
        shared.symlink_to(tmp_path / "theirs")
    else:
        (shared / f"kernels-{_jit._digest()}").mkdir(parents=True)
        if planted == "owner":
            monkeypatch.setattr(_jit.os, "getuid", lambda: shared.stat().st_uid + 1)
            monkeypatch.setattr(_jit, "_owner", lambda: shared.name.removeprefix("mfsolve-"))
        else:
            (shared if planted == "writable" else shared / f"kernels-{_jit._digest()}").chmod(0o777)
    folder = _jit.cache_folder()
    assert not folder.resolve().is_relative_to(shared.resolve())
    assert folder.stat().st_mode & 0o077 == 0
    assert os.access(folder, os.W_OK)


def test_models_import_where_users_have_no_number(tmp_path):
    """As on Windows, where `os.getuid` does not exist and the fallback folder needs another name."""
    (tmp_path / "file").write_text("not a folder")
    code = (
        "import os; del os.getuid; import mfsolve.models.collapse; from mfsolve.kernels import _jit; print(_jit._CACHE)"
    )
    environment = {"MFSOLVE_CACHE_DIR": str(tmp_path / "file" / "below"), "TMPDIR": str(tmp_path)}
    (folder,) = output(run(code, ROOT, **environment))
    assert Path(folder).parent.parent == tmp_path
    assert Path(folder).parent.name.startswith("mfsolve-")


def test_the_cache_moves(monkeypatch, tmp_path):
    monkeypatch.delenv("MFSOLVE_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert _jit.cache_folder().is_relative_to(tmp_path / "mfsolve")
    monkeypatch.setenv("MFSOLVE_CACHE_DIR", str(tmp_path / "mine"))
    assert _jit.cache_folder().parent == tmp_path / "mine"


@pytest.mark.parametrize("home", ["~", "here", None])
def test_a_user_without_a_home_gets_the_temporary_folder(monkeypatch, tmp_path, home):
    """As in a container that is run under any number: `~` stays as it is written, and would be a folder here."""
    monkeypatch.delenv("MFSOLVE_CACHE_DIR", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if home is None:  # the rule itself: no environment and no account
        monkeypatch.delenv("HOME", raising=False)
        monkeypatch.setitem(sys.modules, "pwd", None)
    else:
        monkeypatch.setenv("HOME", home)
        monkeypatch.setenv("XDG_CACHE_HOME", home)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(_jit.tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    assert _jit.cache_folder().parent == tmp_path / "temporary" / f"mfsolve-{_jit._owner()}"
    assert [path.name for path in tmp_path.iterdir()] == ["temporary"]
    monkeypatch.setattr(_jit.tempfile, "tempdir", str(tmp_path / "temporary" / "none"))
    with pytest.raises(OSError, match=r"no writable folder for compiled kernels: tried \S*none$"):
        _jit.cache_folder()


def test_a_home_is_used_where_the_cache_folder_is_no_absolute_path(monkeypatch, tmp_path):
    """A relative XDG_CACHE_HOME is to be ignored (XDG Base Directory Specification)."""
    monkeypatch.delenv("MFSOLVE_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert _jit.cache_folder().parent == tmp_path / ".cache" / "mfsolve"


def test_whole_registers_are_used_unless_a_cpu_is_named(monkeypatch):
    monkeypatch.setattr(_jit.config, "CPU_NAME", None)
    for given, features, want in (
        (None, "+avx2,+avx512f", "+avx2,+avx512f,-prefer-256-bit"),
        (None, "+avx2,-avx512f", None),
        ("", "+avx512f", ""),
    ):
        monkeypatch.setattr(_jit.config, "CPU_FEATURES", given)
        monkeypatch.setattr(_jit, "get_host_cpu_features", lambda features=features: features)
        _jit._whole_registers()
        assert want == _jit.config.CPU_FEATURES
    monkeypatch.setattr(_jit.config, "CPU_NAME", "haswell")
    monkeypatch.setattr(_jit.config, "CPU_FEATURES", None)
    _jit._whole_registers()
    assert _jit.config.CPU_FEATURES is None


def cpu_flags():
    try:
        return set(Path("/proc/cpuinfo").read_text().partition("flags")[2].partition("\n")[0].split())
    except OSError:
        return set()


@_jit.kernel
def increased(x):
    return max(x, 0.0) + 1.0


@_jit.kernel
def increased_twice(x):
    return increased(increased(x))


def test_a_kernel_within_a_kernel_is_called_from_python_too():
    """It is a part of the other one, without machine code of its own, until Python calls it; then that is used."""
    assert increased_twice(1.5) == 3.5
    assert not increased.overloads
    assert increased(-1.5) == 1.0
    assert len(increased.overloads) == 1
    assert increased_twice(np.float32(1.5)) == 3.5
    assert increased_twice(2) == 4.0


@pytest.mark.parametrize("wanted", [True, False])
def test_garbage_is_looked_for_after_compilation_as_before(wanted):
    compiled = _jit.kernel(lambda x: x + 1)
    before = gc.isenabled()
    (gc.enable if wanted else gc.disable)()
    try:
        assert compiled(1) == 2
        assert gc.isenabled() == wanted
        with pytest.raises(_jit.numba.TypingError):
            compiled("x")
        assert gc.isenabled() == wanted
        assert compiled(1.5) == 2.5
    finally:
        (gc.enable if before else gc.disable)()


@pytest.mark.slow
def test_same_bits_on_every_cpu():
    """Numba takes a CPU's name and, for these, its own features, not the host's: vectors of 2, 4 and 8 doubles."""
    needs = {
        "generic": set(),
        "haswell": {"avx2", "fma", "bmi2"},
        "skylake-avx512": {"avx512f", "avx512dq", "avx512vl"},
    }
    names = [name for name, flags in needs.items() if flags <= cpu_flags()]
    running = {name: run(FINGERPRINT, ROOT, NUMBA_CPU_NAME=name, NUMBA_CPU_FEATURES="") for name in names} | {
        "host": run(FINGERPRINT, ROOT)
    }
    prints = {name: output(process) for name, process in running.items()}
    assert len(prints["generic"]) == 18
    for name, lines in prints.items():
        assert lines == prints["generic"], name
