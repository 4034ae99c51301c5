"""Many samples at once into an `Intake`: what it does one by one, where nothing is out of order.

Equal bit for bit to feeding them one by one (tested), and ten times as fast.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.data.clock import clock_step
from softbreak.data.segment import advance
from softbreak.features.compiled import exact
from softbreak.features.intake import CURRENT, FREE, IMPOSED, KNOWN, TIME, VOLTAGE, WARMTH

FEWEST: Final = 64
"""Shorter chunks are fed one by one."""
_CACHED: Final = 2048
"""So many samples at a time stay close to the processor."""
_FILLED, _SETTLED, _GONE = range(3)


@exact
def in_order(time, voltage, last):
    """True where no time steps back (nor is before ``last``) and every voltage is a number."""
    wrong = 0
    for k in range(len(time) - 1):
        wrong += 0 if time[k + 1] >= time[k] else 1
    for k in range(len(voltage)):
        wrong += 0 if abs(voltage[k]) < np.inf else 1
    return wrong == 0 and time[0] >= last and abs(time[0]) < np.inf and time[-1] < np.inf


@exact
def last_step(time):
    """Last place, the very last and the first aside, at which time went on; 0 if it stood still."""
    k = len(time) - 2
    while k > 1 and not time[k] > time[k - 1]:
        k -= 1
    return k if k > 1 else 0


@exact
def absorb(time, columns, clock, buffer, marks, segmenter, cuts):
    """Take samples up of which the first already waits; the last one then does.

    Parameters
    ----------
    time : numpy.ndarray, shape (n,)
        In order.
    columns : tuple of numpy.ndarray
        Voltage, current, imposed current, imposed voltage, temperature; the last three may be
        empty.
    clock, buffer, marks, segmenter : numpy.ndarray
        Of the intake, with room for them.
    cuts : numpy.ndarray of int, shape (n + 4, 3)

    Returns
    -------
    closed, repeated : int
        Segments that they complete, and samples told twice in a row.
    """
    time_row, imposed, known = buffer[TIME], buffer[IMPOSED], buffer[KNOWN]
    closed = repeated = 0
    last = len(time) - 1
    for start in range(0, last, _CACHED):
        stop = min(start + _CACHED, last)
        begin = marks[_FILLED]
        end = begin + stop - start
        _fill(time, columns, start, stop, buffer[:, begin:end])
        _mend(buffer, begin, end, marks[_GONE])
        repeated += _repeated(time[start : stop + 1], columns[0][start:], columns[1][start:])
        here, there = marks[_SETTLED], max(end - 2, marks[_SETTLED])
        marks[_FILLED], marks[_SETTLED] = end, there
        closed += advance(
            segmenter, time_row[here:there], imposed[here:there], known[here:there], cuts[closed:]
        )
    for k in range(last_step(time) - 1, len(time)):
        clock_step(clock, time[k])
    return closed, repeated


@exact
def _repeated(time, voltage, current):
    """Count samples told twice in a row."""
    count = 0
    for k in range(len(time) - 1):
        same = (time[k + 1] == time[k]) & (voltage[k + 1] == voltage[k])
        count += same & (current[k + 1] == current[k])
    return count


@exact
def _fill(time, columns, start, stop, rows):
    """Fill the rows of the buffer with samples ``start`` to ``stop - 1``."""
    voltage, current = columns[0][start:stop], columns[1][start:stop]
    control, held, warmth = columns[2][start:stop], columns[3][start:stop], columns[4][start:stop]
    imposed, known, free = rows[IMPOSED], rows[KNOWN], rows[FREE]
    n = rows.shape[1]
    rows[TIME][:] = time[start:stop]
    rows[VOLTAGE][:] = voltage
    rows[CURRENT][:] = current
    known[:] = 0.0
    free[:] = 1.0
    rows[WARMTH][:] = np.nan
    for k in range(n):
        value = float(current[k])
        imposed[k] = value if abs(value) < np.inf else 0.0
    if len(control):
        for k in range(n):
            value = float(control[k])
            there = abs(value) < np.inf
            known[k] = 1.0 if there else 0.0
            imposed[k] = value if there else imposed[k]
    if len(held):
        for k in range(n):
            free[k] = 0.0 if (abs(held[k]) < np.inf) & (known[k] == 0.0) else 1.0
    if len(warmth):
        celsius = rows[WARMTH]
        for k in range(n):
            value = float(warmth[k])
            celsius[k] = value if -100.0 < value < 400.0 else np.nan


@exact
def _mend(buffer, begin, end, gone):
    """Replace lone wrong samples of a measured current whose neighbours agree."""
    begin = max(begin, 4 - gone, 4)
    if end <= begin:
        return
    n = end - begin
    current = buffer[CURRENT, begin - 4 : end]
    a, b, x = current[:n], current[1 : n + 1], current[2 : n + 2]
    c, d = current[3 : n + 3], current[4 : n + 4]
    found = 0
    for k in range(n):
        level = (a[k] + b[k] + c[k] + d[k]) / 4.0
        found += abs(x[k] - level) > 0.5 * abs(level)
    if found == 0:
        return
    known, imposed = buffer[KNOWN, begin - 2 : end], buffer[IMPOSED, begin - 2 : end]
    for k in range(n):
        level = (a[k] + b[k] + c[k] + d[k]) / 4.0
        spread = max(abs(a[k] - level), abs(b[k] - level), abs(c[k] - level), abs(d[k] - level))
        lone = spread < 0.1 * abs(level) and abs(x[k] - level) > 0.5 * abs(level)
        if lone and not known[k] > 0.0:
            imposed[k] = level


@exact
def moving(buffer, cuts, gone):
    """Keep the half-cycles among the segments; return how many.

    A hold at constant voltage passes charge but is no half-cycle.
    """
    kept = 0
    for m in range(len(cuts)):
        start, stop, sign = cuts[m, 0], cuts[m, 1], cuts[m, 2]
        free = False
        for k in range(max(start - gone, 0), stop - gone):
            if buffer[FREE, k] > 0.0:
                free = True
                break
        if sign != 0 and free:
            cuts[kept, 0], cuts[kept, 1], cuts[kept, 2] = start, stop, sign
            kept += 1
    return kept
