"""The sign of Im Z and the range of a point: told by the whole spectrum, said where mended."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from softbreak.data.readers.registry import read
from softbreak.data.readers.soundness import sound
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.errors import ReadError

FREQUENCY = np.geomspace(1e6, 0.1, 50)
OMEGA = 2j * np.pi * FREQUENCY
ARC = 45.0 + 3e-7 * OMEGA + 1.0 / (1.0 / 55.0 + 3e-6 * OMEGA**0.9)


def _record(impedance: np.ndarray, frequency: np.ndarray = FREQUENCY) -> Record:
    table = pd.DataFrame(
        {
            "frequency_hertz": frequency,
            "real_impedance_ohm": impedance.real,
            "imaginary_impedance_ohm": impedance.imag,
        }
    )
    return Record(Cell(), Technique.IMPEDANCE, table, Source("eis.csv"))


def _noisy(impedance: np.ndarray, noise: float = 3e-3) -> np.ndarray:
    rng = np.random.default_rng(7)
    size = np.abs(impedance) * noise
    return impedance + size * (rng.standard_normal(50) + 1j * rng.standard_normal(50))


MIRRORED = {
    "arc": ARC,
    "small arc": 100.0 + 5.0 / (1.0 + 5.0 * 1e-4 * OMEGA),
    "two arcs": ARC + 800.0 / (1.0 + 800.0 * 1e-4 * OMEGA),
    "blocking": 50.0 + 1.0 / (1e-5 * OMEGA**0.9),
    "capacitor": 50.0 + 1.0 / (1e-5 * OMEGA),
    "diffusion": ARC + 30.0 / np.sqrt(OMEGA),
}
RIGHT = {
    "wire with leads": 0.5 + 1e-6 * OMEGA,
    "wire with long leads": 0.01 + 5e-6 * OMEGA,
    "resistor": 100.0 + 0.0 * OMEGA,
    "arc under its leads": 0.5 + 2e-6 * OMEGA + 0.1 / (1.0 + 1e-5 * OMEGA),
    "inductive loop": 10.0 + 5.0 / (1.0 + 1e-4 * OMEGA) + 3.0 * OMEGA / (1.0 + OMEGA),
}


@pytest.mark.parametrize("name", MIRRORED)
@pytest.mark.parametrize("noise", [0.0, 3e-3])
def test_a_mirror_image_is_read_mirrored_and_said(name: str, noise: float) -> None:
    z = _noisy(MIRRORED[name], noise)
    record = sound(_record(z.conj()))
    np.testing.assert_array_equal(record.array("imaginary_impedance_ohm"), z.imag)
    assert "Im Z is positive at" in record.source.stated["imaginary_sign"]
    assert "imaginary_sign" not in sound(_record(z)).source.stated


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("noise", [0.0, 3e-3, 1e-2])
def test_what_lies_above_the_axis_by_right_stays(name: str, noise: float) -> None:
    z = _noisy(RIGHT[name], noise)
    record = sound(_record(z))
    np.testing.assert_array_equal(record.array("imaginary_impedance_ohm"), z.imag)
    assert "imaginary_sign" not in record.source.stated


def test_a_sparse_mirror_image_is_known_too() -> None:
    frequency = np.geomspace(1e5, 1.0, 6)
    z = 10.0 + 100.0 / (1.0 + 2j * np.pi * frequency * 1e-4)
    record = sound(_record(z.conj(), frequency))
    np.testing.assert_array_equal(record.array("imaginary_impedance_ohm"), z.imag)


def test_neither_sign_is_said_and_nothing_is_turned() -> None:
    rng = np.random.default_rng(3)
    z = 100.0 * np.exp(rng.standard_normal(50)) + 1j * rng.uniform(1.0, 50.0, 50)
    record = sound(_record(z))
    np.testing.assert_array_equal(record.array("imaginary_impedance_ohm"), z.imag)
    assert "neither sign" in record.source.stated["imaginary_sign"]


@pytest.mark.parametrize(
    ("frequency", "value", "word"),
    [
        (1e308, 1.0, "frequency of 1e\\+308 Hz"),
        (0.0, 1.0, "frequency of 0 Hz"),
        (-10.0, 1.0, "frequency of -10 Hz"),
        (np.inf, 1.0, "frequency of inf Hz"),
        (1e3, np.nan, "impedance of nan"),
        (1e3, 1e200, "impedance of 1e\\+200"),
    ],
)
def test_what_nobody_measures_is_left_out_and_said(
    frequency: float, value: float, word: str
) -> None:
    f, z = FREQUENCY.copy(), ARC.copy()
    f[10], z[10] = frequency, z[10] * value if value == 1.0 else value
    record = sound(_record(z, f))
    assert len(record.table) == 49
    assert record.source.stated["left_out"].startswith("1 of 50 points")
    with pytest.raises(ReadError, match=word):
        sound(_record(np.full(50, z[10]), np.full(50, f[10])))


def test_a_file_is_read_through_it(tmp_path: Path) -> None:
    path = tmp_path / "mirrored.csv"
    rows = [f"{f:.6g},{z.real:.6g},{-z.imag:.6g}" for f, z in zip(FREQUENCY, ARC, strict=True)]
    path.write_text("f/Hz,Z'/Ohm,Z''/Ohm\n" + "\n".join(rows) + "\nNaN,1,1\n")
    record = read(path)[0]
    assert record.array("imaginary_impedance_ohm").min() < -15.0
    assert "left_out" in record.source.stated
