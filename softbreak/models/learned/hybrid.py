"""The rule's certificates and a learned score together: certificates win, doubt abstains.

The learned part sees what the rule concluded, beside the cell's history, spectra and
voltammograms. What it may do is limited by physics:

- a certificate (V/I below the bare electrolyte's, a wire's spectrum) stands, whatever is learned;
- "healthy" and "short" need scores on their own sides of two limits; between them is
  undetermined;
- while V/I stands above its base and no spectrum tells what the ionic resistance is now, healthy
  is withheld (the growth veto);
- a cycle unlike everything that was learned from is left to the rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from softbreak.features.cycles.finished_cycles import Cycles
from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.features.families.cycle import CycleFeatures
from softbreak.models.learned.boosted import (
    EVIDENCE,
    EvidenceDetector,
    grow,
    joined,
    sigmoid,
    taken,
)
from softbreak.models.learned.calibration import (
    Isotonic,
    conformal_margin,
    fit_isotonic,
    restored_map,
)
from softbreak.models.learned.hybrid_decision import Limits, combined
from softbreak.models.learned.hybrid_scores import HEADS, learned_of, numbers_of
from softbreak.models.learned.levels import LEVELS, levels_of
from softbreak.models.learned.model_inputs import COLUMNS
from softbreak.models.learned.novelty import CORE, Familiarity, fit_familiarity
from softbreak.models.learned.sentences import WORDING
from softbreak.models.learned.tree_ensembles import Trees
from softbreak.models.model_files import ModelError, checked, stated_number
from softbreak.models.rules.fused import FusedJudge
from softbreak.models.rules.impedance import ImpedanceReading
from softbreak.models.verdicts import Verdicts

QUANTILES: Final[Mapping[str, float]] = {"lower": 0.05, "middle": 0.5, "upper": 0.95}
COVERAGE: Final = 0.9
PAIR: Final = "eis_low_change"
"""Finite where a spectrum can be compared with an earlier one: evidence of another kind."""
FOLDS: Final = 5
_LEVELS: Final = np.array([COLUMNS.index(name) for name in LEVELS])
THINNING: Final = 3
"""Every so manieth cycle is enough to learn what is only used for calibration."""


class Hybrid(EvidenceDetector):
    """Rule and boosted trees, calibrated on cells that were held out.

    Parameters
    ----------
    evidence : {"all", "voltage"}
        What it may look at.
    rounds : int
        Trees of the first head.
    seed : int
    limits : sequence of five float
        On P(soft or hard): :class:`softbreak.models.learned.hybrid_decision.Limits`.
    """

    def __init__(
        self,
        evidence: str = "all",
        rounds: int = 150,
        seed: int = 0,
        limits: Sequence[float] = (0.08, 0.3, 0.93, 0.6, 0.8),
    ) -> None:
        self.evidence = evidence
        self.rounds = rounds
        self.seed = seed
        self.limits = limits

    # -------------------------------------------------------------------------- learning
    def _fit(
        self,
        rows: np.ndarray,
        labels: np.ndarray,
        beside: tuple[np.ndarray, np.ndarray, np.ndarray | None],
    ) -> None:
        owners, weight, eta = beside
        if eta is None:
            raise ValueError(
                "a hybrid also estimates η_e: fit(…, fractions=) needs the true one, NaN where it "
                "is not known"
            )
        if not np.isfinite(eta).any():
            raise ValueError(
                "η_e is not known of any cycle; a hybrid also learns from simulated ones"
            )
        fold = owners % FOLDS if owners.max() >= FOLDS else owners
        held = {name: np.full(len(rows), np.nan) for name in HEADS}
        for number in np.unique(fold):
            out = fold == number
            if out.all():
                out = np.arange(len(rows)) % 2 == 0  # one group only: every other row
            shown = np.flatnonzero(~out)[::THINNING]
            heads = self._grown(rows[shown], labels[shown], weight[shown], eta[shown])
            for name, trees in heads.items():
                held[name][out] = trees.score(rows[out])
        kept = np.isfinite(held["fault"])
        self._calibrate(rows[kept], labels[kept], eta[kept], {k: v[kept] for k, v in held.items()})
        self._heads = self._grown(rows, labels, weight, eta)
        self._familiar = fit_familiarity(rows[:, self._core()])
        self._ready()

    def _grown(
        self, rows: np.ndarray, labels: np.ndarray, weight: np.ndarray, eta: np.ndarray
    ) -> dict[str, Trees]:
        def one(target: np.ndarray, rounds: int, **settings: Any) -> Trees:
            # "rows" and "weight" as they are when it is called: η_e is not known of every cycle
            return grow(
                rows, target, weight, self.columns_, rounds=rounds, seed=self.seed, **settings
            )

        heads = {
            "fault": one((labels > 0).astype(np.float64), self.rounds),
            "hard": one((labels == 2).astype(np.float64), max(self.rounds // 2, 1)),
        }
        known = np.isfinite(eta)
        rows, weight, eta = rows[known], weight[known], eta[known]
        for name, alpha in QUANTILES.items():
            heads[name] = one(eta, max(self.rounds * 2 // 3, 1), objective="quantile", alpha=alpha)
        return heads

    def _calibrate(
        self, rows: np.ndarray, labels: np.ndarray, eta: np.ndarray, held: dict[str, np.ndarray]
    ) -> None:
        """Learn maps and margins from scores of held-out cycles, for each kind of evidence."""
        self._maps: dict[str, Isotonic] = {}
        self._margins: dict[str, float] = {}
        kinds = self._kinds(rows)
        fault = sigmoid(held["fault"])
        for kind in (0, 1):
            mine = kinds == kind
            if not mine.any():
                mine = np.ones(len(rows), dtype=bool)
            self._maps[f"fault{kind}"] = fit_isotonic(fault[mine], labels[mine] > 0)
            self._maps[f"hard{kind}"] = fit_isotonic(sigmoid(held["hard"][mine]), labels[mine] == 2)
            for side in (0, 1):
                chosen = mine & ((fault > 0.5) == bool(side)) & np.isfinite(eta)
                self._margins[f"{kind}{side}"] = conformal_margin(
                    eta[chosen], held["lower"][chosen], held["upper"][chosen], COVERAGE
                )

    def _kinds(self, rows: np.ndarray) -> np.ndarray:
        """1 where a pair of spectra is there, 0 elsewhere."""
        if PAIR not in self.columns_:
            return np.zeros(len(rows), dtype=np.int64)
        return np.isfinite(rows[:, self.columns_.index(PAIR)]).astype(np.int64)

    def _core(self) -> list[int]:
        return [self.columns_.index(name) for name in CORE]

    # --------------------------------------------------------------------------- judging
    def _ready(self) -> None:
        """Let what was learned be asked quickly."""
        self.inputs_ = np.array([COLUMNS.index(name) for name in self.columns_])
        pair = self.columns_.index(PAIR) if PAIR in self.columns_ else -1
        self._learned = learned_of(
            self._heads,
            self._maps,
            self._margins,
            (self._familiar, self._core()),
            (len(self.columns_), pair),
        )

    def _score(self, rows: np.ndarray) -> np.ndarray:
        return numbers_of(self._learned, rows, told=False)["scores"]

    def scored(self, rows: np.ndarray) -> np.ndarray:
        """Return everything that is learned of each cycle.

        Parameters
        ----------
        rows : numpy.ndarray, shape (n, len(columns_))

        Returns
        -------
        numpy.ndarray of SCORED, shape (n,)
        """
        return numbers_of(self._learned, rows, told=True)

    def contributions(self, row: np.ndarray) -> np.ndarray:
        """Return what each of ``columns_`` adds to the log-odds of a short, for one row."""
        return self._heads["fault"].contributions(row)

    def begin(self, evidence: CellEvidence, readings: Sequence[ImpedanceReading]) -> HybridJudge:
        """Judge the cycles of a cell; see :class:`softbreak.models.detector.Judge`.

        Parameters
        ----------
        evidence : CellEvidence
        readings : sequence of ImpedanceReading
            One a spectrum.
        """
        return HybridJudge(self, evidence, readings)

    # --------------------------------------------------------------------------- keeping
    def _arrays(self) -> dict[str, np.ndarray]:
        arrays = joined(self._heads)
        for name, found in self._maps.items():
            arrays[f"map.{name}.at"], arrays[f"map.{name}.value"] = found.at, found.value
        arrays["familiar.centre"] = self._familiar.centre
        arrays["familiar.scale"] = self._familiar.scale
        arrays["familiar.inverse"] = self._familiar.inverse
        return arrays

    def _facts(self) -> dict[str, Any]:
        return {"margins": self._margins, "familiar": self._familiar.limit}

    def _restore(self, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> None:
        columns, core = len(self.columns_), len(self._core())
        if self.evidence not in EVIDENCE or not all(0.0 <= x <= 1.0 for x in self.limits):
            raise ModelError("its parameters are none of a hybrid's")
        self._heads = {name: taken(arrays, name, columns) for name in HEADS}
        self._maps = {
            name: restored_map(arrays, f"map.{name}")
            for name in ("fault0", "fault1", "hard0", "hard1")
        }
        self._margins = {
            name: stated_number(facts["margins"], name, -10.0, 10.0)
            for name in ("00", "01", "10", "11")
        }
        self._familiar = Familiarity(
            checked(arrays, "familiar.centre", (core,)),
            checked(arrays, "familiar.scale", (core,), low=1e-300),
            checked(arrays, "familiar.inverse", (core, core)),
            stated_number(facts, "familiar", 1e-12, 1e12),
        )
        self._ready()


class HybridJudge:
    """A hybrid and the cycles of one cell; see :class:`softbreak.models.detector.Judge`.

    Parameters
    ----------
    model : Hybrid
    evidence : CellEvidence
    readings : sequence of ImpedanceReading
    """

    def __init__(
        self, model: Hybrid, evidence: CellEvidence, readings: Sequence[ImpedanceReading]
    ) -> None:
        self._model = model
        self._features = CycleFeatures(evidence, readings)
        self._fused = FusedJudge(evidence, () if model.evidence == "voltage" else readings)
        self._limits = Limits(*model.limits).record()
        self._wording = WORDING._replace(area_cm2=evidence.cell.area_cm2)

    def step(self, cycles: Cycles) -> Verdicts:
        """Judge the next cycles."""
        rules = self._fused.step(cycles)
        if not rules:
            return rules
        voltage = self._fused.voltage
        features = self._features.step(voltage.measured(cycles))
        table = np.concatenate((features, voltage.concluded), axis=1)
        scored = self._model.scored(table.take(self._model.inputs_, axis=1))
        levels = levels_of(table.take(_LEVELS, axis=1))
        return combined(rules, (scored, levels), self._model.inputs_, self._limits, self._wording)
