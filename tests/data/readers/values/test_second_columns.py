"""Charge, power and the time within steps bear witness to the units of the others."""

from pathlib import Path

import numpy as np
import pytest

from softbreak.data.readers.registry import read
from softbreak.errors import ReadError

ROWS = 400


def arbin(path: Path, witnesses: tuple[str, ...] = ("charge", "power", "step"), **factors: float):
    """A cell of 100 Ω at ±0.5 mA, a row a minute, an hour a step; some columns mislabelled."""
    time = np.arange(ROWS) * 60.0
    step = np.arange(ROWS) // 60
    current = np.where(step % 2 == 0, 5e-4, -5e-4)
    within = time - 3600.0 * step
    columns = {
        "Data_Point": np.arange(ROWS),
        "Test_Time(s)": time * factors.get("time", 1.0),
        "Cycle_Index": step // 2,
        "Step_Index": step,
        "Current(A)": current * factors.get("current", 1.0),
        "Voltage(V)": 100.0 * current,
    }
    beside = {
        "charge": ("Charge_Capacity(Ah)", 5e-4 * within / 3600.0),
        "power": ("Power(W)", 100.0 * current**2),
        "step": ("Step_Time(s)", within),
    }
    for name in witnesses:
        heading, values = beside[name]
        columns[heading] = values * factors.get(name, 1.0)
    table = np.column_stack(list(columns.values()))
    rows = [",".join(f"{value:.10g}" for value in row) for row in table]
    path.write_text("\n".join([",".join(columns), *rows]) + "\n")
    (record,) = read(path)
    return record


@pytest.mark.parametrize(
    ("witnesses", "factors", "key"),
    [
        (("charge", "power", "step"), {}, None),
        (("charge", "power", "step"), {"time": 1 / 60}, "clocks"),
        (("charge", "step"), {"time": 1 / 3600}, "clocks"),
        (("charge", "power"), {"current": 1e3}, "units"),
        (("charge",), {"current": 1e3}, "units"),
        (("power",), {"current": 1e3}, "units"),
        (("charge", "power"), {"charge": 1e3}, None),
        (("charge", "step"), {"step": 1 / 60}, None),
    ],
)
def test_columns_that_agree_overrule_one_heading(tmp_path, witnesses, factors, key):
    record = arbin(tmp_path / "x.csv", witnesses, **factors)
    assert np.ptp(record.array("test_time_second")) == pytest.approx(60.0 * (ROWS - 1))
    assert np.abs(record.array("current_ampere")).max() == pytest.approx(5e-4)
    assert {name for name in record.source.stated if name in ("clocks", "units")} == (
        {key} if key else set()
    )


@pytest.mark.parametrize("witness", ["charge", "step"])
def test_two_clocks_without_a_third_witness_are_refused(tmp_path, witness):
    with pytest.raises(ReadError, match="disagree by a factor of 60"):
        arbin(tmp_path / "x.csv", (witness,), time=1 / 60)
