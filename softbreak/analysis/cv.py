"""Cyclic voltammetry: the paper's reading and the hardened one, side by side."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from softbreak.analysis.reading import Reading, Table, rows_of
from softbreak.data.history import CellHistory
from softbreak.data.record import Cell
from softbreak.features.evidence.cell_evidence import CellEvidence, gather
from softbreak.models.diagnosis.diagnose import examine
from softbreak.models.rules.certificates_beside import sweep_views
from softbreak.models.rules.sweep_views import LOPSIDED, SAME_SETTING, foreign_sweep
from softbreak.models.rules.voltammetry import hardened, literal
from softbreak.physics.voltammetry import (
    at_reference_temperature,
    current_increase,
    harmless_window,
)
from softbreak.report.drawing import BLUE, INK, Curve, Figure, Panel, Rule
from softbreak.report.figures import voltammograms
from softbreak.report.number_words import interval, number, percent
from softbreak.verdict import Verdict

COULOMB = 3.6
"""In a milliampere-hour."""
SUDDEN, STABLE, UNCHANGED = 0.15, 0.05, 0.002
"""Relative changes of the peak current from one CV cycle to the next."""
ONE_STEP = 0.02
"""A single change below this is noise; several say themselves how much they scatter."""
CAVEATS = (
    "ω follows η_e only while the ionic path stays as it is: η = ω/(1+ω) there. A growing "
    "interphase hides electrons (ω = 0 hides 1 − 1/r after growth by r), 10 K of warming look "
    "like ω = 65 %.",
    "Chord, low-frequency impedance and V/I of cycling measure the same total resistance: they "
    "are one piece of evidence, not three.",
    "Columns: ω of the peak is against the cycle before (Equation 3), ω of the chord (at a common "
    "voltage) against the first; bend is I(V)/2I(V/2), loop the distance of the two sweeps, jump "
    "the largest step of the current, all relative.",
)


def read_cv(history: CellHistory, cycled: float | None = None) -> Reading:
    """Read all voltammograms of a cell.

    Parameters
    ----------
    history : CellHistory
    cycled : float, optional
        Areal capacity a half-cycle that the cell is cycled by (mAh cm⁻², or mAh without an
        area), where the files hold no cycling.

    Returns
    -------
    Reading
    """
    evidence = gather(history)
    cell, table = evidence.cell, with_omega(evidence)
    if table.empty:
        return Reading("Cyclic voltammetry", verdict="There is no voltammogram in these files.")
    views = sweep_views(evidence)
    paper = literal(views, cell)
    careful = hardened(views, cell, temperature_logged=evidence.temperature_logged)
    own = [foreign_sweep(view, cell) is None for view in views]
    charge = _cycled(evidence, cell, cycled)
    data = _data(table, paper, careful)
    data["harmless_window_volt"] = _harmless(table, charge)
    return Reading(
        f"Cyclic voltammetry of {cell.cell_id}",
        (_measured(table, cell), _judged(table, paper, careful)),
        _conclusion(table if any(own) else table[:0], careful),
        (*_invasive(table, charge, cell), *_cut(table), *_remarks(evidence), *CAVEATS),
        data,
        (voltammograms(examine(history)), _trend(table)),
        "Joule 2022, doi 10.1016/j.joule.2022.05.020, Equation 3 and Figure 3",
    )


def with_omega(evidence: CellEvidence) -> pd.DataFrame:
    """Return the sweeps with ω from each to the next and since the first of their kind.

    Parameters
    ----------
    evidence : CellEvidence

    Returns
    -------
    pandas.DataFrame
        ``evidence.sweeps`` with ``cut`` (a cycle that was cut off has the window of its
        measurement), ``omega`` (Equation 3 on peaks, against the sweep before; NaN where that had
        another window or rate, or one was cut off),
        ``omega_first`` (chord at common voltage, against the first sweep of equal window and
        rate) and ``omega_first_corrected`` (the same at the first sweep's temperature; NaN where
        none was logged).
    """
    views = sweep_views(evidence)
    table = evidence.sweeps.reset_index(drop=True).assign(
        window=[view.window for view in views],
        middle=[view.middle for view in views],
        cut=[view.cut for view in views],
    )
    chord = table["chord_resistance"].to_numpy(dtype=np.float64)
    warmth = table["temperature_celsius"].to_numpy(dtype=np.float64)
    first = _first_alike(table)
    with np.errstate(divide="ignore", invalid="ignore"):
        omega_first = chord[first] / chord - 1.0
        corrected = np.array(
            [
                chord[f] / float(at_reference_temperature(chord[k], warmth[k], warmth[f])) - 1.0
                if evidence.temperature_logged and np.isfinite(warmth[[f, k]]).all()
                else np.nan
                for k, f in enumerate(first)
            ]
        )
    return table.assign(
        omega=np.where(
            _like_the_one_before(table),
            current_increase(table["peak_current"].to_numpy(dtype=np.float64)),
            np.nan,
        ),
        omega_first=omega_first,
        omega_first_corrected=corrected,
    )


def _alike(table: pd.DataFrame, one: int, other: int) -> bool:
    """Whether two sweeps have the same window and rate."""
    window, rate = table["window"], table["scan_rate"]
    return math.isclose(window[one], window[other], rel_tol=SAME_SETTING) and math.isclose(
        rate[one], rate[other], rel_tol=2 * SAME_SETTING
    )


def _first_alike(table: pd.DataFrame) -> list[int]:
    """Index of the first sweep with the same window and rate."""
    return [next((m for m in range(k) if _alike(table, m, k)), k) for k in range(len(table))]


def _like_the_one_before(table: pd.DataFrame) -> np.ndarray:
    cut = table["cut"].to_numpy(dtype=bool)
    return np.array(
        [
            k > 0 and _alike(table, k - 1, k) and not cut[k - 1 : k + 1].any()
            for k in range(len(table))
        ],
        dtype=bool,
    )


def _cycled(evidence: CellEvidence, cell: Cell, given: float | None) -> float:
    """Charge of a half-cycle of the cell's cycling (C)."""
    if given is not None:
        return given * COULOMB * (cell.area_cm2 or 1.0)
    charge = evidence.timeline.half_cycles["charge_ampere_second"].to_numpy(dtype=np.float64)
    return float(np.median(charge)) if len(charge) else math.nan


def _harmless(table: pd.DataFrame, charge: float) -> float:
    rate, chord = float(table["scan_rate"].median()), float(table["chord_resistance"].iloc[0])
    return float(harmless_window(charge, rate, chord))


def _measured(table: pd.DataFrame, cell: Cell) -> Table:
    area = cell.area_cm2
    ohm, mah, ampere = ("Ω cm²", "mAh cm⁻²", "mA cm⁻²") if area else ("Ω", "mAh", "mA")
    scale = area or 1.0
    rows = tuple(
        (
            f"{row['series'] + 1}.{row['sweep'] + 1}",
            number(1e3 * row["window"]),
            number(1e3 * row["scan_rate"]),
            number(1e3 * row["peak_current"] / scale),
            number(row["chord_resistance"] * scale),
            f"{row['linearity']:.4f}",
            number(row["curvature"]),
            percent(row["hysteresis"]),
            percent(row["largest_jump"], signed=True),
            number(row["charge"] / COULOMB / scale),
            number(row["temperature_celsius"]),
        )
        for row in rows_of(table)
    )
    columns = (
        "cycle", "window mV", "rate mV/s", f"peak {ampere}", f"chord {ohm}", "line R²", "bend",
        "loop", "jump", f"charge {mah}", "T °C",
    )  # fmt: skip
    return Table("Measured", columns, rows)


def _judged(table: pd.DataFrame, paper: list[Verdict], careful: list[Verdict]) -> Table:
    rows = tuple(
        (
            f"{row['series'] + 1}.{row['sweep'] + 1}",
            percent(row["omega"], signed=True),
            percent(row["omega_first"], signed=True),
            percent(row["omega_first_corrected"], signed=True),
            str(paper[k].state),
            str(careful[k].state),
            interval(
                careful[k].electronic_fraction,
                careful[k].electronic_fraction_lower,
                careful[k].electronic_fraction_upper,
            ),
        )
        for k, row in enumerate(rows_of(table))
    )
    columns = (
        "cycle", "ω of the peak", "ω of the chord", "the same at one T", "paper's rule",
        "hardened rule", "η_e",
    )  # fmt: skip
    return Table("Judged", columns, rows)


def _conclusion(table: pd.DataFrame, careful: list[Verdict]) -> str:
    # of several equal ones the last: it has the most to be compared with
    worst = max(reversed(careful), key=lambda verdict: verdict.state.severity)
    words = [
        f"CV {number + 1}: {_series_words(part.reset_index(drop=True))}"
        for number, (_, part) in enumerate(table[~table["cut"]].groupby("series"))
        if len(part) > 1
    ]
    words += _between_words(table)
    paper = f"In the paper's words, {'; '.join(words)}. " if words else ""
    told = worst.evidence[0].sentence if worst.evidence else ""
    wanted = f" {worst.wanted_measurement}" if worst.wanted_measurement else ""
    return f"{paper}Hardened rule: {worst.state}. {told[:1].upper()}{told[1:]}{wanted}".strip()


def _between_words(table: pd.DataFrame) -> list[str]:
    """Say what the peak did from the last cycle of one series to the first of the next like it."""
    first = table["series"].diff().fillna(0.0) > 0
    changed = table[first & (table["omega"].abs() > STABLE)]
    return [
        f"from CV {row['series']} to CV {row['series'] + 1} the peak current changed by "
        f"{percent(row['omega'], signed=True)}"
        for row in rows_of(changed)
    ]


def _series_words(part: pd.DataFrame) -> str:
    """Say what the peak current does, between sweeps of one window and rate only."""
    starts = np.flatnonzero(~_like_the_one_before(part))
    stretches = np.split(np.arange(len(part)), starts[1:])
    peaks = part["peak_current"].to_numpy(dtype=np.float64)
    if len(stretches) == 1:
        return _trend_words(peaks)
    told = []
    for rows in stretches:
        first = int(rows[0])
        setting = f"{_swept(part, first)} at {number(1e3 * part['scan_rate'][first])} mV/s"
        which = f"cycle {first + 1}" if len(rows) == 1 else f"cycles {first + 1} to {rows[-1] + 1}"
        said = f": {_trend_words(peaks[rows])}" if len(rows) > 1 else ""
        told.append(f"{which} ({setting}){said}")
    return (
        "window or rate changes, and with it the peak; only cycles of one setting are compared: "
        + ", ".join(told)
    )


def _swept(part: pd.DataFrame, row: int) -> str:
    """The window in words: ±100 mV, or from where to where."""
    half, middle = 1e3 * float(part["window"][row]), 1e3 * float(part["middle"][row])
    if abs(middle) <= LOPSIDED * half:
        return f"±{number(half)} mV"
    low, high = (0.0 if abs(end) < 0.01 * half else end for end in (middle - half, middle + half))
    return f"{number(low)} to {number(high)} mV"


def _trend_words(peaks: np.ndarray) -> str:
    """Say what the peak current of one series does, as the paper does of its Figure 3."""
    omega = current_increase(peaks)[1:]
    omega = omega[np.isfinite(omega)]
    if not len(omega):
        return "no current that could be compared"
    largest = int(np.argmax(np.abs(omega)))
    if omega[largest] > SUDDEN:
        after = omega[largest + 1 :]
        stable = bool(len(after)) and bool(np.all(np.abs(after) < STABLE))
        return "the peak current suddenly increases" + (", then stabilises" if stable else "")
    scatter = float(omega.std(ddof=1)) / math.sqrt(len(omega)) if len(omega) > 1 else ONE_STEP
    trend = float(np.median(omega))
    # the ends of a series say what its steps, which scatter against each other, do not
    told = abs(trend) > UNCHANGED and (
        abs(float(omega.mean())) > scatter or abs(peaks[-1] / peaks[0] - 1.0) > STABLE
    )
    if told and trend > 0.0:
        return "the peak current gradually increases (soft breakdown)"
    if told:
        return "the peak current is gradually reduced (degradation, no soft breakdown)"
    return "the peak current stays the same (no interfacial reaction, no soft breakdown)"


def _invasive(table: pd.DataFrame, charge: float, cell: Cell) -> tuple[str, ...]:
    scale = COULOMB * (cell.area_cm2 or 1.0)
    unit = "mAh cm⁻²" if cell.area_cm2 else "mAh"
    swept = float(table["charge"].max())
    window = _harmless(table, charge)
    if not math.isfinite(charge):
        return (
            f"A half-cycle of this CV moves up to {number(swept / scale)} {unit}. State --cycled "
            "to learn whether that is more than the cell is cycled by.",
        )
    if swept <= charge:
        return ()
    return (
        f"WARNING: this CV is invasive. It moves {number(swept / scale)} {unit} a half-cycle, the "
        f"cycling {number(charge / scale)}: it can itself make the short. V_m ≤ √(Q s R) = "
        f"{number(1e3 * window)} mV would not.",
    )


def _cut(table: pd.DataFrame) -> tuple[str, ...]:
    """Say which cycles were cut off (rows are missing, or the measurement was ended)."""
    names = [f"{row['series'] + 1}.{row['sweep'] + 1}" for row in rows_of(table) if row["cut"]]
    if not names:
        return ()
    return (f"Cut off within the cycle, and compared by the chord alone: {', '.join(names)}.",)


def _remarks(evidence: CellEvidence) -> tuple[str, ...]:
    if evidence.temperature_logged:
        return ()
    return ("No temperature was logged: a change below 60 % could be 10 K of warming.",)


def _data(table: pd.DataFrame, paper: list[Verdict], careful: list[Verdict]) -> dict[str, object]:
    named = table.rename(
        columns={
            "peak_current": "peak_current_ampere",
            "window": "window_volt",
            "scan_rate": "scan_rate_volt_per_second",
            "chord_resistance": "chord_resistance_ohm",
            "charge": "charge_ampere_second",
        }
    )
    rows = []
    for k, row in enumerate(rows_of(named)):
        told = row | {"state_paper": str(paper[k].state), "state_hardened": str(careful[k].state)}
        told |= {
            name: getattr(careful[k], name)
            for name in (
                "electronic_fraction",
                "electronic_fraction_lower",
                "electronic_fraction_upper",
            )
        }
        rows.append(told)
    return {"sweeps": rows}


def _trend(table: pd.DataFrame) -> Figure:
    x = np.arange(1.0, len(table) + 1.0)
    curves = [Curve(x, 100 * table["omega_first"].to_numpy(), "as measured", BLUE, 1.0, "circle")]
    if table["omega_first_corrected"].notna().any():
        values = 100 * table["omega_first_corrected"].to_numpy()
        curves.append(Curve(x, values, "at one temperature", INK, 1.0, "square"))
    return Figure(
        "omega",
        "ω since the first CV, at the common voltage",
        "CV cycle",
        (Panel("ω / %", tuple(curves), (Rule(0.0, ""), Rule(15.0, "15 %"))),),
        caption="From 15 % on the hardened rule sees a rise, which warmth or contact may explain.",
        whole_numbers=True,
        height=10.5,
    )
