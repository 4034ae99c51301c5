"""Numbers and words as bytes and back: JSON in front, arrays behind, nothing that could run."""

from __future__ import annotations

import json
import math
from typing import Any, Final

import numpy as np

from softbreak.errors import SoftbreakError

MAGIC: Final = b"softbreak-live"
VERSION: Final = 3
_KINDS: Final = ("<f8", "<i8")
_MARK: Final = "#array"
_HEAD: Final = len(MAGIC) + 6


def pack(tree: dict[str, Any]) -> bytes:
    """Turn nested dictionaries and lists of numbers, words and arrays into bytes.

    Parameters
    ----------
    tree : dict
        Arrays are float64 or int64; keys are words.
    """
    arrays: list[np.ndarray] = []
    places: dict[int, int] = {}  # an array that occurs twice is written once

    def plain(node: Any) -> Any:
        if isinstance(node, np.ndarray):
            if id(node) not in places:
                places[id(node)] = len(arrays)
                kind = "<i8" if node.dtype.kind == "i" else "<f8"
                arrays.append(np.ascontiguousarray(node, dtype=kind))
            return {_MARK: places[id(node)]}
        if isinstance(node, dict):
            return {key: plain(value) for key, value in node.items()}
        if isinstance(node, list | tuple):
            return [plain(value) for value in node]
        return node

    told = plain(tree)
    shapes = [[array.dtype.str, list(array.shape)] for array in arrays]
    head = json.dumps([told, shapes], separators=(",", ":")).encode()
    sizes = VERSION.to_bytes(2, "little") + len(head).to_bytes(4, "little")
    return b"".join([MAGIC, sizes, head, *(array.tobytes() for array in arrays)])


def unpack(stored: bytes) -> dict[str, Any]:
    """Undo :func:`pack`.

    Raises
    ------
    SoftbreakError
        If the bytes are of another version, cut short or no such thing at all.
    """
    if stored[: len(MAGIC)] != MAGIC or len(stored) < _HEAD:
        raise SoftbreakError("this is not the memory of a live cell; begin it anew")
    version = int.from_bytes(stored[len(MAGIC) : len(MAGIC) + 2], "little")
    if version != VERSION:
        raise SoftbreakError(
            f"the memory of this live cell is of format {version}, not {VERSION}: begin it anew"
        )
    stop = _HEAD + int.from_bytes(stored[len(MAGIC) + 2 : _HEAD], "little")
    arrays: list[np.ndarray] = []

    def full(node: Any) -> Any:
        if isinstance(node, list):
            return [full(value) for value in node]
        if not isinstance(node, dict):
            return node
        if _MARK not in node:
            return {key: full(value) for key, value in node.items()}
        return arrays[node[_MARK]]

    try:
        told, shapes = json.loads(stored[_HEAD:stop])
        for kind, shape in shapes:
            array = _array(stored, stop, kind, shape)
            arrays.append(array)
            stop += array.nbytes
        tree = full(told)
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise SoftbreakError(
            f"the memory of a live cell is damaged ({error}); begin it anew"
        ) from error
    if not isinstance(tree, dict):
        raise SoftbreakError("the memory of a live cell is damaged; begin it anew")
    return tree


def _array(stored: bytes, start: int, kind: str, shape: list[int]) -> np.ndarray:
    count = math.prod(shape)
    if kind not in _KINDS or start + 8 * count > len(stored):
        raise ValueError(f"{count} numbers of kind {kind} are not there")
    return np.frombuffer(stored, dtype=kind, count=count, offset=start).reshape(shape).copy()
