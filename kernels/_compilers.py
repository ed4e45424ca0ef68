"""Compilers of kernels and of their parts: functions that become machine code only within the kernels that call them.

Numba makes machine code of every function before it links it into its callers, where that happens again. Of a function
that only compiled code calls nobody needs the first: neither of our own helpers nor of those that numba brings along.
It is optimised nevertheless: where many loops meet in one function before they are, LLVM does not find its way to
vectorise them all. But its loops are unrolled only where they end up.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import llvmlite.binding as llvm
from numba import _dynfunc, config
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler, Flags


class _Part(JITCodeLibrary):
    """Code of a function and of what it calls, to be linked into callers."""

    def _optimize_final_module(self) -> None:
        with _loops_as_they_are(self._codegen):
            super()._optimize_final_module()

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._verify_declare_only_symbols()
        self._finalized = True


def _entry(library: Any, described: Any, environment: Any) -> Any:
    """Name that numba knows the function by; nobody can call it."""
    name = described.qualname.split(".")[-1]
    return _dynfunc.make_function(described.lookup_module(), name, "", 0, environment, (library,))


class _OurFlags(Flags):
    """Flags of a function of ours, told apart by what numba's own functions inherit from their caller.

    Numba keeps a version of each of those for every set of flags that calls it, and compares sets by forty values: a
    fifth of the time of compilation. Of ours all are alike but `forceinline` and those that nobody inherits.
    """

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _OurFlags) and self.forceinline == other.forceinline

    def __hash__(self) -> int:
        return hash((_OurFlags, self.forceinline))


class PartCompiler(Compiler):
    """Compiler that leaves its code to the callers."""

    def __init__(self, typing: Any, target: Any, library: Any, args: Any, result: Any, flags: Any, names: Any) -> None:
        super().__init__(typing, target, library, args, result, _OurFlags(flags), names)

    def compile_extra(self, function: Callable[..., Any]) -> Any:
        """Compile a function into a part."""
        state = self.state
        state.library = _Part(state.targetctx.codegen(), function.__qualname__)
        state.targetctx.get_executable = _entry
        return super().compile_extra(function)


class KernelCompiler(Compiler):
    """Compiler of a kernel, to which all that is compiled for it on the way is a part."""

    def __init__(self, typing: Any, target: Any, library: Any, args: Any, result: Any, flags: Any, names: Any) -> None:
        super().__init__(typing, target, library, args, result, _OurFlags(flags), names)
        self._target = target

    def compile_extra(self, function: Callable[..., Any]) -> Any:
        """Compile a function into machine code."""
        state = self.state
        state.library = JITCodeLibrary(state.targetctx.codegen(), function.__qualname__)
        state.library.enable_object_caching()
        with _parts(self._target), _no_collections():
            return super().compile_extra(function)


@contextmanager
def _parts(target: Any) -> Iterator[None]:
    """Make parts of what numba compiles from here on. It holds a lock while it does."""
    codegen = target.codegen()
    codegen._library_class, target.get_executable = _Part, _entry
    try:
        yield
    finally:
        codegen._library_class = JITCodeLibrary
        del target.get_executable


@contextmanager
def _loops_as_they_are(codegen: Any) -> Iterator[None]:
    """Unroll no loop: callers do, and look at all that was unrolled before once more."""

    def builder(**asked: Any) -> Any:
        tuning = llvm.create_pipeline_tuning_options()
        tuning.speed_level = asked.get("opt", config.OPT)
        tuning.loop_vectorization = asked.get("loop_vectorize", config.LOOP_VECTORIZE)
        tuning.slp_vectorization = asked.get("slp_vectorize", config.SLP_VECTORIZE)
        tuning.loop_unrolling = False
        return llvm.create_pass_builder(codegen._tm, tuning)

    if hasattr(codegen, "_pass_builder"):  # before Numba 0.62 another pass manager builds them
        codegen._pass_builder = builder
    try:
        yield
    finally:
        vars(codegen).pop("_pass_builder", None)


@contextmanager
def _no_collections() -> Iterator[None]:
    """Leave garbage for later: to look for it would take a tenth of the time of compilation."""
    were = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if were:
            gc.enable()
