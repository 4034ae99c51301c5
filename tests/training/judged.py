"""Tables of verdicts that are written by hand, or drawn at random."""

from __future__ import annotations

import numpy as np
import pandas as pd

STATES = ("healthy", "soft", "hard")


def one_hot(state):
    return [float(state == name) for name in STATES] if state in STATES else [0.4, 0.4, 0.2]


def written(cells, eta=None):
    """Return a judged table from {cell: [(true, said), ...]}."""
    typical = {"healthy": 0.0, "soft": 0.5, "hard": 0.99} if eta is None else eta
    rows = []
    for cell, pairs in cells.items():
        for k, (true, said) in enumerate(pairs):
            p = one_hot(said)
            rows.append(
                {
                    "cell_id": cell,
                    "cycle_index": k,
                    "start_time_second": 7200.0 * k,
                    "end_time_second": 7200.0 * (k + 1),
                    "state": said,
                    "state_true": true,
                    "eta": typical[true],
                    "p_healthy": p[0],
                    "p_soft": p[1],
                    "p_hard": p[2],
                    "electronic_fraction": typical.get(said, np.nan),
                    "electronic_fraction_lower": 0.0,
                    "electronic_fraction_upper": 0.6,
                    "transient_short": False,
                    "family": "prelude",
                }
            )
    return pd.DataFrame(rows)


def random_judged(cells=30, cycles=20, seed=0, skill=0.7):
    """Return verdicts that are right in a share of the cycles."""
    rng = np.random.default_rng(seed)
    n = cells * cycles
    true = rng.choice(3, n, p=(0.6, 0.3, 0.1))
    said = np.where(rng.random(n) < skill, true, rng.integers(0, 3, n))
    p = rng.dirichlet(np.ones(3), n) + 1.5 * np.eye(3)[said]
    p /= p.sum(axis=1, keepdims=True)
    state = np.array(STATES, object)[said]
    state[p.max(axis=1) < 0.7] = "undetermined"
    eta = np.choose(true, [0.04 * rng.random(n), rng.uniform(0.05, 0.95, n), 0.97 * np.ones(n)])
    family = np.array(["healthy", "filament", "mixed"], object)[rng.integers(0, 3, cells)]
    return pd.DataFrame(
        {
            "cell_id": np.repeat([f"c{k:03d}" for k in range(cells)], cycles),
            "cycle_index": np.tile(np.arange(cycles), cells),
            "start_time_second": np.tile(3600.0 * np.arange(cycles), cells),
            "end_time_second": np.tile(3600.0 * np.arange(1, cycles + 1), cells),
            "state": state.astype(str),
            "state_true": np.array(STATES, object)[true].astype(str),
            "eta": eta,
            "p_healthy": p[:, 0],
            "p_soft": p[:, 1],
            "p_hard": p[:, 2],
            "electronic_fraction": np.clip(eta + rng.normal(0, 0.1, n), 0, 1),
            "electronic_fraction_lower": np.clip(eta - 0.1, 0, 1),
            "electronic_fraction_upper": np.clip(eta + rng.normal(0.1, 0.1, n), 0, 1),
            "transient_short": rng.random(n) < 0.05,
            "family": np.repeat(family, cycles),
            "chemistry": np.repeat(rng.choice(["garnet", "sulfide"], cells), cycles),
            "laws": "a",
            "voids": np.repeat(rng.random(cells) < 0.4, cycles),
            "growth": np.repeat(rng.random(cells) < 0.4, cycles),
        }
    )
