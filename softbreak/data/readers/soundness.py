"""What every spectrum has to be, whoever wrote it: points that can be measured, and a true sign.

A column ``Z''`` that lost the minus of ``-Z''`` holds the mirror image of a spectrum. No arc of it
obeys the Kramers–Kronig relations, and its own mirror image does: that tells, not the sign itself,
for a wire with its leads lies above the real axis by right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np

from softbreak.data.readers.impedance.sweeps import LEAST_HERTZ, MOST_HERTZ, is_physical
from softbreak.data.record import Record, Technique
from softbreak.errors import ReadError

MOST_OHM: Final = 1e18
MOST_LEFT_OUT: Final = 0.5
"""A spectrum that loses more of its points is damaged."""
CAPACITIVE: Final = -0.5
"""Mean of Im Z over that of |Im Z|: below it the sign is what it ought to be."""
ABOVE: Final = 0.9
"""Share of the points above the real axis from which the sign is remarked on."""
CLEARLY: Final = 2.5
"""How many times worse the sign as it stands has to be."""
FAILS: Final = 0.005
"""A residual (share of |Z|) below this is no reason to doubt a sign."""
_FAR: Final = 30.0


def sound(record: Record) -> Record:
    """Return a spectrum without what nobody measures, and with the sign that it must have.

    What was done is said in ``Source.stated["left_out"]`` and ``["imaginary_sign"]``. Records of
    other techniques are returned as they are.

    Parameters
    ----------
    record : Record

    Raises
    ------
    ReadError
        If too few points are left.
    """
    if record.technique is not Technique.IMPEDANCE:
        return record
    return _with_true_sign(_measurable(record))


def _measurable(record: Record) -> Record:
    frequency = record.array("frequency_hertz")
    with np.errstate(over="ignore", invalid="ignore"):
        imaginary = 1j * record.array("imaginary_impedance_ohm")
        impedance = record.array("real_impedance_ohm") + imaginary
        bounded = np.isfinite(impedance) & (np.abs(impedance) <= MOST_OHM)
    good = is_physical(frequency) & bounded
    if good.all() and len(good):
        return record
    told = _unphysical(frequency, impedance, good)
    if np.count_nonzero(good) < (1.0 - MOST_LEFT_OUT) * len(good):
        raise ReadError(
            record.source.path,
            found=told or "a spectrum without a point",
            expected=f"frequencies from {LEAST_HERTZ:g} to {MOST_HERTZ:g} Hz with an impedance",
            remedy="Export the spectrum again; check which column is the frequency.",
        )
    table = record.table[good].reset_index(drop=True)
    return replace(record, table=table, source=_stating(record, {"left_out": told}))


def _unphysical(frequency: np.ndarray, impedance: np.ndarray, good: np.ndarray) -> str:
    bad = np.flatnonzero(~good)
    if not len(bad):
        return ""
    first = int(bad[0])
    f, z = float(frequency[first]), complex(impedance[first])
    what = f"a frequency of {f:.6g} Hz"
    if LEAST_HERTZ <= f <= MOST_HERTZ:
        what = f"an impedance of {z.real:.6g} {z.imag:+.6g}j Ω at {f:.6g} Hz"
    return f"{len(bad)} of {len(good)} points, which nobody measures (point {first + 1}: {what})"


def _stating(record: Record, more: Mapping[str, Any]) -> Any:
    return replace(record.source, stated={**record.source.stated, **more})


def _with_true_sign(record: Record) -> Record:
    imaginary = record.array("imaginary_impedance_ohm")
    size = float(np.abs(imaginary).sum())
    if size == 0.0 or float(imaginary.sum()) < CAPACITIVE * size:
        return record
    impedance = record.array("real_impedance_ohm") + 1j * imaginary
    frequency = record.array("frequency_hertz")
    known = impedance != 0.0  # a placeholder of some instruments
    above = f"Im Z is positive at {np.count_nonzero(imaginary > 0.0)} of {len(imaginary)} points"
    turned, why = _mirrored(frequency[known], impedance[known])
    if turned:
        told = f"{above}; {why}: read with the other sign, as if the column were named −Z″"
        table = record.table.assign(imaginary_impedance_ohm=-imaginary)
        return replace(record, table=table, source=_stating(record, {"imaginary_sign": told}))
    if why and np.mean(imaginary > 0.0) >= ABOVE:
        told = f"{above} and {why}: check whether the column is −Z″"
        return replace(record, source=_stating(record, {"imaginary_sign": told}))
    return record


def _mirrored(frequency: np.ndarray, impedance: np.ndarray) -> tuple[bool, str]:
    """Say whether a spectrum is a mirror image, and by what; no words where its sign is right."""
    from softbreak.physics.relaxation import KRAMERS_KRONIG_LIMIT, kramers_kronig, relaxations

    if len(frequency) < 2:
        return False, ""
    as_it_is, other = (kramers_kronig(frequency, z) for z in (impedance, impedance.conj()))
    test = "the Kramers–Kronig test"
    here, there = as_it_is.noise, other.noise
    if as_it_is.untested or max(here, there) <= KRAMERS_KRONIG_LIMIT:
        # Too few points for the test, or a lone resistor, coil or capacitor, which either sign
        # of it fits: only the sum of relaxations of one sign tells a capacitor from a coil.
        test = "a sum of relaxations"
        here, there = (
            relaxations(frequency, z, beyond=_FAR).misfit for z in (impedance, impedance.conj())
        )
    numbers = f"{100 * there:.2g} % of |Z| from {test}, as it stands {100 * here:.2g} %"
    if there <= KRAMERS_KRONIG_LIMIT and here > max(CLEARLY * there, FAILS):
        return True, f"with the other sign the spectrum is {numbers}"
    if min(here, there) > KRAMERS_KRONIG_LIMIT:
        return False, f"neither sign is right (with the other one {numbers})"
    return False, ""
