"""Readings of single measurements: what they answer, what they refuse, and their figures."""

import io
import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from softbreak.analysis.arrhenius import read_arrhenius
from softbreak.analysis.coulombic import read_coulombic
from softbreak.analysis.cv import read_cv
from softbreak.analysis.energy import read_card, read_energy
from softbreak.analysis.leakage import Assumptions, read_leakage
from softbreak.analysis.protocol import protocol_reading, read_protocol
from softbreak.analysis.rate import read_rate
from softbreak.analysis.reading import Reading, Table, save_figures
from softbreak.archive.inputs.cells import cells_of
from softbreak.cli.console import _plain
from softbreak.data.history import assemble
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.errors import ReadError, SoftbreakError
from softbreak.features.evidence.temperature_series import Series, series_of, split_at_return
from softbreak.physics.energy import Porosity, PouchCard
from softbreak.physics.protocol import Facts
from softbreak.report.render_plotly import to_plotly


@pytest.fixture(scope="module")
def paper(paper_archive):
    return {cell.cell.cell_id: cell for cell in cells_of([paper_archive], {})}


@pytest.fixture(scope="module")
def techniques(technique_archive):
    return {cell.cell.cell_id: cell for cell in cells_of([technique_archive], {})}


def shown(reading, width=110):
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(reading)
    return console.export_text()


def test_cv_of_the_papers_sulfide_in_the_papers_words(paper):
    found = read_cv(paper["LGPS"])
    assert "CV 1: the peak current is gradually reduced" in found.verdict
    assert "CV 2: the peak current gradually increases" in found.verdict
    states = [row["state_hardened"] for row in found.data["sweeps"]]
    assert states[:4] == ["undetermined"] * 4
    assert set(states[4:]) == {"soft"}
    omega = [row["omega"] for row in found.data["sweeps"]]
    assert np.isnan(omega[0])
    assert omega[4] == pytest.approx(1.68, abs=0.05)


def test_cv_that_jumps_is_the_papers_figure_3e_and_invasive(paper):
    found = read_cv(paper["LPSCl-CV"], cycled=0.2)
    assert "suddenly increases" in found.verdict
    assert found.caveats[0].startswith("WARNING: this CV is invasive")
    # by hand: sqrt(0.2 3.6 C 0.2 mV/s 97 ohm cm2) = 0.118 V
    assert found.data["harmless_window_volt"] == pytest.approx(0.118, abs=2e-3)


def test_cv_words_do_not_pass_over_what_changed_between_two_series():
    parts = [_voltammogram([0.1] * 2, resistances=[ohm] * 2) for ohm in (100.0, 50.0)]
    records = [
        replace(part.records[0], source=Source(f"{k}.csv", started_unix_second=1.7e9 + 1e6 * k))
        for k, part in enumerate(parts)
    ]
    found = read_cv(assemble(Cell("cv", area_cm2=1.0), records))
    assert "from CV 1 to CV 2 the peak current changed by +100 %" in found.verdict


def test_cv_words_call_noise_no_trend():
    found = read_cv(_voltammogram([0.1] * 2, resistances=[100.0, 99.5]))
    assert "the peak current stays the same" in found.verdict


def _voltammogram(windows, *, middle=0.0, resistances=None):
    """One sweep of each window about a middle (V), at 0.2 mV/s."""
    volt, ampere = [], []
    for window, ohm in zip(windows, resistances or [100.0] * len(windows), strict=True):
        leg = np.arange(0.0, window, 1e-3)
        sweep = middle + np.concatenate([leg, window - leg, -leg, leg - window])
        volt.append(sweep)
        ampere.append(sweep / ohm)
    table = pd.DataFrame(
        {"voltage_volt": np.concatenate(volt), "current_ampere": np.concatenate(ampere)}
    )
    table["test_time_second"] = 5.0 * np.arange(len(table))
    cell = Cell("cv", area_cm2=1.0)
    return assemble(cell, [Record(cell, Technique.VOLTAMMETRY, table, Source("x"))])


def test_peaks_of_other_windows_are_not_compared():
    found = read_cv(_voltammogram([0.1, 0.1, 0.2, 0.2]))
    assert "cycles 1 to 2 (±100 mV" in found.verdict
    assert "increases" not in found.verdict
    omega = [row["omega"] for row in found.data["sweeps"]]
    assert np.isnan(omega[2])
    assert omega[3] == pytest.approx(0.0, abs=1e-3)
    rising = read_cv(_voltammogram([0.1, 0.1, 0.2, 0.2], resistances=[100, 100, 100, 50]))
    assert "suddenly increases" in rising.verdict


def test_nothing_is_said_in_the_papers_words_of_a_foreign_sweep():
    found = read_cv(_voltammogram([0.4, 0.4], middle=0.15, resistances=[100, 50]))
    assert "paper" not in found.verdict
    assert "not a symmetric cell" in found.verdict


def test_leakage_before_and_after(paper):
    found = read_leakage(paper["LGPS"], assumptions=Assumptions(growth_sd=0.1))
    # the paper: three times higher
    assert found.data["leakage_ratio"] == pytest.approx(2.8, abs=0.3)
    assert found.data["electronic_fraction"] == pytest.approx(1 - 1 / 2.77, abs=0.03)
    assert found.data["electronic_fraction_lower"] < found.data["electronic_fraction"]
    wider = read_leakage(paper["LGPS"], assumptions=Assumptions(growth_sd=0.5))
    assert wider.data["electronic_fraction_lower"] < found.data["electronic_fraction_lower"]


def test_leakage_says_when_a_hold_is_no_polarisation_from_rest(techniques):
    found = read_leakage(techniques["cc-cv"], assumptions=Assumptions(transference=0.2))
    assert "does not begin at rest" in found.verdict
    assert "electronic_fraction" not in found.data
    assert "no stretch at constant voltage" in read_leakage(techniques["ramp"]).verdict


def test_temperature_series_before_and_after(paper):
    parts = split_at_return(series_of(paper["LPSCl-T"]))
    assert [len(part.celsius) for part in parts] == [6, 6]
    found = read_arrhenius("LPSCl", parts[1], parts[0])
    assert found.data["change"]["fell"]
    assert found.data["change"]["electronic_fraction"] > 0.5
    before, after = found.data["series"]
    assert before["fits"]
    assert before["electronic_fraction_lower"] == 0.0
    assert before["electronic_fraction_upper"] < 0.05
    # the short of this cell changes from spectrum to spectrum: no curve of two steady paths
    assert not after["fits"]
    assert "no electronic fraction" in found.verdict


def test_temperatures_can_be_given_and_must_be_as_many(paper):
    spectra = 12
    given = series_of(paper["LPSCl-T"], [20.0 + k for k in range(spectra)])
    assert given.celsius[0] == 20.0
    with pytest.raises(SoftbreakError, match="2 temperatures are given for 12"):
        series_of(paper["LPSCl-T"], [20.0, 30.0])


def _series(celsius, ohm):
    hours = 3600.0 * np.arange(len(celsius))
    return Series(np.array(celsius), np.array(ohm), hours, np.zeros(len(celsius)))


def _two_paths(celsius, eta, electronic_ev=0.0):
    """100 Ω at 25 °C of ions (0.40 eV) beside an electronic path of η_e there."""
    inverse = 1.0 / (np.asarray(celsius) + 273.15) - 1.0 / 298.15
    ions = 100.0 * np.exp(0.40 / 8.617e-5 * inverse)
    path = 100.0 * (1.0 - eta) / eta * np.exp(electronic_ev / 8.617e-5 * inverse)
    return 1.0 / (1.0 / ions + 1.0 / path)


def test_a_cell_that_changed_during_the_series_has_no_fraction():
    celsius = [25.0, 0.0, -20.0, 25.0]
    ohm = _two_paths(celsius, 0.01)
    ohm[-1] *= 0.7
    found = read_arrhenius("x", _series(celsius, ohm))
    assert "neither an activation energy nor an electronic fraction follows" in found.verdict
    assert np.isnan(found.data["series"][0]["electronic_fraction"])
    before = _series(celsius, _two_paths(celsius, 0.01))
    assert "it fell" not in read_arrhenius("x", _series(celsius, ohm), before).verdict


def test_a_mixed_conductor_is_not_excluded_by_what_is_said_of_a_metal():
    celsius = [40.0, 25.0, 10.0, -5.0, -20.0, 25.0]
    found = read_arrhenius("x", _series(celsius, _two_paths(celsius, 0.5, 0.15)))
    (told,) = found.data["series"]
    assert (
        told["electronic_fraction_upper"] < 0.5 < told["electronic_fraction_upper_mixed_conductor"]
    )
    assert "if it is a mixed conductor (0.15 eV)" in found.verdict


def test_temperatures_in_kelvin_are_refused(paper):
    with pytest.raises(SoftbreakError, match=r"state °C, not kelvin \(25 °C\?\)"):
        series_of(paper["LPSCl-T"], [298.15] * 12)


def test_one_temperature_is_no_series(paper):
    found = read_arrhenius("LGPS", series_of(paper["LGPS"]))
    assert "no two spectra with temperatures 5 K apart" in found.verdict


def test_rate_test_with_all_that_belongs_to_it(techniques):
    found = read_rate(techniques["ramp"])
    assert found.data["critical_current_milliampere_per_cm2"] == pytest.approx(1.5)
    assert found.data["sign"] == "lower"
    assert not found.data["enough_capacity"]
    assert not found.data["enough_cycles"]
    assert "not met" in shown(found)


def test_a_rate_test_is_read_on_the_way_back_too():
    found = read_rate(_stairs([0.5, 1.0, 2.0, 0.5], [100.0, 98.0, 92.0, 37.0]))
    assert len(found.data["steps"]) == 4
    assert "63 % lower" in found.verdict
    assert "soft breakdown" in found.verdict
    better = read_rate(_stairs([0.5, 1.0, 2.0, 0.5], [100.0, 98.0, 92.0, 85.0]))
    assert "15 % lower" in better.verdict
    assert "No sign" not in better.verdict
    assert "No sign" in read_rate(_stairs([0.5, 1.0, 2.0, 0.5], [100.0] * 4)).verdict


@pytest.mark.parametrize(
    ("densities", "resistances", "says"),
    [
        ([2.0, 1.0, 0.5], [100.0, 40.0, 40.0], "lowered from 2.00? to 1.0+ .* fell by 60 %"),
        ([0.5, 1.0, 1.0], [100.0, 100.0, 40.0], "stayed at 1.0+ .* fell by 43 %"),
        ([0.5, 1.0, 2.0], [0.5] * 3, "a wire from the start"),
        ([0.5, 1.0, 2.0], [1.03] * 3, "may have been shorted from the start"),
        ([0.5, 1.0, 2.0, 3.0], [60.0, 120.0, 70.0, 70.0], "fell to 5[0-9] % of what the steps"),
        ([1.0, 2.0, 1.0, 2.0], [60.0, 60.0, 60.0, 40.0], "another visit of 2.00 .* 33 % lower"),
    ],
)
def test_what_no_step_up_shows_is_not_called_sound(densities, resistances, says):
    verdict = read_rate(_stairs(densities, resistances)).verdict
    assert re.search(says, verdict)
    assert "No sign" not in verdict
    assert "No sign" in read_rate(_stairs([2.0, 1.0, 0.5], [80.0, 90.0, 100.0])).verdict


def test_a_return_without_a_thermometer_names_the_warmth_that_does_the_same():
    found = read_rate(_stairs([0.5, 1.0, 2.0, 0.5], [100.0, 100.0, 100.0, 55.0]))
    assert "unless the cell was 12 K warmer (no temperature was logged)" in found.verdict
    deep = read_rate(_stairs([0.5, 1.0, 2.0, 0.5], [100.0, 100.0, 100.0, 5.0]))
    assert "warmer" not in deep.verdict


def test_a_thin_liquid_may_have_very_little():
    thin = {"electrolyte_thickness_um": 25.0, "ionic_conductivity_s_per_cm": 1e-2}
    assert "No sign" in read_rate(_stairs([0.5, 1.0, 2.0], [3.0] * 3, **thin)).verdict


def test_an_offset_is_no_fall_within_a_step():
    found = read_rate(_stairs([0.05, 0.1, 0.2, 0.4], [300.0] * 4, offset=4e-3))
    assert "No sign" in found.verdict


def test_a_rate_test_below_the_bare_electrolyte_is_of_a_shorted_cell():
    geometry = {"electrolyte_thickness_um": 1500.0, "ionic_conductivity_s_per_cm": 1e-3}
    found = read_rate(_stairs([0.5, 1.0, 2.0], [60.0] * 3, **geometry))  # L/sigma is 150 ohm cm2
    assert "at least 60 % of the current is electronic" in found.verdict
    assert "No sign" not in found.verdict
    above = read_rate(_stairs([0.5, 1.0, 2.0], [160.0] * 3, **geometry))
    assert "No sign" in above.verdict


def test_a_current_that_rises_within_its_hold_is_told():
    time = np.arange(10.0, 10800.0, 10.0)
    for step in (0.0, 0.05 / 400.0):
        current = 0.05 / 400.0 * (1.0 + 2.0 * np.exp(-time / 200.0)) + step * (time > 6000.0)
        table = pd.DataFrame(
            {
                "test_time_second": time,
                "voltage_volt": 0.05,
                "control_voltage_volt": 0.05,
                "current_ampere": current,
            }
        )
        cell = Cell("hold", area_cm2=1.0)
        record = Record(cell, Technique.CYCLING, table, Source("x"))
        verdict = read_leakage(assemble(cell, [record])).verdict
        assert ("the current rose by 100 %" in verdict) is (step > 0.0)


def _stairs(densities, resistances, *, offset=0.0, **facts):
    """Five cycles of half an hour at every current density (mA cm⁻²) and resistance (Ω cm²)."""
    halves = np.tile([1.0, -1.0], 5)
    current = np.concatenate([1e-3 * j * np.repeat(halves, 60) for j in densities])
    ohm = np.repeat(resistances, 600)
    time = 30.0 * np.arange(len(current))
    table = pd.DataFrame(
        {
            "test_time_second": time,
            "voltage_volt": current * ohm + offset,
            "current_ampere": current,
        }
    )
    cell = Cell("stairs", area_cm2=1.0, **facts)
    return assemble(cell, [Record(cell, Technique.CYCLING, table, Source("x"))])


def test_rate_test_refuses_full_cells_and_one_way_plating(techniques):
    assert "not those of two equal electrodes" in read_rate(techniques["full"]).verdict
    assert "no cycles at two current densities" in read_rate(techniques["one-way"]).verdict


def test_full_cell_and_foil(techniques):
    leaky = read_coulombic(techniques["full-soft"])
    assert "at least that" in leaky.verdict
    assert "fluctuation" not in leaky.verdict
    foil = read_coulombic(techniques["asymmetric-soft"])
    assert foil.data["electronic_fraction"] == pytest.approx(0.179, abs=0.01)
    healthy = read_coulombic(techniques["asymmetric"])
    assert healthy.data["electronic_fraction_lower"] == 0.0
    assert "inventory" in read_coulombic(techniques["ramp"]).verdict


def test_a_cut_off_that_is_not_reached_is_said(techniques):
    found = read_coulombic(techniques["full"], cut_off=4.5)
    assert "5 of 5 charges do not reach 4.50 V" in found.verdict


def test_energy_and_its_card(tmp_path):
    found = read_energy(3.0, PouchCard())
    assert found.data["gravimetric_wh_per_kg"] == pytest.approx(358, abs=1)
    assert len(found.figures) == 3
    assert sum(len(figure.panels) for figure in found.figures) == 6
    porous = read_energy(4.0, PouchCard(), porosity=0.1, convention=Porosity.FIXED_CAPACITY)
    assert porous.data["gravimetric_wh_per_kg"] == pytest.approx(406, abs=1)
    assert "out of reach" in read_energy(1.0, PouchCard()).verdict
    path = tmp_path / "card.toml"
    path.write_text('separator = "LLZO"\n', encoding="utf-8")
    assert read_card(path).separator_density == 5.2
    path.write_text("nonsense = 1\n", encoding="utf-8")
    with pytest.raises(ReadError, match="unknown: nonsense"):
        read_card(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ReadError, match="card"):
        read_card(path)
    with pytest.raises(ReadError, match="card"):
        read_card(tmp_path / "missing.toml")


def test_protocol_of_the_papers_cells(paper):
    found = read_protocol(paper["LGPS"])
    assert found.data["moved_um"] == pytest.approx(14.5, abs=0.1)
    assert found.data["counts"]["not met"] == 1  # 694 um of electrolyte
    text = shown(found)
    assert "not stated" in text
    assert "15 µm" in text
    moved = protocol_reading("x", Facts(areal_capacity=0.1, lithium_thickness_um=460.0))
    # Figure 1B: 0.1 mAh cm-2 of a 460 um foil is 0.1 %
    assert moved.data["foil_fraction"] == pytest.approx(1.05e-3, rel=0.01)


ALL = ("cv", "leakage", "arrhenius", "rate", "full", "foil", "energy")


@pytest.fixture(scope="module")
def readings(paper, techniques):
    parts = split_at_return(series_of(paper["LPSCl-T"]))
    return {
        "cv": read_cv(paper["LGPS"]),
        "leakage": read_leakage(paper["LGPS"]),
        "arrhenius": read_arrhenius("LPSCl", parts[1], parts[0]),
        "rate": read_rate(techniques["ramp"]),
        "full": read_coulombic(techniques["full-soft"]),
        "foil": read_coulombic(techniques["asymmetric-soft"]),
        "energy": read_energy(3.0, PouchCard()),
    }


@pytest.mark.parametrize("name", ALL)
def test_readings_speak_on_terminals_and_to_machines(readings, name):
    reading = readings[name]
    for width in (60, 160):
        text = shown(reading, width)
        assert reading.title[:20] in text
        assert "10.1016/j.joule" in text
    told = json.loads(json.dumps(_plain(reading.as_data()), allow_nan=False))
    assert told["caveats"]
    assert told["title"] == reading.title


@pytest.mark.parametrize("name", [n for n in ALL if n != "foil"])
def test_figures_are_drawn_by_both_renderers(readings, name, tmp_path):
    (path,) = save_figures([readings[name]], tmp_path / "x" / f"{name}.png")
    assert path.read_bytes()[:4] == b"\x89PNG"
    for figure in readings[name].figures:
        assert to_plotly(figure)["data"]


def test_several_readings_become_several_files(readings, tmp_path):
    chosen = [readings["rate"], readings["foil"], readings["full"]]
    written = save_figures(chosen, tmp_path / "a.svg")
    assert [path.name for path in written] == ["a.svg", "a-2.svg"]  # the foil has no figure


def test_wide_tables_of_few_rows_are_turned():
    columns = tuple(f"quantity-{k}" for k in range(12))
    reading = Reading("x", (Table("t", columns, (tuple("value" for _ in columns),)),))
    assert "quantity-11  value" in shown(reading, 60)
    assert "quantity-10  quantity-11" in shown(reading, 200)


def test_names_from_files_cannot_paint_the_terminal():
    reading = Reading("x\x1b[31m", verdict="[red]y[/red]")
    assert "\x1b" not in shown(reading)
    assert "[red]y[/red]" in shown(reading)


def test_a_hold_of_a_full_cell_is_not_taken_for_a_symmetric_ones(techniques):
    cell = techniques["full"]
    table = pd.DataFrame(
        {
            "test_time_second": np.arange(300) * 10.0,
            "voltage_volt": np.full(300, 4.2),
            "current_ampere": 1e-5 + 1e-3 * np.exp(-np.arange(300) / 30),
        }
    )
    record = Record(cell.cell, Technique.CYCLING, table, Source("hold"))
    found = read_leakage(assemble(cell.cell, [*cell.records, record]))
    assert any("not those of two equal electrodes" in caveat for caveat in found.caveats)


def test_a_current_that_reads_zero_bounds_nothing_and_says_so(techniques):
    table = pd.DataFrame(
        {
            "test_time_second": np.arange(300) * 10.0,
            "voltage_volt": np.full(300, 0.1),
            "control_voltage_volt": np.full(300, 0.1),
            "current_ampere": np.concatenate([[1e-6], np.zeros(299)]),
        }
    )
    cell = Cell("x")
    found = read_leakage(assemble(cell, [Record(cell, Technique.CYCLING, table, Source("x"))]))
    assert "No current could be told from zero" in found.verdict
    assert json.dumps(_plain(found.as_data()), allow_nan=False)


def held(ohm, begin):
    """Hold for an hour at 0.1 V a cell of a leakage resistance (ohm)."""
    time = np.arange(360) * 10.0
    ampere = 0.1 / ohm * (1.0 + np.exp(-time / 300.0))
    columns = {"voltage_volt": 0.1, "control_voltage_volt": 0.1, "current_ampere": ampere}
    table = pd.DataFrame({"test_time_second": time, **columns})
    source = Source(f"{begin}", started_unix_second=begin)
    return assemble(Cell("x"), [Record(Cell("x"), Technique.CYCLING, table, source)])


def test_a_leakage_that_fell_bounds_no_electronic_fraction():
    found = read_leakage(held(1000.0, 2e9), before=held(300.0, 1e9))
    assert found.data["leakage_ratio"] == pytest.approx(0.3, rel=0.02)
    assert "electronic_fraction" not in found.data
    assert "No electronic fraction follows" in found.verdict
    grown = read_leakage(held(300.0, 2e9), before=held(1000.0, 1e9))
    assert grown.data["electronic_fraction"] == pytest.approx(0.7, abs=0.02)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_metal_on_a_bare_collector_has_an_efficiency_without_an_inventory(side):
    parts, begin = [], 0.0
    for k in range(8):
        strips, count = k % 2 == 1, 100 if k % 2 == 0 else 90
        volt = np.random.default_rng(k).normal(0.03, 1e-4, count)
        volt[-4:] = np.linspace(0.1, 1.0, 4) if strips else 0.03
        sign = side if strips else -side
        parts.append((begin + 60.0 * np.arange(count), sign * volt, np.full(count, 1e-4 * sign)))
        begin += 60.0 * count
    names = ("test_time_second", "voltage_volt", "current_ampere")
    columns = (np.concatenate(column) for column in zip(*parts, strict=True))
    table = pd.DataFrame(dict(zip(names, columns, strict=True)))
    record = Record(Cell("x"), Technique.CYCLING, table, Source("x"))
    found = read_coulombic(assemble(Cell("x"), [record]))
    assert found.data["efficiency"] == pytest.approx(0.9, abs=0.01)
    assert "bare collector" in found.verdict
