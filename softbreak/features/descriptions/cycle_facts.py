"""What a cycle, its past and the rule look like to a model, in clauses."""

from __future__ import annotations

from typing import Final

from softbreak.features.descriptions.fact import SAME, Fact

_BARE: Final = "that of the bare electrolyte"
_MAXIMUM: Final = (
    "V/I lies {p} below its maximum",
    "V/I has not fallen below its maximum",
    "V/I has not fallen below its maximum",
)
_FIRST: Final = (
    "V/I is {p} lower than in the first cycles",
    "V/I is what it was in the first cycles",
    "V/I is {p} higher than in the first cycles",
)
_GROWN: Final = (
    "V/I never grew beyond its first cycles",
    "V/I never grew beyond its first cycles",
    "V/I once grew by {p} over its first cycles",
)
_RECENT: Final = (
    "V/I is {p} lower than in the last cycles",
    "V/I is what it was in the last cycles",
    "V/I is {p} higher than in the last cycles",
)
_ANCHOR: Final = (
    "V/I stands {p} below its level before an abrupt drop",
    "V/I is at the level that it had before an abrupt drop",
    "V/I is back above the level that it had before an abrupt drop",
)
_DROP: Final = (
    "the deepest abrupt drop of V/I is {p}",
    "no abrupt drop of V/I was seen",
    "no abrupt drop of V/I was seen",
)
_DROPS: Final = ("", "no abrupt drop of V/I was counted", "{n} abrupt drops of V/I were counted")
_RISES: Final = ("", "no abrupt rise of V/I was counted", "{n} abrupt rises of V/I were counted")
_BACK: Final = (
    "",
    "no drop of V/I came back at once",
    "{n} drops of V/I came back at once",
)
_STEADY: Final = ("", "V/I is steady from cycle to cycle", "V/I scatters from cycle to cycle")
_INSIDE: Final = (
    "the voltage falls within a half-cycle",
    "the voltage stays within a half-cycle",
    "the voltage rises within a half-cycle",
)
_SIDES: Final = (
    "",
    "both directions of the current show the same voltage",
    "the two directions of the current differ in voltage by {s}",
)
_LEVELS: Final = (
    "",
    "V/I does not jump between two levels",
    "V/I jumps between two levels",
)
_FLOOR: Final = (
    f"V/I is {{p}} lower than {_BARE}",
    f"V/I is about {_BARE}",
    f"V/I is above {_BARE}",
)
_RULE: Final = (
    "",
    "the physics rule sees no sign of a short",
    "the physics rule gives a short {s}",
)
_RULE_SHARE: Final = (
    "",
    "the physics rule sees no electronic current",
    "the physics rule reckons with {s} of electronic current",
)
_SLOW: Final = (
    "the slow rise of the voltage within a half-cycle is {p} smaller than at first",
    "the slow rise of the voltage within a half-cycle is what it was at first",
    "the slow rise of the voltage within a half-cycle is {p} larger than at first",
)
_OPEN: Final = ("", "the physics rule decides", "the physics rule abstains")
_TEMPERATURE: Final = ("", "the cell is as warm as at first", "the cell is not as warm as at first")
_CURRENT: Final = (
    "the current is smaller than at first",
    "the current is what it was at first",
    "the current is larger than at first",
)
_LENGTH: Final = (
    "the half-cycles are shorter than at first",
    "the half-cycles are as long as at first",
    "the half-cycles are longer than at first",
)


CYCLE_FACTS: Final[dict[str, Fact]] = {
    "x_over_base": Fact("level", *_FIRST),
    "rule_growth": Fact("level", *_FIRST),
    "x_over_maximum": Fact("maximum", *_MAXIMUM),
    "rule_decline": Fact("maximum", *_MAXIMUM),
    "x_over_minimum": Fact(
        "minimum",
        "V/I is as low as it ever was",
        "V/I is as low as it ever was",
        "V/I is {p} above its lowest",
    ),
    "maximum_over_base": Fact("grown", *_GROWN),
    "rule_grown": Fact("grown", *_GROWN),
    "x_over_median_5": Fact("recent", *_RECENT),
    "x_over_median_15": Fact("recent", *_RECENT),
    "x_over_previous": Fact("recent", *_RECENT),
    "x_step_in_usual_steps": Fact(
        "step",
        "V/I fell by {n} times its usual step",
        "V/I moved by no more than its usual step",
        "V/I rose by {n} times its usual step",
        1.5,
    ),
    "x_slope_10": Fact(
        "trend",
        "V/I falls over the last ten cycles",
        "V/I keeps its level over the last ten cycles",
        "V/I grows over the last ten cycles",
        0.002,
    ),
    "x_scatter_10": Fact("steadiness", *_STEADY),
    "x_usual_step": Fact("steadiness", *_STEADY),
    "x_over_anchor": Fact("drop", *_ANCHOR),
    "rule_below_anchor": Fact("drop", *_ANCHOR),
    "drop_deepest": Fact("drop", *_DROP),
    "drop_cumulative": Fact("drop", *_DROP),
    "drop_ever": Fact("drop", *_DROP),
    "rule_deepest": Fact(
        "drop",
        "",
        "no abrupt drop of V/I was seen",
        "the deepest abrupt drop of V/I is {s}",
    ),
    "drops": Fact("drop", *_DROPS, 0.5),
    "drops_10": Fact("drop", *_DROPS, 0.5),
    "rise_highest": Fact("rise", "", "no abrupt rise of V/I was seen", "V/I rose abruptly by {p}"),
    "rises": Fact("rise", *_RISES, 0.5),
    "rises_10": Fact("rise", *_RISES, 0.5),
    "excursions": Fact("excursion", *_BACK, 0.5),
    "excursions_10": Fact("excursion", *_BACK, 0.5),
    "cusum_down": Fact(
        "drift down", "", "V/I does not creep downwards", "V/I has crept downwards", 0.05
    ),
    "cusum_up": Fact("drift up", "", "V/I does not creep upwards", "V/I has crept upwards", 0.05),
    "telegraph_gap": Fact("levels", *_LEVELS, 0.05),
    "telegraph_switches": Fact("levels", *_LEVELS, 1.5),
    "whole_over_late": Fact("inside", *_INSIDE),
    "slope_inside": Fact("inside", *_INSIDE),
    "slope_inside_change": Fact(
        "inside",
        "the voltage rises less within a half-cycle than at first",
        "the voltage runs within a half-cycle as at first",
        "the voltage rises more within a half-cycle than at first",
    ),
    "asymmetry_size": Fact("sides", *_SIDES),
    "asymmetry_change": Fact(
        "sides",
        "the two directions of the current have become more alike",
        "the two directions of the current differ as at first",
        "the two directions of the current have become less alike",
    ),
    "ln_noise": Fact(
        "noise", "the voltage is smooth", "the voltage is noisy", "the voltage is noisy", 0.0, -4.6
    ),
    "temperature_distance": Fact("temperature", *_TEMPERATURE, 0.3),
    "temperature_step": Fact(
        "temperature",
        "the cell has become warmer",
        "the temperature stays from cycle to cycle",
        "the cell has become colder",
        0.1,
    ),
    "activation_energy": Fact(
        "activation",
        "",
        "V/I hardly follows the temperature",
        "V/I follows the temperature, by {n} eV",
        0.1,
    ),
    "activation_misfit": Fact(
        "activation",
        "",
        "the temperature explains how V/I moves",
        "the temperature does not explain how V/I moves",
        0.05,
    ),
    "current_over_first": Fact("current", *_CURRENT),
    "duration_over_first": Fact("duration", *_LENGTH),
    "carried_shift": Fact(
        "settings",
        "another current or duration explains a lower V/I",
        "current and duration explain no change of V/I",
        "another current or duration explains a higher V/I",
    ),
    "rule_shift": Fact(
        "settings",
        "another current or duration explains a lower V/I",
        "current and duration explain no change of V/I",
        "another current or duration explains a higher V/I",
    ),
    "ln_cycles": Fact(
        "age", "the cell is young", "the cell is young", "the cell has lived for many cycles", 2.3
    ),
    "x_over_floor": Fact("floor", *_FLOOR),
    "rule_certificate": Fact("floor", *_FLOOR, SAME, 1.0),
    "x_since_spectrum": Fact(
        "since spectrum",
        "V/I has fallen by {p} since the newest spectrum",
        "V/I is what it was at the newest spectrum",
        "V/I has grown by {p} since the newest spectrum",
    ),
    "direct_over_spectrum": Fact(
        "direct",
        "V/I has fallen by {p} against the spectra",
        "V/I and the spectra agree",
        "V/I has grown by {p} against the spectra",
    ),
    "x_since_sweep": Fact(
        "since sweep",
        "V/I has fallen by {p} since the newest voltammogram",
        "V/I is what it was at the newest voltammogram",
        "V/I has grown by {p} since the newest voltammogram",
    ),
    "chord_over_direct": Fact(
        "direct",
        "the voltammograms fell by {p} against V/I",
        "V/I and the voltammograms agree",
        "the voltammograms rose by {p} against V/I",
    ),
    "slow_change": Fact("slow", *_SLOW),
    "slow_over_level": Fact(
        "slow",
        "the slow rise of the voltage has shrunk beside V/I",
        "the slow rise of the voltage keeps step with V/I",
        "the slow rise of the voltage has grown beside V/I",
    ),
    "slow_uncertainty": Fact(
        "slow",
        "",
        "the slow rise of the voltage is well known",
        "the slow rise of the voltage is lost in noise",
        0.2,
    ),
    "slow_share": Fact(
        "slow",
        "most of V/I is there at once",
        "most of V/I rises slowly",
        "most of V/I rises slowly",
    ),
    "rule_fault": Fact("rule", *_RULE, 0.05),
    "rule_hard": Fact(
        "rule",
        "",
        "the physics rule sees no sign of a hard short",
        "the physics rule gives a hard short {s}",
        0.05,
    ),
    "rule_open": Fact("rule", *_OPEN, 0.5),
    "rule_estimate": Fact("rule share", *_RULE_SHARE, 0.05),
    "rule_lower": Fact("rule share", *_RULE_SHARE, 0.05),
    "rule_upper": Fact(
        "rule bound",
        "",
        "the physics rule leaves no room for a short",
        "the physics rule leaves room for {s} of electronic current",
        0.1,
    ),
    "rule_doubt": Fact(
        "doubt", "", "no unexplained fall stands", "an unexplained fall stands", 0.5
    ),
}
"""By the names of a model's inputs."""
