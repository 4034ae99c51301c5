"""Attainable energy density: one design in numbers, and Figure 4 of the paper."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from softbreak.analysis.reading import Reading, Table
from softbreak.errors import ReadError
from softbreak.metals import METALS, moved_um
from softbreak.physics.energy import (
    ELECTROLYTE_DENSITIES,
    EnergyDensity,
    Porosity,
    PouchCard,
    card_from_toml,
    energy_density,
    thickest_separator,
)
from softbreak.report.drawing import BLUE, INK, ORANGE, Curve, Figure, Mark, Panel, Rule
from softbreak.report.number_words import number

MOST_BYTES = 1 << 16
CAVEATS = (
    "The paper prints no parameters; the card here reproduces its numbers (NMC811 at 3.8 V, N/P 2, "
    "pouch of 10 × 5 cm²). Other cathodes and packages: --parameters card.toml.",
    "Porosity by the paper's convention: thickness stays, capacity shrinks. At fixed capacity the "
    "energy per gram rises with pores; only the energy per litre falls in both.",
    "Energy is concave in capacity: “300 at 3” and “400 at 4 mAh cm⁻²” are bounds, not both "
    "equalities (358 and 399 Wh kg⁻¹ here). “Below 200 at 1 mAh cm⁻² whatever the electrolyte” "
    "holds for inorganic ones; a polymer gives 225.",
)

OTHER_ANODE = (
    "Only the anode is another metal here: the card's voltage and cathode are still those of "
    "lithium and NMC811. State voltage_volt, specific_capacity_mah_per_g and densities of the "
    "cathode that goes with it (--parameters)."
)


def read_card(path: Path) -> PouchCard:
    """Read a card of parameters from a TOML file.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    PouchCard

    Raises
    ------
    ReadError
        If it cannot be read or used.
    """
    try:
        with path.open("rb") as file:
            # what is cut off is no valid card any more, and says so
            return card_from_toml(file.read(MOST_BYTES).decode("utf-8"))
    except (ValueError, OSError) as error:
        raise ReadError(
            path,
            found=str(error),
            expected="a card of parameters in TOML",
            remedy="Names and units: softbreak energy --json prints the card in use.",
        ) from error


def read_energy(
    capacity: float,
    card: PouchCard,
    *,
    porosity: float = 0.0,
    convention: Porosity = Porosity.FIXED_THICKNESS,
) -> Reading:
    """Say what one design attains, with the sensitivities of Figure 4.

    Parameters
    ----------
    capacity : float
        mAh cm⁻² of the dense cell.
    card : PouchCard
    porosity : float
        0 to 1.
    convention : Porosity

    Returns
    -------
    Reading
    """
    found = energy_density(capacity, porosity=porosity, convention=convention, card=card)
    room = thickest_separator(capacity, 300.0, card)
    verdict = f"{number(found.gravimetric)} Wh kg⁻¹ and {number(found.volumetric)} Wh L⁻¹. " + (
        f"300 Wh kg⁻¹ is met with up to {number(room)} µm of electrolyte (dense)."
        if np.isfinite(room)
        else "300 Wh kg⁻¹ is out of reach at this capacity, however thin the electrolyte."
    )
    return Reading(
        f"Energy density of a pouch cell of {number(capacity)} mAh cm⁻²",
        (_design(capacity, porosity, convention, found, card), _targets(card)),
        verdict,
        CAVEATS if card.anode == "Li" else (*CAVEATS, OTHER_ANODE),
        {
            "areal_capacity_mah_per_cm2": float(found.areal_capacity),
            "porosity": porosity,
            "convention": str(convention),
            "gravimetric_wh_per_kg": float(found.gravimetric),
            "volumetric_wh_per_l": float(found.volumetric),
            "thickest_separator_for_300_wh_per_kg_um": room,
            "card": asdict(card),
        },
        figure_4(card, convention),
        "Joule 2022, doi 10.1016/j.joule.2022.05.020, Figure 4",
    )


def _design(
    capacity: float,
    porosity: float,
    convention: Porosity,
    found: EnergyDensity,
    card: PouchCard,
) -> Table:
    metal = METALS[card.anode]
    rows = (
        ("areal capacity, dense", f"{number(capacity)} mAh cm⁻²"),
        ("porosity", f"{100 * porosity:.0f} %, {convention.value.replace('-', ' ')}"),
        ("areal capacity left", f"{number(found.areal_capacity)} mAh cm⁻²"),
        (
            "electrolyte",
            f"{number(card.separator_um)} µm of {number(card.separator_density)} g/cm³",
        ),
        (
            "anode",
            f"{number(card.np_ratio * moved_um(capacity, metal))} µm {metal.name} "
            f"(N/P {card.np_ratio:g})",
        ),
        ("mass of one side", f"{number(found.mass_mg_per_cm2)} mg cm⁻²"),
        ("thickness of one side", f"{number(found.thickness_um)} µm"),
        ("energy per mass", f"{number(found.gravimetric)} Wh kg⁻¹"),
        ("energy per volume", f"{number(found.volumetric)} Wh L⁻¹"),
    )
    return Table("This design", ("quantity", "value"), rows)


def _targets(card: PouchCard) -> Table:
    rows = []
    for target in (200.0, 300.0, 400.0, 500.0):
        grid = np.linspace(0.05, 12.0, 2391)
        reached = grid[energy_density(grid, card=card).gravimetric >= target]
        least = float(reached[0]) if len(reached) else float("nan")
        rows.append((f"{target:.0f}", number(least)))
    return Table("What a target needs (dense)", ("Wh kg⁻¹", "least mAh cm⁻²"), tuple(rows))


def figure_4(card: PouchCard, convention: Porosity) -> tuple[Figure, Figure, Figure]:
    """Draw the six panels of Figure 4: capacity, electrolyte thickness, porosity.

    Panels C to F use 4 mAh cm⁻²: the paper's 900 Wh L⁻¹ at 30 µm are not possible at 3.

    Parameters
    ----------
    card : PouchCard
    convention : Porosity

    Returns
    -------
    tuple of Figure
        Three, to stand side by side; the upper panel is Wh kg⁻¹, the lower Wh L⁻¹.
    """
    capacity = np.linspace(0.1, 6.0, 119)
    thickness = np.geomspace(5.0, 1000.0, 120)
    pores = np.linspace(0.0, 0.5, 101)
    return (
        _pair(
            ("capacity", "A, B: areal capacity", "Areal capacity / mAh cm⁻²"),
            capacity,
            [
                (name, energy_density(capacity, card=replace(card, separator_density=density)))
                for name, density in ELECTROLYTE_DENSITIES.items()
                if name != "polymer"
            ],
            rules=((200.0, 300.0, 400.0), (800.0,)),
            marks=(1.0, 3.0, 4.0),
        ),
        _pair(
            ("thickness", "C, D: electrolyte thickness", "Electrolyte thickness / µm"),
            thickness,
            [
                (f"{c:g} mAh cm⁻²", energy_density(c, separator_um=thickness, card=card))
                for c in (3.0, 4.0)
            ],
            rules=((150.0, 300.0), (900.0,)),
            marks=(30.0, 500.0),
        ),
        _pair(
            ("porosity", "E, F: porosity, 4 mAh cm⁻²", "Porosity / %"),
            100 * pores,
            [
                (
                    kind.value.replace("-", " "),
                    energy_density(4.0, porosity=pores, convention=kind, card=card),
                )
                for kind in sorted(Porosity, key=lambda kind: kind is not convention)
            ],
            rules=((), ()),
            marks=(10.0,),
        ),
    )


def _pair(
    words: tuple[str, str, str],
    x: np.ndarray,
    found: list[tuple[str, EnergyDensity]],
    *,
    rules: tuple[tuple[float, ...], tuple[float, ...]],
    marks: tuple[float, ...],
) -> Figure:
    colours = (BLUE, ORANGE, INK)
    panels = tuple(
        Panel(
            label,
            tuple(
                Curve(x, getattr(energy, name), text if name == "gravimetric" else "", colour, 1.6)
                for (text, energy), colour in zip(found, colours, strict=False)
            ),
            tuple(Rule(value, f"{value:.0f}") for value in levels),
        )
        for label, name, levels in (
            ("Wh kg⁻¹", "gravimetric", rules[0]),
            ("Wh L⁻¹", "volumetric", rules[1]),
        )
    )
    return Figure(
        f"energy-{words[0]}",
        words[1],
        words[2],
        panels,
        marks=tuple(Mark(value, f"{value:g}") for value in marks),
        caption="Figure 4 of the paper, from a card that reproduces its numbers.",
        height=13.0,
    )
