"""softbreak's own detectors, on the files as they are: read once, judged by each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import pandas as pd

from softbreak.archive.inputs.read import read
from softbreak.bench.entrants.entrant import Entrant
from softbreak.errors import SoftbreakError
from softbreak.features.evidence.cell_evidence import CellEvidence, gather
from softbreak.models.carried_forward import carried_forward, ends_of
from softbreak.models.registry import DETECTORS, Detector
from softbreak.models.rules.impedance import read_spectra
from softbreak.training.judging import UNKNOWN, verdict_columns
from softbreak.verdict import Verdict

_EMPTY: Final = pd.DataFrame(columns=["cell", "start_s", "end_s", "state"])


def judge_folder(name: str, folder: Path) -> pd.DataFrame:
    """Judge every cell of a set from its files and the manifest.

    A cell that cannot be read is left open. A rule that judges voltammograms or spectra speaks
    for the cycles that end after them.

    Parameters
    ----------
    name : str
        Of a detector.
    folder : Path
        Of a set.
    """
    detector = DETECTORS[name]
    tables = [_EMPTY]
    for cell in sorted((folder / "cells").iterdir()):
        try:
            evidence = gather(read(cell, cell_id=cell.name), waveforms=detector.waveforms)
        except SoftbreakError:
            continue  # nothing is said of it: every cycle counts as undetermined
        tables.append(_judged(detector, evidence).assign(cell=cell.name))
    return pd.concat(tables, ignore_index=True)


def _judged(detector: Detector, evidence: CellEvidence) -> pd.DataFrame:
    readings = read_spectra(evidence)
    said: Sequence[Verdict] = detector.judge(evidence, readings)
    cycles = evidence.timeline.cycles
    if detector.unit != "cycle":
        ends = ends_of(evidence, detector.unit)
        said = carried_forward(ends, said, cycles["end_time_second"].to_numpy(), UNKNOWN)
    told = verdict_columns(said)
    return pd.DataFrame(
        {
            "start_s": cycles["start_time_second"].to_numpy(),
            "end_s": cycles["end_time_second"].to_numpy(),
            "state": told["state"].to_numpy(),
            "probability": (told["p_soft"] + told["p_hard"]).clip(0.0, 1.0).to_numpy(),
            "eta": told["electronic_fraction"].clip(0.0, 1.0).to_numpy(),
            "eta_lower": told["electronic_fraction_lower"].clip(0.0, 1.0).to_numpy(),
            "eta_upper": told["electronic_fraction_upper"].clip(0.0, 1.0).to_numpy(),
        }
    )


ENTRANTS: Final = tuple(
    Entrant(f"softbreak-{name}", detector.about, judge_folder=partial(judge_folder, name))
    for name, detector in DETECTORS.items()
)
