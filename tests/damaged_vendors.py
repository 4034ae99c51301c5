"""Instruments' own text tables, damaged below their headings, beside an oracle of their lines."""

from __future__ import annotations

import csv
import itertools
import math
import random
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from softbreak.data.readers.registry import read

ROWS = 60
_WORDS = ("", "NaN", "error", "-", "1,5", "---", "#REF!", "12:30", "1e400", "0x1f", "3", "-0.2")
_AGAIN = 0.2
_CHARACTERS = '0123456789.,;-eE "\t#x'


@dataclass(frozen=True)
class Sample:
    """One row of a made-up cell: s, V, A, and what its programme did."""

    number: int
    time: float
    volt: float
    ampere: float
    step: int

    @property
    def clock(self) -> str:
        """The time as hours, minutes and seconds."""
        whole = int(self.time)
        return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"

    @property
    def sign(self) -> int:
        """Of the current."""
        return 1 if self.ampere > 0 else -1


@dataclass(frozen=True)
class Style:
    """How an instrument writes: what stands above the rows, a row, and which field is which.

    ``places`` are those of time, voltage and current, ``scales`` how many of ours one of theirs
    is. An ``unsigned`` current has its sign from a label. Where a time may restart with a step, a
    last row that stands out of its order cannot be told from a restart.
    """

    head: str
    row: Callable[[Sample], str]
    delimiter: str
    places: tuple[int, int | None, int]
    scales: tuple[float, float, float] = (1.0, 1.0, 1.0)
    comma: bool = False
    unsigned: bool = False
    restarts: bool = False
    suffix: str = ".csv"
    quoted: bool = False
    mapping: Mapping[str, object] | None = None


def _eclab(sample: Sample) -> str:
    row = (2, sample.step, f"{sample.time:.6E}", f"{sample.volt:.7E}", f"{1e3 * sample.ampere:.7E}")
    return "\t".join(map(str, row))


def _neware(s: Sample) -> str:
    label = "CC Chg" if s.sign > 0 else "CC DChg"
    row = (s.number, s.step // 2 + 1, s.step, label, s.clock, f"{1e3 * s.ampere:.4f}")
    return ",".join(map(str, (*row, f"{s.volt:.6f}")))


def _layered(s: Sample) -> str:
    lines = []
    if s.number % 30 == 1:
        lines.append(f"{s.number // 30 + 1},,0.5,0.5,,")
    if s.number % 15 == 1:
        lines.append(f",{s.step},{'CC Chg' if s.sign > 0 else 'CC DChg'},00:15:00,0.25,")
    lines.append(f",,{s.number},{s.clock},{s.volt:.6f},{1e3 * s.ampere:.4f}")
    return "\n".join(lines)


def _maccor(s: Sample) -> str:
    state = "C" if s.sign > 0 else "D"
    row = (s.number, s.step // 2 + 1, s.step, f"{s.time:.2f}", f"{abs(s.ampere):.9f}")
    return "\t".join(map(str, (*row, f"{s.volt:.7f}", state)))


def _arbin(s: Sample) -> str:
    row = (s.number, f"{s.time:.4f}", s.step, s.step // 2 + 1, f"{s.ampere:.9f}", f"{s.volt:.7f}")
    return ",".join(map(str, row))


def _digatron(s: Sample) -> str:
    row = (s.step, "CHA" if s.sign > 0 else "DCH", f"{s.time:.1f}", f"{s.volt:.6f}")
    return ",".join(map(str, (*row, f"{s.ampere:.8f}")))


def _plain(form: str) -> Callable[[Sample], str]:
    """Return a writer of rows by a form whose values are named t, v, i (A), m (mA), n and step."""

    def row(s: Sample) -> str:
        milli = 1e3 * s.ampere
        return form.format(t=s.time, v=s.volt, i=s.ampere, m=milli, n=s.number, step=s.step)

    return row


def _commas(row: Callable[[Sample], str]) -> Callable[[Sample], str]:
    return lambda sample: row(sample).replace(".", ",")


def _quoted(row: Callable[[Sample], str]) -> Callable[[Sample], str]:
    """Write semicolons as commas and decimal points as commas in quotes."""
    return lambda sample: ",".join(f'"{x}"' for x in row(sample).replace(".", ",").split(";"))


def _chinese(s: Sample) -> str:
    label = "恒流充电" if s.sign > 0 else "恒流放电"
    row = (s.number, s.step // 2 + 1, s.step, label, s.clock, f"{1e3 * abs(s.ampere):.4f}")
    return ",".join(map(str, (*row, f"{1e3 * s.volt:.3f}")))


def _landt(s: Sample) -> str:
    state = "C_CC" if s.sign > 0 else "D_CC"
    row = (s.number, f"{s.time / 60:.6f}", f"{1e3 * abs(s.ampere):.6f}", f"{s.volt:.6f}")
    return ",".join(map(str, (*row, s.step // 2 + 1, state)))


def _maccor_minutes(s: Sample) -> str:
    row = (s.number, s.step // 2 + 1, s.step, f"{s.time / 60:.6f}", f"{1e3 * abs(s.ampere):.6f}")
    return "\t".join(map(str, (*row, f"{s.volt:.7f}", "C" if s.sign > 0 else "D")))


_GAMRY = (
    "EXPLAIN\nTAG\tCHRONOP\nTITLE\tLABEL\tx\tTest\nCONVENTION\tIQUANT\t1\tConvention\n"
    "CURVE\tTABLE\t60\n\tPt\tT\tVf\tIm\n\t#\ts\tV vs. Ref.\tA\n"
)
_CHI = (
    "Jan. 27, 2022   13:43:22\ni - t Curve\nFile: c:\\a.bin\nInstrument Model:  CHI660E\n\n"
    "Init E (V) = 0.05\nQuiet Time (sec) = 0\n\nTime/sec, Current/A\n\n"
)
_CHI_SWEEP = (
    "Jan. 27, 2022   13:43:22\nCyclic Voltammetry\nInstrument Model:  CHI660E\n\n"
    "Init E (V) = 0\nScan Rate (V/s) = 0.001\nQuiet Time (sec) = 0\n\nPotential/V, Current/A\n\n"
)
MAPPING = {
    "test_time_second": "ti",
    "voltage_volt": "sp",
    "current_ampere": {"column": "st", "scale": 1e-3},
}
_EC_LAB = "EC-Lab ASCII FILE\nNb header lines : 4\n\nmode\tNs\ttime/s\tEwe/V\t<I>/mA\n"
_NOVONIX = "[Summary]\nNovonix UHPC\nCell: 1\n[End Summary]\n[Data]\n"

STYLES: dict[str, Style] = {
    "eclab": Style(_EC_LAB, _eclab, "\t", (2, 3, 4), (1, 1, 1e-3), suffix=".mpt"),
    "eclab-commas": Style(
        _EC_LAB, _commas(_eclab), "\t", (2, 3, 4), (1, 1, 1e-3), comma=True, suffix=".mpt"
    ),
    "neware": Style(
        "DataPoint,Cycle Index,Step Index,Step Type,Total Time,Current(mA),Voltage(V)\n",
        *(_neware, ",", (4, 6, 5), (1, 1, 1e-3)),
        restarts=True,
    ),
    "neware-layered": Style(
        "Cycle ID,,Cap_Chg(mAh),Cap_DChg(mAh),,\n,Step ID,Step Name,Step Time,Cap(mAh),\n"
        ",,Record ID,Time(h:min:s.ms),Vol(V),Cur(mA)\n",
        *(_layered, ",", (3, 4, 5), (1, 1, 1e-3)),
        restarts=True,
    ),
    "maccor": Style(
        "Today's Date 01/02/2024\tDate of Test: 01/02/2024\tFilename: x.041\tProcedure: p.000\n"
        "Rec#\tCyc#\tStep\tTest (Sec)\tAmps\tVolts\tState\n",
        *(_maccor, "\t", (3, 5, 4)),
        unsigned=True,
        suffix=".txt",
    ),
    "arbin": Style(
        "Data_Point,Test_Time(s),Step_Index,Cycle_Index,Current(A),Voltage(V)\n",
        *(_arbin, ",", (1, 5, 4)),
    ),
    "gamry": Style(
        _GAMRY,
        *(_plain("\t{n}\t{t:.4f}\t{v:.7E}\t{i:.7E}"), "\t", (2, 3, 4)),
        suffix=".DTA",
    ),
    "novonix": Style(
        _NOVONIX + "Step Number,Run Time (h),Current (A),Potential (V)\n",
        *(lambda s: f"{s.step},{s.time / 3600:.8f},{s.ampere:.9f},{s.volt:.7f}", ",", (1, 3, 2)),
        (3600.0, 1, 1),
    ),
    "landt": Style(
        "Record,TestTime/Sec.,Voltage/V,Current/mA,Step-Index\n",
        *(_plain("{n},{t:.2f},{v:.6f},{m:.6f},{step}"), ",", (1, 2, 3), (1, 1, 1e-3)),
    ),
    "digatron": Style(
        "Step,Status,Prog Time,Voltage,Current\n,,s,V,A\n", *(_digatron, ",", (2, 3, 4))
    ),
    "chi": Style(
        _CHI,
        *(_plain("{t:.4f}, {i:.6e}"), ",", (0, None, 1)),
        unsigned=True,  # a held potential tells it
        suffix=".txt",
    ),
    "nova": Style(
        "Time (s);WE(1).Potential (V);WE(1).Current (A)\n",
        *(_plain("{t:.3f};{v:.7f};{i:.9f}"), ";", (0, 1, 2)),
        suffix=".txt",
    ),
    "nova-commas": Style(
        "Corrected time (s)\tWE(1).Potential (V)\tWE(1).Current (A)\n",
        *(_commas(_plain("{t:.3f}\t{v:.7f}\t{i:.9f}")), "\t", (0, 1, 2)),
        comma=True,
        suffix=".txt",
    ),
    "ivium": Style(
        "Ivium data\ntime /s\tE /V\tI /A\n",
        *(_plain("{t:.3f}\t{v:.7f}\t{i:.9f}"), "\t", (0, 1, 2)),
        suffix=".txt",
    ),
    "squidstat": Style(
        '"Step number","Step name","Elapsed Time (s)","Working Electrode (V)","Current (mA)"\n',
        *(_plain('{step},"CC",{t:.3f},{v:.7f},{m:.7f}'), ",", (2, 3, 4), (1, 1, 1e-3)),
    ),
    "basytec": Style(
        "~Resultfile from Basytec Battery Test System\n~Time[s]\tLine\tI[A]\tU[V]\n",
        *(_plain("{t:.2f}\t{step}\t{i:.9f}\t{v:.7f}"), "\t", (0, 3, 2)),
        suffix=".txt",
    ),
    "pec": Style(
        "Test,Cell,Position,Step,Cycle,Total Time (Seconds),Voltage (mV),Current (mA)\n",
        *(lambda s: f"7,1,2,{s.step},1,{s.time:.2f},{1e3 * s.volt:.4f},{1e3 * s.ampere:.6f}",),
        *(",", (5, 6, 7), (1, 1e-3, 1e-3)),
    ),
    "neware-chinese": Style(
        "数据序号,循环号,工步号,工步类型,总时间,电流(mA),电压(mV)\n",
        *(_chinese, ",", (4, 6, 5), (1, 1e-3, 1e-3)),
        unsigned=True,
        restarts=True,
    ),
    "landt-minutes": Style(
        "Record,测试时间/Min,电流/mA,电压/V,循环序号,状态\n",
        *(_landt, ",", (1, 3, 2), (60, 1, 1e-3)),
        unsigned=True,
    ),
    "maccor-minutes": Style(
        "Today's Date 01/02/2024\nRec#\tCyc#\tStep\tTest (Min)\tmAmps\tVolts\tState\n",
        *(_maccor_minutes, "\t", (3, 5, 4), (60, 1, 1e-3)),
        unsigned=True,
        suffix=".041",
    ),
    "arbin-quoted": Style(
        "Data_Point,Test_Time(s),Step_Index,Current(A),Voltage(V)\n",
        *(_quoted(_plain("{n};{t:.4f};{step};{i:.9f};{v:.7f}")), ",", (1, 4, 3)),
        comma=True,
        quoted=True,
    ),
    "toolkit": Style(
        "cycle_number,test_time,state,current,voltage\n",
        *(_plain("1,{t:.3f},charging,{i:.9f},{v:.7f}"), ",", (1, 4, 3)),
    ),
    "chi-sweep": Style(
        _CHI_SWEEP,
        *(_plain("{v:.6f}, {i:.6e}"), ",", (None, 0, 1)),
        unsigned=True,  # by which way the cell takes energy
        suffix=".txt",
    ),
    "bare": Style(
        "",
        *(lambda s: f"{s.time / 3600:.8f} {s.volt:.7f} {1e3 * s.ampere:.6f}", " ", (0, 1, 2)),
        (3600.0, 1, 1e-3),
        suffix=".txt",
    ),
    "german": Style(
        "Zeit [min];Spannung [mV];Strom [µA]\n",
        *(
            _commas(lambda s: f"{s.time / 60:.6f};{1e3 * s.volt:.4f};{1e6 * s.ampere:.4f}"),
            ";",
            (0, 1, 2),
        ),
        (60.0, 1e-3, 1e-6),
        comma=True,
    ),
    "durations": Style(
        "Elapsed time|Cell voltage (V)|Cell current (mA)\n",
        *(lambda s: f"{s.clock}|{s.volt:.6f}|{1e3 * s.ampere:.6f}", "|", (0, 1, 2)),
        (1, 1, 1e-3),
    ),
    "hours": Style(
        "Prog Time,Step,U/V,I/mA,Q/mAh\nh,,V,mA,mAh\n",
        *(
            lambda s: f"{s.time / 3600:.8f},{s.step},{s.volt:.6f},{1e3 * s.ampere:.6f},0",
            *(",", (0, 2, 3)),
        ),
        (3600.0, 1, 1e-3),
    ),
    "mapped": Style(
        "ti,sp,st\n",
        *(_plain("{t:.2f},{v:.6f},{m:.6f}"), ",", (0, 1, 2), (1, 1, 1e-3)),
        mapping=MAPPING,
    ),
    "archive": Style(
        "Date_Time,Test_Time (s),Cycle_Index,Current (A),Voltage (V),Cell_Temperature (C)\n",
        *(_plain("2024-02-28 09:00:00,{t:.3f},1,{i:.9f},{v:.7f},25"), ",", (1, 4, 3)),
    ),
}


def samples(choose: random.Random) -> list[Sample]:
    """Return a cell that is driven both ways in turn, a minute a sample."""
    level = choose.uniform(0.01, 0.2)
    out = []
    for k in range(ROWS):
        sign = 1 if (k // 15) % 2 == 0 else -1
        volt = sign * (level + 1e-4 * (k % 15)) + choose.uniform(-1e-5, 1e-5)
        out.append(Sample(k + 1, 60.0 * k + 30.0, round(volt, 6), sign * 1e-3, k // 15 + 1))
    return out


def damaged(choose: random.Random, body: str, heading: str, delimiter: str) -> str:
    """Return rows with up to three damages, and perhaps the sound headings among them again."""
    for _ in range(choose.randint(0, 3)):
        rows = body.split("\n")
        k = choose.randrange(len(rows))
        fields = rows[k].split(delimiter)
        place = choose.randrange(len(body)) if body else 0
        match choose.randrange(8):
            case 0:
                body = body[:place] + body[place + 1 :]
            case 1:
                body = body[:place] + choose.choice(_CHARACTERS) + body[place:]
            case 2:
                body = body[:place]
            case 3:
                body = "\n".join([*rows[:k], *rows[k + 1 :]])
            case 4:
                body = "\n".join([*rows[: k + 1], *rows[k:]])
            case 5:
                choose.shuffle(fields)
                body = "\n".join([*rows[:k], delimiter.join(fields), *rows[k + 1 :]])
            case 6:
                fields[choose.randrange(len(fields))] = choose.choice(_WORDS)
                body = "\n".join([*rows[:k], delimiter.join(fields), *rows[k + 1 :]])
            case _:
                other = choose.randrange(len(rows))
                rows[k], rows[other] = rows[other], rows[k]
                body = "\n".join(rows)
    if choose.random() < _AGAIN:
        rows = body.split("\n")
        k = choose.randrange(len(rows))
        body = "\n".join([*rows[:k], "", heading, *rows[k:]])
    return body


def said(text: str, style: Style) -> set[tuple[float, ...]]:
    """Return what the lines of a text say of time, voltage and current; 0 where none is asked."""
    found = set()
    for line in text.split("\n"):
        fields = [field.strip().strip('"').strip() for field in _split(line, style)]
        if len(fields) <= max(place or 0 for place in style.places):
            continue
        each = [
            list(_readings(fields[place], scale)) if place is not None else [0.0]
            for place, scale in zip(style.places, style.scales, strict=True)
        ]
        found |= {_rounded(style, values) for values in itertools.product(*each)}
    return found


def _split(line: str, style: Style) -> list[str]:
    return next(csv.reader([line]), []) if style.quoted else line.split(style.delimiter)


def _readings(field: str, scale: float) -> Iterator[float]:
    """Yield what a field may mean: a comma may be decimal or part thousands."""
    if field.count(":") == 2:
        parts = field.split(":")
        parts[2] = parts[2].replace(",", ".", 1)
        if all(part.isdigit() for part in (*parts[:2], parts[2].replace(".", "", 1))):
            yield sum(float(p) * u for p, u in zip(parts, (3600, 60, 1), strict=True))
        return
    behind = field.endswith("-") and field[:1].isdigit()
    plain = f"-{field[:-1]}" if behind else field
    for text in {plain.replace(",", "."), plain.replace(",", ""), plain.replace(" ", "")}:
        try:
            yield float(text) * scale
        except ValueError:
            continue


def _rounded(style: Style, values: tuple[float, ...]) -> tuple[float, ...]:
    time, volt, ampere = values
    size = abs(ampere) if style.unsigned else ampere
    if not all(map(math.isfinite, values)):
        return ()
    return (round(time, 2), round(volt, 6), round(size, 9))


def read_vendor(choose: random.Random) -> None:
    """Read one instrument's table; what is read stands in a line of it, or it is refused.

    Raises
    ------
    SoftbreakError
        If it is refused.
    AssertionError
        If a sample was read that the file nowhere says.
    """
    check(choose, STYLES[choose.choice(sorted(STYLES))])


def check(choose: random.Random, style: Style) -> None:
    """Read one table of a style, see :func:`read_vendor`."""
    sound = "\n".join(map(style.row, samples(choose))) + "\n"
    heading = style.head.rstrip("\n").rpartition("\n")[2]
    body = damaged(choose, sound, heading, '","' if style.quoted else style.delimiter)
    known = said(body, style) | said(sound, style)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"cell{style.suffix}"
        path.write_text(style.head + body, encoding="utf-8", newline="")
        records = read(path, style.mapping)
    for record in records:
        names = ("test_time_second", "voltage_volt", "current_ampere")
        columns = [
            np.asarray(record.array(name), dtype=np.float64)
            if place is not None
            else np.zeros(record.rows)
            for name, place in zip(names, style.places, strict=True)
        ]
        end = record.rows - style.restarts
        if style.restarts and not body.startswith(sound.split("\n", 1)[0]):
            continue  # the same of a first row
        for row in zip(*(column[:end].tolist() for column in columns), strict=True):
            if all(map(math.isfinite, row)):
                assert _rounded(style, row) in known, f"{row} stands nowhere in the file"
