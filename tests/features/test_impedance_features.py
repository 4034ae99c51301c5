"""Impedance features against closed forms and the public readings."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from softbreak.data.record import Cell
from softbreak.features.evidence.cell_evidence import Spectrum
from softbreak.features.families.impedance import (
    AGE,
    FEATURES,
    TELLINGS,
    impedance_features,
    pair_posteriors,
)
from softbreak.physics.impedance import delta_admittance, intercepts, kramers_kronig

F = np.geomspace(1e6, 1e-2, 65)
OMEGA = 2 * np.pi * F
# L/(σA) = 0.06 cm / (3e-3 S/cm · 1 cm²) = 20 Ω
CELL = Cell("c", area_cm2=1.0, electrolyte_thickness_um=600.0, ionic_conductivity_s_per_cm=3e-3)
NAMES = [feature.name for feature in FEATURES if feature.name != AGE]


def zarc(resistance=80.0, n=0.85, tau=1e-3):
    return resistance / (1 + (1j * OMEGA * tau) ** n)


def spectrum(z, time=0.0, celsius=25.0):
    return Spectrum(time, F, np.asarray(z, complex), celsius)


def row(*spectra, **more):
    return impedance_features(list(spectra), CELL, **more).iloc[-1]


def test_one_depressed_arc_by_its_geometry():
    found = row(spectrum(20 + zarc()))
    assert found["eis_arc_exponent"] == pytest.approx(0.85, abs=0.02)
    # ω_apex τ = 1
    assert found["eis_ln_apex_hertz"] == pytest.approx(np.log(1 / (2 * np.pi * 1e-3)), abs=0.05)
    assert found["eis_ln_low_over_high"] == pytest.approx(np.log(5), abs=0.05)
    assert found["eis_arc_share"] == pytest.approx(0.8, abs=0.01)
    assert found["eis_inductive_fraction"] == 0
    assert found["eis_arc_over_real"] > 0.2
    assert found.filter(like="reference").isna().all()


def test_electrons_beside_it_raise_the_admittance_by_one_real_number():
    z = 20 + zarc()
    shorted = 1 / (1 / z + 1 / 100)  # R_LF: 100 -> 50, g R_LF = 1
    found = row(spectrum(z), spectrum(shorted))
    assert found["eis_delta_admittance"] == pytest.approx(1.0, rel=0.01)
    assert found["eis_delta_ln_misfit"] < 0
    assert found["eis_delta_imaginary"] < 0.02
    assert found["eis_ln_low_over_reference"] == pytest.approx(-np.log(2), abs=0.02)
    # R_HF: 20 -> 16.7, so the slope is ln(1.2)/ln(2)
    assert found["eis_high_per_low_slope"] == pytest.approx(np.log(1.2) / np.log(2), abs=0.05)
    # again an arc of n = 0.85: R 80 -> 33.3, τ^n · 120/200, hence C = τ/R by 1.315
    grown = np.log(0.6) / 0.85 + np.log(80 / 33.333)
    assert found["eis_ln_capacitance_over_reference"] == pytest.approx(grown, abs=0.03)


def test_contact_moves_the_arc_and_leaves_its_apex():
    found = row(spectrum(20 + zarc(80)), spectrum(20 + zarc(50)))
    assert found["eis_ln_apex_over_reference"] == pytest.approx(0.0, abs=0.02)
    assert found["eis_ln_arc_over_reference"] == pytest.approx(np.log(50 / 80), abs=0.03)
    assert found["eis_ln_high_over_reference"] == pytest.approx(0.0, abs=0.03)
    assert found["eis_delta_imaginary"] > 0.1


def test_temperature_is_taken_out_where_it_was_logged():
    gain = np.exp(0.4 / 8.617333262e-5 * (1 / 298.15 - 1 / 308.15))
    warm = spectrum((20 + zarc()) / gain, celsius=35.0)
    found = row(spectrum(20 + zarc()), warm)
    assert found["eis_ln_low_over_reference"] == pytest.approx(-np.log(gain), abs=0.01)
    assert found["eis_ln_low_temperature_corrected"] == pytest.approx(0.0, abs=0.01)
    found = row(spectrum(20 + zarc(), celsius=np.nan), warm)
    assert np.isnan(found["eis_ln_low_temperature_corrected"])


def test_a_wire_is_a_line_and_no_reference():
    wire = spectrum(0.5 + 1j * OMEGA * 3e-7)
    found = impedance_features([wire, spectrum(20 + zarc()), spectrum(10 + zarc(40))], CELL)
    assert found["eis_inductive_fraction"].iloc[0] == 1.0
    assert found["eis_wire"].to_list() == [1, 0, 0]
    assert pair_posteriors([wire, wire], CELL) == [None, None]
    assert found["eis_arc_over_real"].iloc[0] < 0.02
    assert found["eis_real_flatness"].iloc[0] < 0.05
    assert np.isnan(found["eis_ln_low_over_reference"].iloc[1])
    assert found["eis_ln_low_over_reference"].iloc[2] == pytest.approx(np.log(0.5), abs=0.02)


def test_the_public_readings_say_the_same():
    rng = np.random.default_rng(3)
    z = [20 + zarc(r) + 1j * OMEGA * 3e-7 for r in (80, 60)]
    z = [v * (1 + 0.003 * (rng.standard_normal(65) + 1j * rng.standard_normal(65))) for v in z]
    found = row(spectrum(z[0]), spectrum(z[1]))
    ends = [intercepts(F, v) for v in z]
    ratio = [e.low_frequency_ohm / e.high_frequency_ohm for e in ends]
    delta = delta_admittance((F, z[0]), (F, z[1]))
    assert found["eis_ln_low_over_high"] == pytest.approx(np.log(ratio[1]), rel=1e-6)
    assert found["eis_low_over_high_change"] == pytest.approx(np.log(ratio[1] / ratio[0]), rel=1e-6)
    assert found["eis_delta_imaginary"] == pytest.approx(delta.imaginary_ratio, rel=1e-6)
    assert found["eis_delta_admittance"] == pytest.approx(
        delta.conductance_siemens * ends[0].low_frequency_ohm, rel=1e-6
    )
    assert found["eis_kramers_kronig_residual"] == pytest.approx(
        kramers_kronig(F, z[1]).noise, rel=1e-6
    )


def test_the_pair_fit_is_asked_for_on_its_own():
    z = 20 + zarc()
    pair = [spectrum(z), spectrum(1 / (1 / z + 1 / 100))]
    posteriors = pair_posteriors(pair, Cell("c", electrolyte="Li6PS5Cl"))
    assert posteriors[0] is None
    found = row(*pair, pairs=posteriors)
    assert found["eis_pair_fraction"] == pytest.approx(posteriors[1].mean)
    assert found["eis_pair_short_probability"] > 0.9
    assert np.isnan(row(*pair)["eis_pair_fraction"])


def test_what_cannot_be_read_is_a_row_of_nan():
    short = Spectrum(0.0, F[:5], zarc()[:5], 25.0)
    negative = spectrum(-200 + zarc())
    empty = Spectrum(0.0, np.empty(0), np.empty(0, complex), np.nan)
    one_frequency = Spectrum(0.0, np.full(9, 1.0), np.full(9, 3.0 + 0j), np.nan)
    found = impedance_features([short, negative, empty, one_frequency], CELL)
    assert found.isna().to_numpy().all()
    assert pair_posteriors([short, empty], Cell()) == [None, None]
    assert impedance_features([], CELL).columns.to_list() == NAMES


def test_no_row_looks_ahead():
    rng = np.random.default_rng(4)
    spectra = [spectrum(20 + zarc(r), k) for k, r in enumerate(rng.uniform(20, 120, 6))]
    resistance = rng.uniform(50, 150, 6)
    whole = impedance_features(spectra, CELL, cycled_resistance=resistance)
    for k in range(6):
        part = impedance_features(spectra[:k], CELL, cycled_resistance=resistance[:k])
        pd.testing.assert_frame_equal(part, whole.iloc[:k])


def test_area_does_not_matter():
    wide = replace(CELL, area_cm2=10.0)
    small = impedance_features([spectrum(20 + zarc()), spectrum(12 + zarc(50))], CELL)
    large = impedance_features([spectrum(2 + zarc() / 10), spectrum(1.2 + zarc(50) / 10)], wide)
    ohm = ["eis_low_frequency_ohm", "eis_high_frequency_ohm"]
    pd.testing.assert_frame_equal(
        small.drop(columns=ohm), large.drop(columns=ohm), rtol=1e-4, atol=1e-4
    )
    assert small[ohm].to_numpy() == pytest.approx(10 * large[ohm].to_numpy(), rel=1e-4)


def test_the_bare_electrolyte_is_the_floor():
    found = row(spectrum(20 + zarc()))
    assert found["eis_ln_low_over_floor"] == pytest.approx(np.log(5), abs=0.01)
    assert np.isnan(
        impedance_features([spectrum(20 + zarc())], Cell())["eis_ln_low_over_floor"].iloc[0]
    )


def test_only_features_are_told():
    assert set(TELLINGS) <= set(NAMES)
