"""Parts of kernels: functions that become machine code only within the kernels that call them.

Numba makes machine code of every function before it links it into its callers, where that happens again. Of a function
that only compiled code calls nobody needs the first. It is optimised nevertheless: where many loops meet in one
function before they are, LLVM does not find its way to vectorise them all.
"""

from collections.abc import Callable
from typing import Any

from numba import _dynfunc
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler


class _Part(JITCodeLibrary):
    """Code of a function and of what it calls, to be linked into callers."""

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._verify_declare_only_symbols()
        self._finalized = True


def _entry(library: Any, described: Any, environment: Any) -> Any:
    """Name that numba knows the function by; nobody can call it."""
    name = described.qualname.split(".")[-1]
    return _dynfunc.make_function(described.lookup_module(), name, "", 0, environment, (library,))


class PartCompiler(Compiler):
    """Compiler that leaves its code to the callers."""

    def compile_extra(self, function: Callable[..., Any]) -> Any:
        """Compile a function into a part."""
        state = self.state
        state.library = _Part(state.targetctx.codegen(), function.__qualname__)
        state.targetctx.get_executable = _entry
        return super().compile_extra(function)
