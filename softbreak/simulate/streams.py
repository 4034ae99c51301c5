"""Random numbers that depend on what they are for, never on when they are drawn.

A counter-based generator (Philox 4x32-10: J. K. Salmon et al., SC'11, doi
10.1145/2063384.2063405) turns (seed, cell, purpose, index) into four 32-bit words. So a cell is
the same in any batch, in any order and on any number of workers.
"""

from __future__ import annotations

import math
import zlib
from typing import Any

import numba as nb
import numpy as np

from softbreak.compiled import strict

_MASK = np.uint64(0xFFFFFFFF)
_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_SHIFT = np.uint64(32)

NOISE, SAMPLING, TELEGRAPH, EVENTS, SPECTRUM = 1, 2, 3, 4, 5
"""Purposes of the numbers that are drawn while a cell runs; those of priors are hashes of names."""


@nb.njit(inline="always")
def philox(c0: Any, c1: Any, c2: Any, c3: Any, k0: Any, k1: Any) -> tuple[Any, Any, Any, Any]:
    """Return the four 32-bit words of a counter and a key (all given as uint64 below 2**32)."""
    x0, x1, x2, x3 = np.uint64(c0), np.uint64(c1), np.uint64(c2), np.uint64(c3)
    a, b = np.uint64(k0), np.uint64(k1)
    for _ in range(10):
        p, q = _M0 * x0, _M1 * x2
        x0, x1, x2, x3 = (
            ((q >> _SHIFT) ^ x1 ^ a) & _MASK,
            q & _MASK,
            ((p >> _SHIFT) ^ x3 ^ b) & _MASK,
            p & _MASK,
        )
        a, b = (a + _W0) & _MASK, (b + _W1) & _MASK
    return x0, x1, x2, x3


@nb.njit(inline="always")
def words(seed: Any, cell: Any, purpose: int, index: int) -> tuple[Any, Any, Any, Any]:
    """Return four 32-bit words of a cell's stream."""
    s, c = np.uint64(seed), np.uint64(cell)
    return philox(
        np.uint64(index) & _MASK,
        np.uint64(purpose) & _MASK,
        c & _MASK,
        c >> _SHIFT,
        s & _MASK,
        s >> _SHIFT,
    )


@nb.njit(inline="always")
def to_uniform(word: Any) -> float:
    """Map a 32-bit word into the open interval (0, 1)."""
    return (np.float64(word) + 0.5) * 2.3283064365386963e-10


@strict
def uniform(seed: Any, cell: Any, purpose: int, index: int) -> float:
    """Return one number of (0, 1)."""
    return to_uniform(words(seed, cell, purpose, index)[0])


@strict
def normals(seed: Any, cell: Any, purpose: int, index: int) -> tuple[float, float, float]:
    """Return two standard normal numbers (Box-Muller) and one uniform number."""
    w0, w1, w2, _ = words(seed, cell, purpose, index)
    radius = math.sqrt(-2.0 * math.log(to_uniform(w0)))
    angle = 2.0 * math.pi * to_uniform(w1)
    return radius * math.cos(angle), radius * math.sin(angle), to_uniform(w2)


@strict
def _fill(seed: Any, cells: np.ndarray, purpose: int, normal: bool, out: np.ndarray) -> None:
    for i in range(cells.size):
        out[i] = (
            normals(seed, cells[i], purpose, 0)[0]
            if normal
            else uniform(seed, cells[i], purpose, 0)
        )


def purpose_of(name: str) -> int:
    """Return the stream of a named prior: adding a prior changes no other's numbers."""
    return zlib.crc32(name.encode()) | 0x80000000


def draw_uniform(seed: int, cells: np.ndarray, name: str) -> np.ndarray:
    """Return one number of (0, 1) for each cell.

    Parameters
    ----------
    seed : int
        0 to 2**64 - 1.
    cells : ndarray of int64
        Identities, not positions.
    name : str
        What the number is for.

    Returns
    -------
    ndarray of float64
    """
    out = np.empty(cells.size)
    _fill(np.uint64(seed), np.asarray(cells, np.int64), purpose_of(name), False, out)
    return out


def draw_normal(seed: int, cells: np.ndarray, name: str) -> np.ndarray:
    """Return one standard normal number for each cell; see :func:`draw_uniform`."""
    out = np.empty(cells.size)
    _fill(np.uint64(seed), np.asarray(cells, np.int64), purpose_of(name), True, out)
    return out
