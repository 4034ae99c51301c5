"""What a file's own words and values mend of its columns: signs, clocks, a temperature's unit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from softbreak.data.readers.values.dates import counted_instants
from softbreak.data.readers.values.signs import (
    is_discharge,
    labelled,
    lost_sign,
    signed,
    signed_by_voltage,
)
from softbreak.data.readers.values.units import TIME_UNITS, UNIT_NAMES, checked_celsius
from softbreak.data.readers.values.witnesses import reconciled
from softbreak.errors import ReadError

if TYPE_CHECKING:
    import polars as pl

DATE_UNIT: Final = "the dates are counts and were read as "
_SIGN_BY_VOLTAGE: Final = (
    "the current was recorded without its sign; each step has that of its voltage, which no "
    "passive cell has against its current"
)
_TEMPERATURE: Final = "ambient_temperature_celsius"


def by_labels(
    arrays: dict[str, np.ndarray],
    label: pl.Series,
    discharge: tuple[str, ...],
    ignore: tuple[str, ...],
    held: tuple[str, ...] = (),
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Let labels tell the sign of the current and rows that hold no sample; what to say of it.

    ``held`` are the beginnings of labels that keep the direction before them.
    """
    said: dict[str, str] = {}
    current, voltage = arrays["current_ampere"], arrays["voltage_volt"]
    directed = _directed(label, (*held, *ignore)) if held else label
    current = signed(current, labelled(directed, lambda word: is_discharge(word, discharge)))
    if lost_sign(current, voltage):
        steps = label.rank("dense").fill_null(0).to_numpy().astype(np.int64)
        by_voltage = signed_by_voltage(current, voltage, steps)
        if by_voltage is not None:
            current, said["assumption"] = by_voltage, _SIGN_BY_VOLTAGE
    arrays = {**arrays, "current_ampere": current}
    if ignore:
        keep = ~labelled(label, lambda word: word.lower().startswith(ignore))
        if not keep.all():
            arrays = {name: array[keep] for name, array in arrays.items()}
    return arrays, said


def _directed(label: pl.Series, undirected: tuple[str, ...]) -> pl.Series:
    """Labels, of which those without a direction of their own give way to the one before."""
    import polars as pl

    silent = pl.Series(labelled(label, lambda word: word.lower().startswith(undirected)))
    return label.set(silent, None).forward_fill().fill_null("")


def bare_time(heading: str, scale: float, witness: str) -> str:
    """Say in which unit a test time is taken whose heading states none.

    Parameters
    ----------
    heading : str
    scale : float
        Seconds in the unit.
    witness : str
        What other columns agree with it in that unit; empty if none.

    Returns
    -------
    str
        Empty where the heading's last word is a unit: "test_time_s".
    """
    name = heading.strip().strip('"')
    if name.lower().rpartition("_")[2] in TIME_UNITS:
        return ""
    unit = UNIT_NAMES.get(scale, f"units of {scale:g} s")
    if witness:
        return f"the heading {name!r} states no unit; {witness} beside it tell that it is {unit}"
    return (
        f"the heading {name!r} states no unit and nothing beside it tells one: the time is taken "
        f"as {unit}; a unit in the heading, such as {name}(s), overrules this"
    )


def on_one_clock(
    arrays: Mapping[str, np.ndarray], *, restarts: bool, bare: str = ""
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Bring the test time into seconds that run on, as the file's wall clock witnesses.

    ``bare`` is what is to be said of its unit where no wall clock tells it.
    """
    out, said = dict(arrays), {}
    wall = arrays.get("unix_time_second")
    if wall is not None:
        instants = counted_instants(wall)
        out["unix_time_second"] = wall = instants.seconds
        if instants.counted:
            said["date_unit"] = DATE_UNIT + instants.counted
    step = arrays.get("step_count")
    clock = reconciled(arrays["test_time_second"], wall, step, restarts=restarts)
    out["test_time_second"] = clock.time
    if clock.sentence:
        said["clocks"] = clock.sentence
    if bare and not clock.agrees:
        said["time_unit"] = bare
    return out, said


def witnessed(
    path: Path, arrays: dict[str, np.ndarray]
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Mend what the file's own values refute: the unit of a temperature, a sign that was lost."""
    said: dict[str, str] = {}
    warmth = arrays.get(_TEMPERATURE)
    if warmth is not None:
        celsius, said["temperature"] = checked_celsius(warmth)
        arrays = {name: array for name, array in arrays.items() if name != _TEMPERATURE}
        arrays |= {} if celsius is None else {_TEMPERATURE: celsius}
    current, voltage = arrays["current_ampere"], arrays["voltage_volt"]
    if lost_sign(current, voltage):
        by_steps = signed_by_voltage(current, voltage, arrays.get("step_count"))
        if by_steps is None:
            raise ReadError(
                path,
                found="a current that is never negative beside a voltage that reverses: its sign "
                "was not recorded",
                expected="a signed current, or a column that says charge and discharge",
                remedy="Export it with its sign, or with the column of step types.",
            )
        arrays["current_ampere"], said["assumption"] = by_steps, _SIGN_BY_VOLTAGE
    return arrays, {key: sentence for key, sentence in said.items() if sentence}
