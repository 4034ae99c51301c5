"""Half-cycles of made-up cells, as curves."""

import numpy as np

from softbreak.features.generic.curves import Curves, curves_from, joined


def curve(voltage: np.ndarray, cycle: int = 0, duration: float = 3600.0) -> Curves:
    """One half-cycle, sampled evenly; its first two samples are those that are skipped."""
    padded = np.concatenate((voltage[:1], voltage[:1], voltage))
    count = len(padded)
    time = np.linspace(0.0, duration, count)
    return curves_from(time, padded, np.array([0]), np.array([count]), np.array([cycle]))


def population(cells: int, each: int, seed: int = 5) -> tuple[Curves, np.ndarray, np.ndarray]:
    """Half-cycles of unequal length: healthy ones rise a little, soft ones fall late.

    Returns
    -------
    curves, states, cells
        Every cell has half-cycles of both states.
    """
    draw = np.random.default_rng(seed)
    parts, states, owners = [], [], []
    for cell in range(cells):
        for k in range(each):
            time = np.linspace(0.0, 1.0, int(draw.integers(20, 90)))
            soft = k % 2 == 1
            slope = -0.2 * (time > 0.7) if soft else 0.02 * time
            noise = 0.01 * draw.normal(size=len(time))
            parts.append(curve(0.03 * (1.0 + slope + noise), cycle=k // 2))
            states.append("soft" if soft else "healthy")
            owners.append(f"cell {cell}")
    return joined(parts), np.array(states), np.array(owners)
