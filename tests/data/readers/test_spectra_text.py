"""Tables of impedance with named columns: the name decides sign and unit, never the values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from softbreak.data.readers import registry
from softbreak.data.readers.base import Head
from softbreak.data.readers.impedance import ivium, spectra_text, zplot
from softbreak.data.readers.impedance.spectrum import log_spaced, started
from softbreak.data.record import Record
from softbreak.errors import ReadError

ROWS = [(1e3, 10.0, 2.0), (1e2, 11.0, 3.0), (1e1, 12.0, 1.0)]


def _write(folder: Path, header: str, delimiter: str = ",", comma: bool = False) -> Path:
    lines = [delimiter.join(str(value) for value in row) for row in ROWS]
    text = "\n".join([header, *(x.replace(".", ",") if comma else x for x in lines)]) + "\n"
    path = folder / "spectrum.csv"
    path.write_text(text, encoding="utf-8")
    return path


def _read(path: Path) -> Record:
    assert spectra_text.NAMED.recognises(Head.of(path))
    return spectra_text.NAMED.read(path)[0]


@pytest.mark.parametrize(
    ("header", "sign"),
    [
        ("freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm", -1.0),
        ("Frequency (Hz),Z' (Ω),-Z'' (Ω)", -1.0),
        ("Frequency (Hz),Z' (Ω),Z'' (Ω)", 1.0),
        ("freq,Zreal,Zimag", 1.0),
        ("f/Hz,Z_re/Ohm,−Z_im/Ohm", -1.0),
        ("frequency_hertz,real_impedance_ohm,imaginary_impedance_ohm", 1.0),
        ('"Freq/Hz","Z\'/ohm","Z\'\'/ohm"', 1.0),
    ],
)
def test_the_name_decides_the_sign(tmp_path: Path, header: str, sign: float) -> None:
    record = _read(_write(tmp_path, header))
    np.testing.assert_allclose(record.array("imaginary_impedance_ohm"), [2 * sign, 3 * sign, sign])
    np.testing.assert_allclose(record.array("real_impedance_ohm"), [10.0, 11.0, 12.0])


def test_units_are_scaled_to_hertz_and_ohm(tmp_path: Path) -> None:
    record = _read(_write(tmp_path, "Freq (kHz);Zre (mOhm);-Zim (MOhm)", ";"))
    np.testing.assert_allclose(record.array("frequency_hertz"), [1e6, 1e5, 1e4])
    np.testing.assert_allclose(record.array("real_impedance_ohm"), [0.010, 0.011, 0.012])
    np.testing.assert_allclose(record.array("imaginary_impedance_ohm"), [-2e6, -3e6, -1e6])


def test_decimal_commas(tmp_path: Path) -> None:
    record = _read(_write(tmp_path, "freq\tZre\tZim", "\t", comma=True))
    np.testing.assert_allclose(record.array("real_impedance_ohm"), [10.0, 11.0, 12.0])


def test_impedance_per_area_is_refused_with_advice(tmp_path: Path) -> None:
    path = _write(tmp_path, "freq/Hz,Z' (Ohm cm2),Z'' (Ohm cm2)")
    with pytest.raises(ReadError, match="per area"):
        spectra_text.NAMED.read(path)


def test_a_broken_row_is_named(tmp_path: Path) -> None:
    path = _write(tmp_path, "freq,Zre,Zim")
    path.write_text(path.read_text() + "1.0,12.0\n")
    with pytest.raises(ReadError, match="line 5"):
        spectra_text.NAMED.read(path)


def test_a_time_series_without_header_is_no_spectrum(tmp_path: Path) -> None:
    path = tmp_path / "series.csv"
    path.write_text("".join(f"{0.1 * i},0.5,0.1\n" for i in range(1, 300)))
    assert not spectra_text.NAMELESS.recognises(Head.of(path))


def test_concatenated_sweeps_become_one_record_each(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    sweep = "".join(f"{10.0**k},10.0,-1.0\n" for k in range(5, -2, -1))
    path.write_text("freq,Zre,Zim\n" + sweep + sweep)
    assert [len(record.table) for record in spectra_text.NAMED.read(path)] == [7, 7]


def test_zview_comments_and_cut_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.z"
    text = (
        "ZPLOT2 ASCII\n  Begin User Comments: 1\nCell was shortcuted during assembly\n"
        "  End User Comments: 1\n  Freq(Hz)\tAmpl\tBias\tTime(Sec)\tZ'(a)\tZ''(b)\nEnd Comments\n"
        "1e3\t0\t0\t0\t5.0\t-1.0\n"
    )
    path.write_text(text)
    record = zplot.read(path)[0]
    assert record.source.stated["comment"] == "Cell was shortcuted during assembly"
    assert record.array("imaginary_impedance_ohm")[0] == -1.0
    path.write_text(text + "1e2\t0\t0\n")
    with pytest.raises(ReadError, match="3 fields"):
        zplot.read(path)


def test_a_count_in_a_header_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "a.i2b"
    path.write_text("999999\n1.0 2.0 3.0\n")
    assert ivium.I2B.recognises(Head.of(path))
    with pytest.raises(ReadError, match="count of points"):
        ivium.I2B.read(path)


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        ("4/23/2018", 1524441600.0),
        ("23/4/2018", 1524441600.0),
        ("23.04.2018", 1524441600.0),
        ("2018-04-23", 1524441600.0),
        ("05.04.2018", 1522886400.0),  # dots: day first
        ("5/4/2018", None),
        ("40/40/2018", None),
        ("yesterday", None),
    ],
)
def test_dates_are_read_only_without_a_guess(date: str, seconds: float | None) -> None:
    assert started(date, "00:00:00") == seconds


def test_log_spaced_needs_two_decades() -> None:
    assert log_spaced(np.logspace(5, -1, 40))
    assert not log_spaced(np.linspace(1, 1e5, 40))
    assert not log_spaced(np.logspace(5, 4, 40))
    assert not log_spaced(np.array([1.0, -1.0] * 10))


def test_zplotw_without_an_end_of_comments(tmp_path: Path) -> None:
    path = tmp_path / "a.z"
    path.write_text(
        '"ZPlotW Data File: Version 3.2c"\n"Raw Data"\nDate: 12-17-2019    Time: 16:24:35\n'
        "79\n\"  Freq(Hz)    Ampl     Bias   Time(Sec)   Z'(a)    Z''(b)    GD   Err   Range\"\n"
        "3.0E+05, 1.0E-02, 0.0, 2.58, 642.62, -85.821, 0.0, 0, 5\n"
        "3.0E+02, 1.0E-02, 0.0, 9.58, 1305.3, -195.01, 0.0, 0, 5\n"
    )
    assert zplot.recognises(Head.of(path))
    record = zplot.read(path)[0]
    assert record.array("real_impedance_ohm").tolist() == [642.62, 1305.3]
    assert record.array("imaginary_impedance_ohm").tolist() == [-85.821, -195.01]
    assert record.source.started_unix_second == 1576599875.0  # 17 December 2019, 16:24:35 UTC


FREQUENCY = np.geomspace(1e6, 0.1, 36)
IMPEDANCE = 45.0 + 1.0 / (1.0 / 55.0 + 3e-6 * (2j * np.pi * FREQUENCY) ** 0.9)
COLUMNS = {
    "f": FREQUENCY,
    "re": IMPEDANCE.real,
    "im": IMPEDANCE.imag,
    "-im": -IMPEDANCE.imag,
    "mod": np.abs(IMPEDANCE),
    "deg": np.degrees(np.angle(IMPEDANCE)),
    "-deg": -np.degrees(np.angle(IMPEDANCE)),
    "rad": np.angle(IMPEDANCE),
    "omega": 2.0 * np.pi * FREQUENCY,
    "n": np.arange(36.0),
}


def _table(folder: Path, header: str, columns: str, delimiter: str = ",", mark: str = ".") -> Path:
    rows = zip(*(COLUMNS[name] for name in columns.split()), strict=True)
    lines = [delimiter.join(f"{x:.7g}".replace(".", mark) for x in row) for row in rows]
    path = folder / "table.csv"
    path.write_text("\n".join([header, *lines][not header :]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("header", "columns", "delimiter", "mark"),
    [
        ("frequency,real,imaginary", "f re im", ",", "."),
        ("Freq,Real,Imag", "f re im", ",", "."),
        (",Freq,Real,Imag", "n f re im", ",", "."),
        ("f/Hz, Z'/Ohm, -Z''/Ohm", "f re -im", ",", "."),
        ("Frequency (Hz),|Z| (Ohm),Phase (deg)", "f mod deg", ",", "."),
        ("Freq [Hz];Zmod [Ohm];Phase [rad]", "f mod rad", ";", "."),
        ("Frequency,Impedance,Phase", "f mod deg", ",", "."),
        ("freq / Hz,neg. Phase / °,Z / Ohm", "f -deg mod", ",", "."),
        ("Index;Frequency (Hz);Z' (Ω);-Z'' (Ω);Z (Ω);-Phase (°)", "n f re -im mod -deg", ";", "."),
        ("Frequenz/Hz;Realteil/Ohm;Imaginärteil/Ohm", "f re im", ";", ","),
        ("Fréquence (Hz)\tPartie réelle\t-Partie imaginaire", "f re -im", "\t", ","),
        ("频率/Hz,实部/Ω,-虚部/Ω", "f re -im", ",", "."),
        ("Frequenza [Hz],Parte reale,Parte immaginaria", "f re im", ",", "."),
        ("frecuencia,real,imaginaria", "f re im", ",", "."),
        ("Частота,Действительная часть,Мнимая часть", "f re im", ",", "."),
        ("omega (rad/s),Re(Z),Im(Z)", "omega re im", ",", "."),
        ("Frequency(Hz),Rs(Ohm),Xs(Ohm)", "f re im", ",", "."),
        ('"Frequency, Hz","Z\', Ohm","Z\'\', Ohm"', "f re im", ",", "."),
        ("Freq,Z_re,Z_im\nHz,Ohm,Ohm", "f re im", ",", "."),
        (" f/Hz \t Z'/Ohm \t -Z''/Ohm \n 36 ", "f re -im", "\t", "."),
        ("", "f re im", ",", "."),
        ("", "n f re im", ",", "."),
        ("", "f re im", " ", ","),
        ("", "f re im", ";", ","),
    ],
)
def test_ways_to_name_the_same_spectrum(
    tmp_path: Path, header: str, columns: str, delimiter: str, mark: str
) -> None:
    path = _table(tmp_path, header, columns, delimiter, mark)
    (record,) = registry.read(path)
    np.testing.assert_allclose(record.array("frequency_hertz"), FREQUENCY, rtol=1e-5)
    np.testing.assert_allclose(record.array("real_impedance_ohm"), IMPEDANCE.real, rtol=1e-5)
    found = record.array("imaginary_impedance_ohm")
    np.testing.assert_allclose(found, IMPEDANCE.imag, rtol=1e-4, atol=1e-4)


def test_every_header_in_a_file_counts_for_what_follows_it(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    text = _table(tmp_path, "f/Hz,Z'/Ohm,Z''/Ohm", "f re im").read_text()
    second = text.replace("Ohm", "kOhm")
    path.write_text(text + "Second sweep: after cycling\n" + second)
    one, two = registry.read(path)
    factor = two.array("real_impedance_ohm") / one.array("real_impedance_ohm")
    np.testing.assert_allclose(factor, 1e3)


def test_a_phase_of_no_unit_that_could_be_either_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "phase.csv"
    path.write_text("f/Hz,|Z|/Ohm,Phase\n1e3,10,-0.5\n1e2,11,-1.2\n1e1,12,-0.1\n")
    with pytest.raises(ReadError, match=r"column Phase.*degrees or radians"):
        registry.read(path)


def test_fewer_rows_than_announced_are_a_cut_file(tmp_path: Path) -> None:
    path = tmp_path / "data.P00"
    path.write_text(" f/Hz\t Z'/Ohm\t -Z''/Ohm\n 4 \n 1e3\t 10\t 1\n 1e2\t 11\t 2\n")
    with pytest.raises(ReadError, match=r"only 2 rows.*4 points"):
        registry.read(path)


def test_thousands_in_a_spectrum_that_nothing_decides_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text("f/Hz\tZ'/Ohm\tZ''/Ohm\n" + "9,100\t4,563\t1,404\n" * 3)
    with pytest.raises(ReadError, match=r"line 2, column .*'9,100'"):
        registry.read(path)


def test_two_spectra_beside_each_other_are_refused(tmp_path: Path) -> None:
    head = "f/Hz,Zre/Ohm,Zim/Ohm,Zre/Ohm (2),Zim/Ohm (2)"
    path = tmp_path / "x.csv"
    path.write_text(head + "\n" + "".join(f"{f},{r},{-i},{r / 2},{-i / 2}\n" for f, r, i in ROWS))
    with pytest.raises(ReadError, match="two spectra beside each other"):
        registry.read(path)
    path.write_text(head + "\n" + "".join(f"{f},{r},{-i},{r},{i}\n" for f, r, i in ROWS))
    (record,) = registry.read(path)
    assert record.rows == 3


def test_words_below_a_spectrum_are_no_rows(tmp_path: Path) -> None:
    path = _write(tmp_path, "freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm")
    path.write_text(path.read_text() + "\nFit result: R=100\n")
    (record,) = registry.read(path)
    assert record.rows == 3
    assert "1 lines of words" in str(record.source.stated["below_the_table"])


@pytest.mark.parametrize(
    ("head", "delimiter"),
    [("# f(Hz) ReZ(Ohm) ImZ(Ohm)", " "), ("f(Hz)|Re Z (Ohm)|Im Z (Ohm)", "|")],
)
def test_other_ways_to_set_names_apart(tmp_path: Path, head: str, delimiter: str) -> None:
    (record,) = registry.read(_write(tmp_path, head, delimiter))
    assert record.array("real_impedance_ohm").tolist() == [10.0, 11.0, 12.0]


def test_mapped_spectra_are_split_and_what_is_no_number_is_said(tmp_path: Path) -> None:
    frequency = np.geomspace(1e5, 1.0, 20)
    rows = [f"{f:.6g};{r};-5" for r in (100, 40) for f in frequency]
    path = tmp_path / "x.txt"
    path.write_text("a;b;c\n" + "\n".join([*rows[:20], "??;100;-5", *rows[20:]]) + "\n")
    columns = {"frequency_hertz": "a", "real_impedance_ohm": "b", "imaginary_impedance_ohm": "c"}
    one, other = registry.read(path, columns)
    assert (one.rows, other.rows) == (20, 20)
    assert other.array("real_impedance_ohm")[0] == 40.0
    assert "'??'" in str(one.source.stated["left_out"])


@pytest.mark.parametrize(
    ("heading", "value", "celsius"),
    [
        ("Temperature/K", "298.15", 25.0),
        ("Temperature/°C", "298.15", 25.0),
        ("Temp. (K)", "323,15", 50.0),
        ("Cell temperature [°C]", "60.0", 60.0),
        ("Temperatur", "298.15", 25.0),
        ("T/°F", "77", 25.0),
        ("T", "298.15", None),  # perhaps a time
    ],
)
def test_a_temperature_beside_a_spectrum(
    tmp_path: Path, heading: str, value: str, celsius: float | None
) -> None:
    delimiter = ";" if "," in value else ","
    decimal = "," if "," in value else "."
    frequency = np.logspace(5, -1, 30)
    impedance = 20.0 + 100.0 / (1.0 + 2j * np.pi * frequency * 1e-3)
    lines = [delimiter.join(["freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm", heading])]
    for f, z in zip(frequency, impedance, strict=True):
        numbers = [f"{x:.8g}".replace(".", decimal) for x in (f, z.real, -z.imag)]
        lines.append(delimiter.join([*numbers, value]))
    path = tmp_path / "warm.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (told,) = registry.read(path)
    if celsius is None:
        assert "ambient_temperature_celsius" not in told.table
    else:
        assert told.table["ambient_temperature_celsius"].to_numpy() == pytest.approx(celsius)
    assert told.table["real_impedance_ohm"].to_numpy() == pytest.approx(impedance.real, rel=1e-6)
