"""What learned detectors look at: the cell's history, and what the rule concluded from it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from softbreak.features.cycle_features import COLUMNS as MEASURED
from softbreak.features.cycle_features import Reading, cycle_features
from softbreak.features.evidence import CellEvidence
from softbreak.models.rules.fused import cycle_views, events_by_cycle, not_applicable
from softbreak.models.rules.memory import Memory
from softbreak.models.rules.voltage import VoltageRule
from softbreak.verdict import State, Verdict

CONCLUDED: Final = (
    "rule_fault",
    "rule_hard",
    "rule_open",
    "rule_estimate",
    "rule_lower",
    "rule_upper",
    "rule_growth",
    "rule_decline",
    "rule_grown",
    "rule_below_anchor",
    "rule_deepest",
    "rule_shift",
    "rule_doubt",
    "rule_certificate",
)
"""What the voltage rule says of a cycle: its probabilities, its interval, and what it remembers
(growth over the base, decline below the maximum, distance to the level before a drop, …)."""
COLUMNS: Final = (*MEASURED, *CONCLUDED)
"""Columns of :func:`detector_table`."""
VOLTAGE_COLUMNS: Final = tuple(
    name
    for name in COLUMNS
    if not name.startswith(("eis_", "cv_"))
    and name
    not in (
        "x_since_spectrum",
        "direct_over_spectrum",
        "x_since_sweep",
        "chord_over_direct",
        "x_over_floor",
        "rule_certificate",
        "temperature_distance",
        "temperature_step",
        "activation_energy",
        "activation_misfit",
    )
)
"""Those that need nothing but voltage and current."""


def detector_table(evidence: CellEvidence, readings: Sequence[Reading]) -> pd.DataFrame:
    """Return the columns that learned detectors take, one row a cycle.

    Causal: a row knows nothing of what was measured after its cycle.

    Parameters
    ----------
    evidence : CellEvidence
    readings : sequence of ImpedanceReading
        One a spectrum, in order.

    Returns
    -------
    pandas.DataFrame
        ``COLUMNS``, in the order of ``evidence.timeline.cycles``.
    """
    table = cycle_features(evidence, readings)
    concluded = np.full((len(table), len(CONCLUDED)), np.nan)
    if not_applicable(evidence) is None:
        rule = VoltageRule(evidence.cell, temperature_logged=evidence.temperature_logged)
        events = events_by_cycle(evidence)
        for k, view in enumerate(cycle_views(evidence)):
            verdict = rule.step(view, events.get(view.cycle_index, ()))
            concluded[k] = conclusion(verdict, rule.memory)
    return pd.concat([table, pd.DataFrame(concluded, columns=list(CONCLUDED))], axis=1)


def conclusion(verdict: Verdict, memory: Memory) -> tuple[float, ...]:
    """Return what the rule says of a cycle, as numbers: ``CONCLUDED``.

    Parameters
    ----------
    verdict : Verdict
    memory : Memory
        As it is after the cycle.
    """
    certificate = [
        item.value for item in verdict.evidence if item.feature == "resistance_over_ionic_floor"
    ]
    return (
        verdict.p_soft + verdict.p_hard,
        verdict.p_hard,
        float(verdict.state is State.UNDETERMINED),
        verdict.electronic_fraction,
        verdict.electronic_fraction_lower,
        verdict.electronic_fraction_upper,
        _bounded(memory.late - memory.base),
        _bounded(memory.late - memory.top),
        _bounded(memory.top - memory.base),
        _bounded(memory.late - memory.anchor_late),
        _bounded(memory.deepest),
        _bounded(memory.shift),
        float(not math.isnan(memory.doubt_level)),
        certificate[0] if certificate else 1.0,
    )


def _bounded(value: float) -> float:
    """A logarithm beyond ±5 says no more than that it is large; infinities are not known."""
    return min(max(value, -5.0), 5.0) if math.isfinite(value) else math.nan
