"""What is measured beside the cycling, below the bare electrolyte's resistance, counts."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from softbreak.data.history import assemble
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.models.diagnosis.diagnose import examine
from softbreak.models.live.cell import LiveCell
from softbreak.models.rules.certificates_beside import below_bare

CELL = Cell(
    "c",
    configuration="symmetric",
    area_cm2=0.785,
    electrolyte_thickness_um=700.0,
    ionic_conductivity_s_per_cm=1.6e-3,
)
FLOOR = 0.07 / (1.6e-3 * 0.785)  # 55.7 ohm
BEGAN = 1.768e9


def record(technique, hour, table, name):
    source = Source(name, started_unix_second=BEGAN + 3600.0 * hour)
    return Record(Cell(), technique, table, source)


def cycling(hour, cycles, name):
    place = np.arange(cycles * 120)
    ampere = np.where(place // 60 % 2, -5e-4, 5e-4)
    scatter = np.random.default_rng(int(hour)).normal(0.0, 1e-4, len(place))
    columns = {"voltage_volt": 100.0 * ampere + scatter, "current_ampere": ampere}
    table = pd.DataFrame({"test_time_second": 60.0 * place, **columns})
    return record(Technique.CYCLING, hour, table, name)


def voltammogram(hour, ohm):
    corners = (0, 50, -50, 0)
    steps = [np.arange(a, b, np.sign(b - a)) for a, b in pairwise(corners)]
    volt = 2e-3 * np.concatenate([*steps, *steps])
    columns = {"voltage_volt": volt, "current_ampere": volt / ohm}
    table = pd.DataFrame({"test_time_second": 10.0 * np.arange(len(volt)), **columns})
    return record(Technique.VOLTAMMETRY, hour, table, "cv.csv")


def spectrum(hour, ohm):
    frequency = np.logspace(6, -1, 50)
    z = 0.4 * ohm + 0.6 * ohm / (1.0 + 2j * np.pi * frequency * 1e-4)
    columns = {"real_impedance_ohm": z.real, "imaginary_impedance_ohm": z.imag}
    table = pd.DataFrame({"frequency_hertz": frequency, **columns})
    return record(Technique.IMPEDANCE, hour, table, "eis.csv")


@pytest.mark.parametrize("detector", ["hybrid", "fused"])
@pytest.mark.parametrize("beside", [voltammogram, spectrum])
def test_a_certificate_counts_for_the_cycle_after_it(beside, detector):
    parts = [cycling(0, 4, "a.csv"), beside(9.0, 0.25 * FLOOR), cycling(12, 4, "b.csv")]
    found = examine(assemble(CELL, parts), detector)
    assert found.verdicts["state"].tolist() == ["healthy"] * 4 + ["soft"] + ["healthy"] * 3
    assert found.verdicts["basis"].iloc[4] == "certified by geometry"
    assert "beside the cycling" in found.verdicts["evidence"].iloc[4][0]["sentence"]
    assert (found.summary["state"], found.summary["ever_short"]) == ("soft", True)
    sound = [parts[0], beside(9.0, 1.8 * FLOOR), parts[2]]
    assert set(examine(assemble(CELL, sound), detector).verdicts["state"]) == {"healthy"}


@pytest.mark.parametrize("beside", [voltammogram, spectrum])
def test_a_certificate_after_the_last_cycle_counts_for_the_cell(beside):
    history = assemble(CELL, [cycling(0, 4, "a.csv"), beside(9.0, 0.25 * FLOOR)])
    summary = examine(history).summary
    assert (summary["state"], summary["ever_short"]) == ("soft", True)
    assert summary["onset_time_second"] == pytest.approx(9 * 3600.0, abs=1.0)
    assert summary["summary"].startswith("Soft breakdown, proved at 9.00 h: ")


def test_not_far_below_the_floor_the_cell_is_left_open():
    history = assemble(CELL, [cycling(0, 4, "a.csv"), voltammogram(9.0, 0.8 * FLOOR)])
    summary = examine(history).summary
    assert (summary["state"], summary["ever_short"]) == ("undetermined", False)


def test_a_spectrum_below_the_floor_counts_beside_voltammograms():
    history = assemble(CELL, [voltammogram(0.0, 100.0), spectrum(9.0, 0.25 * FLOOR)])
    assert examine(history).summary["state"] == "soft"


def test_a_running_cell_is_told_the_same():
    parts = [cycling(0, 4, "a.csv"), voltammogram(9.0, 0.25 * FLOOR), cycling(12, 4, "b.csv")]
    live = LiveCell(CELL, "fused")
    for part in parts:
        live.update([part])
    live.finish()
    whole = examine(assemble(CELL, parts), "fused").verdicts
    pd.testing.assert_frame_equal(live.verdicts, whole)


def test_below_bare_knows_the_temperature_or_keeps_away():
    facts = {"area_cm2": 1.0, "electrolyte_thickness_um": 1000.0}
    cell = Cell(ionic_conductivity_s_per_cm=1e-3, temperature_celsius=25.0, **facts)
    assert below_bare(30.0, cell).least == pytest.approx(0.7)
    assert below_bare(65.0, cell) is None  # warmth could explain it
    assert below_bare(65.0, cell, 25.0).least == pytest.approx(0.35)
    assert below_bare(65.0, cell, 60.0) is None
    assert below_bare(30.0, Cell(**facts)) is None
    assert below_bare(30.0, replace(cell, configuration="full")) is None


@pytest.mark.parametrize("beside", [voltammogram, spectrum])
def test_far_less_than_the_last_cycle_leaves_a_healthy_cell_open(beside):
    bare = replace(CELL, electrolyte_thickness_um=None)
    cycles = cycling(0, 8, "a.csv")
    found = examine(assemble(bare, [cycles, beside(24.0, 30.0)]))
    assert set(found.verdicts["state"]) == {"healthy"}
    assert found.summary["state"] == "undetermined"
    assert "a short may have begun in between" in found.summary["summary"]
    for parts in (
        [cycles, beside(24.0, 80.0)],
        [cycles, beside(24.0, 30.0), cycling(30, 4, "b.csv")],  # the later cycles speak
    ):
        assert examine(assemble(bare, parts)).summary["state"] == "healthy"


def test_a_rule_on_voltammograms_speaks_of_cycles_and_says_when_it_looked():
    parts = [cycling(0, 4, "a.csv"), voltammogram(9.0, 0.25 * FLOOR), cycling(12, 4, "b.csv")]
    table = examine(assemble(CELL, parts), "cv-hardened").verdicts
    assert table["cycle_index"].tolist() == list(range(8))
    assert table["state"].tolist() == ["undetermined"] * 4 + ["soft"] * 4
    before, after = (table["evidence"].iloc[k][0]["sentence"] for k in (0, -1))
    assert "no voltammogram had been taken" in before
    assert after.startswith("By the voltammogram at 10.1 h")
    alone = examine(assemble(CELL, parts[1:2]), "cv-hardened").verdicts
    assert not alone["evidence"].iloc[0][0]["sentence"].startswith("By the")
