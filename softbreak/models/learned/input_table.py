"""What learned detectors look at: the cell's history, and what the rule concluded from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import pandas as pd

from softbreak.data.expert_labels import CYCLES as CYCLE_INDEX
from softbreak.data.history import CellHistory
from softbreak.errors import ArgumentError, SoftbreakError
from softbreak.features.cycles.timeline import cycles_of
from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.features.families.cycle import COLUMNS as MEASURED
from softbreak.features.families.cycle import CycleFeatures, Reading
from softbreak.models.rules.fused import VoltageJudge
from softbreak.models.rules.voltage import CONCLUDED

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
    cycles, judge = cycles_of(evidence.timeline), VoltageJudge(evidence)
    judge.step(cycles)
    features = CycleFeatures(evidence, readings).step(judge.measured(cycles))
    table = np.hstack([features, judge.concluded])
    return pd.DataFrame(table, columns=list(COLUMNS))


def cycle_table(
    cells: CellHistory | Iterable[CellHistory], learner: str = "lightgbm"
) -> tuple[pd.DataFrame, pd.Series]:
    """Return the X that learned detectors fit on, and the cell of each of its rows.

    Parameters
    ----------
    cells : CellHistory or iterable of CellHistory
        What :func:`softbreak.read` gives; one in memory at a time.
    learner : str
        Whose X it is: "net" and "lightgbm-tsfresh" look at the shapes of half-cycles, all others
        at the same table.

    Returns
    -------
    X : DataFrame
        One row a cycle, one column a feature, NaN where evidence is missing; a row knows nothing
        of what was measured after its cycle. The index says ``cell_id, cycle_index,
        start_time_second, end_time_second``.
    groups : Series of str
        The cell of each row, for splits that keep a cell on one side.

    Examples
    --------
    >>> X, groups = softbreak.cycle_table(cells)  # doctest: +SKIP
    """
    from softbreak.features.evidence.cell_evidence import gather
    from softbreak.models.learned.learners import learner_of
    from softbreak.models.rules.impedance import read_spectra

    chosen = learner_of(learner)
    maker, parts, keys = chosen.maker(), [], []
    for history in [cells] if isinstance(cells, CellHistory) else cells:
        if not isinstance(history, CellHistory):
            raise ArgumentError(
                f"cycle_table takes what softbreak.read gives, or several of it, not "
                f"{type(history).__name__}: softbreak.cycle_table([softbreak.read(path)])"
            )
        evidence = gather(history, waveforms=chosen.waveforms)
        parts.append(maker(evidence, tuple(read_spectra(evidence))))
        keys.append(
            evidence.timeline.cycles[list(CYCLE_INDEX[1:])].assign(cell_id=evidence.cell.cell_id)
        )
    if not parts:
        raise SoftbreakError("there are no cells to make a table of")
    index = pd.MultiIndex.from_frame(pd.concat(keys)[list(CYCLE_INDEX)])
    table = pd.concat(parts).set_axis(index)
    return table, pd.Series(index.get_level_values("cell_id"), index=index, name="cell_id")
