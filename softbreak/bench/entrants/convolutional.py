"""A temporal convolutional network (PyTorch) over the cycles of a cell: causal, three states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.bench.entrants.entrant import Entrant, Lesson, PlainCell
from softbreak.bench.entrants.outliers import features
from softbreak.training.labels import class_numbers
from softbreak.verdict import State

EPOCHS: Final = 150
WIDTH: Final = 24
STATES: Final = (str(State.HEALTHY), str(State.SOFT), str(State.HARD))


def _inputs(cell: PlainCell) -> np.ndarray:
    return np.nan_to_num(features(cell)).astype(np.float32)


def _network(channels: int) -> Any:
    from torch import nn

    layers: list[Any] = []
    for k, dilation in enumerate((1, 2, 4, 8)):
        layers += [
            nn.ConstantPad1d((2 * dilation, 0), 0.0),  # on the left alone: it never looks ahead
            nn.Conv1d(channels if k == 0 else WIDTH, WIDTH, 3, dilation=dilation),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers, nn.Conv1d(WIDTH, len(STATES), 1))


def learn(lessons: Sequence[Lesson]) -> Any:
    """Fit by Adam for a stated number of epochs, all cells at once; no search."""
    import torch

    torch.manual_seed(0)
    cells = [(_inputs(one.cell), class_numbers(one.of_cycles()["state_true"])) for one in lessons]
    longest = max(len(x) for x, _ in cells)
    x = torch.zeros(len(cells), cells[0][0].shape[1], longest)
    y = torch.full((len(cells), longest), -1)
    for k, (given, wanted) in enumerate(cells):
        x[k, :, : len(given)] = torch.from_numpy(given.T.copy())
        y[k, : len(wanted)] = torch.from_numpy(wanted)
    counts = torch.stack([(y == k).sum() for k in range(3)]).float().clamp(min=1.0)
    loss = torch.nn.CrossEntropyLoss(ignore_index=-1, weight=(counts.sum() / counts).sqrt())
    net = _network(x.shape[1])
    adam = torch.optim.Adam(net.parameters(), lr=5e-3, weight_decay=1e-4)
    for _ in range(EPOCHS):
        adam.zero_grad()
        loss(net(x), y).backward()
        adam.step()
    return net.eval()


def judge(cell: PlainCell, net: Any) -> pd.DataFrame:
    """Return the likeliest state of each cycle, and what the network gives for a fault."""
    import torch

    with torch.no_grad():
        logits = net(torch.from_numpy(_inputs(cell).T.copy())[None])[0]
    p = torch.softmax(logits, dim=0).numpy().T.astype(np.float64)
    state = np.array(STATES)[p.argmax(axis=1)]
    fault = np.clip(1.0 - p[:, 0], 0.0, 1.0)
    return pd.DataFrame({"cycle": cell.cycles, "state": state, "probability": fault})


ENTRANT = Entrant(
    "tcn", "causal convolutions over cycles (PyTorch)", judge, learn=learn, needs=("torch",)
)
