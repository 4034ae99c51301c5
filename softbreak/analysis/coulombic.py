"""Counting metal and charge: full cells, and cells with one thin foil."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.analysis.leakage import fell, fraction_data, fraction_words
from softbreak.analysis.reading import Reading, Table, rows_of
from softbreak.data.configurations import FULL, THREE
from softbreak.data.history import CellHistory, merged_cell
from softbreak.data.record import Cell
from softbreak.features.cycles.timeline import Timeline, build_timeline
from softbreak.features.evidence.charge_balance import (
    Depletion,
    balance_of,
    charging_sign,
    depletion_of,
)
from softbreak.features.evidence.test_conditions import metal_of
from softbreak.metals import LITHIUM, METALS, Metal, foil_capacity, moved_um
from softbreak.models.rules.stripped import Stripped, stripped
from softbreak.physics.coulombic import (
    average_efficiency_to_depletion,
    cut_off_reached,
    cycles_until_depletion,
    electronic_fraction_to_depletion,
)
from softbreak.report.drawing import BLUE, ORANGE, Curve, Figure, Panel, Rule
from softbreak.report.number_words import duration, number, percent
from softbreak.verdict import cycle_number

COULOMB = 3.6
"""In a milliampere-hour."""
ABOVE_ONE = 101.0
"""Per cent: a Coulombic efficiency beyond it is no efficiency."""
FULL_CAVEATS = (
    "The leak resistance takes all missing charge for leakage: side reactions and lost metal "
    "share it, so that R_e is at least this. 0.1 % at 1 mA cm⁻² and 4 V are 4 to 8 MΩ cm².",
    "A full cell leaks by its whole voltage over R_e. A symmetric cell at η_e < 5 % and "
    "R_i = 100 Ω cm² only says R_e > 1.9 kΩ cm².",
    "The first cycle, and any that does not end where the one before did, balances nothing.",
)
FOIL_CAVEATS = (
    "η̄ = 1 − Q_foil/Q_app is weighted by charge and exact; its uncertainty is the foil's "
    "thickness. Metal that is never reached (voids, lost contact) hides electrons.",
    "Electrons count as cycled metal: a soft breakdown makes the average Coulombic efficiency "
    "too large, and a foil that never depletes looks perfect.",
)


def read_coulombic(
    history: CellHistory,
    *,
    lithium_sd: float = 0.05,
    cut_off: float | None = None,
) -> Reading:
    """Read a full or an asymmetric cell.

    Parameters
    ----------
    history : CellHistory
        Asymmetric if its manifest says so, or if its voltages are those of equal electrodes and
        a foil's thickness is known.
    lithium_sd : float
        Relative standard deviation of the foil's thickness (1).
    cut_off : float, optional
        Upper cut-off voltage (V); the largest voltage of any charge where it is not given.

    Returns
    -------
    Reading
    """
    timeline = build_timeline(history)
    cell = merged_cell(history.cell, history.records)
    open_ = cell.configuration in (None, THREE)
    full = cell.configuration == FULL or (open_ and not timeline.symmetric)
    if full:
        return _full(history, timeline, cell, cut_off)
    return _foil(history, timeline, cell, lithium_sd)


def _scale(cell: Cell) -> tuple[float, str, str]:
    """Return mAh (cm⁻²) of a coulomb, and the units of capacity and resistance."""
    area = cell.area_cm2
    if area:
        return 1.0 / COULOMB / area, "mAh cm⁻²", "kΩ cm²"
    return 1.0 / COULOMB, "mAh", "kΩ"


def _full(history: CellHistory, timeline: Timeline, cell: Cell, cut_off: float | None) -> Reading:
    table = balance_of(history, timeline)
    title = f"Charge balance of {cell.cell_id}"
    if table.empty:
        return Reading(title, verdict="There is no charge with a discharge after it.")
    limit = cut_off if cut_off is not None else float(table["largest_volt"].median())
    table = table.assign(
        cut_off_reached=[cut_off_reached(np.array([v]), limit) for v in table["largest_volt"]]
    )
    return Reading(
        title,
        (_balance(table, cell),),
        _full_verdict(table, cell, limit),
        (*_turned(timeline), *FULL_CAVEATS),
        {"cycles": rows_of(table), "cut_off_volt": limit},
        (_balance_figure(table),),
        "Joule 2022, doi 10.1016/j.joule.2022.05.020, “Alternative methods” and Figure S8",
    )


def _turned(timeline: Timeline) -> tuple[str, ...]:
    """Say where the file counts a charge as negative current."""
    if charging_sign(timeline.half_cycle_columns) > 0:
        return ()
    return (
        "The voltage rises under what the files call a negative current and falls under a positive "
        "one: the current is counted the other way round, and is turned here.",
    )


def _balance(table: pd.DataFrame, cell: Cell) -> Table:
    scale, charge, ohm = _scale(cell)
    rows = tuple(
        (
            str(cycle_number(row["cycle_index"])),
            number(row["charge_ampere_second"] * scale, 4),
            number(row["discharge_ampere_second"] * scale, 4),
            _efficiency(row),
            percent(row["overcharge"], signed=True),
            number(row["leak_ohm"] * (cell.area_cm2 or 1.0) / 1e3)
            if not math.isinf(row["leak_ohm"])
            else "no loss",
            "yes" if row["cut_off_reached"] else "no",
            f"{row['dips']} ({number(1e3 * row['largest_dip_volt'])} mV)" if row["dips"] else "0",
        )
        for row in rows_of(table)
    )
    columns = (
        "cycle", f"charge {charge}", f"discharge {charge}", "CE", "over-charge", f"R_e ≥ {ohm}",
        "cut-off reached", "dips of the charge",
    )  # fmt: skip
    return Table("Cycles", columns, rows)


def _efficiency(row: dict[str, Any]) -> str:
    if math.isfinite(row["efficiency"]):
        return f"{100 * row['efficiency']:.2f} %"
    return f"{100 * row['efficiency_lower']:.1f} to {100 * row['efficiency_upper']:.1f} %"


def _full_verdict(table: pd.DataFrame, cell: Cell, limit: float) -> str:
    closed = table[table["closed"].astype(bool) & table["efficiency"].notna()]
    told = []
    if len(closed):
        leak = float(closed["leak_ohm"].median()) * (cell.area_cm2 or 1.0)
        unit = "Ω cm²" if cell.area_cm2 else "Ω"
        mean = 100 * float(closed["efficiency"].mean())
        told.append(f"Mean Coulombic efficiency of closed cycles: {mean:.2f} %.")
        if mean > ABOVE_ONE:
            told.append(
                "More comes out than went in: is this a half-cell, whose charge is a negative "
                "current, or do the cycles not begin discharged?"
            )
        told.append(
            f"If all that is missing leaked, R_e = {number(leak)} {unit}; it is at least that."
            if math.isfinite(leak)
            else "No charge is missing: no leak can be seen."
        )
    else:
        told.append("No cycle ends where the one before did: nothing can be balanced.")
    if table["dips"].sum():
        told.append(
            f"Dips in charge curves: {int(table['dips'].sum())}, down to "
            f"{number(1e3 * table['largest_dip_volt'].max())} mV. Such fluctuation is a sign of a "
            "soft breakdown; a moved cable or a step of the temperature makes it too."
        )
    told += _gap_words(table, cell)
    missed = int((~table["cut_off_reached"]).sum())
    if missed:
        told.append(f"{missed} of {len(table)} charges do not reach {number(limit)} V.")
    return " ".join(told)


def _gap_words(table: pd.DataFrame, cell: Cell) -> list[str]:
    """Say what is known of the gaps of the recording within charges and discharges."""
    scale, charge, _ = _scale(cell)
    told = []
    for row in rows_of(table[table["gap_second"] > 0]):
        which = cycle_number(row["cycle_index"])
        gap = f"Cycle {which} has a gap of {duration(row['gap_second'])} without rows"
        doubtful = row["gap_ampere_second"] * scale
        told.append(
            f"{gap}: whether {number(doubtful)} {charge} of charge flowed in it nobody recorded; "
            f"left out of the mean (CE {_efficiency(row)})."
            if doubtful
            else f"{gap}; the voltage before and after it says what flowed: "
            f"{'the charge went on' if row['gap_flowed'] else 'nothing'}."
        )
    return told


def _balance_figure(table: pd.DataFrame) -> Figure:
    x = table["cycle_index"].to_numpy(dtype=np.float64) + cycle_number(0)
    efficiency = 100 * np.where(table["closed"].astype(bool), table["efficiency"], np.nan)
    dips = 1e3 * table["largest_dip_volt"].to_numpy(dtype=np.float64)
    curve = Curve(x, efficiency, "", BLUE, 1.0, "circle")
    panels = [Panel("CE / %", (curve,), (Rule(100.0, ""),))]
    if dips.any():
        restless = Curve(x, dips, "", ORANGE, 1.0, "circle")
        panels.append(Panel("Largest dip / mV", (restless,), share=0.8))
    return Figure(
        "coulombic",
        "Coulombic efficiency" + (" and dips of the charge curve" if dips.any() else ""),
        "Cycle (counted from 1)",
        tuple(panels),
        caption="Only cycles that end where the one before ended are balanced.",
        whole_numbers=True,
        height=5.0 + 5.0 * len(panels),
    )


def _bare(title: str, found: Stripped) -> Reading:
    """Coulombic efficiency of metal on a bare collector, which needs no inventory."""
    verdict = (
        f"Metal on a bare collector: {found.strips} strips end at a cut-off of about "
        f"{number(found.cut_off_volt)} V. A strip gives back {percent(found.efficiency)} of the "
        "plating before it (median Coulombic efficiency)."
    )
    if 100.0 * found.efficiency > ABOVE_ONE:
        verdict += " More comes out than went in: metal was there before, or a plating is missing."
    caveat = (
        "What is missing went to reactions, to metal without contact, or to electrons. A short "
        "that carries as much in both directions is not missing: only an inventory shows it."
    )
    data = {"efficiency": found.efficiency, "strips": found.strips}
    return Reading(title, verdict=verdict, caveats=(caveat,), data=data)


def _foil(history: CellHistory, timeline: Timeline, cell: Cell, lithium_sd: float) -> Reading:
    metal = metal_of(cell)
    title = f"{metal.name.capitalize() if metal else 'Charge'} balance of {cell.cell_id}"
    found = depletion_of(history, timeline)
    if found is None:
        return Reading(title, verdict="There is no half-cycle in these files.")
    if metal is None:
        return Reading(
            title,
            verdict=f"The charge of a foil of {cell.electrode!r} is not known: constants are there "
            f"for {', '.join(METALS)}. State the metal that is stripped with --electrode.",
        )
    if not cell.area_cm2 or not cell.lithium_thickness_um:
        bare = stripped(timeline.half_cycle_columns)
        if bare is not None and math.isfinite(bare.efficiency):
            return _bare(title, bare)
        return Reading(
            title,
            verdict="Nothing can be counted without an inventory: state --area and the thin foil's "
            "thickness (--lithium). A symmetric cell with thick foils has none; for a full cell "
            "state --kind full.",
        )
    scale = 1.0 / COULOMB / cell.area_cm2
    stock = float(foil_capacity(cell.lithium_thickness_um, metal))
    applied = found.applied_ampere_second * scale
    eta = electronic_fraction_to_depletion(applied, stock=stock, stock_relative_sd=lithium_sd)
    efficiency = math.nan
    if found.full_strips and found.depleted:
        efficiency = float(
            average_efficiency_to_depletion(
                found.full_strips,
                found.strip_ampere_second * scale,
                stock,
                found.last_strip_ampere_second * scale,
            )
        )
    early = efficiency < 0.0
    if early:  # the cycles before cannot have used up what the foil holds
        found, efficiency = replace(found, depleted=False), math.nan
    rows = _foil_rows(found, cell, metal, scale)
    one_way = not found.full_strips
    data: dict[str, object] = {
        "depleted": found.depleted,
        "metal": metal.symbol,
        "foil_mah_per_cm2": stock,
        "applied_mah_per_cm2": applied,
        "full_strips": found.full_strips,
        "average_efficiency": efficiency,
    }
    unreached = one_way and found.depleted and fell(eta)
    if one_way and not unreached:
        data |= fraction_data(eta)
    words = (
        _UNREACHED.format(percent(applied / stock))
        if unreached
        else _one_way_words(found, fraction_words(eta), float(eta.lower))
        if one_way
        else _EARLY.format(found.full_strips)
        if early
        else _cycled_words(found, efficiency, found.strip_ampere_second * scale)
    )
    return Reading(
        title,
        (Table(metal.name.capitalize(), ("quantity", "value"), rows),),
        words,
        (*_assumed(cell, metal), *FOIL_CAVEATS),
        data,
        source="Joule 2022, doi 10.1016/j.joule.2022.05.020, Table 1; 10.1038/s41560-020-0648-z",
    )


_UNREACHED: Final = (
    "The voltage ran off when {} of what the foil holds had passed: a limit or lost contact ended "
    "it, metal stayed behind, or thickness, area or metal are misstated. Electrons that flowed "
    "would be hidden behind that: no electronic fraction follows."
)
_EARLY: Final = (
    "After {} full strips one ended early, though not even cycles that lose all they plate would "
    "have emptied the foil by then: a limit of the voltage or lost contact ended it. No average "
    "Coulombic efficiency follows."
)


def _assumed(cell: Cell, metal: Metal) -> tuple[str, ...]:
    """Say which metal was counted where nobody stated it."""
    if (cell.electrode or "").strip():
        return ()
    because = "" if metal is LITHIUM else f", because the electrolyte is {cell.electrolyte!r}"
    return (f"The electrode is not stated; {metal.name} is counted{because}. Or --electrode.",)


def _foil_rows(
    found: Depletion, cell: Cell, metal: Metal, scale: float
) -> tuple[tuple[str, str], ...]:
    stock = float(foil_capacity(cell.lithium_thickness_um or math.nan, metal))
    applied = found.applied_ampere_second * scale
    moved = f"{number(moved_um(applied, metal))} µm if all {metal.name}"
    rows = [
        (
            f"{metal.name} in the foil",
            f"{number(stock)} mAh cm⁻² ({number(cell.lithium_thickness_um)} µm)",
        ),
        (
            "net charge passed" + ("" if found.depleted else " so far"),
            f"{number(applied)} mAh cm⁻² ({moved})",
        ),
        (f"ran out of {metal.name}", "yes" if found.depleted else "no"),
    ]
    if found.full_strips:
        rows += [
            ("full strips before", str(found.full_strips)),
            ("charge of a strip", f"{number(found.strip_ampere_second * scale)} mAh cm⁻²"),
            ("last strip gave", f"{number(found.last_strip_ampere_second * scale)} mAh cm⁻²"),
        ]
    return tuple(rows)


def _one_way_words(found: Depletion, eta: str, lower: float) -> str:
    if found.depleted:
        return f"η̄_e = 1 − Q_foil/Q_app = {eta}, averaged over the charge passed."
    if lower > 0:
        return (
            "More charge has passed than the foil holds, and it is not gone yet: η̄_e is at least "
            f"{percent(lower)}."
        )
    return "The foil is not gone yet: no electronic fraction can be counted so far."


def _cycled_words(found: Depletion, efficiency: float, strip: float) -> str:
    if not found.depleted:
        return (
            f"After {found.full_strips} full strips the foil still gives all that is asked: its "
            "average Coulombic efficiency cannot be counted yet, or a short carries the current."
        )
    life = float(cycles_until_depletion(efficiency, strip, strip))
    return (
        f"Average Coulombic efficiency {100 * efficiency:.2f} % over {found.full_strips} cycles. "
        f"An excess of one capacity (N/P 2) would last {number(life)} cycles."
    )
