"""Record the kernels that first runs compile: `python -m support.first_kernels [EXPERIMENT ...]` in tests/.

Each experiment is asked with the toy of one shipped study, the main study or else the first by name. The list is read by
`mfsolve/study/execution/first_kernels.py`.
"""

import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Collection
from pathlib import Path

import tomli_w
from support.toy import write_toy

from mfsolve.experiments import NAMES
from mfsolve.study.execution.first_kernels import FILE
from mfsolve.study.file.config import read_study
from mfsolve.study.file.shipped import shipped_studies

HEAD = """\
# Kernels that a first run of an experiment needs, in their order, the types of their arguments, and 10 kB of their code.
# Made by `python -m support.first_kernels [EXPERIMENT ...]` in tests/.

"""
RUN = """
import json, sys
from pathlib import Path
from numba.core import caching
from mfsolve.kernels import _jit
from mfsolve.kernels._precompilation import PACKAGE, written
seen, sizes, load = [], {}, caching.Cache.load_overload
def noted(cache, signature, context):
    name = f"{cache._py_func.__module__}.{cache._py_func.__name__}"
    if name.startswith(PACKAGE + "."):
        arguments = signature if isinstance(signature, tuple) else signature.args
        seen.append((name.removeprefix(PACKAGE + "."), ", ".join(map(written, arguments))))
        sizes[seen[-1][0]] = cache._cache_file
    return load(cache, signature, context)
caching.Cache.load_overload = noted
from mfsolve.cli import main
assert main(["run", sys.argv[1], "--out", sys.argv[2], "--workers", "1", "--quiet"]) == 0
print()
for name, file in sizes.items():
    codes = Path(file._cache_path).glob(file._index_name.removesuffix(".nbi") + ".*.nbc")
    sizes[name] = max(code.stat().st_size for code in codes)
print(json.dumps([[name, signature, sizes[name]] for name, signature in seen]))
"""


def representatives() -> dict[str, Path]:
    """A shipped study for every experiment of the package."""
    shipped = shipped_studies()
    chosen: dict[str, Path] = {}
    for name in ("headline", *sorted(shipped)):
        model = str(read_study(shipped[name])["model"])
        if ":" not in model:
            chosen.setdefault(model, shipped[name])
    return chosen


def needed(study: Path) -> list[tuple[str, str, int]]:
    """Kernels that the toy of a study needs, in their order, with signatures and bytes of compiled code."""
    with tempfile.TemporaryDirectory() as folder:
        toy = write_toy(study, Path(folder))
        command = [sys.executable, "-c", RUN, str(toy), str(Path(folder) / "out")]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [(name, signature, size) for name, signature, size in json.loads(done.stdout.splitlines()[-1])]


def record(models: Collection[str]) -> str:
    """The text of the list, made anew for some experiments."""
    known = tomllib.loads(FILE.read_text(encoding="utf-8"))
    order: dict[str, list[str]] = {model: known["needed"].get(model, []) for model in NAMES if model not in models}
    signatures = {name: set(known["signatures"][name]) for names in order.values() for name in names}
    sizes = {name: known["size"][name] for name in signatures}
    for model in sorted(models):
        found = needed(representatives()[model])
        order[model] = list(dict.fromkeys(name for name, _, _ in found))
        for name, signature, size in found:
            signatures.setdefault(name, set()).add(signature)
            sizes[name] = round(size / 10_000)
    lists = {name: sorted(signatures[name]) for name in sorted(signatures)}
    table = {"size": dict(sorted(sizes.items())), "signatures": lists, "needed": dict(sorted(order.items()))}
    return HEAD + tomli_w.dumps(table)


if __name__ == "__main__":
    FILE.write_text(record(sys.argv[1:] or NAMES), encoding="utf-8")
