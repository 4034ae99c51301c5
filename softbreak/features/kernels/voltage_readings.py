"""A half-cycle's samples as numbers, in every reading of V: the compiled part of `measured`."""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.compiled import exact
from softbreak.features.kernels.half_cycle import STATISTICS, measure
from softbreak.features.kernels.not_measured import (
    mark_against,
    mark_spikes,
    mark_still,
    may_be_open,
    may_have_spikes,
    may_run_against,
    may_stand_still,
    open_samples,
    stood_still,
)
from softbreak.features.kernels.resistance_steps import (
    MOST_EVENTS,
    SMALLEST_EVENT,
    WARMING_RATE,
    WINDOW,
    nothing_abrupt,
    search_half_cycle,
)
from softbreak.features.kernels.sample_columns import (
    CURRENT,
    FREE,
    IMPOSED,
    KNOWN,
    TIME,
    VOLTAGE,
    WARMTH,
)
from softbreak.features.kernels.selection import copied, least
from softbreak.physics.constants import ACTIVATION_EV, BOLTZMANN_EV_TRAINED

AS_IT_IS, WITHOUT_SIGN, REVERSED = range(3)
"""Readings of a voltage: as recorded, its magnitude with the current's sign, and −V."""
ACTIVATION_KELVIN: Final = ACTIVATION_EV / BOLTZMANN_EV_TRAINED
"""Usual activation energy of a solid cell's resistance, over Boltzmann's constant (K)."""

WIDTH: Final = len(STATISTICS)
NOISE: Final = STATISTICS.index("noise_volt")
LENGTH: Final = STATISTICS.index("voltage_volt")
"""Statistics before this one tell times and charge, and need no voltage."""
SIGN, LOWEST, PLAIN, EXCURSIONS = range(2 * WIDTH, 2 * WIDTH + 4)
"""Columns after the statistics as recorded and without sign: sign of the current, lowest voltage
as recorded (V), 1 where the voltage never ran against the current, and in each reading the abrupt
drops that came back at once."""
ROW_WIDTH: Final = 2 * WIDTH + 6
EVENT_WIDTH: Final = 7
"""Half-cycle, readings (bits), time (s), Δ ln R, Ω before, Ω after, slice."""
FOUND_EVENTS: Final = 3 * MOST_EVENTS
"""Most events of a half-cycle, all readings together."""
_VOLTAGES: Final = np.array(
    [
        STATISTICS.index(name)
        for name in (
            "voltage_volt",
            "late_voltage_volt",
            "first_voltage_volt",
            "last_voltage_volt",
            "largest_voltage_volt",
            "noise_volt",
        )
    ]
)


@exact
def measure_all(buffer, pieces, twins, rows, events, rests, frozen, as_recorded):
    """Measure half-cycles, and note how rests ended.

    Parameters
    ----------
    buffer : numpy.ndarray
        Of an `Intake`.
    pieces : numpy.ndarray of int, shape (m, 4)
        Segments, in order: start, stop, sign, length.
    twins : tuple
        Samples (shape (3, n)) of the positive half-cycle before and of the negative one, and for
        each whether its voltage never ran against the current.
    rows : numpy.ndarray, shape (m, ROW_WIDTH)
        Gets one row a half-cycle.
    events : numpy.ndarray, shape (m * FOUND_EVENTS, EVENT_WIDTH)
        Gets their events, half-cycles counted from zero, and the sample of each for its slice.
    rests : tuple
        Samples of the shortest rest, and an array, shape (m,), that gets their last voltages.
    frozen : numpy.ndarray of bool, shape (n,)
        One a column of the buffer, all false; gets true where the voltage channel stood still for a
        part of a half-cycle, or no current flowed at single samples: those are not measured.
    as_recorded : bool
        Leave out what differs in the other readings of the voltage.

    Returns
    -------
    owners : numpy.ndarray of int
        Piece of each half-cycle.
    found, rested : int
        Events and rests.
    last : tuple of int
        Row of the last positive half-cycle and of the last negative one; −1 without any.
    """
    plus_time, plus_voltage, plus_imposed = twins[0][0], twins[0][1], twins[0][2]
    minus_time, minus_voltage, minus_imposed = twins[1][0], twins[1][1], twins[1][2]
    plus_plain, minus_plain = twins[2], twins[3]
    shortest, ends = rests
    owners, nothing = np.empty(len(pieces), dtype=np.int64), np.empty(0, dtype=np.int64)
    made = found = rested = 0
    last_plus = last_minus = -1
    for m in range(len(pieces)):
        start, stop, sign, length = pieces[m, 0], pieces[m, 1], pieces[m, 2], pieces[m, 3]
        if sign == 0 or not _any(buffer[FREE, start:stop]):
            # a rest; or a hold at constant voltage, which passes charge but is no half-cycle
            if length >= shortest:
                ends[rested] = buffer[VOLTAGE, stop - 1]
                rested += 1
            continue
        twin = (plus_time, plus_voltage, plus_imposed)
        plain = plus_plain
        if sign < 0:
            twin, plain = (minus_time, minus_voltage, minus_imposed), minus_plain
        row = rows[made]
        row[:] = np.nan
        time, voltage = buffer[TIME, start:stop], buffer[VOLTAGE, start:stop]
        imposed, warmth = buffer[IMPOSED, start:stop], buffer[WARMTH, start:stop]
        still = frozen[start:stop]
        marked = back = False
        if may_stand_still(voltage):
            marked = mark_still(voltage, imposed, buffer[FREE, start:stop], twin[1], still)
        if plus_plain and minus_plain and may_run_against(voltage, sign):
            back = mark_against(voltage, sign, plus_voltage, minus_voltage, still)
        if may_have_spikes(voltage):
            marked = mark_spikes(voltage, still) or marked
        marked = marked or _some(still)
        current, lost = buffer[CURRENT, start:stop], nothing
        if may_be_open(current):
            lost = open_samples(current, voltage, buffer[KNOWN, start:stop])
        if marked or len(lost):
            kept = np.ones(len(time), dtype=np.bool_)
            kept[lost], still[lost] = False, True
            moving, flows = np.flatnonzero(~still), np.flatnonzero(kept)
            _length((time[flows], voltage[flows], imposed[flows], warmth[flows]), row)
            time, voltage, imposed = time[moving], voltage[moving], imposed[moving]
            samples = (time, voltage, imposed, warmth[moving])
            length = row[:LENGTH].copy()
            more = _measure(samples, sign, twin, plain, row, events[found:], as_recorded)
            copied(row[:LENGTH], length)
            copied(row[WIDTH : WIDTH + LENGTH], length)
            for k in range(found, found + more):
                events[k, 6] = moving[int(events[k, 6])]
        else:
            samples = (time, voltage, imposed, warmth)
            more = _measure(samples, sign, twin, plain, row, events[found:], as_recorded)
        if back or (row[NOISE] == 0.0 and stood_still(voltage, row[NOISE], twin[1])):
            _forget_voltage(row)
            owners[made] = m
            made += 1
            continue
        for k in range(found, found + more):
            events[k, 0] = made
        found += more
        owners[made] = m
        made += 1
        if (marked or len(lost)) and len(twin[0]) >= len(time):
            continue  # the half-cycle before shows better how the channel moves
        if sign > 0:
            plus_time, plus_voltage, plus_imposed = time, voltage, imposed
            plus_plain, last_plus = row[PLAIN] > 0.0, made - 1
        else:
            minus_time, minus_voltage, minus_imposed = time, voltage, imposed
            minus_plain, last_minus = row[PLAIN] > 0.0, made - 1
    return owners[:made], found, rested, (last_plus, last_minus)


@exact
def _length(samples, row):
    """Fill what tells how long a half-cycle lasts, and what it carries: all its samples do."""
    time, voltage, imposed, warmth = samples
    measure(time, voltage, imposed, warmth, 0, len(time), 1, row[:WIDTH])


@exact
def _forget_voltage(row):
    """Leave nothing of a voltage that was not measured."""
    for k in _VOLTAGES:
        row[k] = np.nan
        row[WIDTH + k] = np.nan
    row[EXCURSIONS : EXCURSIONS + 3] = 0.0


@exact
def _some(marks) -> bool:
    count = 0
    for k in range(len(marks)):
        count += marks[k]
    return count > 0


@exact
def _any(free):
    k = 0
    while k < len(free) and not free[k] > 0.0:
        k += 1
    return k < len(free)


@exact
def _measure(samples, sign, twin, twin_plain, row, events, as_recorded):
    """Fill ``row`` and ``events``; return the number of events."""
    time, voltage, imposed, warmth = samples
    twin_time, twin_voltage, twin_imposed = twin
    n = len(time)
    change = measure(time, voltage, imposed, warmth, 0, n, sign, row[:WIDTH])
    plain = _never_against(voltage, imposed, sign)
    row[SIGN], row[LOWEST], row[PLAIN] = sign, _lowest(voltage), plain
    row[EXCURSIONS : EXCURSIONS + 3] = 0.0
    found = 0
    if not (plain and nothing_abrupt(time, voltage, imposed, change)):
        found, row[EXCURSIONS] = _events(
            (time, voltage, imposed, warmth),
            sign,
            row[NOISE],
            (twin_time, twin_voltage, twin_imposed),
            events[:MOST_EVENTS],
        )
    for m in range(found):
        events[m, 1] = 1.0
    if plain:
        copied(row[WIDTH : 2 * WIDTH], row[:WIDTH])
        if twin_plain:
            # the magnitude is the voltage itself; reversed, it lies at the floor all along
            row[EXCURSIONS + 1] = row[EXCURSIONS]
            for m in range(found):
                events[m, 1] = 3.0
            return found
    if as_recorded:
        return found
    for reading in (WITHOUT_SIGN, REVERSED):
        if plain and reading == REVERSED:
            continue
        read = as_read(voltage, imposed, reading)
        if reading == WITHOUT_SIGN and not plain:
            measure(time, read, imposed, warmth, 0, n, sign, row[WIDTH : 2 * WIDTH])
        noise = row[WIDTH + NOISE] if reading == WITHOUT_SIGN else row[NOISE]
        more, row[EXCURSIONS + reading] = _events(
            (time, read, imposed, warmth),
            sign,
            noise,
            (twin_time, as_read(twin_voltage, twin_imposed, reading), twin_imposed),
            events[found : found + MOST_EVENTS],
        )
        for m in range(found, found + more):
            events[m, 1] = 1 << reading
        found += more
    return found


@exact
def _never_against(voltage, imposed, sign) -> bool:
    """Tell whether no voltage runs against the current, nor against the half-cycle's direction."""
    side, against = float(sign), 0
    for k in range(len(voltage)):
        back = imposed[k] < 0.0
        same = (back & (voltage[k] <= 0.0)) | ((not back) & (voltage[k] >= 0.0))
        against += 0 if same & (voltage[k] * side >= 0.0) else 1
    return against == 0


@exact
def _lowest(voltage):
    """Lowest voltage; of zeros with and without a sign the first."""
    low, k = least(voltage), 0
    if low == 0.0:
        while voltage[k] != 0.0:
            k += 1
        low = voltage[k]
    return low


@exact
def as_read(voltage, imposed, reading):
    """Return a voltage in a reading."""
    out = voltage.copy()
    if reading == REVERSED:
        for k in range(len(out)):
            out[k] = -out[k]
    elif reading == WITHOUT_SIGN:
        for k in range(len(out)):
            out[k] = -abs(out[k]) if imposed[k] < 0.0 else abs(out[k])
    return out


@exact
def _events(samples, sign, noise, twin, out):
    """Find abrupt events that no step of the temperature explains; count the excursions."""
    time, voltage, imposed, warmth = samples
    place = np.empty(MOST_EVENTS, dtype=np.int64)
    size = np.empty((MOST_EVENTS, 3))
    counts = np.zeros(2, dtype=np.int64)
    found = search_half_cycle(
        time, voltage, imposed, sign, noise, twin[0], twin[1], twin[2], place, size, counts
    )
    kept = 0
    for m in range(found):
        k, change = place[m], size[m, 0]
        left = change - _thermal_change(warmth, k)
        if np.isfinite(left) and (abs(left) <= SMALLEST_EVENT or left / change <= 0.5):
            continue
        if not np.isfinite(left):
            gap = _gap((time, voltage, imposed), sign, k, size[m])
            if abs(change) <= WARMING_RATE * gap:
                continue  # what is not logged may have warmed meanwhile
        out[kept, 2], out[kept, 3] = time[k], change
        out[kept, 4], out[kept, 5], out[kept, 6] = size[m, 1], size[m, 2], k
        kept += 1
    return kept, counts[1]


@exact
def _gap(samples, sign, k, change):
    """Time (s) within which V/I went from one level to the other."""
    time, voltage, imposed = samples
    before, after = np.log(change[1]), np.log(change[2])
    last = k
    while last + 1 < len(time) and _passed(voltage, imposed, sign, last, before, after) < 0.5:
        last += 1
    first = last - 1
    while first > 0 and _passed(voltage, imposed, sign, first, before, after) > 0.25:
        first -= 1
    return time[last] - time[first]


@exact
def _passed(voltage, imposed, sign, k, before, after):
    """Share of the way from one ln R to another at which a sample is."""
    ohm = voltage[k] * sign / abs(imposed[k])
    if not ohm > 0.0:
        return 1.0 if after < before else 0.0
    return (np.log(ohm) - before) / (after - before)


@exact
def _thermal_change(warmth, k):
    """Change of ln R that the temperature step at a sample explains; NaN where none is known."""
    before = _mean(warmth, max(k - WINDOW, 0), k) + 273.15
    after = _mean(warmth, k, min(k + WINDOW, len(warmth))) + 273.15
    return ACTIVATION_KELVIN * (1.0 / after - 1.0 / before)


@exact
def _mean(values, start, stop):
    total, count = 0.0, 0
    for k in range(start, stop):
        if np.isfinite(values[k]):
            total += values[k]
            count += 1
    return total / count if count else np.nan
