"""Voltammetry told from samples, and everything that must never be taken for it."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softbreak.data.readers.registry import read
from softbreak.data.record import Technique
from softbreak.data.sweeps import sweep_rate
from softbreak.errors import ReadError
from softbreak.simulate.records import simulate

EXAMPLES = Path(__file__).parents[2] / "examples" / "archive"
SERIES = ("test_time_second", "voltage_volt", "current_ampere")
STEP = 10.0


def triangle(n: int, period: int, height: float = 0.1) -> np.ndarray:
    """From zero up, down and back to zero, over and over."""
    phase = (np.arange(n) / period + 0.25) % 1.0
    return height * (4.0 * np.abs(phase - 0.5) - 1.0) * -1.0


def clock(n: int) -> np.ndarray:
    return np.arange(n) * STEP


def noise(n: int, size: float) -> np.ndarray:
    return np.random.default_rng(5).normal(0.0, size, n)


@settings(max_examples=100, deadline=None)
@given(
    period=st.integers(40, 2000),
    cycles=st.floats(1.5, 20.0),  # of fewer, the last sweep may be too short to tell
    height=st.sampled_from([0.01, 0.1, 1.0]),
    ohm=st.sampled_from([1.0, 100.0, 1e4]),
    bent=st.floats(0.0, 1.0),
    rest=st.integers(0, 200),
)
def test_a_triangle_with_a_current_that_follows(period, cycles, height, ohm, bent, rest):
    n = int(period * cycles) + 1
    voltage = np.concatenate([np.zeros(rest), triangle(n, period, height)])
    current = voltage / ohm * (1.0 + bent * np.abs(voltage) / height)
    rate = sweep_rate(clock(n + rest), voltage, current)
    assert rate == pytest.approx(4.0 * height / (period * STEP), rel=0.02)


def test_a_short_that_begins_during_the_sweeps_is_still_swept():
    voltage = triangle(1600, 400)
    ohm = np.where(np.arange(1600) > 700, 10.0, 100.0)
    assert sweep_rate(clock(1600), voltage, voltage / ohm) == pytest.approx(1e-4, rel=0.02)


SQUARE = np.where(np.arange(1200) // 100 % 2, -1e-3, 1e-3)
WITHIN = np.arange(1200) % 100 / 100.0
NEVER = {
    "constant current": (100.0 * SQUARE, SQUARE),
    "its noise": (100.0 * SQUARE + noise(1200, 1e-3), SQUARE + noise(1200, 1e-6)),
    "a measured current of noise": (100.0 * SQUARE, SQUARE + noise(1200, 2e-3)),
    "a polarisation that diverges": (np.sign(SQUARE) * (0.05 + WITHIN**3), SQUARE),
    "a capacitor": (triangle(1200, 200), np.roll(SQUARE, 50)),
    "a capacitor with a noisy current": (
        triangle(1200, 200),
        np.roll(SQUARE, 50) + noise(1200, 3e-4),
    ),
    "constant current, then constant voltage": (
        np.sign(SQUARE) * np.minimum(0.05 + WITHIN, 0.5),
        SQUARE * np.where(WITHIN > 0.45, np.exp(-8 * (WITHIN - 0.45)), 1.0),
    ),
    "titration": (
        0.1 * (np.arange(1200) % 100 < 30) * (1 - np.exp(-WITHIN * 20)),
        1e-3 * (np.arange(1200) % 100 < 30),
    ),
    "holds": (np.sign(SQUARE) * 0.1, SQUARE * np.exp(-5 * WITHIN)),
    "a rest": (noise(1200, 1e-4), np.zeros(1200)),
    "a ladder of currents": (100.0 * SQUARE * (1 + np.arange(1200) // 200), SQUARE),
    "one sweep": (np.linspace(0, 1, 1200), np.linspace(0, 1e-3, 1200)),
    "sweeps at two rates": (
        np.concatenate([triangle(600, 200), triangle(600, 100)]),
        np.concatenate([triangle(600, 200), triangle(600, 100)]) / 100,
    ),
    "a sine": (
        0.1 * np.sin(np.arange(1200) / 30),
        1e-3 * np.sin(np.arange(1200) / 30),
    ),
}


@pytest.mark.parametrize("name", NEVER)
def test_never(name):
    voltage, current = NEVER[name]
    assert sweep_rate(clock(1200), voltage, current) is None


def test_an_imposed_current_says_it():
    voltage = triangle(1200, 200)
    imposed = np.full(1200, 1e-3)
    assert sweep_rate(clock(1200), voltage, voltage / 100, imposed) is None
    assert sweep_rate(clock(1200), voltage, voltage / 100, np.full(1200, np.nan)) is not None


@pytest.mark.parametrize("seed", range(3))
def test_simulated_cells(seed):
    """No cycling and no rest of any kind is taken for sweeps; most sweeps are seen."""
    records, _ = simulate(30, seed=seed, cycles=12, every=4, faulty=0.7)
    series = [r for r in records if r.technique is not Technique.IMPEDANCE]
    seen = [(r, sweep_rate(*(r.array(name) for name in SERIES))) for r in series]
    assert not [r for r, rate in seen if rate and r.technique is not Technique.VOLTAMMETRY]
    sweeps = [rate for r, rate in seen if r.technique is Technique.VOLTAMMETRY]
    assert sum(rate is not None for rate in sweeps) > 0.8 * len(sweeps)


def test_the_example_archive():
    looked_at = 0
    for path in sorted(p for p in EXAMPLES.rglob("*") if p.is_file()):
        try:
            records = read(path)
        except ReadError:
            continue
        for record in records:
            if record.technique in (Technique.CYCLING, Technique.REST):
                looked_at += 1
                assert sweep_rate(*(record.array(name) for name in SERIES)) is None, path.name
    assert looked_at > 5


def test_a_table_of_sweeps_is_read_as_voltammetry(tmp_path: Path):
    voltage = triangle(801, 200)
    lines = [f"{t:.1f},{v:.5f},{v / 100:.7f}" for t, v in zip(clock(801), voltage, strict=True)]
    path = tmp_path / "x.csv"
    path.write_text("Test Time / s,Voltage / V,Current / A\n" + "\n".join(lines) + "\n")
    (record,) = read(path)
    assert record.technique is Technique.VOLTAMMETRY
    assert "0.2 mV/s" in record.source.stated["technique"]


def test_a_staircase_is_swept_and_a_coarse_voltage_under_a_constant_current_is_not() -> None:
    stairs = np.repeat(triangle(400, 100), 4)
    time = np.arange(len(stairs)) * STEP / 4.0
    assert sweep_rate(time, stairs, stairs / 50.0 + noise(len(stairs), 1e-6)) == pytest.approx(
        0.4 / 100 / STEP, rel=0.05
    )
    coarse = np.round(triangle(1600, 800), 2)
    imposed = np.where(np.gradient(triangle(1600, 800)) > 0, 1e-3, -1e-3)
    assert sweep_rate(time, coarse, imposed) is None
