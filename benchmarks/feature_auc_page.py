"""The page that ``feature_auc.py`` writes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from softbreak.features.catalog import CATALOGUE
from softbreak.simulate.population import Recipe

GOOD = 0.7
"""Features that tell soft from healthy at least so well are worth the question whether they lie."""
KNOWN = 0.2
"""Features that fewer of the soft half-cycles have are no candidates."""
REVERSED = 0.5
"""Below this a feature points the wrong way."""
UNEXPECTED = 0.45
"""Below this the catalogue's direction is not what came out."""
MIMICKED = 0.7
"""A confounder that alone moves healthy cells this far in a short's direction looks like one."""
SHOWN = 25

_HEAD = """# Which feature tells what: AUC on simulated cells

**No number on this page was measured on real cells.** {count} simulated cells (law set "a",
seed {seed}, {cycles} cycles each; {faulty:.0%} of them break down; CV, impedance and pair fits
every 5 cycles), {rows:,} half-cycles: {healthy:,} healthy and {soft:,} with a soft breakdown. The
simulator's laws are [this project's own](simulator.md); on other cells the numbers will be lower,
and the order may be another. Written by
`python benchmarks/feature_auc.py --cells {count} --seed {seed} --write docs/feature-auc.md`.

The AUC of a feature is the chance that, of a soft and a healthy half-cycle taken at random (from
any cells), the soft one stands further in the direction that the [catalogue](features.md) names:
1 is perfect, 0.5 says nothing, below 0.5 it points the wrong way. Where the catalogue leaves the
direction open, it is the one that came out. *Known*: share of the soft half-cycles that have the
feature at all.
"""

_READING = """- **Against its own past a cell tells most.** The best single number is the
  resistance against its own running maximum ({cycle_x_over_maximum.all}). What one half-cycle says
  without a past is weak ({directness.all} at best): chemistries, areas and currents differ by more
  than a short changes.
- **The first measurement is a bad reference, the running extreme a better one.** In the family
  `hidden`, where the ionic resistance grows as fast as electrons short it, CV and impedance against
  the first of their kind point the wrong way (ω with temperature corrected
  {cv_omega_temperature_corrected.hidden}, R_LF with temperature corrected
  {eis_ln_low_temperature_corrected.hidden}); against their running extreme they don't
  ({cv_omega_running_min.hidden}, {eis_ln_low_over_running_max.hidden}). Correcting for temperature
  does not help there: growth is the trouble.
- **Better contact fools every resistance**, however it is measured: healthy cells whose contact
  improves look like shorts to ω ({cv_omega_running_min.contact}), to R_LF
  ({eis_ln_low_over_running_max.contact}) and to ΔY ({eis_delta_admittance.contact}); V/I least
  ({cycle_x_over_maximum.contact}). The pair fit, which has contact among its causes, is the one
  that is nearly left alone ({eis_pair_fraction.contact}), and its AUC is as good as any
  ({eis_pair_fraction.all}). As a verdict it still needs its gates; and its circuits are of the kind
  that the simulator draws spectra from, so that it will do worse on measured ones.
- **The phase of ΔY lies by its name.** `eis_delta_imaginary` was meant to single out electrons; it
  mostly says that the admittance changed at all, by whatever: {eis_delta_imaginary.contact} for
  contact alone, {eis_delta_imaginary.swing} for a temperature swing alone. Beside a change of R_LF
  it may be read, alone never.
- **Scatter and telegraph statistics hear temperature swings** (`cycle_x_scatter_10`
  {cycle_x_scatter_10.swing}, `cycle_telegraph_gap` {cycle_telegraph_gap.swing}): where the
  temperature was logged too, if less, because no cell has exactly the activation energy that it is
  corrected by.
- **Slow features miss abrupt families and the other way round**: sums of drops see `telegraph`
  ({cycle_drop_ever.telegraph}) and miss `mixed` ({cycle_drop_ever.mixed}).
- **The paper's ω from one CV to the next** ({cv_peak_omega_previous.all}) sees the sweep in which
  it happens and forgets it in the next; against the first or the extreme it remembers.
- Rate features exist in few of these cells, leakage in none: the population has no ramps and no
  holds. Their columns are empty, which says nothing of them.
"""


class _Numbers:
    """AUCs of one feature, for the text."""

    def __init__(self, row: pd.Series) -> None:
        self._row = row

    def __getattr__(self, name: str) -> str:
        columns = {
            "all": "all",
            "contact": "only contact_improvement",
            "swing": "only temperature_swing",
        }
        return _number(self._row[columns.get(name, f"family {name}")])


def _reading(found: pd.DataFrame) -> str:
    """What a person made of it, with the numbers of this run."""
    return _READING.format(**{str(name): _Numbers(row) for name, row in found.iterrows()})


def page(found: pd.DataFrame, table: pd.DataFrame, recipe: Recipe) -> str:
    """Return the page in Markdown.

    Parameters
    ----------
    found : pandas.DataFrame
        One row a feature: ``all``, ``known``, ``family …``, ``with …``, ``despite …``, ``only …``.
    table : pandas.DataFrame
        The rows that were scored.
    recipe : Recipe
    """
    states = table["state"].value_counts()
    head = _HEAD.format(
        count=recipe.count,
        seed=recipe.seed,
        cycles=recipe.cycles,
        faulty=(table.groupby("cell_id")["family"].first() != "healthy").mean(),
        rows=int(states["healthy"] + states["soft"]),
        healthy=int(states["healthy"]),
        soft=int(states["soft"]),
    )
    return "".join(
        [
            head,
            "\n## What to make of it\n\n",
            _reading(found),
            _best(found),
            _reversed(found),
            _mimicked(found),
            _missed(found),
            _everything(found),
        ]
    )


def _columns(found: pd.DataFrame, kind: str) -> list[str]:
    return [name for name in found.columns if name.startswith(f"{kind} ")]


def _short(name: str) -> str:
    return name.split(" ", 1)[1].replace("_", " ")


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.2f}"


def _rows(found: pd.DataFrame, columns: list[str], names: list[str]) -> str:
    head = f"| feature | {' | '.join(names)} |\n|---|{'---|' * len(names)}\n"
    body = [
        f"| `{feature}` | {' | '.join(_number(row[name]) for name in columns)} |\n"
        for feature, row in found.iterrows()
    ]
    return head + "".join(body)


def _best(found: pd.DataFrame) -> str:
    families = _columns(found, "family")
    best = found[found["known"] >= KNOWN].sort_values("all", ascending=False).head(SHOWN)
    names = ["all", "known", *map(_short, families)]
    return (
        f"\n## The {SHOWN} best, by family of failure\n\n"
        + _rows(best, ["all", "known", *families], names)
        + "\nSoft half-cycles of one family against the healthy half-cycles of all cells.\n"
    )


def _chosen(found: pd.DataFrame, title: str, text: str, kind: str, picked: pd.Series) -> str:
    """One table of good features that are ``picked``, over the columns of a kind."""
    columns = _columns(found, kind)
    rows = found[(found["all"] >= GOOD) & (found["known"] >= KNOWN) & picked]
    head = f"\n## {title}\n\n{text}\n\n"
    if rows.empty:
        return f"{head}None.\n"
    rows = rows.sort_values("all", ascending=False)
    return head + _rows(rows, ["all", *columns], ["all", *map(_short, columns)])


def _reversed(found: pd.DataFrame) -> str:
    """Those that point the wrong way in a family, or in the cells that have a confounder."""
    return "".join(
        _chosen(
            found,
            title,
            f"An AUC of at least {GOOD} over all cells, and below {REVERSED} {where}.",
            kind,
            found[_columns(found, kind)].min(axis=1) < REVERSED,
        )
        for title, where, kind in (
            ("Those that lie in one family", "in at least one family of failure", "family"),
            (
                "Those that lie under a confounder",
                "among the cells, soft against healthy, that have a confounder",
                "with",
            ),
            (
                "Those that a confounder blinds",
                "for soft half-cycles of cells with the confounder against healthy ones of cells "
                "without any: it takes back what the short did",
                "despite",
            ),
        )
    )


def _mimicked(found: pd.DataFrame) -> str:
    """Those that a confounder moves in healthy cells as a short would."""
    return _chosen(
        found,
        "Those that a confounder fools",
        f"An AUC of at least {GOOD}, and at least {MIMICKED} for *healthy* half-cycles of cells "
        "with the confounder against healthy half-cycles of cells without any: it looks like a "
        "short.",
        "only",
        found[_columns(found, "only")].max(axis=1) >= MIMICKED,
    )


def _missed(found: pd.DataFrame) -> str:
    """Where the catalogue's direction did not come out."""
    expected = {feature.name for feature in CATALOGUE if feature.soft in ("up", "down")}
    wrong = found[(found["all"] < UNEXPECTED) & found.index.isin(expected)]
    text = "\n## Where the catalogue expects another direction than these cells show\n\n"
    if wrong.empty:
        return text + "Nowhere.\n"
    families = _columns(found, "family")
    return text + _rows(
        wrong.sort_values("all"), ["all", *families], ["all", *map(_short, families)]
    )


def _everything(found: pd.DataFrame) -> str:
    families = _columns(found, "family")
    known = found[found["all"].notna()]
    return "\n## All features\n\n" + _rows(
        known, ["all", "known", *families], ["all", "known", *map(_short, families)]
    )
