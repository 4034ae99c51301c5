from pathlib import Path

import pytest

from softbreak.data.readers.registry import read
from softbreak.data.record import Technique

FRONT = "EXPLAIN\nTAG\t{tag}\nDATE\tLABEL\t1/31/2024\tDate\nTIME\tLABEL\t10:00:00\tTime\n"
OPEN = "OCVCURVE\tTABLE\t3\n\tPt\tT\tVf\tVm\tAch\n\t#\ts\tV vs. Ref.\tV\tV\n"
OPEN += "".join(f"\t{i}\t{i * 0.5}\t0.25\t0.25\t0\n" for i in range(3))
SETTINGS = "EOC\tQUANT\t0.25\tOpen Circuit (V)\nCONVENTION\tIQUANT\t{convention}\tConvention\n"
CURVE = "{name}\tTABLE\t4\n\tPt\tT\tVf\tIm\n\t#\ts\tV vs. Ref.\tA\n"
CURVE += "".join(f"\t{i}\t{i + 1}.0\t0.1\t1.0E-003\n" for i in range(4))
ABORTED = "EXPERIMENTABORTED\tTOGGLE\tT\tExperiment Aborted\n"


@pytest.mark.parametrize(("convention", "current"), [("0", -1e-3), ("1", 1e-3)])
@pytest.mark.parametrize("order", ["settings first", "after the open circuit", "at the end"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_settings_may_stand_between_the_tables(tmp_path: Path, convention, current, order, end):
    settings, curve = SETTINGS.format(convention=convention), CURVE.format(name="CURVE")
    parts = {
        "settings first": [settings, OPEN, curve],
        "after the open circuit": [OPEN, settings, curve],
        "at the end": [OPEN, curve, settings],
    }[order]
    path = tmp_path / "x.DTA"
    text = FRONT.format(tag="CHRONOP") + "".join(parts) + ABORTED
    path.write_bytes(text.replace("\n", end).encode())
    rest, run = read(path)
    assert (rest.technique, rest.rows, run.technique, run.rows) == ("rest", 3, "cycling", 4)
    assert run.array("current_ampere").tolist() == [current] * 4
    assert "left_out" not in {**rest.source.stated, **run.source.stated}


def test_units_below_the_names_count(tmp_path: Path):
    path = tmp_path / "x.DTA"
    curve = (
        CURVE.format(name="CURVE").replace("V vs. Ref.", "mV vs. Ref.").replace("\tA\n", "\tmA\n")
    )
    path.write_text(FRONT.format(tag="CHRONOP") + SETTINGS.format(convention="0") + curve)
    (record,) = read(path)
    assert record.array("voltage_volt").tolist() == pytest.approx([1e-4] * 4)
    assert record.array("current_ampere").tolist() == pytest.approx([-1e-6] * 4)


def test_settings_between_the_curves_of_a_voltammogram(tmp_path: Path):
    path = tmp_path / "x.DTA"
    curves = [CURVE.format(name=f"CURVE{n}") for n in (1, 2)]
    text = FRONT.format(tag="CV") + curves[0] + SETTINGS.format(convention="1") + curves[1]
    path.write_text(text)
    (record,) = read(path)
    assert (record.technique, record.rows) == (Technique.VOLTAMMETRY, 8)


HELD = "{name}\tTABLE\t4\n\tPt\tT\tVf\tIm\tVu\tSig\n\t#\ts\tV vs. Ref.\tA\tV\tV\n"


@pytest.mark.parametrize(
    ("tag", "settings", "signal", "held"),
    [
        ("CHRONOP", "", 1.0, False),
        ("CHRONOP", "", 0.1, False),
        ("PWR800_CHARGE", "", 1e-3, False),
        ("X", "ISTEP1\tQUANT\t1.0E-003\tStep 1 Current (A)\n", 0.1, False),
        ("X", "CTRLMODE\tIQUANT\t0\tControl Mode\n", 0.1, False),
        ("X", "", 1.0, False),
        ("X", "", 1e-3, False),
        ("CHRONOA", "CTRLMODE\tIQUANT\t1\tControl Mode\n", 0.1, True),
    ],
)
def test_the_signal_of_a_galvanostat_is_no_voltage(tmp_path: Path, tag, settings, signal, held):
    # its unit says V all the same
    path = tmp_path / "x.DTA"
    rows = "".join(f"\t{i}\t{i + 1}.0\t0.1\t1.0E-003\t0\t{signal}\n" for i in range(4))
    path.write_text(FRONT.format(tag=tag) + settings + HELD.format(name="CURVE") + rows)
    (record,) = read(path)
    assert record.has("control_voltage_volt") is held
