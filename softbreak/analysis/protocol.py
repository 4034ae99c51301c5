"""The standard protocol (Table 1) as a checklist of one cell, and Figure 1B for it."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict

from softbreak.analysis.reading import Reading, Table
from softbreak.data.history import CellHistory
from softbreak.features.cycles.timeline import build_timeline
from softbreak.features.evidence.test_conditions import facts_of
from softbreak.metals import METALS, Metal, foil_fraction, moved_um
from softbreak.physics.protocol import Check, Facts, Status, standard_protocol
from softbreak.report.number_words import number, percent

CAVEATS = (
    "“Not stated” means that neither the manifest nor a file says it; nothing is assumed.",
    "Meeting the protocol says how much a result is worth, not that the cell is healthy: "
    "softbreak diagnose says that.",
    "The paper prints two steps 5; the second (Coulombic efficiency) is step 6 here.",
)


def read_protocol(history: CellHistory) -> Reading:
    """Hold a cell's test against the standard protocol.

    Parameters
    ----------
    history : CellHistory

    Returns
    -------
    Reading
    """
    facts = facts_of(history, build_timeline(history))
    return protocol_reading(history.cell.cell_id, facts)


def protocol_reading(name: str, facts: Facts) -> Reading:
    """Hold facts against the standard protocol.

    Parameters
    ----------
    name : str
        Of the cell.
    facts : Facts

    Returns
    -------
    Reading
    """
    checks = standard_protocol(facts)
    counts = Counter(check.status for check in checks)
    tables = [_checklist(checks)]
    data: dict[str, object] = {
        "counts": {str(status): counts[status] for status in Status},
        "checks": [asdict(check) | {"status": str(check.status)} for check in checks],
        "facts": asdict(facts) | {"metal": facts.metal.symbol if facts.metal else None},
    }
    if facts.areal_capacity is not None and facts.metal is not None:
        tables.append(_moved(facts, facts.metal))
        data["moved_um"] = float(moved_um(facts.areal_capacity, facts.metal))
        if facts.lithium_thickness_um:
            data["foil_fraction"] = float(
                foil_fraction(facts.areal_capacity, facts.lithium_thickness_um, facts.metal)
            )
    return Reading(
        f"Standard protocol: {name}",
        tuple(tables),
        f"{counts[Status.MET]} of {len(checks)} met, {counts[Status.NOT_MET]} not met, "
        f"{counts[Status.NOT_STATED]} not stated.",
        (*_unknown(facts), *CAVEATS),
        data,
        source="Joule 2022, doi 10.1016/j.joule.2022.05.020, Table 1 and Figure 1B",
    )


def _unknown(facts: Facts) -> tuple[str, ...]:
    if facts.metal is not None:
        return ()
    return (
        "The constants of this electrode are not known (an alloy, or not a metal electrode): what "
        f"a half-cycle moves is not said. Known are {', '.join(METALS)}.",
    )


def _checklist(checks: tuple[Check, ...]) -> Table:
    rows = tuple(
        (check.name, check.wanted, _found(check), str(check.status), check.step) for check in checks
    )
    return Table("Checklist", ("what", "wanted", "found", "status", "asked for in"), rows)


def _found(check: Check) -> str:
    if check.status is Status.NOT_STATED:
        return "–"
    if check.wanted.startswith("taken"):
        return "yes" if check.found else "no"
    return f"{number(check.found)} {check.unit}".strip()


def _moved(facts: Facts, metal: Metal) -> Table:
    capacity = facts.areal_capacity or 0.0
    rows = [(f"{metal.name} moved a half-cycle", f"{number(moved_um(capacity, metal))} µm")]
    if facts.lithium_thickness_um:
        share = foil_fraction(capacity, facts.lithium_thickness_um, metal)
        rows.append(("fraction of the foil", percent(float(share))))
    title = f"{metal.name.capitalize()} actually moved (Figure 1B)"
    return Table(title, ("quantity", "value"), tuple(rows))
