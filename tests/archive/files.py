"""Small files of made-up cells."""

from pathlib import Path

import numpy as np
import pandas as pd


def write_cell(
    path: Path, *, cycles: int = 4, started: float | None = None, ohm: float = 500.0
) -> Path:
    """Write a symmetric cell of 1 h half-cycles as BDF CSV; returns the path."""
    half = np.repeat(np.arange(2 * cycles), 30)
    time = np.arange(1, half.size + 1) * 120.0
    current = np.where(half % 2 == 0, 1e-4, -1e-4)
    table = pd.DataFrame(
        {
            "test_time_second": time,
            "voltage_volt": current * ohm + 1e-5 * np.sin(time),
            "current_ampere": current,
        }
    )
    if started is not None:
        table["unix_time_second"] = time + started
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False)
    return path
