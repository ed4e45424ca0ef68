"""Rules of the house that a reader can rely on, checked over every source file."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import yaml

import mfsolve

CHECKOUT = Path(__file__).parents[1]
MOST_PARAMETERS = 8
RIDDLES = ("what", "how", "whether", "where", "who")
SHORTEST = 4
"""Words of the first sentence of a docstring."""
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def sources(*rooms: str) -> Iterator[tuple[str, ast.Module]]:
    """Every source file of the rooms, by its path from the root."""
    for room in rooms:
        yield from parsed(room)


@cache
def parsed(room: str) -> list[tuple[str, ast.Module]]:
    """Source files of a room, read once for all tests."""
    paths = sorted((CHECKOUT / room).rglob("*.py"))
    return [(path.relative_to(CHECKOUT).as_posix(), ast.parse(path.read_bytes())) for path in paths]


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """Names of the parameters, without the instance or class that a method is called on."""
    given = function.args
    names = [argument.arg for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return [name for name in names if name not in ("self", "cls")]


def imports(tree: ast.Module) -> Iterator[str]:
    """Top-level names of absolute imports, late ones included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").partition(".")[0]


def test_no_function_takes_more_than_eight_parameters():
    many = [
        f"{file}:{function.lineno} {function.name} ({len(parameters(function))})"
        for file, tree in sources("kernels", "mfsolve")
        for function in functions(tree)
        if len(parameters(function)) > MOST_PARAMETERS
    ]
    assert not many, f"{len(many)} functions:\n" + "\n".join(many)


def test_docstrings_begin_with_a_sentence_or_a_defining_phrase():
    wrong = []
    for file, tree in sources("kernels", "mfsolve"):
        for node in ast.walk(tree):
            text = ast.get_docstring(node) if isinstance(node, DOCUMENTED) else None
            if text is None:
                continue
            words = text.partition("\n\n")[0].split()
            riddle = words[0].strip(",.:").lower() in RIDDLES if words else True
            if riddle or len(words) < SHORTEST:
                wrong.append(f"{file}:{getattr(node, 'lineno', 1)} {text.splitlines()[0] if text else ''!r}")
    assert not wrong, f"{len(wrong)} docstrings:\n" + "\n".join(wrong)


def test_array_aliases_have_one_home():
    alias = ast.dump(ast.parse("NDArray[np.float64]", mode="eval").body)
    homes = [
        file
        for file, tree in sources("mfsolve", "kernels")
        for node in tree.body
        if (value := getattr(node, "value", None)) is not None and ast.dump(value) == alias
    ]
    assert homes == ["mfsolve/arrays.py"], homes


def test_no_seed_is_counted_on():
    """Seed s + 1 of one draw would be seed s of another: what a draw is for goes into its key or its counter."""
    counted = [
        f"{file}: {ast.unparse(node)}"
        for file, tree in sources("kernels", "mfsolve")
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp)
        and any(getattr(side, "id", getattr(side, "attr", "")).endswith("seed") for side in (node.left, node.right))
    ]
    assert counted == ["mfsolve/study/audit/audit.py: choices.seed + 1"]  # another seed, to see that draws differ


def test_packages_of_the_wheel_are_the_folders():
    listed = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    folders = {
        ".".join(path.parent.relative_to(CHECKOUT).parts)
        for room in ("mfsolve", "kernels", "runs")
        for path in (CHECKOUT / room).rglob("__init__.py")
    }
    inside = {name if name.startswith("mfsolve") else f"mfsolve.{name}" for name in folders}
    assert listed == sorted(listed)
    assert set(listed) == inside
    holding = {Path(file).parent.as_posix().replace("/", ".") for file, _ in sources("mfsolve", "kernels")}
    assert holding <= folders, "folders without an __init__.py"


def test_kernels_import_numpy_and_numba_only():
    allowed = {"numpy", "numba", "llvmlite", *sys.stdlib_module_names}
    found = {f"{file}: {name}" for file, tree in sources("kernels") for name in imports(tree) if name not in allowed}
    assert not found, found


def test_kernels_copy_arrays_by_loops():
    """`out[:] = x` compiles the message for shapes that differ, in three seconds: `numerics.copies` does without."""
    found = [
        f"{file}:{node.lineno} {ast.unparse(node)}"
        for file, tree in sources("kernels")
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and any(isinstance(part, ast.Slice) for target in node.targets for part in ast.walk(target))
        and isinstance(node.value, ast.Name | ast.Attribute | ast.Subscript)
        and ast.unparse(node.value) not in ("np.nan", "np.inf")
    ]
    assert not found, found


def test_every_experiment_has_its_test():
    names = {path.stem for path in (CHECKOUT / "mfsolve/experiments").glob("[!_]*.py")}
    tests = {path.stem.removeprefix("test_") for path in (CHECKOUT / "tests/experiments").glob("test_*.py")}
    assert names - tests == set(), "experiments without a test"
    assert {name for name in tests - names if not (CHECKOUT / f"mfsolve/experiments/_{name}.py").is_file()} == set()


def test_the_model_of_every_study_is_an_experiment():
    names = {path.stem for path in (CHECKOUT / "mfsolve/experiments").glob("[!_]*.py")} - {"experiment"}
    models = {path.stem: tomllib.loads(path.read_text())["model"] for path in (CHECKOUT / "runs").glob("*.toml")}
    guests = {f"{path.stem}:EXPERIMENT" for path in (CHECKOUT / "runs").glob("guest_*.py")}
    assert {study: model for study, model in models.items() if model not in names | guests} == {}
    assert guests - set(models.values()) == set(), "guests that no shipped study runs"
    assert names - set(models.values()) == set(), "experiments that no shipped study runs"


def test_the_version_stands_once_and_the_licence_is_the_same_everywhere():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    citation = yaml.safe_load((CHECKOUT / "CITATION.cff").read_text())
    licence = (CHECKOUT / "LICENSE").read_text()
    assert "version" not in project
    assert "version" not in citation
    assert mfsolve.__version__
    assert project["license"] == citation["license"] == "BSD-3-Clause"
    assert citation["cff-version"] == "1.2.0"
    assert project["authors"] == citation["authors"] == [{"name": "the mfsolve developers"}]
    assert "2026, the mfsolve developers" in licence
    assert citation["title"] == f"mfsolve: {project['description']}"


def test_absence_of_a_file_is_never_taken_from_an_error_of_the_system():
    """`mfsolve.paths` asks; pathlib and os.path answer no where the system fails."""
    asking = [
        f"{file}:{node.lineno} {node.func.attr}"
        for file, tree in sources("mfsolve")
        if file not in ("mfsolve/paths.py", "mfsolve/__init__.py")  # before anything can be imported
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("exists", "is_file", "is_dir", "isfile", "isdir", "lexists", "mkdir", "makedirs")
    ]
    assert not asking


def test_libraries_that_take_long_to_import_wait_until_they_are_needed():
    slow = (
        "scipy.stats",
        "scipy.optimize",
        "scipy.interpolate",
        "pandas",
        "statsmodels",
        "matplotlib",
        "sklearn",
        "xarray",
    )
    early = [
        f"{file}:{node.lineno} {name}"
        for file, tree in sources("kernels", "mfsolve")
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
        if any(name == library or name.startswith(f"{library}.") for library in slow)
    ]
    assert not early
