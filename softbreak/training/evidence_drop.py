"""Evidence that a lab did not take, or did not write down: what models must live without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np

from softbreak.data.record import Cell, Record, Technique
from softbreak.features.half_cycles.polarity import TEMPERATURE
from softbreak.simulate.streams import draw_uniform


@dataclass(frozen=True, slots=True)
class Kept:
    """How likely each kind of evidence is to be left to a cell.

    Attributes
    ----------
    voltammetry, impedance, temperature : float
        Records of the kind; the logged temperature.
    electrolyte : float
        Thickness, conductivity and name of the electrolyte.
    area : float
    """

    voltammetry: float = 1.0
    impedance: float = 1.0
    temperature: float = 1.0
    electrolyte: float = 1.0
    area: float = 1.0


ALL: Final = Kept()
"""All evidence that each cell has."""
HALF: Final = Kept(0.5, 0.5, 0.8, 0.9, 0.5)
"""Each kind is known of about every second cell: for training. (Six in ten simulated cells log a
temperature and half know their conductivity in the first place.)"""
VOLTAGE_ONLY: Final = Kept(0.0, 0.0, 0.0, 0.0, 0.0)
"""Voltage and current, and nothing else."""
KINDS: Final = tuple(field.name for field in fields(Kept))


def left(kept: Kept, seed: int, identities: np.ndarray) -> dict[str, np.ndarray]:
    """Return what is left to each cell: the same for a cell in any batch.

    Parameters
    ----------
    kept : Kept
    seed : int
    identities : ndarray of int64

    Returns
    -------
    dict of str to ndarray of bool
        By kind of evidence.
    """
    return {
        kind: draw_uniform(seed, identities, f"kept.{kind}") < getattr(kept, kind) for kind in KINDS
    }


def without_evidence(
    cell: Cell, records: Sequence[Record], keeps: dict[str, bool]
) -> tuple[Cell, list[Record]]:
    """Return a cell and its records without the evidence that it may not keep.

    The truth of the cell is untouched: only what is known of it changes.

    Parameters
    ----------
    cell : Cell
    records : sequence of Record
    keeps : dict of str to bool
        One of each of ``KINDS``.
    """
    known = cell
    if not keeps["electrolyte"]:
        known = replace(
            known,
            electrolyte=None,
            electrolyte_thickness_um=None,
            ionic_conductivity_s_per_cm=None,
        )
    if not keeps["area"]:
        known = replace(known, area_cm2=None)
    dropped = {
        technique
        for kind, technique in (
            ("voltammetry", Technique.VOLTAMMETRY),
            ("impedance", Technique.IMPEDANCE),
        )
        if not keeps[kind]
    }
    return known, [
        _told(record, known, keeps["temperature"])
        for record in records
        if record.technique not in dropped
    ]


def _told(record: Record, cell: Cell, logged: bool) -> Record:
    table = record.table
    if not logged and TEMPERATURE in table.columns:
        table = table.drop(columns=TEMPERATURE)
    return replace(record, cell=cell, table=table)
