"""The pair inferences, scored on simulated cells whose electronic fraction is known.

Run: ``python benchmarks/judge_pair.py --laws a --cells 400 --seed 77`` (development) or
``--laws b`` (the judging set: once, when everything else is fixed).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from softbreak.physics.circuit_pair import circuit_pair, pooled_pair
from softbreak.physics.pair import PairResult, pair_electronic_fraction
from softbreak.simulate.population import Block, Recipe, blocks
from softbreak.simulate.protocols import SPECTRUM

CLASSES = {"lgps": "sulfide", "sodium": "garnet"}
HEALTHY, SHORT = 0.02, 0.05


@dataclass(frozen=True)
class Pair:
    """Two measured spectra (Ω) of one cell, and what is true of the second."""

    reference: np.ndarray
    present: np.ndarray
    eta: float
    delta_kelvin: float | None
    chemistry: str


def pairs_of(block: Block, rng: np.random.Generator, each: int = 2) -> list[Pair]:
    """Draw ``each`` later spectra of every cell, against its first."""
    run, found, first = block.run, [], 0
    for i in range(block.cells.size):
        low, high = run.step_offset[i], run.step_offset[i + 1]
        places = np.flatnonzero(run.steps["kind"][low:high] == SPECTRUM) + low
        before = run.done[places - 1]  # the sweep before each spectrum has a thermometer's rows
        celsius = run.rows["temperature"][before["first"] + before["rows"] - 1]
        spectra = run.spectra[first : first + len(places)]
        first += len(places)
        name = str(block.plan.chemistry[i])
        for k in rng.choice(np.arange(1, len(places)), each, replace=False):
            found.append(
                Pair(
                    spectra[0],
                    spectra[k],
                    float(run.done["eta_small"][places[k]]),
                    float(celsius[k] - celsius[0]) if block.plan.logged[i] else None,
                    CLASSES.get(name, name),
                )
            )
    return found


def score(name: str, pairs: list[Pair], results: list[PairResult]) -> None:
    """Print coverage of the gate, error, coverage of the interval, and wrong calls."""
    eta = np.array([pair.eta for pair in pairs])
    mean, lower, upper, chance = (
        np.array([getattr(result, key) for result in results])
        for key in ("mean", "lower", "upper", "p_soft_or_hard")
    )
    answered = np.array([not result.abstained for result in results])
    held = (lower <= eta) & (eta <= upper)
    called = (chance > 0.95) & (lower > SHORT)
    print(name)
    for what, chosen in (
        ("all", np.ones(len(eta), bool)),
        ("healthy, true fraction < 0.02", eta < HEALTHY),
        ("short, true fraction >= 0.05", eta >= SHORT),
        ("garnet", np.array([pair.chemistry == "garnet" for pair in pairs])),
        ("polymer", np.array([pair.chemistry == "polymer" for pair in pairs])),
        ("temperature not logged", np.array([pair.delta_kelvin is None for pair in pairs])),
    ):
        some = chosen & answered
        print(
            f"  {what:30s} n {chosen.sum():4d}  gate open {some.sum() / chosen.sum():.3f}  "
            f"MAE {np.abs(mean - eta)[some].mean():.3f}  interval holds {held[some].mean():.3f}  "
            f"width {(upper - lower)[some].mean():.3f}  called short {called[some].mean():.4f}  "
            f"called healthy {(upper[some] < 0.10).mean():.3f}"
        )
    grave = answered & (eta > 0.10)
    print(f"  called healthy though the fraction exceeds 0.10: {(upper[grave] < 0.10).mean():.4f}")


def main() -> None:
    """Score the three inferences."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--laws", choices=("a", "b"), default="a")
    parser.add_argument("--cells", type=int, default=400)
    parser.add_argument("--seed", type=int, default=77)
    given = parser.parse_args()
    purpose = "judge" if given.laws == "b" else "train"
    recipe = Recipe(given.cells, seed=given.seed, laws=given.laws, purpose=purpose, cycles=40)
    rng = np.random.default_rng(given.seed)
    frequency, pairs = np.empty(0), []
    for block in blocks(recipe):
        frequency = block.run.frequency
        pairs += pairs_of(block, rng)
    ways: dict[str, Callable[[Pair], PairResult]] = {
        "relaxations": partial(_infer, pair_electronic_fraction, frequency, False),
        "circuit of the chemistry": partial(_infer, circuit_pair, frequency, True),
        "both pooled": partial(_infer, pooled_pair, frequency, True),
        "both pooled, chemistry unknown": partial(_infer, pooled_pair, frequency, False),
    }
    print(f"law set {given.laws}, {given.cells} cells, seed {given.seed}, {len(pairs)} pairs")
    for name, infer in ways.items():
        score(name, pairs, [infer(pair) for pair in pairs])


def _infer(
    method: Callable[..., PairResult], frequency: np.ndarray, told: bool, pair: Pair
) -> PairResult:
    return method(
        (frequency, pair.reference),
        (frequency, pair.present),
        delta_temperature_kelvin=pair.delta_kelvin,
        temperature_sd_kelvin=0.5,
        **({"chemistry": pair.chemistry} if told else {}),
    )


if __name__ == "__main__":
    main()
