"""Several ensembles of trees at once, asked feature by feature instead of tree by tree.

Every leaf of a tree is a bit. A node whose question is answered "right" takes away the leaves on
its left; when all questions are answered, the lowest bit left is the leaf that a walk would have
reached (Lucchese et al., QuickScorer, SIGIR 2015, doi 10.1145/2766462.2767733). The questions of a
feature lie in the order of their thresholds, so that only those answered "right" are visited, in
one direction of the memory and without guessing. Sums are taken in the order of the trees: the
scores are those of :class:`softbreak.models.learned.tree_ensembles.Trees` to the bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from softbreak.compiled import strict
from softbreak.errors import SoftbreakError

_MISSING: Final = {"None": 0, "Zero": 1, "NaN": 2}


NODE: Final = np.dtype(
    [
        ("threshold", "<f8"),
        ("value", "<f8"),
        ("left", "<i4"),
        ("right", "<i4"),
        ("feature", "<i2"),
        ("missing", "<i2"),
    ]
)
"""A node: a value up to ``threshold`` in column ``feature`` goes left; in a leaf ``feature`` is −1.
``value`` is the expected score of what reaches the node, in a leaf what it adds. ``missing`` is
twice the rule for missing values (0 none, 1 zero, 2 NaN), plus 1 where they go left."""


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """An ensemble.

    Attributes
    ----------
    roots : numpy.ndarray of int32, shape (trees,)
        First node of each tree.
    nodes : numpy.ndarray of NODE, shape (nodes,)
    """

    roots: np.ndarray
    nodes: np.ndarray

    def score(self, rows: np.ndarray) -> np.ndarray:
        """Return the raw score of each row.

        Parameters
        ----------
        rows : numpy.ndarray of float64, shape (n, features)
            NaN where absent.
        """
        out = np.empty(len(rows))
        _score(self.roots, self.nodes, np.ascontiguousarray(rows, dtype=np.float64), out)
        return out

    def contributions(self, row: np.ndarray) -> np.ndarray:
        """Return what each feature adds to the score of one row, beyond the mean score."""
        out = np.zeros(len(row))
        _credit(self.roots, self.nodes, np.ascontiguousarray(row, dtype=np.float64), out)
        return out


@strict
def _next(node: Any, value: float) -> int:
    """Return the place of the child that a value goes to."""
    kind = node["missing"] >> 1
    left = value <= node["threshold"]
    if np.isnan(value):
        left = node["threshold"] >= 0.0 if kind == 0 else (node["missing"] & 1) == 1
    elif kind == 1 and abs(value) <= 1e-35:
        left = (node["missing"] & 1) == 1
    return int(node["left"]) if left else int(node["right"])


@strict
def _score(roots: np.ndarray, nodes: np.ndarray, rows: np.ndarray, out: np.ndarray) -> None:
    for n in range(len(rows)):
        row, total = rows[n], 0.0
        for root in roots:
            place = root
            while nodes[place]["feature"] >= 0:
                place = _next(nodes[place], row[nodes[place]["feature"]])
            total += nodes[place]["value"]
        out[n] = total


@strict
def _credit(roots: np.ndarray, nodes: np.ndarray, row: np.ndarray, out: np.ndarray) -> None:
    for root in roots:
        place = root
        while nodes[place]["feature"] >= 0:
            asked, before = nodes[place]["feature"], nodes[place]["value"]
            place = _next(nodes[place], row[asked])
            out[asked] += nodes[place]["value"] - before


def from_lightgbm(dumped: Mapping[str, Any]) -> Trees:
    """Take over what a LightGBM booster's ``dump_model()`` says.

    Parameters
    ----------
    dumped : mapping

    Raises
    ------
    ValueError
        If a split is not a numerical one.
    """
    nodes: list[_Node] = []
    roots = []
    for tree in dumped["tree_info"]:
        roots.append(len(nodes))
        _plant(tree["tree_structure"], nodes)
    return Trees(np.array(roots, dtype=np.int32), np.array(nodes, dtype=NODE))


_Node = tuple[float, float, int, int, int, int]


def _plant(node: Mapping[str, Any], nodes: list[_Node]) -> int:
    """Append a node with all that is below it; return its place."""
    place = len(nodes)
    if "leaf_value" in node:
        nodes.append((0.0, float(node["leaf_value"]), -1, -1, -1, 0))
        return place
    if node["decision_type"] != "<=":
        raise ValueError(f"a split by {node['decision_type']!r} is not numerical")
    nodes.append((0.0, 0.0, -1, -1, -1, 0))
    left = _plant(node["left_child"], nodes)
    right = _plant(node["right_child"], nodes)
    missing = 2 * _MISSING[node["missing_type"]] + int(node["default_left"])
    weights = [_weight(node["left_child"]), _weight(node["right_child"])]
    total = max(sum(weights), 1e-300)
    expected = (weights[0] * nodes[left][1] + weights[1] * nodes[right][1]) / total
    feature = int(node["split_feature"])
    nodes[place] = (float(node["threshold"]), expected, left, right, feature, missing)
    return place


def _weight(node: Mapping[str, Any]) -> float:
    return float(node.get("leaf_count", node.get("internal_count", 1.0)))


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


@strict
def ask(forest: Any, row: np.ndarray, left: np.ndarray) -> None:
    """Leave of every tree the leaves that a row may reach; the lowest is the one it does.

    Parameters
    ----------
    forest : Forest
    row : numpy.ndarray, shape (features,)
    left : numpy.ndarray of uint64, shape (trees,)
        Is overwritten.
    """
    left[:] = np.uint64(0xFFFFFFFFFFFFFFFF)
    asked, missing = forest.asked, forest.missing
    for k in range(len(row)):
        value = row[k]
        if np.isnan(value):
            for n in range(missing.first[k], missing.first[k + 1]):
                left[missing.tree[n]] &= missing.kept[n]
        else:
            for n in range(asked.first[k], asked.first[k + 1]):
                if asked.threshold[n] >= value:
                    break
                left[asked.tree[n]] &= asked.kept[n]


@strict
def _leaf(forest: Any, left: np.ndarray, tree: int) -> int:
    """Return the leaf that a row reaches in a tree, counted over all trees."""
    bits = left[tree]
    lowest = bits & (~bits + np.uint64(1))
    return int(forest.leaves[tree] + forest.places[(lowest * _MULTIPLIER) >> _SHIFT])


@strict
def scores(forest: Any, left: np.ndarray, out: np.ndarray) -> None:
    """Write the score of every head.

    Parameters
    ----------
    forest : Forest
    left : numpy.ndarray of uint64
        See :func:`ask`.
    out : numpy.ndarray, shape (heads,)
    """
    for head in range(len(out)):
        total = 0.0
        for tree in range(forest.heads[head], forest.heads[head + 1]):
            total += forest.value[_leaf(forest, left, tree)]
        out[head] = total


@strict
def credit(forest: Any, left: np.ndarray, head: int, out: np.ndarray) -> None:
    """Write what each feature adds to the score of one head, beyond its mean.

    Parameters
    ----------
    forest : Forest
    left : numpy.ndarray of uint64
        See :func:`ask`.
    head : int
    out : numpy.ndarray, shape (features,)
    """
    out[:] = 0.0
    for tree in range(forest.heads[head], forest.heads[head + 1]):
        leaf = _leaf(forest, left, tree)
        for n in range(forest.path[leaf], forest.path[leaf + 1]):
            out[forest.feature[n]] += forest.share[n]
