"""What a first run compiles is compiled before it, by several processes at once.

A kernel is compiled when it is first called, for the arguments that it is called with: by one
process after another's result, so one core works. Here kernels and arguments are known beforehand:
``compile_ahead.json`` lists them, each with the types of its arguments. A list that is out of date
costs time only, and a test compares it with what a triage calls; ``make kernels`` writes it anew.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any, Final

import numpy as np

LIST: Final = Path(__file__).with_suffix(".json")
_MODULE: Final = "softbreak.compile_ahead"
_MOST_PROCESSES: Final = 8
"""The longest kernel takes an eighth of the time of all."""
_SCALARS: Final = {"bool": "boolean", "int64": "int64", "float64": "float64"}


def is_first_run() -> bool:
    """Whether nothing is compiled yet, and there is a folder to keep it in."""
    from softbreak.compiled import is_kept, may_be_kept

    first = None
    with suppress(ImportError, AttributeError):  # of a list that is out of date
        first = kernel_of(_listed()[0])
    return first is not None and may_be_kept(first) and not is_kept(first)


def compile_ahead(processes: int, told: Callable[[int, int], None] | None = None) -> int:
    """Compile all kernels of the list; what is compiled already is only loaded.

    Parameters
    ----------
    processes : int
        At most so many work at once; one alone gains nothing and does nothing.
    told : callable, optional
        Called with how many are compiled, and of how many, whenever that changes.

    Returns
    -------
    int
        How many are compiled.
    """
    listed = _listed()
    if processes < 2:
        return 0
    left: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(len(listed)):
        left.put(number)
    done: queue.SimpleQueue[bool] = queue.SimpleQueue()
    compiled = 0
    with ExitStack() as stack:
        busy = min(processes, _MOST_PROCESSES)
        for _ in range(busy):
            process = stack.enter_context(_begin())
            stack.callback(process.kill)
            Thread(target=_hand_out, args=(process, left, done), daemon=True).start()
        while busy:
            if told is not None:
                told(compiled, len(listed))
            if done.get():
                compiled += 1
            else:
                busy -= 1
    return compiled


def _listed() -> list[Any]:
    listed: list[Any] = json.loads(LIST.read_text("utf-8"))
    return listed


def _begin() -> subprocess.Popen[bytes]:
    paths = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
    return subprocess.Popen(
        [sys.executable, "-m", _MODULE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # what is wrong with a kernel, the first call of it says
        bufsize=0,  # nothing is left to be written to a process that has ended
        env={**os.environ, "PYTHONPATH": paths},
    )


def _hand_out(
    process: subprocess.Popen[bytes],
    left: queue.SimpleQueue[int],
    done: queue.SimpleQueue[bool],
) -> None:
    """Give a process one kernel after the other; what it cannot compile is left to its caller."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(OSError, ValueError, queue.Empty):
        while True:
            process.stdin.write(b"%d\n" % left.get_nowait())
            if not process.stdout.readline():
                break
            done.put(True)
    done.put(False)


def kernel_of(entry: Any) -> Any:
    """Return the kernel of an entry of the list."""
    module, _, name = entry["kernel"].partition(":")
    return getattr(import_module(module), name)


def signature_of(entry: Any) -> tuple[Any, ...]:
    """Return numba's types of the arguments of an entry of the list."""
    return tuple(map(_type_of, entry["arguments"]))


def entry_of(kernel: Any, arguments: Iterable[Any]) -> dict[str, Any]:
    """Return the entry of the list of a kernel and numba's types of its arguments.

    Raises
    ------
    TypeError
        If an argument is of a type that the list cannot tell.
    """
    function = kernel.py_func
    told = [_told(kind) for kind in arguments]
    return {"kernel": f"{function.__module__}:{function.__qualname__}", "arguments": told}


def _told(kind: Any) -> Any:
    from numba.core import types as declared
    from numba.np.numpy_support import as_dtype

    types: Any = declared

    if isinstance(kind, types.Boolean | types.Integer | types.Float):
        return next(name for name, known in _SCALARS.items() if str(kind) in (name, known))
    if isinstance(kind, types.Array):
        described = np.lib.format.dtype_to_descr(as_dtype(kind.dtype))
        return {
            "of": described,
            "dimensions": kind.ndim,
            "layout": kind.layout,
            "readonly": not kind.mutable,
        }
    if isinstance(kind, types.BaseNamedTuple):
        name = f"{kind.instance_class.__module__}:{kind.instance_class.__qualname__}"
        return {"named": name, "items": [_told(item) for item in kind]}
    if isinstance(kind, types.BaseTuple):
        return {"items": [_told(item) for item in kind]}
    raise TypeError(f"{kind} cannot be told in the list of kernels")


def _type_of(told: Any) -> Any:
    from numba import typeof
    from numba.core import types

    if isinstance(told, str):
        return getattr(types, _SCALARS[told])
    if "of" in told:
        dtype = np.lib.format.descr_to_dtype(_tuples(told["of"]))
        kind = typeof(np.empty((0,) * told["dimensions"], dtype))
        return kind.copy(layout=told["layout"], readonly=told["readonly"])
    items = [_type_of(item) for item in told["items"]]
    if "named" not in told:
        return types.Tuple(items)
    module, _, name = told["named"].partition(":")
    of = getattr(import_module(module), name)
    if len(set(items)) == 1:
        return types.NamedUniTuple(items[0], len(items), of)
    return types.NamedTuple(items, of)


def _tuples(told: Any) -> Any:
    """Undo what JSON makes of numpy's description of a type: lists of tuples become lists."""
    if isinstance(told, str):
        return told
    return [(field[0], _tuples(field[1]), *map(tuple, field[2:])) for field in told]


def main() -> None:
    """Compile what stdin says, and say when it is done."""
    listed = _listed()
    for line in sys.stdin:
        entry = listed[int(line)]
        kernel_of(entry).compile(signature_of(entry))
        sys.stdout.write("done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
