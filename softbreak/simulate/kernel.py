"""The loop of time, compiled: one cell after another, none knows of its neighbours."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba as nb
import numpy as np

from softbreak.compiled import strict
from softbreak.simulate import laws
from softbreak.simulate.cell import (
    FARADAY,
    GAS,
    STATE,
    active,
    begin,
    mean_slope,
    ohmic,
    settle,
    solve,
    warm,
)
from softbreak.simulate.impedance import spectrum
from softbreak.simulate.protocols import CONSTANT_CURRENT, FIRST_ROW, REST, SPECTRUM, SWEEP

LONGEST = 60.0
"""Longest step of the hidden state (s); shorter right after a switch."""
SOAKED = 16.0
"""Time constants after which a cell has the temperature around it."""
SOFT, HARD = 0.05, 0.95
Flow = tuple[float, float, float]
"""Ionic and electronic current density (A cm⁻²), voltage across the stack (V)."""
Shares = tuple[float, float]


@nb.njit
def _chamber(climate: Any, hours: float, setting: float) -> float:
    # a cell follows what is around it as its mass allows: no step of warmth is one of the cell's
    t = setting
    if climate.swing != 0.0:
        t += climate.swing * math.sin(2.0 * math.pi * hours / 24.0 + climate.phase)
    late = 3600.0 * (hours - climate.step_hour)
    if late > SOAKED * climate.lag:
        t += climate.step
    elif late > 0.0:
        t -= climate.step * math.expm1(-late / climate.lag)
    return t


@nb.njit
def _triangle(t: float, vertex: float, rate: float) -> float:
    """Voltage of the sweeps 0, +V, -V, 0 at time t."""
    phase = (t * rate / vertex) % 4.0
    if phase <= 1.0:
        return phase * vertex
    return (2.0 - phase) * vertex if phase <= 3.0 else (phase - 4.0) * vertex


@nb.njit
def _impose(cell: Any, state: Any, one: Any, t: float, x: float) -> tuple[float, float, float]:
    if one.kind in (CONSTANT_CURRENT, REST, SPECTRUM):
        return solve(cell, state, one.value if one.kind == CONSTANT_CURRENT else 0.0, -1.0, x)
    v = _triangle(t, one.value, one.rate) if one.kind == SWEEP else one.value
    return solve(cell, state, v, cell.lead * cell.area, x)


@nb.njit
def small_signal(cell: Any, state: Any) -> float:
    """Return the electronic share of a vanishing current at the present state."""
    b = 2.0 * GAS * (state.temperature + 273.15) / FARADAY
    r = ohmic(cell, state)
    for k in range(2):
        r += b * 0.5 / (state.exchange * active(cell, state, k))
    g = mean_slope(state) * r
    return g / (1.0 + g)


@nb.njit
def _share(j: float, je: float) -> float:
    if abs(j) < 1e-12:
        return math.nan
    return min(abs(je / j), 1.0)


@nb.njit
def _flow(cell: Any, state: Any, one: Any, t: float, x: float) -> tuple[Flow, Flow, Shares]:
    """Solve for what flows on average, what flows at this instant, and the electronic shares.

    What ages or relaxes takes seconds at least and a blink some hundredths of one, so that only
    the means over the blinks act on it. A cycler's row shows one instant. Without a path that
    blinks all of it is one. Flows are (x, je, V); the shares are those with the path open, closed.
    """
    x0, e0, v0 = _impose(cell, state, one, t, x)
    share = _share(x0 + e0, e0)
    if state.blink <= 0.0:
        return (x0, e0, v0), (x0, e0, v0), (share, share)
    steady, closed = state.g, state.duty
    state.g = steady + state.blink
    x1, e1, v1 = _impose(cell, state, one, t, x)
    state.g = steady
    mean = (x0 + closed * (x1 - x0), e0 + closed * (e1 - e0), v0 + closed * (v1 - v0))
    seen = (x1, e1, v1) if state.closed else (x0, e0, v0)
    return mean, seen, (share, _share(x1 + e1, e1))


@nb.njit
def _count(truth: Any, flow: tuple[float, float, float, float], last: float, dt: float) -> None:
    """Add dt seconds between two instants (x, je before; x, je after) to a step's charges."""
    x0, e0, x1, e1 = flow
    hours = dt / 3600.0
    truth.charge += 0.5e3 * hours * (abs(x0 + e0) + abs(x1 + e1))
    truth.charge_electronic += 0.5e3 * hours * (abs(e0) + abs(e1))
    truth.charge_ionic += 0.5e3 * hours * (x0 + x1)
    # a blink is no event of its own, there would be millions: what counts is the mean
    if last <= SOFT and _share(x0 + e0, e0) > SOFT:
        truth.events += 1


@nb.njit
def _count_shares(truth: Any, shares: tuple[Shares, Shares], duty: float, dt: float) -> None:
    """Add dt seconds to how long which share of the current was electronic, and the extremes."""
    before, after = shares
    for k in range(2):
        if math.isnan(before[k]):
            return
        truth.eta_max = max(truth.eta_max, before[k], after[k])
        truth.eta_min = min(truth.eta_min, before[k], after[k])
        part = dt * (duty if k else 1.0 - duty)
        truth.seconds_soft += part if before[k] > SOFT else 0.0
        truth.seconds_hard += part if before[k] > HARD else 0.0


@nb.njit
def _write(row: Any, place: tuple[int, float], seen: tuple[float, float, float, float]) -> None:
    row.step, row.time = place
    row.voltage, row.current, row.eta, row.temperature = seen
    row.keep = 1


@nb.njit
def _run_step(
    world: tuple[Any, Any, Any, Any],
    one: Any,
    truth: Any,
    rows: np.ndarray,
    place: tuple[int, int, float, float],
    keys: tuple[int, int],
) -> tuple[int, float, float]:
    """Run one step.

    ``world`` is (cell, state, law, climate); ``place`` is (row, step index, time, ionic current
    before). Returns (next row, time, ionic current).
    """
    cell, state, law, climate = world
    n, index, clock, x = place
    t, due, shown, share, last = 0.0, FIRST_ROW, 1e30, 0.0, 0.0
    rc = cell.lead * cell.area
    quiet = one.kind == SPECTRUM
    pace = one.interval * 0.5 if one.kind == SWEEP else LONGEST
    before = math.nan
    e_before, dt = 0.0, 0.0
    shares_before, duty = (math.nan, math.nan), 0.0
    while True:
        warm(cell, state, _chamber(climate, clock / 3600.0, one.temperature))
        laws.conduct(cell, state, law)
        (x, je, v), seen, shares = _flow(cell, state, one, t, x)
        j = seen[0] + seen[1]
        terminal = seen[2] + rc * j
        if not math.isnan(before):
            _count(truth, (before, e_before, x, je), last, dt)
            _count_shares(truth, (shares_before, shares), duty, dt)
            last = last if math.isnan(share) else share
        share = _share(x + je, je)
        over = one.kind == CONSTANT_CURRENT and (
            (one.limit > 0.0 and abs(terminal) >= one.limit) or terminal <= one.lower
        )
        end = t >= one.duration - 1e-6 or (over and t >= FIRST_ROW)
        jumped = abs(terminal - shown) >= one.trigger and t >= FIRST_ROW
        if not quiet and (end or t >= due - 1e-6 or jumped):
            shown_share = shares[state.closed] if state.blink > 0.0 else share
            _write(rows[n], (index, clock), (terminal, j, shown_share, state.temperature))
            n += 1
            shown = terminal
            due = max(due, one.interval * (math.floor((t + 1e-6) / one.interval) + 1.0))
            if one.trigger < 1e8:
                due = t + one.interval
        if end:
            truth.limited = 1 if over else 0
            break
        dt = min(1.0 + 0.5 * t, pace, one.duration - t)
        if one.trigger < 1e8:
            dt = max(dt, min(10.0, one.duration - t)) if t >= FIRST_ROW else dt
        if not quiet:
            dt = min(dt, max(due - t, 1e-3))
        before, e_before, shares_before = x, je, shares
        duty = state.duty if state.blink > 0.0 else 0.0
        if one.kind == SWEEP:
            (x, je, v), seen, _ = _flow(cell, state, one, t + 0.5 * dt, x)
        settle(cell, state, x, dt)
        laws.advance(cell, state, law, (x, v, dt), keys)
        t += dt
        clock += dt
    return n, clock, x


def _sources() -> str:
    """Return a digest of everything that is compiled into the loop.

    Numba's cache looks at one file only. With the digest in the key an edited law is never
    served from a stale cache; for the same reason no inner kernel has a cache of its own.
    """
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _build(sources: str) -> Callable[..., None]:
    @strict
    def run_cells(
        worlds: tuple[np.ndarray, np.ndarray, np.ndarray],
        steps: np.ndarray,
        offsets: tuple[np.ndarray, np.ndarray, np.ndarray],
        out: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
        frequency: np.ndarray,
        keys: tuple[int, np.ndarray],
    ) -> None:
        """Run every cell through its program.

        ``worlds`` are (cells, hidden states, climates); ``offsets`` are those of steps, rows and
        spectra; ``out`` is (rows, row counts, done, spectra); ``keys`` is (seed, identities).
        """
        step_offset, row_offset, spectrum_offset = offsets
        cells, law, climate = worlds
        if sources == "":  # names the digest, so that it is part of the cache's key
            return
        rows, counts, done, spectra = out
        states = np.zeros(1, STATE)
        state = states[0]
        for i in range(cells.size):
            cell = cells[i]
            begin(cell, state)
            laws.install(cell, state, law[i])
            world = (cell, state, law[i], climate[i])
            key = (keys[0], keys[1][i])
            n, s = row_offset[i], spectrum_offset[i]
            clock, x = 0.0, 0.0
            for index in range(step_offset[i], step_offset[i + 1]):
                one, truth = steps[index], done[index]
                truth.start, truth.first, truth.eta_min = clock, n, 2.0
                truth.end = clock
                if one.duration <= 0.0:
                    continue
                place = (n, index - step_offset[i], clock, x)
                n, clock, x = _run_step(world, one, truth, rows, place, key)
                if one.kind == SPECTRUM:
                    spectrum(cell, state, frequency, spectra[s])
                    s += 1
                truth.end, truth.rows = clock, n - truth.first
                truth.eta_small = small_signal(cell, state)
            counts[i] = n - row_offset[i]

    return run_cells


run_cells = _build(_sources())
"""See the function inside: it is compiled once for each law set and kept on disk."""
