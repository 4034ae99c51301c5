"""Classifiers on the feature table: boosted trees with physics in their constraints, and a logit.

LightGBM is needed to learn, not to judge: what it learns is kept as plain arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from softbreak.models.detector import LearnedDetector
from softbreak.models.learned.model_inputs import COLUMNS, VOLTAGE_COLUMNS
from softbreak.models.learned.tree_ensembles import NODE, Trees, from_lightgbm
from softbreak.models.model_files import ModelError, check_trees, checked, checked_places

EVIDENCE: Final = {"all": COLUMNS, "voltage": VOLTAGE_COLUMNS}
"""Columns by what a detector may look at."""
LEFT_OUT: Final = frozenset({"ln_cycles"})
"""The age of a cell is a property of the protocol, not of its state."""

RISING: Final[Mapping[str, int]] = {
    "rule_fault": 1,
    "rule_hard": 1,
    "rule_estimate": 1,
    "rule_lower": 1,
    "rule_deepest": 1,
    "rule_below_anchor": -1,
    "rule_certificate": -1,
    "x_over_floor": -1,
    "x_over_anchor": -1,
    "drop_deepest": -1,
    "drop_ever": -1,
    "drops": 1,
    "drops_10": 1,
    "eis_probability": 1,
    "eis_lower": 1,
    "eis_eta": 1,
    "eis_wire": 1,
    "eis_over_floor": -1,
    "slow_change": -1,
    "slow_over_level": -1,
}
"""Which way the probability of a short may go with a feature (physics, not data)."""


def grow(
    rows: np.ndarray,
    target: np.ndarray,
    weight: np.ndarray,
    columns: tuple[str, ...],
    **settings: Any,
) -> Trees:
    """Grow boosted trees with LightGBM, and take them over.

    Parameters
    ----------
    rows : numpy.ndarray, shape (n, features)
    target, weight : numpy.ndarray, shape (n,)
    columns : tuple of str
        Names, for the monotone constraints.
    **settings
        ``rounds``, and anything that LightGBM takes.
    """
    import lightgbm

    chosen: dict[str, Any] = {
        "objective": "binary",
        "num_leaves": 15,
        "learning_rate": 0.06,
        "min_child_samples": 400,
        "feature_fraction": 0.4,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "lambda_l2": 20.0,
        "max_bin": 127,
        "verbosity": -1,
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        **settings,
    }
    rounds = int(chosen.pop("rounds"))
    if chosen["objective"] == "binary":
        chosen["monotone_constraints"] = [RISING.get(name, 0) for name in columns]
    # few cells cannot fill leaves of hundreds
    chosen["min_child_samples"] = min(chosen["min_child_samples"], max(len(rows) // 50, 1))
    data = lightgbm.Dataset(rows, target, weight=weight, params={"verbosity": -1})
    return from_lightgbm(lightgbm.train(chosen, data, rounds).dump_model())


def sigmoid(score: np.ndarray) -> np.ndarray:
    """Return 1/(1 + e^−s)."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * score)))


def three(fault: np.ndarray, hard: np.ndarray) -> np.ndarray:
    """Return probabilities of the three states from P(fault) and P(hard)."""
    hard = np.minimum(hard, fault)
    return np.stack([1.0 - fault, fault - hard, hard], axis=1)


class EvidenceDetector(LearnedDetector):
    """A model that looks at columns of the input table, by the evidence that it may use.

    Attributes
    ----------
    evidence : {"all", "voltage"}
    """

    evidence: str

    def _columns(self) -> tuple[str, ...]:
        return tuple(name for name in EVIDENCE[self.evidence] if name not in LEFT_OUT)

    def _places(self) -> tuple[str, ...]:
        return COLUMNS


class Boosted(EvidenceDetector):
    """Two heads of boosted trees: P(η_e ≥ 0.05) and P(hard).

    Parameters
    ----------
    evidence : {"all", "voltage"}
        What it may look at.
    rounds : int
        Trees of the first head; the second has half as many.
    seed : int
    """

    def __init__(self, evidence: str = "all", rounds: int = 150, seed: int = 0) -> None:
        self.evidence = evidence
        self.rounds = rounds
        self.seed = seed

    def _fit(
        self,
        rows: np.ndarray,
        labels: np.ndarray,
        beside: tuple[np.ndarray, np.ndarray, np.ndarray | None],
    ) -> None:
        weight = beside[1]
        target = (labels > 0).astype(np.float64)
        self._heads = (
            grow(rows, target, weight, self.columns_, rounds=self.rounds, seed=self.seed),
            grow(
                rows,
                (labels == 2).astype(np.float64),
                weight,
                self.columns_,
                rounds=max(self.rounds // 2, 1),
                seed=self.seed,
            ),
        )

    def _score(self, rows: np.ndarray) -> np.ndarray:
        return three(*(sigmoid(head.score(rows)) for head in self._heads))

    def contributions(self, row: np.ndarray) -> np.ndarray:
        """Return what each of ``columns_`` adds to the log-odds of a short, for one row."""
        return self._heads[0].contributions(row)

    def _arrays(self) -> dict[str, np.ndarray]:
        return joined({"fault": self._heads[0], "hard": self._heads[1]})

    def _restore(self, arrays: Mapping[str, np.ndarray], _: Mapping[str, Any]) -> None:
        columns = len(self.columns_)
        self._heads = (taken(arrays, "fault", columns), taken(arrays, "hard", columns))


def joined(heads: Mapping[str, Trees]) -> dict[str, np.ndarray]:
    """Return the arrays of several ensembles under one roof."""
    roots = {f"{name}.roots": trees.roots for name, trees in heads.items()}
    return roots | {f"{name}.nodes": trees.nodes for name, trees in heads.items()}


def taken(arrays: Mapping[str, np.ndarray], head: str, columns: int) -> Trees:
    """Return one of the ensembles that :func:`joined` put together, once it is known to be one.

    Parameters
    ----------
    arrays : mapping
        As read from a file: nothing of it is trusted.
    head : str
    columns : int
        How many the rows have that it will be asked about.

    Raises
    ------
    ModelError
        If a walk through it could leave its arrays, or would not end.
    """
    nodes = arrays.get(f"{head}.nodes")
    if nodes is None or nodes.dtype != NODE or nodes.ndim != 1:
        raise ModelError(f"{head}.nodes is no list of nodes")
    roots = checked_places(arrays, f"{head}.roots", len(nodes)).astype(np.int32)
    nodes = np.ascontiguousarray(nodes)
    check_trees(head, roots, nodes, columns)
    return Trees(roots, nodes)


class Logistic(EvidenceDetector):
    """Multinomial logistic regression on standardised features, absent ones marked as such.

    Parameters
    ----------
    evidence : {"all", "voltage"}
    ridge : float
        Weight of the squared coefficients.
    steps : int
        Most iterations of the quasi-Newton search.
    """

    def __init__(self, evidence: str = "all", ridge: float = 1e-3, steps: int = 150) -> None:
        self.evidence = evidence
        self.ridge = ridge
        self.steps = steps

    def _fit(
        self,
        rows: np.ndarray,
        labels: np.ndarray,
        beside: tuple[np.ndarray, np.ndarray, np.ndarray | None],
    ) -> None:
        from scipy.optimize import minimize

        filled = np.where(np.isfinite(rows), rows, 0.0)
        known = np.maximum(np.isfinite(rows).sum(axis=0), 1)
        self._centre = filled.sum(axis=0) / known
        spread = np.where(np.isfinite(rows), rows - self._centre, 0.0)
        self._scale = np.sqrt((spread**2).sum(axis=0) / known) + 1e-9
        design = self._design(rows)
        truth = np.eye(3)[labels]
        weight = beside[1][:, None] / beside[1].sum()

        def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
            slope = flat.reshape(design.shape[1], 3)
            chance = _softmax(design @ slope)
            fall = design.T @ (weight * (chance - truth)) + self.ridge * slope
            cost = -float((weight * truth * np.log(np.maximum(chance, 1e-300))).sum())
            return cost + 0.5 * self.ridge * float((slope**2).sum()), fall.ravel()

        start = np.zeros(3 * design.shape[1])
        found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": self.steps})
        self._slope = found.x.reshape(design.shape[1], 3)

    def _design(self, rows: np.ndarray) -> np.ndarray:
        known = np.isfinite(rows)
        scaled = np.clip((np.where(known, rows, self._centre) - self._centre) / self._scale, -5, 5)
        return np.hstack([scaled, ~known, np.ones((len(rows), 1))])

    def _score(self, rows: np.ndarray) -> np.ndarray:
        # one row at a time gives the same bits as many: no blocked matrix product
        design = self._design(rows)
        return _softmax(np.einsum("nk,kc->nc", design, self._slope, optimize=False))

    def _arrays(self) -> dict[str, np.ndarray]:
        return {"centre": self._centre, "scale": self._scale, "slope": self._slope}

    def _restore(self, arrays: Mapping[str, np.ndarray], _: Mapping[str, Any]) -> None:
        count = len(self.columns_)
        self._centre = checked(arrays, "centre", (count,))
        self._scale = checked(arrays, "scale", (count,), low=1e-300)
        self._slope = checked(arrays, "slope", (2 * count + 1, 3))


def _softmax(score: np.ndarray) -> np.ndarray:
    power = np.exp(score - score.max(axis=1, keepdims=True))
    return np.asarray(power / power.sum(axis=1, keepdims=True))
