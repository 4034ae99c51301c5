"""Numbers and words as bytes and back: JSON in front, arrays behind, nothing that could run."""

from __future__ import annotations

import json
import math
from typing import Any, Final

import numpy as np

from softbreak.errors import SoftbreakError

MAGIC: Final = b"softbreak-live"
VERSION: Final = 1
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

    def plain(node: Any) -> Any:
        if isinstance(node, np.ndarray):
            kind = "<i8" if node.dtype.kind == "i" else "<f8"
            arrays.append(np.ascontiguousarray(node, dtype=kind))
            return {_MARK: [kind, list(node.shape)]}
        if isinstance(node, dict):
            return {key: plain(value) for key, value in node.items()}
        if isinstance(node, list | tuple):
            return [plain(value) for value in node]
        return node

    head = json.dumps(plain(tree), separators=(",", ":")).encode()
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
    place = stop

    def full(node: Any) -> Any:
        nonlocal place
        if isinstance(node, list):
            return [full(value) for value in node]
        if not isinstance(node, dict):
            return node
        if _MARK not in node:
            return {key: full(value) for key, value in node.items()}
        kind, shape = node[_MARK]
        count = math.prod(shape)
        if kind not in _KINDS or place + 8 * count > len(stored):
            raise ValueError(f"{count} numbers of kind {kind} are not there")
        array = np.frombuffer(stored, dtype=kind, count=count, offset=place)
        place += 8 * count
        return array.reshape(shape).copy()

    try:
        tree = full(json.loads(stored[_HEAD:stop]))
    except (ValueError, TypeError, KeyError) as error:
        raise SoftbreakError(
            f"the memory of a live cell is damaged ({error}); begin it anew"
        ) from error
    if not isinstance(tree, dict):
        raise SoftbreakError("the memory of a live cell is damaged; begin it anew")
    return tree
