"""Draw the two cells of the paper as they are simulated, in the manner of its Fig. 3.

    python examples/paper_cells.py [OUT.png]

C. Wang et al., Joule 2022, doi 10.1016/j.joule.2022.05.020.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

from softbreak.data.record import Record, Technique
from softbreak.simulate.paper import lgps, lpscl, lpscl_voltammetry
from softbreak.simulate.specimen import Outcome, perform

AREA = 0.7854
COLOUR = {"healthy": "#2f6f9f", "soft": "#d08a1d", "hard": "#b03a2e"}


def of(outcome: Outcome, technique: Technique) -> list[Record]:
    """Return a cell's records of one technique."""
    return [r for r in outcome.records if r.technique is technique]


def voltage(axes: plt.Axes, outcome: Outcome, scale: float, unit: str) -> None:
    """Draw voltage over hours of cycling, coloured by the true state of each cycle."""
    truth = outcome.truth
    begin = truth["start_time_second"].iloc[0]
    rows = outcome.run.rows
    cycle = outcome.run.steps["cycle"][rows["step"]]
    hours, volts = (rows["time"] - begin) / 3600.0, rows["voltage"] * scale
    state = np.array(["healthy"] * rows.size, dtype=object)
    state[cycle >= 0] = truth["state"].to_numpy()[cycle[cycle >= 0]]
    for name, colour in COLOUR.items():
        mine = (cycle >= 0) & (state == name)
        if mine.any():
            shown = np.where(mine, volts, np.nan)
            axes.plot(hours, shown, lw=0.5, color=colour, label=name)
    axes.axhline(0.0, lw=0.5, color="0.6", zorder=0)
    axes.set(xlabel="Time / h", ylabel=f"Voltage / {unit}")
    axes.set_xlim(0.0, hours[cycle >= 0].max())


def voltammogram(axes: plt.Axes, record: Record, vertex: float, colours: list[str]) -> None:
    """Draw voltammetric cycles, one colour each."""
    time = record.array("test_time_second")
    number = ((time - time[0]) // (4.0 * vertex / 0.2e-3)).astype(int)
    for k, colour in enumerate(colours):
        mine = number == k
        axes.plot(
            record.array("voltage_volt")[mine],
            record.array("current_ampere")[mine] / AREA * 1e3,
            lw=0.9,
            color=colour,
            label=f"cycle {k + 1}",
        )
    axes.set(xlabel="Voltage / V", ylabel="Current / mA cm$^{-2}$")


def nyquist(axes: plt.Axes, record: Record, colour: str, label: str) -> None:
    """Draw a spectrum, area-specific."""
    re = record.array("real_impedance_ohm") * AREA
    im = record.array("imaginary_impedance_ohm") * AREA
    axes.plot(re, -im, "o-", ms=2.5, lw=0.7, color=colour, label=label)
    axes.set(xlabel=r"Re $Z$ / $\Omega$ cm$^2$", ylabel=r"$-$Im $Z$ / $\Omega$ cm$^2$")


def shades(name: str, count: int) -> list[str]:
    """Return colours from light to dark."""
    return [mpl.colors.to_hex(c) for c in mpl.colormaps[name](np.linspace(0.4, 0.95, count))]


def draw() -> plt.Figure:
    """Return the figure: LGPS, LPSCl, and LPSCl after its hard breakdown."""
    sulfide, argyrodite, swept = (perform(one) for one in (lgps(), lpscl(), lpscl_voltammetry()))
    figure, axes = plt.subplots(3, 3, figsize=(11.0, 9.0), constrained_layout=True)

    voltage(axes[0, 0], sulfide, 1.0, "V")
    axes[0, 0].axvline(25.0, lw=0.7, ls=":", color="k")
    axes[0, 0].set_title("A  LGPS, 3 mA cm$^{-2}$, 3 mAh cm$^{-2}$", loc="left", fontsize=9)
    before, after = of(sulfide, Technique.VOLTAMMETRY)
    voltammogram(axes[0, 1], before, 0.5, shades("Blues", 4))
    voltammogram(axes[0, 1], after, 0.5, shades("Oranges", 4))
    axes[0, 1].legend(fontsize=6, ncols=2, title="before | after", title_fontsize=6)
    axes[0, 1].set_title("B  LGPS, CV before and after", loc="left", fontsize=9)
    for record, name, label in zip(
        of(sulfide, Technique.IMPEDANCE), COLOUR, ("before", "after 110 h"), strict=False
    ):
        nyquist(axes[0, 2], record, COLOUR[name], label)
    axes[0, 2].set_title("C  LGPS, impedance", loc="left", fontsize=9)

    voltage(axes[1, 0], argyrodite, 1e3, "mV")
    axes[1, 0].set_title("D  LPSCl, 0.2 mA cm$^{-2}$, 0.2 mAh cm$^{-2}$", loc="left", fontsize=9)
    voltammogram(axes[1, 1], of(swept, Technique.VOLTAMMETRY)[0], 0.2, shades("Greens", 5))
    axes[1, 1].legend(fontsize=6)
    axes[1, 1].set_title("E  LPSCl, CV of a pristine cell", loc="left", fontsize=9)
    pristine, soft, hard = of(argyrodite, Technique.IMPEDANCE)
    nyquist(axes[1, 2], pristine, COLOUR["healthy"], "pristine")
    nyquist(axes[1, 2], soft, COLOUR["soft"], "soft, 40 h")
    axes[1, 2].set_title("F  LPSCl, impedance", loc="left", fontsize=9)

    voltage(axes[2, 0], argyrodite, 1e3, "mV")
    axes[2, 0].set(xlim=(224.0, 234.0), ylim=(-6.0, 6.0))
    axes[2, 0].set_title("G  LPSCl, the hard breakdown", loc="left", fontsize=9)
    voltammogram(axes[2, 1], of(argyrodite, Technique.VOLTAMMETRY)[0], 0.02, shades("Reds", 3))
    axes[2, 1].set_title("H  LPSCl, CV after hard breakdown", loc="left", fontsize=9)
    nyquist(axes[2, 2], hard, COLOUR["hard"], "hard, 234 h")
    axes[2, 2].set_xlim(0.0, 5.0)
    axes[2, 2].set_title("I  LPSCl, inductive line", loc="left", fontsize=9)

    for one, right, top in ((axes[0, 2], 800.0, 500.0), (axes[1, 2], 110.0, 68.0)):
        one.set(xlim=(0.0, right), ylim=(-0.15 * top, top))
        one.set_aspect("equal", adjustable="box")
    axes[2, 1].set_xticks([-0.02, -0.01, 0.0, 0.01, 0.02])
    for one in (axes[0, 0], axes[1, 0], *axes[:, 2]):
        one.legend(fontsize=6, loc="upper right")
    for one in axes.flat:
        one.tick_params(labelsize=7)
        one.xaxis.label.set_size(8)
        one.yaxis.label.set_size(8)
        one.spines[["top", "right"]].set_visible(False)
    return figure


def main() -> None:
    """Save the figure."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("paper_cells.png")
    draw().savefig(out, dpi=110)
    print(out)


if __name__ == "__main__":
    main()
