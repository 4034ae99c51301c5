"""What a kernel calls is translated once, and becomes machine code as a part of the kernel only.

numba makes a library of every function that it meets: optimised, turned into machine code, wrapped
for Python; and all of that again inside each caller. Of four hundred libraries that a first triage
needs, Python calls thirty. While one of those is compiled, here, the functions that it calls stay
as they were translated. They are linked into it, each once, and optimised with it.

Arithmetic that is compiled as written gives the same bits wherever it is inlined. Sums that may be
reordered (``fastmath``) do not: they keep libraries of their own, as numba makes them.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import llvmlite.binding as llvm
from numba.core import sigutils
from numba.core.codegen import JITCodeLibrary
from numba.core.dispatcher import Dispatcher

WITHOUT_DOORS: Final = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""Options of a kernel to which :func:`in_one_library` adds the door for Python, where it needs one.
"""
_CLOSED: Final[int] = ctypes.cast(ctypes.pythonapi.PyErr_NoMemory, ctypes.c_void_p).value or 0
"""Stands where machine code of a part would; raises, should anything ever call it."""


class _Part(JITCodeLibrary):
    """A function's library, not optimised before somebody needs machine code of it."""

    def __init__(self, *told: Any) -> None:
        super().__init__(*told)
        self._environment: tuple[str, Any] | None = None
        self._wanted = False

    @property
    def codegen(self) -> Any:
        """Who is told of the function's environment: this, until there is code that reads it."""
        return self._codegen if self._has_code else self

    @property
    def _has_code(self) -> bool:
        return self._wanted or self._finalized

    def set_env(self, name: str, environment: Any) -> None:
        """Keep a function's environment for the code that is made of it later."""
        self._environment = (name, environment)

    def get_pointer_to_function(self, name: str) -> int:
        """Return where the machine code is; of a part that has none, where nothing may be called.

        Parameters
        ----------
        name : str
        """
        pointer: int = super().get_pointer_to_function(name) if self._has_code else _CLOSED
        return pointer

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
        parts = [self, *reversed([*self._called({id(self)})])]
        for part in parts[1:]:
            self._final_module.link_in(part._as_translated(), preserve=True)
        self._optimize_final_module()
        self._final_module.verify()
        self._finalize_final_module()
        defined = self._codegen._engine.is_symbol_defined
        for part in parts:
            told = getattr(part, "_environment", None)
            if told is not None and defined(told[0]):
                self._codegen.set_env(*told)

    def _called(self, met: set[int]) -> Iterator[Any]:
        """Everything that this function calls, each once, after all that it calls itself."""
        for library in self._linking_libraries:
            if id(library) in met:
                continue
            met.add(id(library))
            if isinstance(library, _Part) and not library._finalized:
                yield from library._called(met)
                yield library
            else:
                yield _Whole(library)

    def _as_translated(self) -> Any:
        """Return the function alone, in a form that several callers may link."""
        module = self._final_module.clone()
        for function in module.functions:
            if not function.is_declaration and function.linkage == llvm.Linkage.external:
                function.linkage = "linkonce_odr"
        return module

    def open(self, result: Any) -> Any:
        """Give a kernel its door for Python, and machine code; return the result with both."""
        context = result.target_context
        told = (self, result.fndesc, result.environment)
        context.create_cpython_wrapper(*told, result.call_helper, release_gil=True)
        self._wanted = True
        entry = context.get_executable(*told)
        context.insert_user_function(entry, result.fndesc, [self])
        return result._replace(entry_point=entry)


class _Whole:
    """A library that is complete in itself."""

    def __init__(self, library: Any) -> None:
        self._library = library

    def _as_translated(self) -> Any:
        return self._library._get_module_for_linking()


def is_part(result: Any) -> bool:
    """Whether the compiled function has no door for Python: it is called by kernels only.

    Parameters
    ----------
    result : numba.core.compiler.CompileResult
    """
    return isinstance(result.library, _Part) and not result.library._has_code


_DEPTH: Final = [0]
"""How many kernels, each called by the one before, are being compiled; under numba's own lock."""


def inside_another() -> bool:
    """Whether a kernel is being compiled now: what is met is called by it."""
    return _DEPTH[0] > 0


def in_one_library(kernel: Dispatcher) -> None:
    """Compile a kernel together with what it calls, whenever Python calls it.

    Parameters
    ----------
    kernel : numba.core.dispatcher.Dispatcher
        Of the options :data:`WITHOUT_DOORS`.
    """
    compiler, told, insert = kernel._compiler, kernel.compile, kernel.add_overload
    translated = compiler.compile

    def compiled(arguments: Any, returned: Any) -> Any:
        with _libraries(kernel, _Part):
            _DEPTH[0] += 1
            try:
                result = translated(arguments, returned)
            finally:
                _DEPTH[0] -= 1
            return result if inside_another() else result.library.open(result)

    def for_caller(signature: Any) -> Any:
        arguments = tuple(sigutils.normalize_signature(signature)[0])
        known = kernel.overloads.get(arguments)
        if known is not None and is_part(known) and not inside_another():
            del kernel.overloads[arguments]  # Python calls what only kernels called so far
        return told(signature)

    def add(result: Any) -> None:
        if is_part(result):
            kernel.overloads[tuple(result.signature.args)] = result
        else:
            insert(result)

    compiler.compile, kernel.compile, kernel.add_overload = compiled, for_caller, add


def in_its_own_library(kernel: Dispatcher) -> None:
    """Compile a kernel as numba does, also where another one is being compiled.

    Parameters
    ----------
    kernel : numba.core.dispatcher.Dispatcher
    """
    translated: Callable[..., Any] = kernel._compiler.compile

    def compiled(arguments: Any, returned: Any) -> Any:
        depth, _DEPTH[0] = _DEPTH[0], 0
        try:
            with _libraries(kernel, JITCodeLibrary):
                return translated(arguments, returned)
        finally:
            _DEPTH[0] = depth

    kernel._compiler.compile = compiled


@contextmanager
def _libraries(kernel: Dispatcher, kind: type[JITCodeLibrary]) -> Iterator[None]:
    """Let what is compiled meanwhile come into libraries of this kind."""
    codegen: Any = kernel.targetctx.codegen()
    before, codegen._library_class = codegen._library_class, kind
    try:
        yield
    finally:
        codegen._library_class = before
