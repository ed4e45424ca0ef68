"""A fingerprint changes with every formula that an experiment reaches, and with nothing else."""

import gc
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import mfsolve
from mfsolve.study.origin import fingerprint as code

CHECKOUT = Path(__file__).parents[3]
PACKAGE = {
    "experiments/__init__.py": "from mfsolve.study import config",
    "experiments/market.py": '''
"""A market."""

import numpy as np

from mfsolve.kernels.flow import langevin as flow
from mfsolve.models import collapse
from mfsolve.models.creators import static_market, width

RATE = 0.5
"""Of revision."""


def draw(n):
    """Draw n."""
    # a comment
    from mfsolve.data.pool import rows

    return RATE * rows(n) + Field(0.1, description="a share")
''',
    "kernels/__init__.py": "FLAGS = 1",
    "kernels/_jit.py": "FASTMATH = False",
    "kernels/flow/__init__.py": "",
    "kernels/flow/langevin.py": "from .._jit import FASTMATH\nfrom ..numerics import sums\n\ndef step(x):\n    return x + sums.total(x)",
    "kernels/flow/jko.py": "TAU = 0.1",
    "kernels/numerics/__init__.py": "",
    "kernels/numerics/sums.py": "from ._deep import LANES\n\ndef total(x):\n    return x * LANES",
    "kernels/numerics/_deep.py": "LANES = 64",
    "models/__init__.py": "",
    "models/collapse/__init__.py": "from mfsolve.models.collapse.market import mean_field\nfrom .policies import *",
    "models/collapse/market.py": "def mean_field():\n    return 1",
    "models/collapse/policies.py": "NONE = 0",
    "models/creators/__init__.py": (
        "from .static_market import static_market\nfrom .sizes import size as width\nfrom .curse import curse\nif True:\n    LEVEL = 1"
    ),
    "models/creators/static_market.py": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from mfsolve.models.creators.curse import curse\n"
        "def static_market():\n    return 2"
    ),
    "models/creators/sizes.py": "size = 3",
    "models/creators/curse.py": "def curse():\n    return 4",
    "data/__init__.py": "",
    "data/pool.py": "def rows(n):\n    return n",
    "study/__init__.py": "",
    "study/file/config.py": "SCHEMA = 1",
}
MARKET = "mfsolve.experiments.market"


@pytest.fixture
def package(tmp_path):
    for name, text in PACKAGE.items():
        path = tmp_path / "mfsolve" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "mfsolve"


def of(package, name=MARKET):
    code.read.cache_clear()
    return code.fingerprint_in(name, {"mfsolve": (package,)})


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_modules_are_found_through_packages_aliases_relative_and_late_imports(package):
    names = {source.name.removeprefix("mfsolve.") for source in code.imported(MARKET, {"mfsolve": (package,)})}
    assert names == {
        "experiments.market", "kernels.flow.langevin", "kernels._jit", "kernels.numerics.sums", "kernels.numerics._deep",
        "models.collapse", "models.collapse.market", "models.collapse.policies", "models.creators.static_market",
        "models.creators.sizes", "data.pool",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("experiments/market.py", "A market.", "A labour market, described at length."),
        ("experiments/market.py", '    """Draw n."""\n', ""),
        ("experiments/market.py", "# a comment", "# another\n\n\n    # and one more"),
        ("experiments/market.py", '"""Of revision."""', ""),
        ("experiments/market.py", "a share", "the share"),
        ("experiments/market.py", "RATE * rows(n) +", "(RATE\n            * rows(n)) +"),
        ("kernels/flow/langevin.py", "    return x", '    """Step."""\n    return x'),
        ("kernels/flow/jko.py", "0.1", "0.2"),
        ("models/creators/curse.py", "4", "5"),
        ("models/creators/__init__.py", "LEVEL = 1", "LEVEL = 2"),
        ("study/file/config.py", "1", "2"),
    ],
)
def test_documentation_and_modules_that_are_not_imported_do_not_count(package, file, old, new):
    before = of(package)
    edit(package / file, old, new)
    assert of(package) == before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("experiments/market.py", "0.5", "0.25"),
        ("experiments/market.py", "RATE * rows(n) +", "RATE + rows(n) +"),
        ("experiments/market.py", "0.1", "0.10000000000000002"),
        ("kernels/flow/langevin.py", "x + sums", "x - sums"),
        ("kernels/_jit.py", "False", "True"),
        ("kernels/numerics/sums.py", "x * LANES", "LANES * x"),
        ("kernels/numerics/_deep.py", "64", "32"),
        ("models/collapse/market.py", "1", "1.0"),
        ("models/collapse/policies.py", "0", "False"),
        ("models/creators/static_market.py", "2", "3"),
        ("models/creators/sizes.py", "3", "4"),
        ("models/creators/__init__.py", ".sizes import size", ".curse import curse"),
        ("data/pool.py", "return n", "return n + 0"),
    ],
)
def test_code_that_is_imported_counts(package, file, old, new):
    before = of(package)
    edit(package / file, old, new)
    assert of(package) != before


def test_name_that_a_package_defines_itself_brings_the_package(package):
    edit(package / "experiments/market.py", "static_market, width", "LEVEL")
    before = of(package)
    edit(package / "models/creators/__init__.py", "LEVEL = 1", "LEVEL = 2")
    assert of(package) != before


def test_package_that_is_only_asked_for_attributes_brings_those(package):
    names = {source.name for source in code.imported(MARKET, {"mfsolve": (package,)})}
    assert "mfsolve.models.collapse" in names
    edit(package / "experiments/market.py", "RATE * rows(n)", "collapse.mean_field() + collapse.mean_field() * rows(n)")
    before, names = of(package), {source.name for source in code.imported(MARKET, {"mfsolve": (package,)})}
    assert "mfsolve.models.collapse.market" in names
    assert not names & {"mfsolve.models.collapse", "mfsolve.models.collapse.policies"}
    edit(package / "models/collapse/policies.py", "0", "1")
    assert of(package) == before
    edit(package / "models/collapse/market.py", "1", "2")
    assert of(package) != before
    edit(package / "experiments/market.py", "rows(n)", "rows(collapse)")
    code.read.cache_clear()
    assert "mfsolve.models.collapse.policies" in {s.name for s in code.imported(MARKET, {"mfsolve": (package,)})}


def test_modules_that_import_each_other(package):
    edit(package / "kernels/numerics/_deep.py", "LANES", "from .sums import total\nLANES")
    assert len(of(package)) == 16


def test_authors_own_experiment_with_its_helpers(package, tmp_path):
    """A module outside the package counts, with what stands beside it; installed packages do not."""
    module = tmp_path / "mine/own_market.py"
    module.parent.mkdir()
    module.write_text("import numpy\nimport helpers.prices\nfrom mfsolve.models import collapse\nX = 1")
    (tmp_path / "mine/helpers").mkdir()
    (tmp_path / "mine/helpers/__init__.py").write_text("")
    (tmp_path / "mine/helpers/prices.py").write_text("PRICE = 1.0")
    roots = {"mfsolve": (package,), "own_market": (module,)}
    names = {source.name for source in code.imported("own_market", roots)}
    assert names == {
        "own_market",
        "helpers.prices",
        "mfsolve.models.collapse",
        "mfsolve.models.collapse.market",
        "mfsolve.models.collapse.policies",
    }
    before = code.fingerprint_in("own_market", roots)
    (tmp_path / "mine/helpers/prices.py").write_text("PRICE = 2.0")
    code.read.cache_clear()
    assert code.fingerprint_in("own_market", roots) != before


def test_authors_own_module_is_found_on_the_path(tmp_path, monkeypatch):
    (tmp_path / "own_market_on_path.py").write_text("from mfsolve.models.collapse.market import mean_field")
    monkeypatch.syspath_prepend(tmp_path)
    assert len(code.fingerprint("own_market_on_path")) == 16
    assert "own_market_on_path" not in sys.modules


@pytest.mark.parametrize(
    "name", ["no_such_market", "mfsolve.experiments.no_such", "mfsolve.study.storage.store", "sys"]
)
def test_module_without_a_source_is_refused(name):
    with pytest.raises(ModuleNotFoundError, match=name):
        code.fingerprint(name)


@pytest.mark.slow
def test_everything_that_a_run_executes_is_covered(study_file, tmp_path):
    """Python's own account of a run is the oracle: functions by the profiler, kernels by their compiled signatures."""
    done = subprocess.run(
        [sys.executable, "-c", WITNESS, str(study_file), str(tmp_path / "out")],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    executed = set(done.stdout.splitlines()[-1].split())
    guards = (
        "_user_experiments",
        "_user_checks",
        "_user_home",
        "_undeclared_files",
        "_user_arrays",
        "_user_sources",
    )
    executed -= {f"mfsolve.experiments.{name}" for name in guards}  # they look after users' own models
    roots = {"mfsolve": tuple(Path(folder) for folder in mfsolve.__path__)}
    covered = {source.name for source in code.imported("mfsolve.experiments.collapse", roots)}
    assert executed <= covered
    assert executed >= {"mfsolve.models.collapse.market", "mfsolve.kernels.collapse.producers"}


WITNESS = """
import gc, sys, threading
from mfsolve.cli import main
from mfsolve.experiments import NAMES, load
for name in NAMES:
    load(name)  # what runs while a module is imported is no use of it
executed = set()
def note(frame, event, argument):
    if event == "call" and frame.f_code.co_name != "load":
        executed.add(frame.f_globals.get("__name__"))
threading.setprofile(note)
sys.setprofile(note)
code = main(["run", sys.argv[1], "--out", sys.argv[2], "--workers", "2", "--replicates", "2"])
sys.setprofile(None)
from numba.core.dispatcher import Dispatcher
executed |= {d.py_func.__module__ for d in gc.get_objects() if isinstance(d, Dispatcher) and d.signatures}
rooms = ("mfsolve.models.", "mfsolve.experiments.", "mfsolve.kernels.", "mfsolve.data.")
print(*sorted(name for name in executed if name and name.startswith(rooms)))
sys.exit(code)
"""


def test_the_real_tree_changes_with_a_kernel_and_not_with_its_comments(tmp_path):
    for folder in ("mfsolve", "kernels"):
        shutil.copytree(CHECKOUT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    roots = {"mfsolve": (tmp_path / "mfsolve", tmp_path)}
    name = "mfsolve.experiments.collapse"
    before = code.fingerprint_in(name, roots)
    assert before == code.fingerprint(name)
    for folder in ("mfsolve", "kernels"):
        for path in (tmp_path / folder).rglob("*.py"):
            path.write_text("# a line on top\n" + path.read_text() + "\n\n# and one below\n")
    code.read.cache_clear()
    assert code.fingerprint_in(name, roots) == before
    philox = tmp_path / "kernels/random/philox.py"
    edit(philox, "range(10)", "range(11)")
    code.read.cache_clear()
    assert code.fingerprint_in(name, roots) != before
    edit(philox, "range(11)", "range(10)")
    (tmp_path / "kernels/agents/qlearning.py").write_text("STEP = 1")  # another system's
    code.read.cache_clear()
    assert code.fingerprint_in(name, roots) == before
    code.read.cache_clear()


def tree(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def reached(folder, files, start="start"):
    """Names of the modules of a user's folder that one of them reaches."""
    tree(folder, files)
    root = folder / start if (folder / start).is_dir() else folder / f"{start}.py"
    return {source.name for source in code.imported(start, {"mfsolve": (folder / "none",), start: (root,)})} - {start}


REACHED = {
    "as": ({"start.py": "import a as b, c.d", "a.py": "", "c/__init__.py": "", "c/d.py": ""}, {"a", "c.d"}),
    "every branch": (
        {"start.py": "try:\n import a\nexcept E:\n import b\nelse:\n import c\nfinally:\n import d\n"
                     "match x:\n case 1:\n  import e\nwhile x:\n import f\nelse:\n import g\nwith x:\n import h\n"
                     "class C:\n def m(self):\n  import i\nasync def n():\n import j\n",
         **{f"{name}.py": "" for name in "abcdefghij"}},
        set("abcdefghij"),
    ),
    "for a type checker": (
        {"start.py": "import typing\nif typing.TYPE_CHECKING:\n import a\nelse:\n import b\nif TYPING:\n import c\nif f():\n import d",
         **{f"{name}.py": "" for name in "abcd"}},
        {"b", "c", "d"},
    ),
    "a folder without a file": ({"start.py": "from a import b\nfrom a.c import d", "a/b.py": "", "a/c/d.py": ""}, {"a.b", "a.c.d"}),
    "a package before a module": ({"start.py": "import a", "a/__init__.py": "import b", "a.py": "import c", "b.py": "", "c.py": ""}, {"a", "b"}),
    "a circle of packages": (
        {"start.py": "from a import x", "a/__init__.py": "from b import x", "b/__init__.py": "from a import x"}, {"a", "b"}
    ),
    "passed on twice": (
        {"start.py": "from a import x", "a/__init__.py": "from b import y as x", "b/__init__.py": "from c import z as y", "c.py": "z = 1"},
        {"c"},
    ),
    "a name that is defined too": (
        {"start.py": "from a import x", "a/__init__.py": "from b import x\nx = 2", "b.py": "x = 1"}, {"a", "b"}
    ),
    "a plain module passes nothing on": ({"start.py": "from a import x", "a.py": "from b import x", "b.py": "x = 1"}, {"a", "b"}),
    "a module beside a name": ({"start.py": "from a import x", "a/__init__.py": "x = 1", "a/x.py": ""}, {"a"}),
    "a module in a package": ({"start.py": "from a import x", "a/__init__.py": "y = 1", "a/x.py": ""}, {"a.x"}),
    "attributes of a package": (
        {"start.py": "from a import b\nb.c.d, b.e", "a/__init__.py": "", "a/b/__init__.py": "from a.f import e", "a/b/c.py": "", "a/f.py": "e = 1"},
        {"a.b.c", "a.f"},
    ),
    "attributes of a module": ({"start.py": "from a import b\nb.c", "a/__init__.py": "", "a/b.py": "c = 1"}, {"a.b"}),
    "a package that is used whole": (
        {"start.py": "from a import b\nb.c, b", "a/__init__.py": "", "a/b/__init__.py": "", "a/b/c.py": ""}, {"a.b"}
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REACHED)
def test_imports_of_every_form_are_followed_to_what_gives_them_meaning(tmp_path, case):
    files, names = REACHED[case]
    assert reached(tmp_path, files) == names


RELATIVE = {
    "start/__init__.py": "from . import a\nfrom .b import x\nfrom .c.d import y",
    "start/a.py": "from . import e",
    "start/b.py": "x = 1",
    "start/e.py": "",
    "start/c/__init__.py": "",
    "start/c/d.py": "from ..f import g\nfrom . import h\ny = 1",
    "start/f.py": "g = 1",
    "start/c/h.py": "",
}


def test_relative_imports_count_from_the_package_of_the_module(tmp_path):
    assert reached(tmp_path, RELATIVE) == {f"start.{name}" for name in ("a", "b", "c.d", "e", "f", "c.h")}


def test_the_fingerprint_is_a_hash_of_names_and_trees_and_collections_go_on_afterwards(tmp_path, monkeypatch):
    tree(tmp_path, {"start.py": "import b, a", "a.py": "x = 1", "b.py": ""})
    roots = {"mfsolve": (tmp_path / "none",), "start": (tmp_path / "start.py",)}
    lines = [f"{s.name} {s.digest}\n" for s in sorted(code.imported("start", roots), key=lambda s: s.name)]
    assert [line.split()[0] for line in lines] == ["a", "b", "start"]
    truth, during, asked = hashlib.sha256("".join(lines).encode()).hexdigest()[:16], [], code.imported
    monkeypatch.setattr(code, "imported", lambda *given: during.append(gc.isenabled()) or asked(*given))
    try:
        for enabled, switch in ((True, gc.enable), (False, gc.disable)):
            switch()
            assert code.fingerprint_in("start", roots) == truth
            assert gc.isenabled() == enabled
    finally:
        gc.enable()
    assert during == [False, False]  # they would take half of the time


def test_a_user_s_edits_count_while_the_process_lives(tmp_path):
    tree(tmp_path, {"start.py": "import a", "a.py": "x = 1"})
    before = code.fingerprint_of_guest("start", tmp_path / "start.py", "1")
    (tmp_path / "a.py").write_text("x = 2")
    assert code.fingerprint_of_guest("start", tmp_path / "start.py", "1") == before  # of one version, as it was read
    assert code.fingerprint_of_guest("start", tmp_path / "start.py", "2") != before


def test_modules_of_others_beside_an_installed_one_do_not_count(tmp_path):
    files = {"start.py": "import a", "a.py": ""}
    for folder, names in (("site-packages", set()), ("dist-packages", set()), ("own", {"a"})):
        assert reached(tmp_path / folder, files) == names
    roots = {"mfsolve": (tmp_path / "none",), "json": (code.STANDARD_LIBRARY / "json",)}
    assert {source.name.partition(".")[0] for source in code.imported("json", roots)} == {"json"}


def test_a_root_is_a_package_with_its_file_or_a_module(tmp_path):
    tree(tmp_path, {"a/b.py": "", "a.py": "", "c.py": ""})
    for name, root in (("a", tmp_path / "a"), ("c.d", tmp_path / "c.py"), ("e", tmp_path / "e.py")):
        with pytest.raises(ModuleNotFoundError, match=f"no source of a module named '{name}'") as caught:
            code.imported(name, {"mfsolve": (tmp_path,), name.partition(".")[0]: (root,)})
        assert caught.value.name == name
    assert [source.name for source in code.imported("a.b", {"a": (tmp_path / "none", tmp_path / "a")})] == ["a.b"]


def test_modules_are_located_loaded_or_not(tmp_path, monkeypatch):
    tree(tmp_path, {"one_file.py": "", "whole/__init__.py": "", "nameless/inner.py": ""})
    monkeypatch.syspath_prepend(tmp_path)
    wanted = {"one_file": tmp_path / "one_file.py", "whole": tmp_path / "whole", "nameless": tmp_path / "nameless"}
    for _ in range(2):
        assert {name: code._locate(name) for name in wanted} == {name: (path,) for name, path in wanted.items()}
        for name in wanted:
            __import__(name)
    for name in wanted:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ModuleNotFoundError, match="No module named 'no_such_thing'") as caught:
        code._locate("no_such_thing")
    assert caught.value.name == "no_such_thing"


NO_NUMBERS = ("kernels", "models", "experiments", "data", "arrays", "paths", "study.execution", "study.origin",
    "study.storage")  # fmt: skip
"""Rooms that a report's writer reaches for replicates and files, whose code a run's own fingerprint or seals vouch for."""


def test_the_fingerprint_of_statistics_covers_all_that_writes_a_report(monkeypatch):
    roots = {"mfsolve": tuple(map(Path, mfsolve.__path__))}
    monkeypatch.setattr(code, "LEFT_OUT", frozenset())
    reached = {
        source.name.removeprefix("mfsolve.")
        for name in ("report.rows", "report.sensitivity", "report.listing", "report.undefined_values", "report.tables")
        for source in code.imported(f"mfsolve.{name}", roots)
    }
    needed = {n for n in reached if not n.startswith(tuple(f"{room}." for room in NO_NUMBERS)) and n not in NO_NUMBERS}
    folder = roots["mfsolve"][0]
    listed = {path.relative_to(folder) for pattern in code.STATISTICS for path in folder.glob(pattern)}
    assert {n for n in needed if n and Path(n.replace(".", "/") + ".py") not in listed} == set()
    assert all(any(folder.glob(pattern)) for pattern in code.STATISTICS)


@pytest.mark.parametrize(
    "name",
    ["report/rows", "report/sensitivity", "report/listing", "report/undefined_values", "report/numbers", "report/tables",
     "study/file/calibration_marks", "study/file/designs", "study/storage/stored_replicates", "inference/means",
     "commands/outcome"],
)  # fmt: skip
def test_a_report_is_made_anew_where_code_that_makes_a_part_of_it_has_changed(tmp_path, monkeypatch, name):
    shutil.copytree(
        Path(mfsolve.__file__).parent, tmp_path / "mfsolve", ignore=shutil.ignore_patterns("models", "data")
    )
    monkeypatch.setattr(mfsolve, "__path__", [str(tmp_path / "mfsolve")])
    before = code.statistics_fingerprint.__wrapped__()
    with (tmp_path / "mfsolve" / f"{name}.py").open("a") as file:
        file.write("A = 1\n")
    assert code.statistics_fingerprint.__wrapped__() != before
