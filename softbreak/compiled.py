"""The one door to the compiler: every kernel that is kept on disk is compiled here.

numba keeps compiled code until the kernel's own file changes; but what a kernel calls, and every
constant that it names, is compiled into it. Here a kept kernel carries a fingerprint of all of
that, found by walking from the kernel's own bytecode: edit a constant in another module and it is
compiled anew, move or copy a file and it is not.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pickle import UnpicklingError
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any, Final, TypeVar
from zlib import crc32

import numpy as np
from numba.core.caching import FunctionCache
from numba.core.dispatcher import Dispatcher
from numba.core.types import Type

from softbreak.kept_code import KeptCode, ready_to_load
from softbreak.kernel_library import inside_another, is_part, jit

logger = logging.getLogger(__name__)

_Kernel = TypeVar("_Kernel", bound=Callable[..., Any])
_OURS: Final = __name__.partition(".")[0]
_REORDERED: Final = {"reassoc", "contract", "nsz", "nnan"}
_TURNS: Final = "compiling.lock"
_LONGEST_SECOND: Final = 120.0
"""No kernel takes so long; who holds a turn for longer does not compile."""
_PLAIN: Final = (bool, int, float, complex, str, bytes, type(None), type(Ellipsis), np.generic)


def strict(kernel: _Kernel) -> _Kernel:
    """Compile as written; a division by zero raises, as in Python."""
    return _kept(kernel)


def exact(kernel: _Kernel) -> _Kernel:
    """Compile as written; a division by zero gives infinity or NaN, and raises nothing."""
    return _kept(kernel, error_model="numpy")


def fast(kernel: _Kernel) -> _Kernel:
    """Compile for finite numbers only: sums in any order, at the full width of the processor.

    Such a kernel is always compiled into its callers. Otherwise the linker takes the copy that it
    met first, and the order of a sum would depend on what had been compiled before.
    """
    return _kept(kernel, error_model="numpy", fastmath=_REORDERED, forceinline=True)


def _kept(kernel: _Kernel, **options: Any) -> _Kernel:
    """Compile when it is first called; keep the code on disk for the next process."""
    dispatcher: Any = jit(kernel, alone="fastmath" in options, nogil=True, **options)
    with suppress(RuntimeError):  # no folder can be written: compiled in every process
        dispatcher._cache = kept = _Kept(dispatcher)
        dispatcher.compile = kept.in_turn(dispatcher.compile)
    return dispatcher


def is_kept(kernel: Any) -> bool:
    """Whether compiled code of a kernel, as it is now, lies on disk: nothing is compiled for it.

    Parameters
    ----------
    kernel : numba.core.dispatcher.Dispatcher
        One that :func:`strict`, :func:`exact` or :func:`fast` made.
    """
    return may_be_kept(kernel) and kernel._cache.holds_code()


def may_be_kept(kernel: Any) -> bool:
    """Whether there is a folder for a kernel's compiled code.

    Parameters
    ----------
    kernel : numba.core.dispatcher.Dispatcher
        One that :func:`strict`, :func:`exact` or :func:`fast` made.
    """
    return isinstance(kernel._cache, _Kept)


class _Kept(FunctionCache):
    """numba's cache of one kernel; what it holds expires with anything it was compiled from."""

    _impl_class = KeptCode

    def __init__(self, dispatcher: Dispatcher) -> None:
        super().__init__(dispatcher.py_func)
        self._dispatcher = dispatcher
        self._turn = _Turn(Path(self.cache_path), self._cache_file._index_name)

    def holds_code(self) -> bool:
        """Whether code of any signature lies here that has not expired."""
        self._cache_file._source_stamp = fingerprint(self._dispatcher)
        try:
            return bool(self._cache_file._load_index())
        except (OSError, ImportError, AttributeError, EOFError, UnpicklingError):
            return False

    def load_overload(self, *place: Any) -> Any:
        """Look for compiled code of a signature; what another process compiles is waited for.

        Code that cannot be loaded is none.
        """
        self._cache_file._source_stamp = fingerprint(self._dispatcher)
        found = self._loaded(*place)
        if found is None and not inside_another() and self._turn.taken():
            found = self._loaded(*place)
            if found is not None:
                self._turn.end()
        return found

    def in_turn(self, compiling: Callable[..., Any]) -> Callable[..., Any]:
        """Give the turn back also where compiling ends in an error, or is interrupted."""

        def compiled(signature: Any) -> Any:
            before = self._turn.depth
            try:
                return compiling(signature)
            finally:
                while self._turn.depth > before:
                    self._turn.end()

        return compiled

    def _loaded(self, signature: Any, context: Any) -> Any:
        _put_scipy_off()
        try:
            with self._guard_against_spurious_io_errors():
                ready_to_load(context)
                return self._load_overload(signature, context)
        except (ImportError, AttributeError, EOFError, UnpicklingError):  # of an older version
            self.flush()
            return None

    def save_overload(self, *place: Any) -> None:
        """Keep code that Python calls; where the disk is full, the next process compiles again."""
        if not is_part(place[1]):
            with suppress(OSError):
                super().save_overload(*place)
        self._turn.end()


@cache
def _put_scipy_off() -> None:
    """Let numba load scipy's linear algebra (0.2 s) when a kernel asks for it: none here does.

    At its first use numba only asks whether there is one; what needs it asks once more.
    """
    if "numba.np.arraymath" in sys.modules:
        return
    try:
        if find_spec("scipy") is None:
            return
    except ImportError:  # whoever looks for modules here says no by an error
        return
    linalg: Any = import_module("numba.np.linalg")
    asked = linalg.ensure_blas
    linalg.ensure_blas = lambda: None
    try:
        arraymath = import_module("numba.np.arraymath")
    finally:
        linalg.ensure_blas = asked
    arraymath.ensure_blas = asked  # type: ignore[attr-defined]


class _Turn:
    """Whose turn it is to compile a kernel: one byte of a file, locked while it is compiled.

    The system ends the lock with the process. Kernels call one another in one direction only, so
    that two processes never wait for each other; and none waits for ever.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._path = folder / _TURNS
        self._place = crc32(name.encode()) & 0x7FFFFFFF
        self.depth = 0

    def taken(self) -> bool:
        """Wait for the turn; False where a folder has no locks, or another's turn never ends."""
        if self.depth:
            self.depth += 1
            return True
        end = time.monotonic() + _LONGEST_SECOND
        with suppress(OSError):
            file = _turns_of(self._path)
            while not _locked(file, self._place):
                if time.monotonic() > end:
                    return False
                time.sleep(0.02)
            self.depth = 1
            logger.info("compiling, once")
        return self.depth > 0

    def end(self) -> None:
        """Give the turn to whoever waits."""
        if self.depth:
            self.depth -= 1
            if not self.depth:
                _unlock(_turns_of(self._path), self._place)


@cache
def _turns_of(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)  # open for good: closing it ends all turns


if os.name == "nt":  # pragma: no cover
    import msvcrt

    def _locked(file: int, place: int) -> bool:
        os.lseek(file, place, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except PermissionError:
            return False
        return True

    def _unlock(file: int, place: int) -> None:
        os.lseek(file, place, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined]

else:
    import fcntl

    def _locked(file: int, place: int) -> bool:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
        except (BlockingIOError, PermissionError):
            return False
        return True

    def _unlock(file: int, place: int) -> None:
        fcntl.lockf(file, fcntl.LOCK_UN, 1, place)


_FINGERPRINTS: Final[dict[int, tuple[Any, str]]] = {}
"""By identity, with the object itself, which so outlives the entry."""


def fingerprint(kernel: Any) -> str:
    """Digest of all that a kernel is compiled from: its code, options, constants and callees.

    Parameters
    ----------
    kernel : numba.core.dispatcher.Dispatcher
        All the modules that it was written from must have been imported.

    Raises
    ------
    TypeError
        If it names something of which no one can say whether it changed.
    """
    if id(kernel) not in _FINGERPRINTS:
        digest = hashlib.sha256(np.__version__.encode())
        for part in _parts(kernel, set()):
            digest.update(part.encode() + b"\0")
        _FINGERPRINTS[id(kernel)] = (kernel, digest.hexdigest())
    return _FINGERPRINTS[id(kernel)][1]


def _parts(value: Any, met: set[int]) -> Iterator[str]:
    """Everything that a value consists of, in a fixed order; functions are walked once."""
    if isinstance(value, Dispatcher):
        yield repr(sorted((name, _in_order(it)) for name, it in value.targetoptions.items()))
        yield from _parts(value.py_func, met)
    elif isinstance(value, FunctionType):
        if id(value) not in met:
            met.add(id(value))
            yield from _function(value, met)
    elif isinstance(value, tuple):
        yield f"{type(value).__qualname__}{getattr(value, '_fields', '')}{len(value)}"
        for item in value:
            yield from _parts(item, met)
    elif isinstance(value, np.ndarray):
        yield f"{value.dtype.descr}{value.shape}{hashlib.sha256(value.tobytes()).hexdigest()}"
    elif isinstance(value, ModuleType):
        yield value.__name__
    elif isinstance(value, type):
        yield f"{value.__module__}.{value.__qualname__}{getattr(value, '_fields', '')}"
    elif isinstance(value, (*_PLAIN, np.dtype, frozenset, Type, BuiltinFunctionType, np.ufunc)):
        yield _in_order(value)
    else:
        raise TypeError(f"a kernel names {value!r}: a change of it would go unseen")


def _in_order(value: Any) -> str:
    """Return what a value looks like, the same in every process: a set has no order of its own."""
    return repr(sorted(value, key=repr) if isinstance(value, set | frozenset) else value)


def _function(function: FunctionType, met: set[int]) -> Iterator[str]:
    code = function.__code__
    yield f"{function.__qualname__}{function.__defaults__}"
    yield from _code(code)
    for cell in function.__closure__ or ():
        yield from _parts(cell.cell_contents, met)
    for name in _global_names(code):
        if name not in function.__globals__:
            continue  # of Python itself
        value = function.__globals__[name]
        yield name
        yield from _parts(value, met)
        if isinstance(value, ModuleType) and value.__name__.partition(".")[0] == _OURS:
            for attribute in sorted(set(code.co_names) & vars(value).keys()):
                yield from _parts(getattr(value, attribute), met)


def _code(code: CodeType) -> Iterator[str]:
    yield code.co_code.hex()
    yield repr((code.co_names, code.co_varnames, code.co_freevars))
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code(constant)
        else:
            yield _in_order(constant)


def _global_names(code: CodeType) -> list[str]:
    """Names that a function, or a function inside it, may look up in its module."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names.update(_global_names(constant))
    return sorted(names)
