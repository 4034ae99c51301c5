"""Impedance told in other ways: admittance, complex numbers, other units and languages."""

from pathlib import Path

import numpy as np
import pytest

from softbreak.data.readers.registry import read
from softbreak.errors import ReadError

FREQUENCY = np.logspace(6, -1, 43)
IMPEDANCE = 10 + 100 / (1 + 2j * np.pi * FREQUENCY * 1e-5)
ADMITTANCE = 1 / IMPEDANCE


def written(path: Path, *columns: tuple[str, object], delimiter: str = ",") -> Path:
    names, values = zip(*columns, strict=True)
    rows = zip(*([v if isinstance(v, str) else f"{v:.8g}" for v in c] for c in values), strict=True)
    path.write_text("\n".join(map(delimiter.join, [names, *rows])) + "\n", encoding="utf-8")
    return path


def impedance(path: Path) -> np.ndarray:
    (record,) = read(path)
    return record.array("real_impedance_ohm") + 1j * record.array("imaginary_impedance_ohm")


@pytest.mark.parametrize(
    ("real", "imaginary", "scale"),
    [
        ("Y'/S", "Y''/S", 1.0),
        ("Re(Y) (mS)", "Im(Y) (mS)", 1e3),
        ("G/µS", "B/µS", 1e6),
        ("Conductance (S)", "Susceptance (S)", 1.0),
    ],
)
def test_an_admittance_is_inverted(tmp_path: Path, real: str, imaginary: str, scale: float):
    path = written(
        tmp_path / "y.csv",
        ("Frequency/Hz", FREQUENCY),
        (real, ADMITTANCE.real * scale),
        (imaginary, ADMITTANCE.imag * scale),
    )
    np.testing.assert_allclose(impedance(path), IMPEDANCE, rtol=1e-4)
    assert "admittance" in read(path)[0].source.stated["read_as"]


def test_an_admittance_by_modulus_and_phase(tmp_path: Path):
    path = written(
        tmp_path / "y.csv",
        ("f/Hz", FREQUENCY),
        ("|Y|/mS", np.abs(ADMITTANCE) * 1e3),
        ("Phase(Y)/deg", np.angle(ADMITTANCE, deg=True)),
    )
    np.testing.assert_allclose(impedance(path), IMPEDANCE, rtol=1e-4)


@pytest.mark.parametrize("form", ["{0:.7g}{1:+.7g}j", "({0:.7g}{1:+.7g}j)", "{0:.7g}{2}j{3:.7g}"])
@pytest.mark.parametrize("heading", ["Z (Ohm)", "impedance"])
def test_one_complex_column(tmp_path: Path, form: str, heading: str):
    texts = [
        form.format(z.real, z.imag, "-" if z.imag < 0 else "+", abs(z.imag)) for z in IMPEDANCE
    ]
    path = written(tmp_path / "z.csv", ("frequency", FREQUENCY), (heading, texts))
    np.testing.assert_allclose(impedance(path), IMPEDANCE, rtol=1e-4)


def test_a_complex_admittance_with_decimal_commas(tmp_path: Path):
    texts = [f"{y.real * 1e3:.7g}{y.imag * 1e3:+.7g}i".replace(".", ",") for y in ADMITTANCE]
    frequency = [f"{f:.8g}".replace(".", ",") for f in FREQUENCY]
    path = written(tmp_path / "y.csv", ("f/Hz", frequency), ("Y (mS)", texts), delimiter=";")
    np.testing.assert_allclose(impedance(path), IMPEDANCE, rtol=1e-4)


def test_milliradians_and_cyrillic_units(tmp_path: Path):
    path = written(
        tmp_path / "a.csv",
        ("Частота, Гц", FREQUENCY),
        ("Re(Z), кОм", IMPEDANCE.real / 1e3),
        ("-Im(Z), кОм", -IMPEDANCE.imag / 1e3),
        delimiter=";",
    )
    np.testing.assert_allclose(impedance(path), IMPEDANCE, rtol=1e-4)
    path = written(
        tmp_path / "b.csv",
        ("f (Hz)", FREQUENCY),
        ("|Z| (Ohm)", np.abs(IMPEDANCE)),
        ("phase (mrad)", np.angle(IMPEDANCE) * 1e3),
    )
    np.testing.assert_allclose(impedance(path), IMPEDANCE, rtol=1e-4)


def test_decibels_are_no_ohms(tmp_path: Path):
    path = written(
        tmp_path / "z.csv",
        ("f (Hz)", FREQUENCY),
        ("|Z| (dB)", 20 * np.log10(np.abs(IMPEDANCE))),
        ("phase (deg)", np.angle(IMPEDANCE, deg=True)),
    )
    with pytest.raises(ReadError):
        read(path)


def test_a_second_spectrum_beside_the_first_as_pandas_names_it(tmp_path: Path):
    path = written(
        tmp_path / "z.csv",
        *(("f", FREQUENCY), ("Z'", IMPEDANCE.real), ("Z''", IMPEDANCE.imag)),
        *(("f.1", FREQUENCY), ("Z'.1", IMPEDANCE.real / 3), ("Z''.1", IMPEDANCE.imag / 3)),
    )
    with pytest.raises(ReadError, match="beside each other"):
        read(path)


@pytest.mark.parametrize("index", ["", "{k},"])
@pytest.mark.parametrize("form", ["{f:.8g},{a:.8g}{b:+.8g}j", "{f:.8g},({a:.8g} {b:+.8g}i)"])
def test_complex_numbers_without_a_header(tmp_path: Path, index: str, form: str):
    rows = enumerate(zip(FREQUENCY, IMPEDANCE, strict=True))
    lines = [(index + form).format(k=k, f=f, a=z.real, b=z.imag) for k, (f, z) in rows]
    path = tmp_path / "z.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    np.testing.assert_allclose(impedance(path), IMPEDANCE, rtol=1e-6)
    path.write_text(
        "\n".join([*lines[:9], lines[9].replace("j", "x").replace("i", "x"), *lines[10:]])
    )
    with pytest.raises(ReadError):
        impedance(path)


@pytest.mark.parametrize(
    ("real", "imaginary"),
    [
        ("Z réel (Ohm)", "Z imaginaire (Ohm)"),
        ("Realteil Z/Ohm", "Imaginärteil Z/Ohm"),
        ("Z reale (Ohm)", "Z immaginaria (Ohm)"),
        ("Z real (Ohm)", "Z imaginario (Ohm)"),
    ],
)
def test_parts_of_z_in_more_languages(tmp_path: Path, real: str, imaginary: str):
    columns = ((real, IMPEDANCE.real), (imaginary, IMPEDANCE.imag))
    path = written(tmp_path / "z.csv", ("f/Hz", FREQUENCY), *columns, delimiter=";")
    np.testing.assert_allclose(impedance(path), IMPEDANCE, rtol=1e-6)


def test_two_spectra_whose_rows_stand_in_turn_are_refused(tmp_path: Path):
    frequency = np.repeat(FREQUENCY, 2)

    def both(other: np.ndarray) -> Path:
        z = np.column_stack([IMPEDANCE, other]).ravel()
        return written(tmp_path / "z.csv", ("f/Hz", frequency), ("Z'", z.real), ("Z''", z.imag))

    with pytest.raises(ReadError, match=r"two impedances at each frequency \(\d"):
        read(both(0.4 * IMPEDANCE))
    assert len(impedance(both(1.001 * IMPEDANCE))) == 2 * len(FREQUENCY)  # measured twice
