"""Detectors on the same held-out cells: what each says of every cycle, beside the truth.

Rules that judge voltammograms or spectra speak for cycles too: their last verdict is carried
forward to every cycle that ends after it, never backward.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.errors import SoftbreakError
from softbreak.features.evidence.cell_evidence import CellEvidence, gather
from softbreak.models.carried_forward import carried_forward, ends_of
from softbreak.models.registry import DETECTORS, Detector, detector_of
from softbreak.models.rules.impedance import read_spectra
from softbreak.training.evidence_drop import ALL, VOLTAGE_ONLY, Kept
from softbreak.training.population import label_cycles, make_cells, masks_of
from softbreak.training.processes import in_processes
from softbreak.training.recipes import PopulationRecipe
from softbreak.verdict import State, Verdict

SETTINGS: Final[dict[str, Kept]] = {"all evidence": ALL, "voltage alone": VOLTAGE_ONLY}
"""What is left to the cells: all that each has, or nothing but voltage and current."""
MEASURING: Final = "(measuring the evidence)"
READING: Final = "(reading the spectra)"
"""Costs that detectors share."""
_NUMBERS: Final = (
    "p_healthy",
    "p_soft",
    "p_hard",
    "electronic_fraction",
    "electronic_fraction_lower",
    "electronic_fraction_upper",
)
UNKNOWN: Final = Verdict(State.UNDETERMINED, *(math.nan,) * 6)
"""Without any probability: of a cycle before the first measurement that is judged."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What detectors said.

    Attributes
    ----------
    cycles : DataFrame
        One row a cycle, detector and setting: see :mod:`softbreak.training.metrics`; and
        ``detector, setting``.
    own : DataFrame
        ``detector, setting, laws, cell_id, unit, units, answered``: what each detector judges by
        itself (cycles, sweeps, spectra), and how much of it it answered.
    costs : DataFrame
        ``detector, setting, laws, seconds, cycles``.
    """

    cycles: pd.DataFrame
    own: pd.DataFrame
    costs: pd.DataFrame


def judge(
    recipe: PopulationRecipe,
    detectors: Sequence[str],
    *,
    setting: str = "all evidence",
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Judged:
    """Let detectors judge a population that nobody learnt from.

    Parameters
    ----------
    recipe : PopulationRecipe
        Its purpose is to judge.
    detectors : sequence of str
        Names, or folders of models.
    setting : str
        Of ``SETTINGS``; replaces what the recipe leaves.
    workers : int
    progress : callable
        Told (blocks done, blocks in all).

    Raises
    ------
    SoftbreakError
        If the population is one to learn from.
    """
    if recipe.purpose != "judge":
        raise SoftbreakError("detectors are compared on cells that only judge (purpose='judge')")
    parts = []
    jobs = [(recipe, k, tuple(detectors), setting) for k in range(recipe.blocks)]
    for done, part in enumerate(in_processes(judge_block, jobs, workers), start=1):
        parts.append(part)
        progress(done, recipe.blocks)
    return joined(parts)


def joined(parts: Sequence[Judged]) -> Judged:
    """Return several as one."""
    return Judged(
        pd.concat([part.cycles for part in parts], ignore_index=True),
        pd.concat([part.own for part in parts], ignore_index=True),
        pd.concat([part.costs for part in parts], ignore_index=True),
    )


def judge_block(
    recipe: PopulationRecipe, number: int, detectors: tuple[str, ...], setting: str
) -> Judged:
    """Judge one block of a population; see :func:`judge`."""
    chosen = {label_of(name): detector_of(name) for name in detectors}
    shapes = any(detector.waveforms for detector in chosen.values())
    seconds = dict.fromkeys([MEASURING, READING, *chosen], 0.0)
    rows: list[pd.DataFrame] = []
    own: list[dict[str, Any]] = []
    cycles = 0
    for history, truth in make_cells(replace(recipe, kept=SETTINGS[setting]), number):
        evidence, took = _timed(gather, history, waveforms=shapes)
        seconds[MEASURING] += took
        readings, took = _timed(read_spectra, evidence)
        seconds[READING] += took
        known = label_cycles(evidence.timeline.cycles, truth).assign(**masks_of(evidence))
        known = known.rename(columns={"state": "state_true", "transient_short": "transient_true"})
        cycles += len(evidence.timeline.cycles)
        for name, detector in chosen.items():
            said, took = _timed(detector.judge, evidence, readings)
            seconds[name] += took
            rows.append(_beside(known, evidence, detector, said).assign(detector=name))
            answered = sum(one.state is not State.UNDETERMINED for one in said)
            own.append(
                {
                    "detector": name,
                    "cell_id": evidence.cell.cell_id,
                    "unit": detector.unit,
                    "units": len(said),
                    "answered": answered,
                }
            )
    where = {"setting": setting, "laws": recipe.laws}
    costs = [{"detector": n, "seconds": s, "cycles": cycles} for n, s in seconds.items()]
    return Judged(
        pd.concat(rows, ignore_index=True).assign(setting=setting),
        pd.DataFrame(own).assign(**where),
        pd.DataFrame(costs).assign(**where),
    )


def label_of(name: str) -> str:
    """Return what a detector is called in tables: a model's folder has a name and a version."""
    if name in DETECTORS:
        return name
    found = detector_of(name)
    return f"{found.name} {found.version}"


def _timed(work: Callable[..., Any], *given: Any, **options: Any) -> tuple[Any, float]:
    began = time.perf_counter()
    done = work(*given, **options)
    return done, time.perf_counter() - began


def _beside(
    known: pd.DataFrame,
    evidence: CellEvidence,
    detector: Detector,
    said: Sequence[Verdict],
) -> pd.DataFrame:
    """Put a detector's verdicts beside the truth of the cycles."""
    cycles = evidence.timeline.cycles
    table = verdict_columns(spoken_of_cycles(evidence, detector, said))
    place = np.searchsorted(cycles["cycle_index"].to_numpy(), known["cycle_index"].to_numpy())
    table = table.iloc[place].reset_index(drop=True)
    table["transient_short"] = known["transient_true"].to_numpy()
    return pd.concat([known.drop(columns="transient_true"), table], axis=1)


def spoken_of_cycles(
    evidence: CellEvidence,
    detector: Detector,
    said: Sequence[Verdict],
) -> list[Verdict]:
    """Return one verdict a cycle: those on sweeps and spectra are carried forward.

    Parameters
    ----------
    evidence : CellEvidence
    detector : Detector
    said : sequence of Verdict
        One for each of the detector's units.
    """
    verdicts = list(said)
    if detector.unit != "cycle":
        cycle_ends = evidence.timeline.cycles["end_time_second"].to_numpy()
        ends = ends_of(evidence, detector.unit)
        verdicts = carried_forward(ends, said, cycle_ends, UNKNOWN)
    return verdicts


def verdict_columns(verdicts: Sequence[Verdict]) -> pd.DataFrame:
    """Return verdicts as columns: state, probabilities, η_e with its interval."""
    table: dict[str, Any] = {"state": [str(one.state) for one in verdicts]}
    for name in _NUMBERS:
        table[name] = np.array([getattr(one, name) for one in verdicts], dtype=np.float64)
    return pd.DataFrame(table)
