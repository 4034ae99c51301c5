"""How code that numba kept becomes a kernel again: as little of it as calling takes.

numba readies itself for compiling before it loads, and parses what only compiling needs: together
two thirds of the time. All of that comes later, and only where a kernel is compiled.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any, Final

import llvmlite.binding as llvm
from numba.core.caching import CompileResultCacheImpl
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompileResult
from numba.core.cpu import CPUContext

from softbreak.kernel_library import ONE_LIBRARY, libraries

_WRITABLE: Final[set[str]] = set()
"""Folders that numba can write into."""


class _LoadedLibrary(JITCodeLibrary):
    """Machine code from the disk, ready to run.

    numba parses at once the LLVM code that lies beside it, a third of the time of loading. It is
    needed only where another kernel is compiled that calls this one.
    """

    _code = b""

    @classmethod
    def _unserialize(cls, codegen: Any, state: tuple[str, str, Any]) -> _LoadedLibrary:
        name, _, (machine_code, code) = state
        library = cls(codegen, name)
        library.enable_object_caching()
        library._set_compiled_object(machine_code)
        library._finalize_final_module()
        library._code = code
        return library

    def _get_module_for_linking(self) -> Any:
        if self._shared_module is None:
            self._shared_module = llvm.parse_bitcode(self._code)
            self._codegen._engine._load_defined_symbols(self._shared_module)
        return self._shared_module


def _asked_once(place: type[Any]) -> type[Any]:
    """Let numba try whether it can write into a folder once, not for each kernel: it takes a file.

    Parameters
    ----------
    place : type
        A way of numba's to find a folder.
    """

    class Place(place):
        def ensure_cache_path(self) -> None:
            if self.get_cache_path() not in _WRITABLE:
                super().ensure_cache_path()
                _WRITABLE.add(self.get_cache_path())

    return Place


class _KeptCode(CompileResultCacheImpl):
    """What numba keeps of a kernel, and how that becomes a kernel again."""

    _locator_classes = [*map(_asked_once, CompileResultCacheImpl._locator_classes)]  # noqa: RUF012

    def rebuild(self, context: CPUContext, kept: tuple[Any, ...]) -> CompileResult:
        """Return a kernel that can be called; numba's lock of compiling is held."""
        codegen = context.codegen()
        codegen._engine._defined_symbols.add(kept[1].llvm_cpython_wrapper_name)
        with libraries(codegen, _LoadedLibrary):
            return super().rebuild(context, kept)


KeptCode: Final = _KeptCode if ONE_LIBRARY else CompileResultCacheImpl
"""What a cache of compiled code is made with."""


def ready_to_load(context: CPUContext) -> None:
    """Do what numba does before it loads code, without what only compiling needs.

    Parameters
    ----------
    context : numba.core.cpu.CPUContext
    """
    if ONE_LIBRARY:
        _name_the_runtime()
    else:
        context.refresh()


@cache
def _name_the_runtime() -> None:
    """Tell the linker where numba's own functions are; what it compiles lies in each kernel."""
    helpers = import_module("numba.core.runtime._nrt_python").c_helpers
    for name, address in helpers.items():
        llvm.add_symbol(name if name.startswith("_") else f"NRT_{name}", address)
