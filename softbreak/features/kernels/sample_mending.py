"""Passes over many samples at once, for the cutter: what an `Intake` does one by one."""

from __future__ import annotations

import numpy as np

from softbreak.compiled import exact


@exact
def in_order(time, voltage):
    """True where no time steps back and every time and voltage is a number."""
    wrong = 0
    for k in range(len(time) - 1):
        wrong += 0 if time[k + 1] >= time[k] else 1
    for k in range(len(voltage)):
        wrong += 0 if abs(voltage[k]) < np.inf else 1
    return wrong == 0 and abs(time[0]) < np.inf and abs(time[-1]) < np.inf


@exact
def ordered(time, voltage):
    """Count the first samples that are in order."""
    k = 0
    while k < len(time) and abs(time[k]) < np.inf and abs(voltage[k]) < np.inf:
        if k and not time[k] >= time[k - 1]:
            break
        k += 1
    return k


@exact
def stands(time) -> bool:
    """Tell whether any time is the one before."""
    count = 0
    for k in range(len(time) - 1):
        count += 1 if time[k + 1] == time[k] else 0
    return count > 0


@exact
def repeated(time, voltage, current):
    """Count samples told twice in a row."""
    count = 0
    for k in range(len(time) - 1):
        same = (time[k + 1] == time[k]) & (voltage[k + 1] == voltage[k])
        count += same & (current[k + 1] == current[k])
    return count


@exact
def count_lone(current):
    """Count what `mend` would replace where nothing is known of what was imposed."""
    found = 0
    n = max(len(current) - 4, 0)
    a, b, x = current[:n], current[1 : n + 1], current[2 : n + 2]
    c, d = current[3 : n + 3], current[4 : n + 4]
    for k in range(n):
        level = (float(a[k]) + float(b[k]) + float(c[k]) + float(d[k])) / 4.0
        limit = 0.1 * abs(level)
        agree = (abs(a[k] - level) < limit) & (abs(b[k] - level) < limit)
        agree &= (abs(c[k] - level) < limit) & (abs(d[k] - level) < limit)
        found += agree & (abs(x[k] - level) > 0.5 * abs(level))
    return found


@exact
def mend(current, known, imposed):
    """Replace lone wrong samples of a measured current whose two neighbours on each side agree.

    ``imposed`` is changed; ``known`` may be empty, where nothing is known of what was imposed.
    """
    for k in range(2, len(current) - 2):
        a, b = float(current[k - 2]), float(current[k - 1])
        c, d = float(current[k + 1]), float(current[k + 2])
        level = (a + b + c + d) / 4.0
        spread = max(abs(a - level), abs(b - level), abs(c - level), abs(d - level))
        lone = spread < 0.1 * abs(level) and abs(current[k] - level) > 0.5 * abs(level)
        if lone and not (len(known) and known[k] > 0.0):
            imposed[k] = level


@exact
def moving(free, cuts, gone):
    """Keep the half-cycles among the segments; return how many.

    A hold at constant voltage passes charge but is no half-cycle; ``free`` may be empty, where
    there was none.
    """
    kept = 0
    for m in range(len(cuts)):
        start, stop, sign = cuts[m, 0], cuts[m, 1], cuts[m, 2]
        moves = sign != 0 and len(free) == 0
        if sign != 0:
            for k in range(max(start - gone, 0), min(stop - gone, len(free))):
                if free[k] > 0.0:
                    moves = True
                    break
        if moves:
            cuts[kept, 0], cuts[kept, 1], cuts[kept, 2] = start, stop, sign
            kept += 1
    return kept
