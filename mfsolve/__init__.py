"""mfsolve: Monte Carlo and mean-field solver for the economics of AI training data.

`run` computes a study, `sweep` computes it over a grid, and `open` reads a finished run: each returns a `Result`. A
study, or an argument, that cannot be used is an `InputError`, a run that does not come to its end a `RunError`. The
models are functions of `mfsolve.models.SYSTEM`, which need no study:

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
    from mfsolve.api import RunError, run, sweep
    from mfsolve.api import open_run as open
    from mfsolve.models.frozen import InputError
    from mfsolve.result import Result

__all__ = ["InputError", "Result", "RunError", "open", "run", "sweep"]

_LATE = {
    "InputError": "models.frozen.InputError",
    "Result": "result.Result",
    "RunError": "api.RunError",
    "open": "api.open_run",
    "run": "api.run",
    "sweep": "api.sweep",
}
"""Public names that are imported when they are first asked for: `import mfsolve` itself takes nothing."""


def __getattr__(name: str) -> object:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _LATE[name].rpartition(".")
    globals()[name] = getattr(import_module(f"{__name__}.{module}"), attribute)
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
