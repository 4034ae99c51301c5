"""A small lesson that learned detectors can be taught in a second."""

import numpy as np
import pandas as pd

from softbreak.models.learned.contract_checks import Example
from softbreak.models.learned.model_inputs import COLUMNS


def lesson(count=900, seed=0):
    """Features in which a short shows as a drop, states, cells and true fractions."""
    rng = np.random.default_rng(seed)
    state = rng.choice(3, count, p=[0.6, 0.3, 0.1])
    eta = np.where(state == 0, 0.0, np.where(state == 1, rng.uniform(0.1, 0.9, count), 0.99))
    table = pd.DataFrame(rng.normal(0, 0.05, (count, len(COLUMNS))), columns=list(COLUMNS))
    table["x_over_maximum"] = np.log(1.0 - eta) + rng.normal(0, 0.05, count)
    table["rule_fault"] = np.clip(eta + rng.normal(0, 0.1, count), 0, 1)
    table["eis_low_change"] = np.where(rng.random(count) < 0.5, table["x_over_maximum"], np.nan)
    table["rule_growth"] = 0.0
    states = [("healthy", "soft", "hard")[k] for k in state]
    return table, states, [f"c{k // 30}" for k in range(count)], eta


def example(make):
    """Return the lesson with a way to make a detector."""
    return Example(make, *lesson())
