"""The files of a model, which may come from anywhere: checked before anything works with them.

Compiled kernels follow the numbers of a model without asking whether they lie within its arrays.
So every array has its name, type, shape and range looked at when it is read; what does not hold is
said in a sentence. A checksum in the sidecar tells a file that was cut or changed by accident; a
file that was changed on purpose brings the right checksum along, and is held to all the rest.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from softbreak.errors import SoftbreakError

MOST_BYTES: Final = 256 << 20
"""A model's arrays unpacked; the shipped ones have less than one MiB."""
MOST_ARRAYS: Final = 2000
MOST_FACTS: Final = 8 << 20
"""Bytes of a sidecar."""
MOST_DEPTH: Final = 128
"""Questions between the root of a tree and its deepest leaf."""


class ModelError(SoftbreakError):
    """A saved model that cannot be used."""


def read_arrays(path: Path, checksum: str | None = None) -> dict[str, np.ndarray]:
    """Return the arrays of a saved model.

    Parameters
    ----------
    path : Path
        The archive.
    checksum : str, optional
        SHA-256 of the archive, as the sidecar has it.

    Raises
    ------
    ModelError
        If it is none, is larger than any model, or another one than was saved.
    """
    try:
        return _arrays(path, checksum)
    except ModelError:
        raise
    except Exception as error:  # whoever stands in for zlib raises its own: fastnda swaps it
        raise ModelError(f"{path} holds no arrays of a model: {error}") from error


def _arrays(path: Path, checksum: str | None) -> dict[str, np.ndarray]:
    if path.stat().st_size > MOST_BYTES:
        raise ModelError(f"{path} has more than {MOST_BYTES:,} bytes; no model has so many")
    data = path.read_bytes()
    if checksum is not None and hashlib.sha256(data).hexdigest() != checksum:
        raise ModelError(
            f"{path} is not the file that was saved (another checksum than in its sidecar): "
            "it was changed or cut; copy the whole folder again, or train anew"
        )
    with zipfile.ZipFile(path) as archive:
        _check_entries(path, archive)
        return {_name(entry): _array(path, archive, entry) for entry in archive.infolist()}


def _name(entry: zipfile.ZipInfo) -> str:
    return entry.filename.removesuffix(".npy")


def _check_entries(path: Path, archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    names = {entry.filename for entry in entries}
    if len(entries) > MOST_ARRAYS or len(names) != len(entries):
        raise ModelError(f"{path} holds {len(entries)} arrays, some of one name or too many")
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise ModelError(f"{path} unpacks to more than {MOST_BYTES:,} bytes; no model has so many")


def _array(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> np.ndarray:
    """Read one array, once its header agrees with the bytes that are there."""
    reading = np.lib.format
    with archive.open(entry) as stream:
        version = reading.read_magic(stream)
        read = reading.read_array_header_1_0 if version == (1, 0) else reading.read_array_header_2_0
        shape, _, dtype = read(stream)
        header = stream.tell()
    if dtype.hasobject:
        raise ModelError(f"{path}: {_name(entry)} holds objects, which are never read")
    size = int(np.prod([int(n) for n in shape], dtype=object)) * dtype.itemsize
    if size != entry.file_size - header:
        raise ModelError(
            f"{path}: {_name(entry)} says {size:,} bytes and holds {entry.file_size - header:,}"
        )
    with archive.open(entry) as stream:
        return np.asarray(reading.read_array(stream, allow_pickle=False))


def checked(
    arrays: Mapping[str, np.ndarray],
    name: str,
    shape: tuple[int | None, ...],
    *,
    low: float = -np.inf,
    high: float = np.inf,
) -> np.ndarray:
    """Return an array of finite numbers of a shape, as float64.

    Parameters
    ----------
    arrays : mapping
    name : str
    shape : tuple of int or None
        None is any length.
    low, high : float
        Between which all lie.

    Raises
    ------
    ModelError
    """
    found = arrays.get(name)
    if found is None:
        raise ModelError(f"the model has no array {name!r}")
    if found.dtype.kind != "f":
        raise ModelError(f"{name} is {found.dtype}; expected numbers")
    alike = found.ndim == len(shape) and all(
        wanted is None or wanted == n for wanted, n in zip(shape, found.shape, strict=True)
    )
    if not alike:
        raise ModelError(f"{name} has the shape {found.shape}; expected {shape}")
    if not np.isfinite(found).all() or (found < low).any() or (found > high).any():
        raise ModelError(f"{name} has numbers beyond {low:g} to {high:g}, or none")
    return np.ascontiguousarray(found, dtype=np.float64)


def checked_places(arrays: Mapping[str, np.ndarray], name: str, below: int) -> np.ndarray:
    """Return an array of places, each from 0 to below a number, as int64.

    Raises
    ------
    ModelError
    """
    found = arrays.get(name)
    if found is None:
        raise ModelError(f"the model has no array {name!r}")
    if found.dtype.kind not in "iu" or found.ndim != 1:
        raise ModelError(f"{name} is {found.dtype} of shape {found.shape}; expected whole numbers")
    if found.size and (int(found.min()) < 0 or int(found.max()) >= below):
        raise ModelError(f"{name} points beyond what it counts (0 to {below - 1})")
    return np.ascontiguousarray(found, dtype=np.int64)


def check_trees(head: str, roots: np.ndarray, nodes: np.ndarray, columns: int) -> None:
    """Raise unless every walk from a root ends in a leaf, and asks for columns that there are.

    Parameters
    ----------
    head : str
    roots : numpy.ndarray of int, shape (trees,)
    nodes : numpy.ndarray, shape (nodes,)
        Fields as in :data:`softbreak.models.learned.tree_ensembles.NODE`. Children stand behind
        their parent, and every node is the child of one, or a root.
    columns : int

    Raises
    ------
    ModelError
    """
    inner = nodes["feature"] >= 0
    features, missing = nodes["feature"], nodes["missing"]
    if (features < -1).any() or (features >= columns).any():
        raise ModelError(f"{head}: a node asks for a column beyond the {columns} that there are")
    if not (np.isfinite(nodes["threshold"]).all() and np.isfinite(nodes["value"]).all()):
        raise ModelError(f"{head}: a node holds a number that is none")
    if (missing < 0).any() or (missing > 5).any():
        raise ModelError(f"{head}: a node has an unknown rule for missing values")
    own = np.flatnonzero(inner)
    children = np.concatenate([nodes["left"][own], nodes["right"][own]]).astype(np.int64)
    parents = np.concatenate([own, own])
    if children.size and ((children <= parents).any() or children.max() >= len(nodes)):
        raise ModelError(f"{head}: a node's child stands before it, or beyond the last node")
    ends = np.concatenate([children, roots.astype(np.int64)])
    if not np.array_equal(np.bincount(ends, minlength=len(nodes)), np.ones(len(nodes))):
        raise ModelError(f"{head}: a node belongs to no tree, or to several")
    _check_depth(head, nodes, own)


def _check_depth(head: str, nodes: np.ndarray, own: np.ndarray) -> None:
    depth = np.zeros(len(nodes), dtype=np.int64)
    left, right = nodes["left"].tolist(), nodes["right"].tolist()
    for place in own.tolist():  # a parent stands before its children
        depth[left[place]] = depth[right[place]] = depth[place] + 1
    if depth.size and int(depth.max()) > MOST_DEPTH:
        raise ModelError(f"{head}: a tree is more than {MOST_DEPTH} questions deep")


def stated_number(facts: Mapping[str, Any], name: str, low: float, high: float) -> float:
    """Return a number of the sidecar.

    Raises
    ------
    ModelError
        If it is none, or beyond a range.
    """
    value = facts.get(name) if isinstance(facts, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ModelError(
            f"{name} is {str(value)[:40]!r}; expected a number from {low:g} to {high:g}"
        )
    return float(value)
