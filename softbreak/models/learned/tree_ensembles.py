"""Ensembles of decision trees as two arrays, walked tree by tree; taken over from LightGBM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from softbreak.compiled import strict

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
