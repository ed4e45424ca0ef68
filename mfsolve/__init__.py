"""mfsolve: Monte Carlo and mean-field solver for the economics of AI training data.

`run` computes a study, `sweep` one over a grid, and `open` reads what is stored; the models are functions too:

>>> from mfsolve.models import collapse
>>> path = collapse.mean_field(collapse.Parameters(), policy="closed_form", generations=10)
>>> round(float(path.contamination[-1]), 3)
0.418
"""

from importlib import import_module
from pathlib import Path

__version__ = "0.1.0"

# In a checkout the kernels and the shipped studies stand beside this folder, not inside it: a Python
# started there finds this source tree first, and needs to be told where they are.
_here = Path(__file__).parent
if not (_here / "kernels").is_dir():
    __path__.append(str(_here.parent))

TYPE_CHECKING = False  # type checkers read it as true; typing itself would be half of the import's time
if TYPE_CHECKING:
    from mfsolve.laboratory import open_run as open  # noqa: F401
    from mfsolve.laboratory import run as run
    from mfsolve.laboratory import sweep as sweep
    from mfsolve.result import Result as Result

_LATE = {
    "run": "laboratory.run", "sweep": "laboratory.sweep", "open": "laboratory.open_run", "Result": "result.Result",
}  # fmt: skip
"""Public names that are imported when they are first asked for: `import mfsolve` itself takes nothing."""


def __getattr__(name: str) -> object:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _LATE[name].partition(".")
    globals()[name] = getattr(import_module(f"{__name__}.{module}"), attribute)
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATE})
