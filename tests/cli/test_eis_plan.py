"""``softbreak eis`` and ``softbreak plan``."""

import numpy as np
import pytest

from softbreak.physics.circuits import CIRCUITS, circuit_impedance

FREQUENCY = np.geomspace(7e6, 0.01, 60)
VALUES = [3e-7, 45.0, 40.0, 3e-5, 0.9, 15.0, 8e-3, 0.82]  # 100 ohm at DC


def spectrum(path, eta=0.0, seed=0):
    rng = np.random.default_rng(seed)
    z = circuit_impedance(CIRCUITS["two arcs"], VALUES, FREQUENCY)
    cable = 2j * np.pi * FREQUENCY * VALUES[0]
    z = (z - cable) / (1 + eta / (1 - eta) / 100.0 * (z - cable)) + cable
    z = z + 0.002 * np.abs(z) * (rng.standard_normal(60) + 1j * rng.standard_normal(60))
    rows = [f"{f:.6g},{a.real:.7g},{a.imag:.7g}" for f, a in zip(FREQUENCY, z, strict=True)]
    header = "frequency_hertz,real_impedance_ohm,imaginary_impedance_ohm"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


@pytest.fixture
def pair(tmp_path):
    return (spectrum(tmp_path / "eis_1.csv"), spectrum(tmp_path / "eis_2.csv", 0.5, 1))


def test_a_single_spectrum_gives_bounds_and_no_fraction(softbreak, pair):
    told = softbreak("eis", pair[0], "--area", 0.8, "--thickness", 700, "--json")
    assert told.code == 0
    (one,) = told.json["spectra"]
    assert one["kramers_kronig"]["passed"]
    assert one["kramers_kronig"]["residual_noise"] == pytest.approx(0.002, rel=0.3)
    assert one["high_frequency_resistance_ohm"] == pytest.approx(45.0, rel=0.05)
    assert one["low_frequency_resistance_ohm"] == pytest.approx(100.0, rel=0.01)
    assert one["inductance_henry"] == pytest.approx(3e-7, rel=0.1)
    # L / (R A) = 0.07 cm / (100 ohm 0.8 cm²) = 8.75e-4 S/cm, under both readings
    assert one["as_printed"]["electronic_conductivity_s_per_cm"] == pytest.approx(8.75e-4, rel=0.01)
    assert one["exact"]["electronic_conductivity_at_most_s_per_cm"] == pytest.approx(
        8.75e-4, rel=0.01
    )
    assert one["pair"] is None
    assert one["circuit"]["name"] == "two arcs"
    assert one["circuit"]["values"]["R1"] == pytest.approx(40.0, rel=0.1)


def test_a_pair_gives_the_fraction_with_its_interval(softbreak, pair):
    options = ("--electrolyte", "Li6PS5Cl", "--warmer", 0, "--json")
    told = softbreak("eis", *pair, *options)
    first, second = told.json["spectra"]
    assert (first["name"], second["name"]) == ("eis_1.csv", "eis_2.csv")
    found = second["pair"]
    assert found["conclusive"]
    assert found["electronic_fraction_lower"] < 0.5 < found["electronic_fraction_upper"]
    assert found["p_soft_or_hard"] > 0.95
    assert found["method"] == "circuit: two arcs and relaxations"
    # R_i / R_e as printed takes R_LF for R_e: 100 / 50 = 200 %, of a true ratio of 100 %
    assert second["as_printed"]["ratio_ionic_to_electronic_resistance"] == pytest.approx(
        2.0, rel=0.02
    )
    assert "η_e is now" in told.json["verdict"]


def test_without_dates_the_first_that_is_named_is_the_fresh_one(softbreak, tmp_path):
    fresh, aged = spectrum(tmp_path / "fresh.csv"), spectrum(tmp_path / "aged.csv", 0.5, 1)
    told = softbreak("eis", fresh, aged, "--json").json["spectra"]
    assert [one["name"] for one in told] == ["fresh.csv", "aged.csv"]
    assert told[1]["pair"]["electronic_fraction_lower"] > 0.3
    # a list that is sorted may come from a shell: numbers count in it
    shell = [spectrum(tmp_path / f"eis_{k}.csv", 0.0, k) for k in (10, 2)]
    told = softbreak("eis", *shell, "--json").json["spectra"]
    assert [one["name"] for one in told] == ["eis_2.csv", "eis_10.csv"]


def test_the_same_spectrum_twice_is_no_short(softbreak, tmp_path, pair):
    again = spectrum(tmp_path / "eis_3.csv", 0.0, 5)
    told = softbreak("eis", pair[0], again, "--warmer", 0, "--json")
    found = told.json["spectra"][1]["pair"]
    assert found["electronic_fraction_lower"] == 0.0
    assert found["electronic_fraction_upper"] < 0.10


def test_tables_and_figure(softbreak, tmp_path, pair):
    told = softbreak("eis", *pair, "--png", tmp_path / "out" / "eis.png")
    assert told.code == 0
    for words in ("Kramers–Kronig", "The paper's reading", "R_e ≥ 100 Ω", "as printed in Eq. 2"):
        assert words in told.out
    assert (tmp_path / "out" / "eis.png").stat().st_size > 20_000


def test_a_wire_is_called_a_wire(softbreak, tmp_path):
    path = tmp_path / "hard.csv"
    rows = [f"{f:.6g},2.5,{2 * np.pi * f * 3e-8:.6g}" for f in np.geomspace(1e6, 0.1, 40)]
    path.write_text(
        "\n".join(["frequency_hertz,real_impedance_ohm,imaginary_impedance_ohm", *rows])
    )
    told = softbreak("eis", path, "--json")
    assert told.json["spectra"][0]["is_inductive_line"]
    assert "straight line at 2.5 Ω" in told.json["verdict"]


def test_no_spectrum_is_said(softbreak, tmp_path):
    path = tmp_path / "cycling.csv"
    path.write_text(
        "test_time_second,voltage_volt,current_ampere\n"
        + "".join(
            f"{60 * k},{0.02 * (-1) ** (k // 60)},{1e-4 * (-1) ** (k // 60)}\n" for k in range(240)
        )
    )
    told = softbreak("eis", path)
    assert told.code == 0
    assert "no impedance spectrum" in told.out
    plan = softbreak("plan", path, "--area", 1.0, "--json")
    assert plan.code == 0
    # 20 mV at 0.1 mA are 200 ohm, of a cell suspected of 20 %: R_i = 250 ohm cm²
    cell = plan.json["assumed"]["cell"]
    ionic = cell["bulk_ohm_cm2"] + cell["interface_ohm_cm2"]
    assert ionic * (1 - cell["eta"]) == pytest.approx(200.0, rel=0.02)
    assert not plan.json["assumed"]["has_reference"]


def test_plan_from_numbers(softbreak):
    told = softbreak(
        *("plan", "--resistance", 85, "--bulk", 45, "--eta", 0.15, "--capacity", 0.2),
        *("--reference", "--json"),
    )
    assert told.code == 0
    assert told.json["assumed"]["cell"]["interface_ohm_cm2"] == pytest.approx(55.0)
    first = told.json["proposals"][0]
    assert first["method"] == "Impedance beside the reference spectrum"
    assert first["electronic_fraction_sd"] == pytest.approx(0.045, abs=0.01)
    ranks = [(not p["settles"], p["harm_rank"]) for p in told.json["proposals"]]
    assert ranks == sorted(ranks)


def test_plan_from_files_takes_the_cell_as_it_is(softbreak, pair):
    told = softbreak("plan", *pair, "--area", 0.5, "--json")
    cell = told.json["assumed"]["cell"]
    assert told.json["assumed"]["has_reference"]
    # 50 ohm now on 0.5 cm²
    assert (cell["bulk_ohm_cm2"] + cell["interface_ohm_cm2"]) * (1 - cell["eta"]) == pytest.approx(
        25.0, rel=0.02
    )
    shown = softbreak("plan", *pair, "--area", 0.5, "--eta", 0.3)
    assert "suspected η_e       30 %" in shown.out
    assert "Least harm: " in shown.out


def test_plan_without_anything_says_what_to_give(softbreak):
    told = softbreak("plan")
    assert told.code == 2
    assert "--resistance" in told.err


@pytest.mark.parametrize("options", [("--area", -3), ("--thickness", -4)])
def test_sizes_that_no_cell_has_are_refused(softbreak, pair, options):
    told = softbreak("eis", pair[0], *options)
    assert told.code == 2
    assert options[0] in told.err


def test_a_figure_needs_a_name_that_can_be_written(softbreak, pair, tmp_path):
    told = softbreak("eis", pair[0], "--png", tmp_path / "x.txt")
    assert (told.code, "ends in .png" in told.err) == (2, True)
    (tmp_path / "x.png").mkdir()
    told = softbreak("eis", pair[0], "--png", tmp_path / "x.png")
    assert (told.code, "a folder" in told.err) == (2, True)


def test_a_plan_assumes_no_area_that_nobody_told(softbreak, pair):
    shown = softbreak("plan", *pair)
    assert shown.code == 0
    assert "area is not known" in shown.out
    assert "mAh cm⁻²\n" not in shown.out
    assumed = softbreak("plan", *pair, "--json").json["assumed"]
    assert not assumed["area_known"]
    assert "bulk_ohm" in assumed["cell"]
    assert "bulk_ohm_cm2" not in assumed["cell"]
    assert "area is not known" not in softbreak("plan", *pair, "--area", 0.5).out
