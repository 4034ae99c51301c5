"""Several ensembles of trees at once, asked feature by feature instead of tree by tree.

Every leaf of a tree is a bit. A node whose question is answered "right" takes away the leaves on
its left; when all questions are answered, the lowest bit left is the leaf that a walk would have
reached (Lucchese et al., QuickScorer, SIGIR 2015, doi 10.1145/2766462.2767733). The questions of a
feature lie in the order of their thresholds, so that only those answered "right" are visited, in
one direction of the memory and without guessing. Sums are taken in the order of the trees: the
scores are those of :class:`softbreak.models.learned.tree_ensembles.Trees` to the bit.

Some rows are asked at a time: cycles that follow each other answer most questions alike, and what
all answer alike is asked, and summed, once for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from softbreak.compiled import strict
from softbreak.errors import SoftbreakError
from softbreak.models.learned.tree_ensembles import Trees

MOST_LEAVES: Final = 64
_MULTIPLIER: Final = np.uint64(0x03F79D71B4CB0A89)
_SHIFT: Final = np.uint64(58)


def _places() -> np.ndarray:
    """Place of the only bit of a number, by the upper six bits of its product (de Bruijn)."""
    found = np.zeros(64, dtype=np.int64)
    for place in range(64):
        found[(((1 << place) * int(_MULTIPLIER)) & (2**64 - 1)) >> 58] = place
    return found


_PLACES: Final = _places()


class Questions(NamedTuple):
    """Questions of all trees, by feature: those of one lie between two of ``first``.

    Attributes
    ----------
    first : numpy.ndarray of int64, shape (features + 1,)
    threshold : numpy.ndarray
        Rising within a feature.
    tree : numpy.ndarray of int64
    kept : numpy.ndarray of uint64
        Leaves that remain where the answer is "right".
    """

    first: np.ndarray
    threshold: np.ndarray
    tree: np.ndarray
    kept: np.ndarray


class Forest(NamedTuple):
    """Several ensembles ("heads") over the same features.

    Attributes
    ----------
    asked, missing : Questions
        All questions, and those that a missing value answers "right".
    heads : numpy.ndarray of int64, shape (heads + 1,)
        Where the trees of each head begin.
    leaves : numpy.ndarray of int64, shape (trees + 1,)
        Where the leaves of each tree begin.
    value : numpy.ndarray, shape (leaves,)
    path : numpy.ndarray of int64, shape (leaves + 1,)
        Where the steps to each leaf begin.
    feature, share : numpy.ndarray, shape (steps,)
        What is asked in each step, and by how much the answer moves the expected score.
    places : numpy.ndarray of int64, shape (64,)
    """

    asked: Questions
    missing: Questions
    heads: np.ndarray
    leaves: np.ndarray
    value: np.ndarray
    path: np.ndarray
    feature: np.ndarray
    share: np.ndarray
    places: np.ndarray


class _Grove:
    """Collects the questions and leaves of trees, each from its left to its right."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, float, int, int]] = []
        self.missing: list[tuple[int, float, int, int]] = []
        self.leaves = [0]
        self.value: list[float] = []
        self.path = [0]
        self.steps: list[tuple[int, float]] = []

    def add(self, trees: Trees) -> None:
        for root in trees.roots.tolist():
            self._walk(trees.nodes, root, [])
            self.leaves.append(len(self.value))
            if self.leaves[-1] - self.leaves[-2] > MOST_LEAVES:
                raise SoftbreakError(f"a tree has more than {MOST_LEAVES} leaves")

    def _walk(self, nodes: np.ndarray, place: int, steps: list[tuple[int, float]]) -> None:
        threshold, value, left, right, feature, missing = nodes[place].item()
        if feature < 0:
            self.value.append(value)
            self.steps += steps
            self.path.append(len(self.steps))
            return
        kind = missing >> 1
        if kind == 1:
            raise SoftbreakError("a tree takes zeros for missing values")
        tree, before = len(self.leaves) - 1, len(self.value) - self.leaves[-1]
        self._walk(nodes, left, [*steps, (feature, float(nodes[left]["value"]) - value)])
        after = len(self.value) - self.leaves[-1]
        kept = (2**64 - 1) & ~((1 << after) - (1 << before))
        question = (feature, threshold, tree, kept)
        self.asked.append(question)
        if not (threshold >= 0.0 if kind == 0 else missing & 1):
            self.missing.append(question)
        self._walk(nodes, right, [*steps, (feature, float(nodes[right]["value"]) - value)])


def _questions(found: list[tuple[int, float, int, int]], features: int) -> Questions:
    ordered = sorted(found)
    first = np.searchsorted([item[0] for item in ordered], np.arange(features + 1))
    return Questions(
        first.astype(np.int64),
        np.array([item[1] for item in ordered], dtype=np.float64),
        np.array([item[2] for item in ordered], dtype=np.int64),
        np.array([item[3] for item in ordered], dtype=np.uint64),
    )


def forest_of(heads: Sequence[Trees], features: int) -> Forest:
    """Put ensembles together.

    Parameters
    ----------
    heads : sequence of Trees
    features : int
        How many columns a row has.

    Raises
    ------
    SoftbreakError
        If a tree has more than 64 leaves, or takes zeros for missing values.
    """
    grove, first = _Grove(), [0]
    for trees in heads:
        grove.add(trees)
        first.append(len(grove.leaves) - 1)
    return Forest(
        _questions(grove.asked, features),
        _questions(grove.missing, features),
        np.array(first, dtype=np.int64),
        np.array(grove.leaves, dtype=np.int64),
        np.array(grove.value, dtype=np.float64),
        np.array(grove.path, dtype=np.int64),
        np.array([step[0] for step in grove.steps], dtype=np.int64),
        np.array([step[1] for step in grove.steps], dtype=np.float64),
        _PLACES,
    )


LANES: Final = 32
"""So many rows are asked together: cycles that follow each other answer nearly alike."""


class Answers(NamedTuple):
    """What is left of every tree by the answers of a few rows.

    Attributes
    ----------
    alike : numpy.ndarray of uint64, shape (trees,)
        Leaves that all of the rows leave.
    place : numpy.ndarray of int64, shape (trees,)
        Place in ``own`` of a tree whose leaves differ between the rows; −1 of others.
    own : numpy.ndarray of uint64, shape (trees, rows)
        Leaves that each row leaves of such a tree.
    """

    alike: np.ndarray
    place: np.ndarray
    own: np.ndarray


@strict
def no_answers(forest: Any, count: int) -> Any:
    """Return room for the answers of so many rows."""
    trees = forest.heads[-1]
    own = np.empty((trees, count), dtype=np.uint64)
    return Answers(np.empty(trees, dtype=np.uint64), np.empty(trees, dtype=np.int64), own)


@strict
def ask(forest: Any, rows: np.ndarray, answers: Any) -> None:
    """Leave of every tree the leaves that rows may reach; the lowest is the one that each does.

    Questions that all rows answer "right" are put once.

    Parameters
    ----------
    forest : Forest
    rows : numpy.ndarray, shape (n, features)
        Some LANES of them.
    answers : Answers
        Of as many rows; is overwritten.
    """
    alike, place, _ = answers
    alike[:] = np.uint64(0xFFFFFFFFFFFFFFFF)
    place[:] = -1
    count, columns = rows.shape
    low, high = np.full(columns, np.inf), np.full(columns, -np.inf)
    lacking, bounds = np.zeros(columns, dtype=np.int64), np.empty((2, columns), dtype=np.int64)
    for r in range(count):
        row = rows[r]
        for k in range(columns):
            low[k] = row[k] if row[k] < low[k] else low[k]
            high[k] = row[k] if row[k] > high[k] else high[k]
            lacking[k] += 1 if np.isnan(row[k]) else 0
    trees = 0
    first, threshold, tree, kept = forest.asked
    of_missing, _, tree_missing, kept_missing = forest.missing
    for k in range(columns):
        n, stop = first[k], first[k + 1]
        if lacking[k] == count:
            for m in range(of_missing[k], of_missing[k + 1]):
                alike[tree_missing[m]] &= kept_missing[m]
            stop = n
        elif not lacking[k]:
            while n < stop and threshold[n] < low[k]:
                alike[tree[n]] &= kept[n]
                n += 1
        bounds[0, k] = n
        while n < stop and (lacking[k] > 0 or threshold[n] < high[k]):
            if place[tree[n]] < 0:
                place[tree[n]] = trees
                trees += 1
            n += 1
        bounds[1, k] = n
    if trees:
        _ask_each(forest, rows, bounds, answers)


@strict
def _ask_each(forest: Any, rows: np.ndarray, bounds: np.ndarray, answers: Any) -> None:
    """Put the questions to every row that not all rows answer alike."""
    alike, place, own = answers
    _, threshold, tree, kept = forest.asked
    of_missing, _, tree_missing, kept_missing = forest.missing
    for m in range(len(place)):
        if place[m] >= 0:
            own[place[m]] = alike[m]
    for k in range(rows.shape[1]):
        begin, end = bounds[0, k], bounds[1, k]
        for r in range(len(rows) if begin < end else 0):
            value = rows[r, k]
            if np.isnan(value):
                for m in range(of_missing[k], of_missing[k + 1]):
                    own[place[tree_missing[m]], r] &= kept_missing[m]
            n = begin
            while n < end and threshold[n] < value:
                own[place[tree[n]], r] &= kept[n]
                n += 1


@strict
def _leaf(bits: Any, places: np.ndarray) -> int:
    """Return the lowest bit's place."""
    lowest = bits & (~bits + np.uint64(1))
    return int(places[(lowest * _MULTIPLIER) >> _SHIFT])


@strict
def scores(forest: Any, answers: Any, out: np.ndarray) -> None:
    """Write the score of every head.

    Parameters
    ----------
    forest : Forest
    answers : Answers
        See :func:`ask`.
    out : numpy.ndarray, shape (heads, rows)
    """
    alike, place, own = answers
    heads, leaves, values, places = forest.heads, forest.leaves, forest.value, forest.places
    out[:] = 0.0
    for head in range(len(out)):
        total = out[head]
        for tree in range(heads[head], heads[head + 1]):
            if place[tree] < 0:
                value = values[leaves[tree] + _leaf(alike[tree], places)]
                for r in range(len(total)):
                    total[r] += value
                continue
            for r in range(len(total)):
                total[r] += values[leaves[tree] + _leaf(own[place[tree], r], places)]


@strict
def credit(forest: Any, answers: Any, head: int, out: np.ndarray) -> None:
    """Write what each feature adds to the score of one head, beyond its mean.

    Parameters
    ----------
    forest : Forest
    answers : Answers
        See :func:`ask`.
    head : int
    out : numpy.ndarray, shape (features, rows)
    """
    alike, place, own = answers
    path, feature, share, places = forest.path, forest.feature, forest.share, forest.places
    out[:] = 0.0
    for tree in range(forest.heads[head], forest.heads[head + 1]):
        first = forest.leaves[tree]
        if place[tree] < 0:
            leaf = first + _leaf(alike[tree], places)
            for n in range(path[leaf], path[leaf + 1]):
                added, amount = out[feature[n]], share[n]
                for r in range(len(added)):
                    added[r] += amount
            continue
        for r in range(out.shape[1]):
            leaf = first + _leaf(own[place[tree], r], places)
            for n in range(path[leaf], path[leaf + 1]):
                out[feature[n], r] += share[n]
