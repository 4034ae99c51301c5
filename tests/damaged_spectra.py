"""Instruments' text files of spectra, damaged, beside an oracle of what their lines say."""

from __future__ import annotations

import cmath
import math
import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from softbreak.data.readers.registry import read
from softbreak.data.schema import SPECTRUM_COLUMNS
from tests.damaged_vendors import damaged

POINTS = 40
_SINGLE = 1e-6


@dataclass(frozen=True)
class Form:
    """How a program writes a spectrum.

    ``row`` writes a point (number, Hz, Ω); ``values`` reads a line's fields back, in Hz and Ω.
    """

    head: str
    row: Callable[[int, float, complex], str]
    delimiter: str | None
    values: Callable[[list[float]], tuple[float, float, float]]
    places: tuple[int, ...]
    comma: bool = False
    suffix: str = ".csv"


def _written(form: str) -> Callable[[int, float, complex], str]:
    """Return a writer of rows by a form with k, f, a (real), b (imaginary), m (modulus), p (°)."""

    def row(k: int, f: float, z: complex) -> str:
        told = {"m": abs(z), "p": math.degrees(cmath.phase(z))}
        return form.format(k=k, f=f, a=z.real, b=z.imag, n=-z.imag, **told)

    return row


def _commas(row: Callable[[int, float, complex], str]) -> Callable[[int, float, complex], str]:
    return lambda k, f, z: row(k, f, z).replace(".", ",")


def _plain(found: list[float]) -> tuple[float, float, float]:
    return found[0], found[1], found[2]


def _turned(found: list[float]) -> tuple[float, float, float]:
    return found[0], found[1], -found[2]


def _kilo(found: list[float]) -> tuple[float, float, float]:
    return 1e3 * found[0], 1e3 * found[1], 1e3 * found[2]


def _polar(found: list[float]) -> tuple[float, float, float]:
    z = cmath.rect(found[1], math.radians(found[2]))
    return found[0], z.real, z.imag


_GAMRY = (
    "EXPLAIN\nTAG\tEISPOT\nTITLE\tLABEL\tx\tTest\nZCURVE\tTABLE\n"
    "\tPt\tTime\tFreq\tZreal\tZimag\tZsig\n\t#\ts\tHz\tohm\tohm\tV\n"
)
_ZPLOT = "ZPLOT2 ASCII\nDate: 1-2-2024\nEnd Comments\n  Freq(Hz)\tAmpl\tBias\tTime\tZ'(a)\tZ''(b)\n"
_ECLAB = "EC-Lab ASCII FILE\nNb header lines : 4\n\nfreq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\ttime/s\n"

FORMS: dict[str, Form] = {
    "plain": Form(
        "frequency,real,imaginary\n", _written("{f:.6g},{a:.7g},{b:.7g}"), ",", _plain, (0, 1, 2)
    ),
    "minus": Form(
        "Freq/Hz;Re(Z)/Ohm;-Im(Z)/Ohm\n",
        *(_commas(_written("{f:.6f};{a:.6f};{n:.6f}")), ";", _turned, (0, 1, 2)),
        comma=True,
    ),
    "kilo": Form(
        "f (kHz)\tZ' (kOhm)\tZ'' (kOhm)\n",
        *(lambda k, f, z: f"{f / 1e3:.9f}\t{z.real / 1e3:.9f}\t{z.imag / 1e3:.9f}",),
        *("\t", _kilo, (0, 1, 2)),
        suffix=".txt",
    ),
    "polar": Form(
        "Index,Frequency (Hz),|Z| (Ohm),Phase (deg)\n",
        *(_written("{k},{f:.6g},{m:.8g},{p:.6f}"), ",", _polar, (1, 2, 3)),
    ),
    "gamry": Form(
        _GAMRY,
        *(_written("\t{k}\t{k}.5\t{f:.6g}\t{a:.7g}\t{b:.7g}\t1"), "\t", _plain, (3, 4, 5)),
        suffix=".DTA",
    ),
    "zplot": Form(
        _ZPLOT,
        *(_written("{f:.6E}\t0\t0\t0\t{a:.6E}\t{b:.6E}\t0\t0"), "\t", _plain, (0, 4, 5)),
        suffix=".z",
    ),
    "eclab": Form(
        _ECLAB,
        *(_written("{f:.7E}\t{a:.7E}\t{n:.7E}\t{k}"), "\t", _turned, (0, 1, 2)),
        suffix=".mpt",
    ),
    "i2b": Form(
        f"a spectrum\n{POINTS}\n",
        *(_written("{f:.6g} {a:.7g} {b:.7g}"), None, _plain, (0, 1, 2)),
        suffix=".i2b",
    ),
    "bare": Form("", _written("{f:.6g},{a:.7g},{b:.7g}"), ",", _plain, (0, 1, 2), suffix=".txt"),
    "bdf": Form(
        "frequency_hertz,real_impedance_ohm,imaginary_impedance_ohm\n",
        *(_written("{f:.6g},{a:.7g},{b:.7g}"), ",", _plain, (0, 1, 2)),
    ),
}


def points(choose: random.Random) -> list[tuple[float, complex]]:
    """Return a spectrum of one arc, from high frequencies to low ones."""
    ohm, second = choose.uniform(20.0, 900.0), 10.0 ** choose.uniform(-5, -2)
    out = []
    for k in range(POINTS):
        f = 10.0 ** (5.0 - 6.0 * k / (POINTS - 1))
        out.append((f, 10.0 + ohm / (1.0 + 2j * math.pi * f * second)))
    return out


def said(text: str, form: Form) -> list[tuple[float, float, float]]:
    """Return what the lines of a text say of frequency and impedance."""
    found = []
    for line in text.split("\n"):
        fields = [field.strip().strip('"') for field in line.split(form.delimiter)]
        if len(fields) <= max(form.places):
            continue
        each = [_numbers(fields[place]) for place in form.places]
        found += [form.values([a, b, c]) for a in each[0] for b in each[1] for c in each[2]]
    return found


def _numbers(field: str) -> list[float]:
    behind = field.endswith("-") and field[:1].isdigit()
    plain = f"-{field[:-1]}" if behind else field
    out = set()
    for text in {plain.replace(",", "."), plain.replace(",", ""), plain.replace(" ", "")}:
        try:
            out.add(float(text))
        except ValueError:
            continue
    return [value for value in out if math.isfinite(value)]


def read_spectrum(choose: random.Random) -> None:
    """Read one file of spectra; what is read stands in a line of it, or it is refused.

    Raises
    ------
    SoftbreakError
        If it is refused.
    AssertionError
        If a point was read that the file nowhere says.
    """
    check(choose, FORMS[choose.choice(sorted(FORMS))])


def check(choose: random.Random, form: Form) -> None:
    """Read one file of a form, see :func:`read_spectrum`."""
    rows = [form.row(k + 1, f, z) for k, (f, z) in enumerate(points(choose))]
    sound = "\n".join(rows) + "\n"
    heading = form.head.rstrip("\n").rpartition("\n")[2]
    body = damaged(choose, sound, heading, form.delimiter or " ")
    known = _grouped([*said(body, form), *said(sound, form)])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"cell{form.suffix}"
        path.write_text(form.head + body, encoding="utf-8", newline="")
        records = read(path)
    for record in records:
        columns = [record.array(name).tolist() for name in SPECTRUM_COLUMNS]
        for point in zip(*columns, strict=True):
            assert any(_alike(point, one) for one in known.get(_key(point[0]), ())), (
                f"{point} stands nowhere in the file"
            )


def _grouped(
    found: list[tuple[float, float, float]],
) -> dict[str, list[tuple[float, float, float]]]:
    out: dict[str, list[tuple[float, float, float]]] = {}
    for point in found:
        out.setdefault(_key(point[0]), []).append(point)
    return out


def _key(frequency: float) -> str:
    return f"{frequency:.6g}"


def _alike(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    size = max(abs(other[1]), abs(other[2]), 1e-300)
    return all(abs(a - b) <= _SINGLE * size for a, b in zip(one[1:], other[1:], strict=True))
