"""The network itself: convolutions over half-cycles, and what is known of the cell beside them.

Only :mod:`softbreak.models.learned.network` imports this module, and nothing else imports torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import nn
from torch.nn import functional

BLOCK: Final = 64
"""Rows that are judged at once: always so many, so that no row's bits depend on the others."""
_LEAST, _MIDDLE, _MOST = 0.05, 0.5, 0.95


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a network is.

    Attributes
    ----------
    channels : int
        Curves beside each other.
    points : int
        Of a curve.
    scalars : int
    hidden : int
    """

    channels: int
    points: int
    scalars: int
    hidden: int = 64


class CycleNet(nn.Module):
    """Curves and scalars of a cycle → logits of three states, and three quantiles of η_e.

    Parameters
    ----------
    shape : Shape
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.curves = nn.Sequential(
            nn.Conv1d(2 * shape.channels, 16, 5, 2, 2),
            nn.ReLU(),
            nn.Conv1d(16, 24, 5, 2, 2),
            nn.ReLU(),
            nn.Conv1d(24, 32, 3, 2, 1),
            nn.ReLU(),
        )
        self.mixed = nn.Sequential(
            nn.Linear(64 + 2 * shape.scalars, shape.hidden),
            nn.ReLU(),
            nn.Dropout(0.15),
            nn.Linear(shape.hidden, shape.hidden),
            nn.ReLU(),
            nn.Linear(shape.hidden, 6),
        )

    def forward(
        self, curves: torch.Tensor, scalars: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return logits (n, 3) and quantiles of η_e (n, 3), rising.

        Parameters
        ----------
        curves : Tensor, shape (n, channels, points)
            ln of V/I over the cell's base; 0 where unknown.
        scalars : Tensor, shape (n, 2 · scalars)
            Standardised features, and beside them which are unknown.
        """
        form = curves - curves.mean(dim=2, keepdim=True)
        seen = self.curves(torch.cat([curves, 5.0 * form], dim=1))
        pooled = torch.cat([seen.mean(dim=2), seen.amax(dim=2)], dim=1)
        out = self.mixed(torch.cat([pooled, scalars], dim=1))
        middle = torch.sigmoid(out[:, 3])
        lower = middle * torch.sigmoid(out[:, 4])
        upper = middle + (1.0 - middle) * torch.sigmoid(out[:, 5])
        return out[:, :3], torch.stack([lower, middle, upper], dim=1)


def learn(
    net: CycleNet,
    inputs: tuple[np.ndarray, np.ndarray],
    truth: tuple[np.ndarray, np.ndarray, np.ndarray],
    *,
    epochs: int,
    seed: int,
) -> None:
    """Teach a network: cross entropy of the states, pinball loss of the fraction.

    Parameters
    ----------
    net : CycleNet
    inputs : tuple of ndarray
        Curves and scalars, as :meth:`CycleNet.forward` takes them.
    truth : tuple of ndarray, shape (n,)
        Labels (int), true η_e (NaN: not known), weights.
    epochs : int
    seed : int
        Equal seeds give equal networks on one kind of machine.
    """
    labels, fractions, weights = truth
    torch.manual_seed(seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    for layer in net.modules():
        if isinstance(layer, nn.Conv1d | nn.Linear):
            layer.reset_parameters()
    net.to(device).train()
    data = [torch.from_numpy(np.ascontiguousarray(part)).to(device) for part in inputs]
    target = torch.from_numpy(labels.astype(np.int64)).to(device)
    known = np.isfinite(fractions)
    beside = [np.nan_to_num(fractions), known * weights, weights]
    eta, eta_weight, weight = (torch.from_numpy(b.astype(np.float32)).to(device) for b in beside)
    size = min(1024, max(len(labels) // 20, 1))
    batches = -(-len(labels) // size)
    optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=1e-2)
    pace = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=epochs * batches)
    for _ in range(epochs):
        for rows in torch.randperm(len(labels), device="cpu").to(device).split(size):
            logits, quantiles = net(data[0][rows], data[1][rows])
            wrong = functional.cross_entropy(logits, target[rows], reduction="none")
            off = _pinball(quantiles, eta[rows])
            loss = (wrong * weight[rows] + 3.0 * off * eta_weight[rows]).sum() / weight[rows].sum()
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            pace.step()
    net.to("cpu").eval()


def _pinball(quantiles: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    levels = quantiles.new_tensor([_LEAST, _MIDDLE, _MOST])
    off = truth[:, None] - quantiles
    return torch.maximum(levels * off, (levels - 1.0) * off).sum(dim=1)


@torch.inference_mode()
def judge(net: CycleNet, curves: np.ndarray, scalars: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities (n, 3) and quantiles of η_e (n, 3), in blocks of a fixed size.

    Parameters
    ----------
    net : CycleNet
    curves : ndarray of float32, shape (n, channels, points)
    scalars : ndarray of float32, shape (n, 2 · scalars)
    """
    count = len(curves)
    chances, quantiles = np.empty((count, 3)), np.empty((count, 3))
    for start in range(0, count, BLOCK):
        stop = min(start + BLOCK, count)
        block = [np.zeros((BLOCK, *part.shape[1:]), np.float32) for part in (curves, scalars)]
        for room, part in zip(block, (curves, scalars), strict=True):
            room[: stop - start] = part[start:stop]
        logits, found = net(*(torch.from_numpy(room) for room in block))
        chances[start:stop] = torch.softmax(logits, dim=1)[: stop - start].numpy()
        quantiles[start:stop] = found[: stop - start].numpy()
    return chances, quantiles


def arrays_of(net: CycleNet) -> dict[str, np.ndarray]:
    """Return a network's weights as arrays."""
    return {name: value.detach().numpy() for name, value in net.state_dict().items()}


def from_arrays(shape: Shape, arrays: Mapping[str, np.ndarray]) -> CycleNet:
    """Return the network that :func:`arrays_of` took apart.

    Parameters
    ----------
    shape : Shape
    arrays : mapping
    """
    net = CycleNet(shape)
    net.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in arrays.items()})
    return net.eval()
