"""Compilation ahead of need: kernels by name, and the types of their arguments as text.

A signature is an expression of numba's names of types, with named tuples by the modules that define them:
`random.philox.Stream(uint64[::1], uint64), float64[:, ::1], (int64, int64)`.
"""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

from numba import types

PACKAGE = __name__.rpartition(".")[0]
NAMED = re.compile(r"\b([a-z_]+)\.([a-z_]+)\.[A-Z]")


def compile_ahead(name: str, signature: str) -> None:
    """Compile a kernel for arguments of the types of a signature, unless its code is there or another process does.

    Parameters
    ----------
    name
        `SYSTEM.FILE.FUNCTION`, such as `collapse.producers.emit`.
    signature
        Types of the arguments, see `read`.

    Raises
    ------
    Exception
        Where there is no such kernel, or where it does not take such arguments.
    """
    module, _, function = name.rpartition(".")
    compiled: Any = getattr(import_module(f"{PACKAGE}.{module}"), function)
    cache = compiled._cache._cache_file
    if not Path(cache._index_path).exists() and cache.underway().begin():
        try:
            compiled.compile(read(signature))
        finally:
            cache.underway().end()


def read(signature: str) -> tuple[Any, ...]:
    """Types of a signature."""
    names: dict[str, Any] = {"__builtins__": {}, **vars(types)}
    for system, file in NAMED.findall(signature):
        import_module(f"{PACKAGE}.{system}.{file}")
        names[system] = import_module(f"{PACKAGE}.{system}")
    return tuple(_type(part) for part in eval(f"[{signature}]", names))


def _type(part: Any) -> Any:
    """The type of a tuple that holds types, named or not; other types as they are."""
    if not isinstance(part, tuple):
        return part
    members = tuple(_type(member) for member in part)
    return types.BaseTuple.from_types(members, type(part) if hasattr(part, "_fields") else None)


def written(argument: Any) -> str:
    """The type of an argument as text, which `read` reads."""
    if isinstance(argument, types.Array):
        dimensions = ", ".join([":"] * (argument.ndim - 1) + ["::1" if argument.layout == "C" else ":"])
        return f"{argument.dtype}[{dimensions}]"
    if isinstance(argument, types.BaseTuple):
        members = ", ".join(map(written, argument.types))
        kind = getattr(argument, "instance_class", None)
        if kind is None:
            return f"({members},)" if argument.count == 1 else f"({members})"
        return f"{kind.__module__.removeprefix(PACKAGE + '.')}.{kind.__qualname__}({members})"
    return "boolean" if argument == types.boolean else str(argument)
