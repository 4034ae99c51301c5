"""Made-up diagnoses of the kinds that a report must show well. The numbers are plausible only."""

from __future__ import annotations

import numpy as np
import pandas as pd

from softbreak.data.record import Cell
from softbreak.models.diagnosis.result import Diagnosis, Finding

HOUR = 3600.0

VERDICT_COLUMNS = [
    "cell_id",
    "cycle_index",
    "start_time_second",
    "end_time_second",
    "state",
    "p_healthy",
    "p_soft",
    "p_hard",
    "electronic_fraction",
    "electronic_fraction_lower",
    "electronic_fraction_upper",
    "transient_short",
    "wanted_measurement",
    "evidence",
    "detector",
    "detector_version",
]
HALF_CYCLE_COLUMNS = [
    "half_cycle_index",
    "cycle_index",
    "start_time_second",
    "end_time_second",
    "sign",
    "current_ampere",
    "overpotential_volt",
    "resistance_ohm",
    "charge_ampere_second",
    "temperature_celsius",
]
TRACE_COLUMNS = ["time_second", "voltage_volt", "current_ampere"]
SWEEP_COLUMNS = ["series", "sweep", "time_second", "voltage_volt", "current_ampere"]
VOLTAMMETRY_COLUMNS = [
    "series",
    "sweep",
    "time_second",
    "peak_current_ampere",
    "chord_resistance_ohm",
    "omega_literal",
    "omega_chord",
    "linearity",
]
SPECTRA_COLUMNS = [
    "spectrum",
    "time_second",
    "frequency_hertz",
    "real_impedance_ohm",
    "imaginary_impedance_ohm",
]
IMPEDANCE_COLUMNS = [
    "spectrum",
    "time_second",
    "high_frequency_resistance_ohm",
    "low_frequency_resistance_ohm",
    "kramers_kronig_residual",
    "electronic_fraction",
    "electronic_fraction_lower",
    "electronic_fraction_upper",
]
SOURCE_COLUMNS = ["path", "technique", "method", "reader", "rows", "start_time_second"]

AREA = 0.785


def verdict_row(cell_id, cycle, start, end, state, fraction=(np.nan, np.nan, np.nan), **more):
    p = {"healthy": (0.97, 0.02, 0.01), "soft": (0.04, 0.93, 0.03), "hard": (0.0, 0.02, 0.98)}
    shares = p.get(state, (0.4, 0.5, 0.1))
    row = [cell_id, cycle, start, end, state, *shares, *fraction]
    row += [more.get("transient", False), more.get("wanted", ""), more.get("evidence", [])]
    return [*row, "fused", "1.0"]


def item(feature, value, baseline, sentence):
    return {"feature": feature, "value": value, "baseline": baseline, "sentence": sentence}


def summary_of(cell_id, verdicts, sentence, onset=None):
    states = list(verdicts["state"]) if len(verdicts) else ["undetermined"]
    order = ["undetermined", "healthy", "soft", "hard"]
    state = max(states, key=order.index)
    return {
        "cell_id": cell_id,
        "state": state,
        "ever_short": state in {"soft", "hard"},
        "onset_cycle": np.nan if onset is None else onset,
        "onset_time_second": np.nan
        if onset is None
        else float(verdicts["start_time_second"].iloc[onset]),
        "onset_areal_capacity_mah_per_cm2": np.nan if onset is None else 0.4 * onset,
        "probability": 0.02 if state == "healthy" else 0.94,
        "summary": sentence,
        "wanted_measurement": "an impedance spectrum at three temperatures"
        if state == "undetermined"
        else "",
        "n_cycles": len(verdicts),
        "n_files": 2,
    }


def square_wave(overpotential, half_cycle_hour, ampere, points=40, seed=0):
    """Half-cycles of alternating sign, with a start-up transient and a little noise."""
    noise = np.random.default_rng(seed)
    rows = []
    for index, level in enumerate(overpotential):
        sign = 1 if index % 2 == 0 else -1
        phase = np.linspace(0, 1, points, endpoint=False)
        volt = sign * level * (1 + 0.08 * np.exp(-phase * 12) + 0.01 * noise.normal(size=points))
        time = (index + phase) * half_cycle_hour * HOUR
        rows.append(np.column_stack([time, volt, np.full(points, sign * ampere)]))
    return pd.DataFrame(np.concatenate(rows), columns=TRACE_COLUMNS)


def half_cycles_of(overpotential, half_cycle_hour, ampere, temperature=25.0):
    rows = []
    for index, level in enumerate(overpotential):
        start = index * half_cycle_hour * HOUR
        end = start + half_cycle_hour * HOUR
        sign = 1 if index % 2 == 0 else -1
        charge = ampere * (end - start)
        rows.append(
            [
                index,
                index // 2,
                start,
                end,
                sign,
                sign * ampere,
                level,
                level / ampere,
                charge,
                temperature,
            ]
        )
    return pd.DataFrame(rows, columns=HALF_CYCLE_COLUMNS)


def sweeps(resistances, times, limit=0.1, points=200):
    """One series a time, three sweeps each; the current falls a little with each sweep."""
    rows, table = [], []
    phase = np.linspace(0, 4, points)
    volt = limit * np.where(phase < 1, phase, np.where(phase < 3, 2 - phase, phase - 4))
    first = None
    for series, (ohm, start) in enumerate(zip(resistances, times, strict=True)):
        for sweep in range(3):
            ampere = volt / (ohm * (1 + 0.04 * sweep)) * (1 - 0.4 * np.abs(volt))
            clock = start + (sweep + phase / 4) * 2000.0
            rows += [[series, sweep, t, v, i] for t, v, i in zip(clock, volt, ampere, strict=True)]
            peak = float(np.max(ampere))
            before, first = first, peak
            change = np.nan if before is None else (peak - before) / before
            table.append([series, sweep, clock[0], peak, ohm, change, change, 0.999])
    return (
        pd.DataFrame(rows, columns=SWEEP_COLUMNS),
        pd.DataFrame(table, columns=VOLTAMMETRY_COLUMNS),
    )


def spectra(arcs, times):
    """Bulk resistance and two arcs; ``arcs`` holds (bulk, arc 1, arc 2) in Ω."""
    hertz = np.logspace(6, -2, 41)
    omega = 2 * np.pi * hertz
    rows, table = [], []
    for index, ((bulk, one, two), time) in enumerate(zip(arcs, times, strict=True)):
        z = bulk + one / (1 + (1j * omega * 2e-5) ** 0.9) + two / (1 + (1j * omega * 0.02) ** 0.85)
        z = z + 1j * omega * 3e-7
        rows += [[index, time, f, re, im] for f, re, im in zip(hertz, z.real, z.imag, strict=True)]
        fraction = (np.nan,) * 3 if index == 0 else (0.69, 0.55, 0.8)
        table.append([index, time, bulk, bulk + one + two, 0.006, *fraction])
    return (
        pd.DataFrame(rows, columns=SPECTRA_COLUMNS),
        pd.DataFrame(table, columns=IMPEDANCE_COLUMNS),
    )


def empty(columns):
    return pd.DataFrame({name: [] for name in columns})


def assemble(cell, verdicts, sentence, *, onset=None, findings=(), sources=(), **tables):
    columns = {
        "half_cycles": HALF_CYCLE_COLUMNS,
        "trace": TRACE_COLUMNS,
        "voltammograms": SWEEP_COLUMNS,
        "voltammetry": VOLTAMMETRY_COLUMNS,
        "spectra": SPECTRA_COLUMNS,
        "impedance": IMPEDANCE_COLUMNS,
    }
    rows = list(sources) or [["cell/run_01.mpr", "cycling", "GCPL", "biologic", 41235, 0.0]]
    return Diagnosis(
        cell=cell,
        summary=summary_of(cell.cell_id, verdicts, sentence, onset),
        verdicts=verdicts,
        findings=tuple(findings),
        sources=pd.DataFrame(rows, columns=SOURCE_COLUMNS),
        **{name: tables.get(name, empty(names)) for name, names in columns.items()},
    )


def healthy(cell_id="llzo-01", cycles=30):
    levels = 0.11 * (1 + 0.002 * np.arange(2 * cycles))
    rows = [
        verdict_row(
            cell_id,
            k,
            2 * k * HOUR,
            2 * (k + 1) * HOUR,
            "healthy",
            (0.01, 0.0, 0.04),
            evidence=[
                item(
                    "resistance_ohm",
                    1100 + k,
                    1100,
                    f"The resistance, {1100 + k} Ω, stays within 3 % of its baseline of 1100 Ω.",
                )
            ],
        )
        for k in range(cycles)
    ]
    cell = Cell(
        cell_id=cell_id,
        configuration="symmetric",
        electrode="Li",
        electrolyte="LLZO",
        area_cm2=AREA,
        electrolyte_thickness_um=150.0,
        temperature_celsius=25.0,
    )
    cv, cv_table = sweeps([1100.0], [0.0])
    eis, eis_table = spectra([(300, 500, 300), (301, 505, 310)], [0.0, 30 * HOUR])
    return assemble(
        cell,
        pd.DataFrame(rows, columns=VERDICT_COLUMNS),
        f"Healthy over {cycles} cycles: the resistance grows by 6 % and never drops.",
        half_cycles=half_cycles_of(levels, 1.0, 1e-4),
        trace=square_wave(levels, 1.0, 1e-4),
        voltammograms=cv,
        voltammetry=cv_table,
        spectra=eis,
        impedance=eis_table,
    )


def soft(cell_id="lpscl 7", cycles=60, onset=20):
    levels = np.where(np.arange(2 * cycles) < 2 * onset, 0.0205, 0.0071)
    levels = levels * (1 + 0.0015 * np.arange(2 * cycles))
    rows = []
    for k in range(cycles):
        drop = "The voltage falls from 20.9 mV to 7.1 mV within 30 s in cycle 20, and stays there."
        cv = f"The CV's peak current is {180 + k} % above that of the first CV."
        evidence = [
            item("largest_drop", 0.66, 0.02, drop),
            item("omega_literal", 1.8 + 0.01 * k, 0.0, cv),
        ]
        short = k >= onset
        rows.append(
            verdict_row(
                cell_id,
                k,
                2 * k * HOUR,
                2 * (k + 1) * HOUR,
                "soft" if short else "healthy",
                (0.66, 0.52, 0.8) if short else (0.01, 0.0, 0.05),
                evidence=evidence if short else [],
                transient=k == onset - 3,
            )
        )
    cv, cv_table = sweeps([130.0, 128.0, 45.0], [0.0, 38 * HOUR, 110 * HOUR])
    eis, eis_table = spectra([(60, 30, 40), (61, 30, 41), (35, 6, 4)], [0.0, 38 * HOUR, 110 * HOUR])
    note = "The clock jumps by 3.2 h at 41.0 h; no data are there. Times run on over the gap."
    sources = [
        ["lpscl 7/run_01.mpr", "cycling", "GCPL", "biologic", 41235, 0.0],
        ["lpscl 7/run_02_CV.mpr", "voltammetry", "CV", "biologic", 6021, 38 * HOUR],
        ["lpscl 7/run_03_PEIS.mpr", "impedance", "PEIS", "biologic", 41, 38 * HOUR],
    ]
    return assemble(
        Cell(
            cell_id=cell_id,
            configuration="symmetric",
            electrode="Li",
            electrolyte="Li6PS5Cl",
            area_cm2=AREA,
        ),
        pd.DataFrame(rows, columns=VERDICT_COLUMNS),
        "Soft breakdown from cycle 20 (40.0 h, 8.0 mAh/cm²): the voltage falls by 66 % within "
        "30 s and the CV current triples. Electrons carry about 66 % (52 to 80 %) of the current.",
        onset=onset,
        half_cycles=half_cycles_of(levels, 1.0, 1.57e-4),
        trace=square_wave(levels, 1.0, 1.57e-4),
        voltammograms=cv,
        voltammetry=cv_table,
        spectra=eis,
        impedance=eis_table,
        findings=[Finding("warning", "clock-gap", note)],
        sources=sources,
    )


def hard_in_one_sample(cell_id="nasicon_one_way"):
    """One-way plating of an hour, in slices; the voltage collapses between two samples."""
    time = np.arange(0.0, 3600.0, 6.0)
    rise = -0.45 - 0.14 * np.sqrt(time / 2250)
    volt = np.where(time < 2254, rise, -0.0001)
    trace = pd.DataFrame({"time_second": time, "voltage_volt": volt, "current_ampere": -7.854e-5})
    rows = []
    for k in range(12):
        state = "healthy" if k < 7 else "hard"
        eta = (0.02, 0.0, 0.06) if k < 7 else (0.9998, 0.997, 1.0)
        evidence = [
            item(
                "event",
                0.9998,
                np.nan,
                "The voltage falls from −0.590 V to 0.000 V between two samples (2253 to 2254 s).",
            )
        ]
        rows.append(
            verdict_row(
                cell_id,
                k,
                300.0 * k,
                300.0 * (k + 1),
                state,
                eta,
                evidence=evidence if k >= 7 else [],
            )
        )
    half = pd.DataFrame(
        [
            [0, k, 300.0 * k, 300.0 * (k + 1), -1, -7.854e-5, v, v / 7.854e-5, 0.0236, np.nan]
            for k, v in enumerate([0.46, 0.5, 0.52, 0.54, 0.56, 0.57, 0.58] + [0.0001] * 5)
        ],
        columns=HALF_CYCLE_COLUMNS,
    )
    eis, eis_table = spectra([(3000, 2500, 1500), (0.9, 0.05, 0.03)], [0.0, 3600.0])
    return assemble(
        Cell(cell_id=cell_id, configuration="symmetric", electrode="Na", electrolyte="NASICON"),
        pd.DataFrame(rows, columns=VERDICT_COLUMNS),
        "Hard breakdown at 2254 s (0.049 mAh): the voltage falls to zero in one sample.",
        onset=7,
        half_cycles=half,
        trace=trace,
        spectra=eis,
        impedance=eis_table,
        findings=[
            Finding("warning", "missing-area", "The electrode area is unknown: no areal values."),
            Finding("note", "control-current", "The measured current is noise; imposed one used."),
        ],
    )


def undetermined(cell_id="LGPS/Ωslow"):
    levels = 1.7 * np.exp(-0.004 * np.arange(120))
    wanted = "an impedance spectrum at three temperatures, or coulometry"
    sentence = "The resistance falls slowly, by {:.0f} %, without an event."
    rows = [
        verdict_row(
            cell_id,
            k,
            2 * k * HOUR,
            2 * (k + 1) * HOUR,
            "undetermined" if k > 10 else "healthy",
            (0.3, 0.01, 0.72) if k > 10 else (np.nan,) * 3,
            wanted=wanted if k > 10 else "",
            evidence=[item("slow_decline", 0.008 * k, np.nan, sentence.format(0.8 * k))],
        )
        for k in range(60)
    ]
    half = half_cycles_of(levels, 1.0, 2.4e-3)
    half["temperature_celsius"] = 25 + 4 * np.sin(np.arange(120) / 8)
    return assemble(
        Cell(cell_id=cell_id, electrolyte="Li10GeP2S12", area_cm2=AREA),
        pd.DataFrame(rows, columns=VERDICT_COLUMNS),
        "Undetermined since cycle 11: the resistance falls slowly; a better contact would do that "
        "too.",
        half_cycles=half,
        trace=square_wave(levels, 1.0, 2.4e-3),
        findings=[
            Finding("error", "clipped", "The voltage is clipped at 0 V: half of the data is lost.")
        ],
    )


def single_cycle(cell_id="one"):
    verdicts = pd.DataFrame(
        [verdict_row(cell_id, 0, 0.0, 7200.0, "undetermined", wanted="more cycles", evidence=None)],
        columns=VERDICT_COLUMNS,
    )
    return assemble(
        Cell(cell_id=cell_id),
        verdicts,
        "Undetermined: one cycle has nothing to be compared with.",
        half_cycles=half_cycles_of([0.004, 0.004], 1.0, 2.8e-6, temperature=np.nan),
        trace=square_wave([0.004, 0.004], 1.0, 2.8e-6),
    )


def flickering(cell_id="telegraph", cycles=900):
    noise = np.random.default_rng(3)
    states = np.where(noise.random(cycles) < 0.4, "soft", "healthy")
    states[700:] = "hard"
    level = {"healthy": 0.05, "soft": 0.02, "hard": 0.0006}
    fraction = {"healthy": 0.01, "soft": 0.6, "hard": 0.988}
    eta = np.array([fraction[state] for state in states]) + 0.008 * noise.random(cycles)
    rows = [
        verdict_row(
            cell_id,
            k,
            2 * k * HOUR,
            2 * (k + 1) * HOUR,
            state,
            (eta[k], max(eta[k] - 0.1, 0), min(eta[k] + 0.1, 1)),
            evidence=[item("telegraph", eta[k], np.nan, f"Two levels in cycle {k}.")],
        )
        for k, state in enumerate(states)
    ]
    levels = np.repeat([level[state] for state in states], 2)
    cv, cv_table = sweeps(np.linspace(200, 40, 12), np.arange(12) * 150 * HOUR)
    arcs = [(60 - k, 30 - k, 40 - k) for k in range(12)]
    eis, eis_table = spectra(arcs, np.arange(12) * 150 * HOUR)
    return assemble(
        Cell(cell_id=cell_id, area_cm2=AREA),
        pd.DataFrame(rows, columns=VERDICT_COLUMNS),
        "Hard breakdown from cycle 700, after soft breakdowns that came and went since cycle 1.",
        onset=int(np.flatnonzero(states != "healthy")[0]),
        half_cycles=half_cycles_of(levels, 1.0, 1e-4),
        trace=square_wave(levels, 1.0, 1e-4, points=6),
        voltammograms=cv,
        voltammetry=cv_table,
        spectra=eis,
        impedance=eis_table,
    )


def nothing(cell_id="empty"):
    return assemble(
        Cell(cell_id=cell_id),
        empty(VERDICT_COLUMNS),
        "Nothing to judge: the files hold no half-cycle.",
    )


def every_kind():
    return [
        healthy(),
        soft(),
        hard_in_one_sample(),
        undetermined(),
        single_cycle(),
        flickering(),
        nothing(),
    ]
