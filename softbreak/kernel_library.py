"""A kernel and all that it calls become one library: translated once, optimised and emitted once.

numba makes a library of every function that it meets: optimised, turned into machine code, opened
for Python and for C; and all of that again inside each caller. Of the four hundred libraries that
a first triage needs, Python calls some thirty. While one of those is compiled, here, the functions
that it calls stay as they were translated; they are linked into it, each once, and optimised with
it. That halves the wait of the first run.

Arithmetic that is compiled as written gives the same bits wherever it is inlined. Sums that may be
reordered (``fastmath``) do not: they keep libraries of their own, as numba makes them.

This overrides what numba keeps to itself. With a version that it was not tried with, kernels are
compiled as numba does by itself, to the same bits.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import llvmlite.binding as llvm
import numba
from numba import njit
from numba.core import sigutils
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler_lock import global_compiler_lock
from numba.core.types import unliteral

_TRIED: Final = ((0, 63), (0, 68))
"""The first and the last version of numba for which the tests hold."""
ONE_LIBRARY: Final[bool] = _TRIED[0] <= numba.version_info.short <= _TRIED[1]
_CLOSED: Final[int] = ctypes.cast(ctypes.pythonapi.PyErr_NoMemory, ctypes.c_void_p).value or 0
"""Stands where machine code of a part would; raises, should anything ever call it."""
_DEPTH: Final = [0]
"""How many kernels, each called by the one before, are being compiled; under numba's own lock."""


def jit(function: Callable[..., Any], *, alone: bool, **options: Any) -> Any:
    """Return a kernel that is compiled when it is first called.

    Parameters
    ----------
    function : callable
    alone : bool
        It keeps a library of its own, which others call.
    **options
        Of ``numba.njit``.

    Returns
    -------
    numba.core.dispatcher.Dispatcher
    """
    compiling: Any = njit  # its stubs know of no options of its own
    if ONE_LIBRARY:
        kernel = compiling(no_cfunc_wrapper=True, no_cpython_wrapper=not alone, **options)(function)
        (_in_its_own_library if alone else _in_one_library)(kernel)
    else:
        kernel = compiling(**options)(function)
    _whatever_the_numbers(kernel)
    return kernel


def _whatever_the_numbers(kernel: Any) -> None:
    """Compile a kernel once, not again for every constant that a caller names."""
    told = kernel.get_call_template

    def template(args: Any, kws: Any) -> Any:
        named = {name: unliteral(kind) for name, kind in kws.items()}
        return told(tuple(map(unliteral, args)), named)

    kernel.get_call_template = template


def is_part(result: Any) -> bool:
    """Whether a compiled function has no door for Python: it is called by kernels only.

    Parameters
    ----------
    result : numba.core.compiler.CompileResult
    """
    return isinstance(result.library, _Part) and not result.library.has_code


def inside_another() -> bool:
    """Whether a kernel is being compiled now: what is met is called by it."""
    return _DEPTH[0] > 0


def _in_one_library(kernel: Any) -> None:
    """Compile a kernel together with what it calls, whenever Python calls it."""
    compiler, compile_, insert = kernel._compiler, kernel.compile, kernel.add_overload
    translated = compiler.compile

    def compiled(arguments: Any, returned: Any) -> Any:
        with libraries(kernel.targetctx.codegen(), _Part, _DEPTH[0] + 1):
            result = translated(arguments, returned)
        return result if inside_another() else result.library.opened(result)

    def for_caller(signature: Any) -> Any:
        with global_compiler_lock:  # another thread's depth is not this one's
            arguments = tuple(sigutils.normalize_signature(signature)[0])
            known = kernel.overloads.get(arguments)
            if known is not None and is_part(known) and not inside_another():
                del kernel.overloads[arguments]  # Python calls what only kernels called so far
            return compile_(signature)

    def add(result: Any) -> None:
        if is_part(result):
            kernel.overloads[tuple(result.signature.args)] = result
        else:
            insert(result)

    compiler.compile, kernel.compile, kernel.add_overload = compiled, for_caller, add


def _in_its_own_library(kernel: Any) -> None:
    """Compile a kernel as numba does, also where another one is being compiled."""
    translated = kernel._compiler.compile

    def compiled(arguments: Any, returned: Any) -> Any:
        with libraries(kernel.targetctx.codegen(), JITCodeLibrary, 0):
            return translated(arguments, returned)

    kernel._compiler.compile = compiled


@contextmanager
def libraries(codegen: Any, kind: type[JITCodeLibrary], depth: int | None = None) -> Iterator[None]:
    """Let what is compiled or loaded meanwhile come into libraries of this kind.

    Parameters
    ----------
    codegen : numba.core.codegen.JITCPUCodegen
    kind : type
    depth : int, optional
        How many kernels are being compiled meanwhile; as many as now.
    """
    before = codegen._library_class, _DEPTH[0]
    codegen._library_class, _DEPTH[0] = kind, before[1] if depth is None else depth
    try:
        yield
    finally:
        codegen._library_class, _DEPTH[0] = before


class _Part(JITCodeLibrary):
    """A function's library, not optimised before somebody needs machine code of it."""

    def __init__(self, *told: Any) -> None:
        super().__init__(*told)
        self._environment: tuple[str, Any] | None = None
        self._wanted = False

    @property
    def codegen(self) -> Any:
        """Who is told of the function's environment: this, until there is code that reads it."""
        return self._codegen if self.has_code else self

    @property
    def has_code(self) -> bool:
        """Whether there is machine code, or is about to be."""
        return self._wanted or self._finalized

    def set_env(self, name: str, environment: Any) -> None:
        """Keep a function's environment for the code that is made of it later."""
        self._environment = (name, environment)

    def get_pointer_to_function(self, name: str) -> int:
        """Return where the machine code is; of a part that has none, where nothing may be called.

        A function of plain numba has a door for Python, also where a kernel of ours was the first
        to call it: that is a library of its own.

        Parameters
        ----------
        name : str
        """
        if not (self.has_code or self._defines(name)):
            return _CLOSED
        pointer: int = super().get_pointer_to_function(name)
        return pointer

    def _defines(self, name: str) -> bool:
        try:
            return not self._final_module.get_function(name).is_declaration
        except NameError:
            return False

    def add_linking_library(self, library: Any) -> None:
        """Note what this function calls."""
        if not isinstance(library, _Part):
            library._ensure_finalized()
        self._reload_init.update(library._reload_init)
        self._linking_libraries.append(library)

    def finalize(self) -> None:
        """Link all that this function calls into it, optimise, and make machine code."""
        self._codegen._check_llvm_bugs()
        self._raise_if_finalized()
        # The linker leaves out what nothing linked before refers to: callers come first.
        codegen: Any = self._codegen
        called = [*self._called({id(self)})][::-1]
        for library in called:
            module = library.translated() if _is_open(library) else _whole(library)
            self._final_module.link_in(module, preserve=True)
        self._optimize_final_module()
        self._final_module.verify()
        self._finalize_final_module()
        for library in (self, *called):
            told = getattr(library, "_environment", None)
            if told is not None and codegen._engine.is_symbol_defined(told[0]):
                codegen.set_env(*told)

    def _called(self, met: set[int]) -> Iterator[Any]:
        """Everything that this function calls, each once, after all that it calls itself."""
        for library in self._linking_libraries:
            if id(library) not in met:
                met.add(id(library))
                if _is_open(library):
                    yield from library._called(met)
                yield library

    def translated(self) -> Any:
        """Return the function alone, in a form that several callers may link."""
        module = self._final_module.clone()
        for function in module.functions:
            if not function.is_declaration and function.linkage == llvm.Linkage.external:
                function.linkage = "linkonce_odr"
        return module

    def opened(self, result: Any) -> Any:
        """Give a kernel its door for Python, and machine code; return the result with both."""
        context = result.target_context
        told = (self, result.fndesc, result.environment)
        context.create_cpython_wrapper(*told, result.call_helper, release_gil=True)
        self._wanted = True
        entry = context.get_executable(*told)
        context.insert_user_function(entry, result.fndesc, [self])
        return result._replace(entry_point=entry)


def _is_open(library: Any) -> bool:
    """Whether a library is only translated so far."""
    return isinstance(library, _Part) and not library._finalized


def _whole(library: Any) -> Any:
    """Return a library that is complete in itself, as numba links it."""
    return library._get_module_for_linking()
