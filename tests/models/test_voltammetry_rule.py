"""The CV rule, literal and hardened, on voltammograms made by hand."""

from dataclasses import replace
from functools import partial

import pytest

from softbreak.data.record import Cell
from softbreak.models.rules.sweep_views import SweepView, with_cut_cycles
from softbreak.models.rules.voltammetry import hardened, literal


def sweeps(
    resistances,
    *,
    window=0.1,
    rate=2e-4,
    linearity=0.999,
    middle=0.0,
    temperatures=None,
    jumps=None,
):
    temperatures = temperatures or [float("nan")] * len(resistances)
    jumps = jumps or [0.0] * len(resistances)
    return [
        SweepView(
            0,
            k,
            1000.0 * k,
            1000.0 * k + 900,
            window / ohm,
            window,
            middle,
            rate,
            ohm,
            linearity,
            jump,
            1.0,
            warmth,
        )
        for k, (ohm, warmth, jump) in enumerate(zip(resistances, temperatures, jumps, strict=True))
    ]


def states(verdicts):
    return [v.state.value for v in verdicts]


def test_literal_rule_follows_the_paper():
    # omega = +10 % soft; -10 % healthy; +1 % healthy; the first has nothing to compare with
    found = literal(sweeps([100, 100 / 1.1, 100 / 0.99, 100 / 1.0]), Cell())
    assert states(found) == ["undetermined", "soft", "healthy", "healthy"]


def test_literal_omega_is_equation_3():
    found = literal(sweeps([100, 50]), Cell())[1]
    assert found.evidence[0].value == pytest.approx(1.0)  # (2 - 1)/1
    assert found.electronic_fraction == pytest.approx(0.5)  # omega/(1 + omega)


def test_a_straight_line_is_hard_only_at_a_metallic_resistance():
    cell = Cell(area_cm2=1.0)
    assert states(literal(sweeps([1.0], linearity=0.99999), cell)) == ["hard"]
    # a healthy single-ion conductor is nearly straight too
    assert states(literal(sweeps([100.0], linearity=0.99999), cell)) == ["undetermined"]


def test_a_chord_that_no_passive_cell_has_is_no_wire():
    wrong = sweeps([-100.0, -1e-3], linearity=1.0)
    for rule in (literal, partial(hardened, temperature_logged=False)):
        assert "hard" not in states(rule(wrong, Cell(area_cm2=1.0)))


def test_hardened_rule_needs_a_log_or_a_large_rise():
    rise = sweeps([100, 80])  # +25 %
    assert states(hardened(rise, Cell(), temperature_logged=False))[1] == "undetermined"
    logged = sweeps([100, 80], temperatures=[25.0, 25.0])
    assert states(hardened(logged, Cell(), temperature_logged=True))[1] == "soft"
    assert states(hardened(sweeps([100, 50]), Cell(), temperature_logged=False))[1] == "soft"


def test_hardened_rule_takes_warming_out():
    # 5 K: exp(0.40 eV / k (1/298.15 - 1/303.15)) = 1.293
    warm = sweeps([100, 100 / 1.293], temperatures=[25.0, 30.0])
    found = hardened(warm, Cell(), temperature_logged=True)[1]
    assert found.state.value == "undetermined"
    assert "nothing has changed" in found.evidence[0].sentence


def test_warming_that_an_activation_energy_of_its_own_explains_is_left_open():
    # 15 K at 0.48 eV: the correction at 0.40 eV leaves 16 %
    warm = sweeps([100, 100 / 2.45], temperatures=[25.0, 40.0])
    found = hardened(warm, Cell(), temperature_logged=True)[1]
    assert found.state.value == "undetermined"
    assert "its warming" in found.evidence[0].sentence
    # three times the current is more than warmth does
    short = sweeps([100, 30], temperatures=[25.0, 35.0])
    assert states(hardened(short, Cell(), temperature_logged=True))[1] == "soft"


def test_hardened_rule_has_hysteresis():
    path = [100, 84, 90, 97]  # on above 15 %, still on at 11 %, off at 3 %
    logged = sweeps(path, temperatures=[25.0] * 4)
    assert states(hardened(logged, Cell(), temperature_logged=True)) == [
        "undetermined", "soft", "soft", "undetermined",
    ]  # fmt: skip


def test_hardened_rule_does_not_compare_different_windows():
    mixed = sweeps([100]) + sweeps([80], window=0.5)
    assert states(hardened(mixed, Cell(), temperature_logged=True)) == ["undetermined"] * 2


def test_a_falling_current_is_left_open():
    assert states(hardened(sweeps([100, 130]), Cell(), temperature_logged=True))[1] == (
        "undetermined"
    )


def test_equal_sweeps_say_that_nothing_changes_not_that_the_cell_is_sound():
    for resistances in ([100, 100, 100], [100, 100, 90]):
        found = hardened(sweeps(resistances), Cell(), temperature_logged=False)
        assert set(states(found)) == {"undetermined"}
        assert found[-1].electronic_fraction_upper == 1.0
        assert "from before the first one" in found[-1].evidence[0].sentence


GEOMETRY = Cell(
    area_cm2=1.0, electrolyte_thickness_um=700.0, ionic_conductivity_s_per_cm=1.75e-3
)  # L/(sigma A): 40 ohm


def test_less_than_the_bare_electrolyte_proves_electrons_from_the_first_cv_on():
    found = hardened(sweeps([20.0, 20.0]), GEOMETRY, temperature_logged=False)
    assert states(found) == ["soft", "soft"]
    assert found[0].electronic_fraction_lower == pytest.approx(0.4)  # 1 - 20/40, less 0.1
    assert found[0].electronic_fraction_upper == 1.0
    assert states(hardened(sweeps([1.5, 1.5]), GEOMETRY, temperature_logged=False))[0] == "hard"
    # between the certificate and the bare electrolyte nothing is proved
    doubt = hardened(sweeps([35.0]), GEOMETRY, temperature_logged=False)[0]
    assert doubt.state.value == "undetermined"
    assert "misstated" in doubt.evidence[0].sentence


def test_the_bare_electrolyte_is_that_of_the_logged_temperature():
    cell = replace(GEOMETRY, temperature_celsius=25.0)
    # at 60 C the electrolyte has 40 ohm exp(-0.40 eV/k 3.52e-4/K) = 7.8 ohm
    warm = sweeps([20.0], temperatures=[60.0])
    assert states(hardened(warm, cell, temperature_logged=True)) == ["undetermined"]


def test_a_full_cell_by_the_manifest_is_not_judged():
    for rule in (literal, lambda s, c: hardened(s, c, temperature_logged=False)):
        found = rule(sweeps([100, 50]), Cell(configuration="full"))
        assert states(found) == ["undetermined"] * 2
        assert "softbreak coulombic" in found[0].wanted_measurement


@pytest.mark.parametrize(("low", "high"), [(-0.3, 0.55), (-0.6, 1.0), (0.1, 0.3), (0.0, 1.7)])
def test_what_is_not_swept_about_zero_is_no_symmetric_cell(low, high):
    middle, window = 0.5 * (low + high), 0.5 * (high - low)
    other = sweeps([100, 50], window=window, middle=middle, temperatures=[25.0] * 2)
    assert states(hardened(other, Cell(), temperature_logged=True)) == ["undetermined"] * 2
    assert states(literal(other, Cell())) == ["undetermined"] * 2


def test_a_jump_inside_a_sweep_is_soft():
    found = hardened(sweeps([100, 100], jumps=[0.0, 0.4]), Cell(), temperature_logged=False)
    assert states(found)[1] == "soft"
    assert "jumped" in found[1].evidence[0].sentence


def test_a_voltammogram_of_another_cell_is_not_judged():
    # a platinum electrode between 0 and 1.7 V
    other = sweeps([100, 50], window=0.85, middle=0.85)
    assert states(literal(other, Cell())) == ["undetermined"] * 2
    assert states(hardened(other, Cell(), temperature_logged=True)) == ["undetermined"] * 2
    # a symmetric cell swept to one side only
    one_sided = sweeps([100, 50], window=0.05, middle=0.05, temperatures=[25.0] * 2)
    assert states(hardened(one_sided, Cell(), temperature_logged=True))[1] == "soft"


def test_a_couple_about_zero_is_no_symmetric_cell():
    grown = [s._replace(against_voltage=0.3) for s in sweeps([100, 50, 25])]
    for rule in (literal, partial(hardened, temperature_logged=True)):
        found = rule(grown, Cell())
        assert set(states(found)) == {"undetermined"}
        assert "not a symmetric cell" in found[-1].evidence[0].sentence


def test_peaks_about_zero_are_no_resistance():
    for before, known in ((0.9, {"undetermined"}), (0.5, {"undetermined", "soft"})):
        grown = [s._replace(peak_before_vertex=before) for s in sweeps([100, 50, 25])]
        assert set(states(hardened(grown, Cell(), temperature_logged=True))) == known


def test_a_sweep_whose_contact_was_lost_is_compared_with_nothing():
    # the third lost its contact where the chord is read
    found = hardened(
        sweeps([100, 100, 200, 100], jumps=[0.0, 0.0, -0.8, 0.0]), Cell(), temperature_logged=True
    )
    assert states(found) == ["undetermined"] * 4
    assert "contact" in found[2].evidence[0].sentence


def test_a_change_with_the_window_is_not_called_none():
    narrow, wide = sweeps([100, 100], window=0.05), sweeps([50, 50], window=0.1)
    found = hardened([*narrow, *wide], Cell(), temperature_logged=True)
    assert "where window or rate changed it changed by 100 %" in found[-1].evidence[0].sentence


def test_a_thin_liquid_has_less_than_a_wire_between_pellets():
    thin = Cell(area_cm2=1.0, electrolyte_thickness_um=25.0, ionic_conductivity_s_per_cm=1e-2)
    for rule in (literal, partial(hardened, temperature_logged=False)):
        assert "hard" not in states(rule(sweeps([2.0, 2.0], linearity=1.0), thin))
        assert "hard" in states(rule(sweeps([0.01, 0.01], linearity=1.0), thin))


def test_cycles_of_one_setting_are_compared_across_others():
    first, between = sweeps([100.0, 100.0]), sweeps([50.0, 50.0], window=0.2)
    last = [s._replace(series=1) for s in sweeps([50.0, 50.0])]
    found = hardened([*first, *between, *last], Cell(), temperature_logged=True)
    assert states(found)[4:] == ["soft", "soft"]
    healthy = sweeps([100.0, 100.0], window=0.2)
    found = hardened([*first, *healthy, *sweeps([100.0])], Cell(), temperature_logged=True)
    assert set(states(found)) == {"undetermined"}


def test_a_chord_that_doubles_at_one_voltage_is_no_matter_of_the_window():
    first = [s._replace(common_voltage=0.08) for s in sweeps([100.0, 100.0])]
    wide = [s._replace(common_voltage=0.08) for s in sweeps([50.0, 50.0], window=0.2)]
    known = hardened([*first, *wide], Cell(), temperature_logged=True)
    assert states(known) == ["undetermined", "undetermined", "soft", "soft"]
    # at another voltage kinetics do it, without a log warmth does
    other = [s._replace(common_voltage=0.16) for s in wide]
    assert set(states(hardened([*first, *other], Cell(), temperature_logged=True))) == {
        "undetermined"
    }
    assert set(states(hardened([*first, *wide], Cell(), temperature_logged=False))) == {
        "undetermined"
    }


def test_contact_creeps_and_a_path_opens_at_once():
    creeping = hardened(sweeps([100, 95, 90, 86, 83]), Cell(), temperature_logged=True)
    assert set(states(creeping)) == {"undetermined"}
    assert "better contact" in creeping[-1].evidence[0].sentence
    assert states(hardened(sweeps([100, 83]), Cell(), temperature_logged=True))[1] == "soft"
    assert states(hardened(sweeps([100, 90, 79]), Cell(), temperature_logged=True))[2] == "soft"


def test_a_jump_in_the_first_cycle_holds_until_the_current_is_back():
    jumped = [s._replace(before_jump=100.0) for s in sweeps([40.0], jumps=[0.4])]
    found = hardened([*jumped, *sweeps([40, 40, 100, 99])], Cell(), temperature_logged=False)
    assert states(found) == ["soft", "soft", "soft", "undetermined", "undetermined"]


def test_a_cycle_that_was_cut_off_is_one_of_its_measurement():
    whole = sweeps([100.0, 100.0], temperatures=[25.0] * 2)
    piece = whole[1]._replace(sweep=2, window=0.085, middle=0.015, chord_resistance=40.0)
    last = with_cut_cycles([*whole, piece])
    assert [s.cut for s in last] == [False, False, True]
    assert states(hardened(last, Cell(), temperature_logged=True))[2] == "soft"
    assert states(literal(last, Cell()))[2] == "undetermined"
    assert "cut off" in literal(last, Cell())[2].evidence[0].sentence
    # the first one, too; a window that is centred, or another record's, is one of its own
    assert with_cut_cycles([piece, *whole])[0].cut
    narrower = piece._replace(middle=0.0)
    assert not any(s.cut for s in with_cut_cycles([*whole, narrower]))
    assert not any(s.cut for s in with_cut_cycles([*whole, piece._replace(series=1)]))


def test_leads_that_are_off_say_nothing_of_the_electrodes():
    empty = [s._replace(chord_resistance=float("nan"), against_voltage=0.4) for s in sweeps([1.0])]
    found = hardened(empty, Cell(), temperature_logged=True)
    assert "no current" in found[0].evidence[0].sentence
