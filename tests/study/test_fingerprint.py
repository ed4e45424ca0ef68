"""A fingerprint changes with every formula that an experiment reaches, and with nothing else."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import mfsolve
from mfsolve.study import fingerprint as code

CHECKOUT = Path(__file__).parents[2]
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
    "study/config.py": "SCHEMA = 1",
}  # fmt: skip
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
        ("study/config.py", "1", "2"),
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
        "own_market", "helpers.prices", "mfsolve.models.collapse", "mfsolve.models.collapse.market",
        "mfsolve.models.collapse.policies",
    }  # fmt: skip
    before = code.fingerprint_in("own_market", roots)
    (tmp_path / "mine/helpers/prices.py").write_text("PRICE = 2.0")
    code.read.cache_clear()
    assert code.fingerprint_in("own_market", roots) != before


def test_authors_own_module_is_found_on_the_path(tmp_path, monkeypatch):
    (tmp_path / "own_market_on_path.py").write_text("from mfsolve.models.collapse.market import mean_field")
    monkeypatch.syspath_prepend(tmp_path)
    assert len(code.fingerprint("own_market_on_path")) == 16
    assert "own_market_on_path" not in sys.modules


@pytest.mark.parametrize("name", ["no_such_market", "mfsolve.experiments.no_such", "mfsolve.study.store", "sys"])
def test_module_without_a_source_is_refused(name):
    with pytest.raises(ModuleNotFoundError, match=name):
        code.fingerprint(name)


@pytest.mark.slow
def test_everything_that_a_run_executes_is_covered(study_file, tmp_path):
    """Python's own account of a run is the oracle: functions by the profiler, kernels by their compiled signatures."""
    done = subprocess.run(
        [sys.executable, "-c", WITNESS, str(study_file), str(tmp_path / "out")],
        cwd=CHECKOUT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    executed = set(done.stdout.splitlines()[-1].split())
    executed -= {"mfsolve.experiments._guests", "mfsolve.experiments._guarded"}  # they look after users' own models
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


def test_encoding_tells_trees_apart():
    texts = [
        "x = 1", "x = 1.0", "x = True", "x = '1'", "x = y", "y = x", "x = -1", "x += 1", "x = (1,)", "x = [1]", "x, = 1",
        "f(x, y)", "f(x)(y)", "f(x=y)", "if x:\n    y\n    z", "if x:\n    y\nz", "if x:\n    y\nelse:\n    z",
        "def f(x): pass", "def f(*, x): pass", "def f(x, /): pass", "global x, y", "x: y", "x: y = 1", "x[y]", "x.y",
        "lambda: x", "a < b < c", "(a < b) < c", "f'{x}'", "f'x'", "import x", "import x as y", "from . import x",
    ]  # fmt: skip
    assert len({code._digest(ast.parse(text))[0] for text in texts}) == len(texts)
