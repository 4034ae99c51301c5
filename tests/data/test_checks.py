"""Findings: each in a sentence with the number that was seen."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from softbreak.data.checks import check_history, check_series
from softbreak.data.history import assemble
from softbreak.data.mixture import mixture
from softbreak.data.plausible import doubtful_voltage
from softbreak.data.record import Cell, Record, Source, Technique
from tests.features.synthetic import cycled


def record(**columns):
    n = max(np.size(v) for v in columns.values())
    half = max(n // 4, 1)
    sign = np.where((np.arange(n) // half) % 2 == 0, 1.0, -1.0)
    table = {
        "test_time_second": np.arange(n) * 10.0,
        "current_ampere": 1e-3 * sign,
        "voltage_volt": 0.1 * sign,
    } | {name: np.broadcast_to(value, (n,)) for name, value in columns.items()}
    return Record(Cell(), Technique.CYCLING, pd.DataFrame(table), Source("run.csv"))


def topics(rec):
    return {finding.topic: finding.sentence for finding in check_series(rec)}


N = 400
SIGN = np.where((np.arange(N) // 100) % 2 == 0, 1.0, -1.0)


def test_a_sound_record_has_no_findings():
    assert topics(record(voltage_volt=0.1 * SIGN)) == {}


def test_what_is_alike_of_several_files_is_said_once():
    def of(name, **stated):
        rec = record(voltage_volt=0.1 * SIGN)
        return replace(rec, source=replace(rec.source, path=name, stated=stated))

    dates = [f"ambiguous: '0{k}/02/2024' can be day first or month first" for k in range(1, 8)]
    records = [of(f"run_{k}.csv", dates=date) for k, date in enumerate(dates)]
    records += [of(f"cut_{k}.csv", unread=f"1 value, '{k}', in row {k}") for k in range(2)]
    found = check_history(assemble(Cell(area_cm2=1.0), records))
    (said,) = [f.sentence for f in found if f.topic == "reader-dates"]
    assert "run_3.csv and 3 more: dates: ambiguous" in said
    assert len([f for f in found if f.topic == "reader-unread"]) == 2  # each with its own text


def test_a_reversed_voltage_is_an_error():
    assert "wrong sign" in topics(record(voltage_volt=-0.1 * SIGN))["sign"]


def test_a_magnitude_is_recognised():
    assert "magnitude" in topics(record(voltage_volt=0.1 * np.abs(SIGN)))["unipolar"]


def test_a_clipped_half_is_an_error():
    assert "clips" in topics(record(voltage_volt=np.maximum(0.1 * SIGN, 0.0)))["clipped"]


def test_a_reset_clock_is_remarked():
    time = np.concatenate([np.arange(200), np.arange(200)]) * 10.0
    assert (
        "steps back 1 time "
        in topics(record(test_time_second=time, voltage_volt=0.1 * SIGN))["clock-reset"]
    )


def test_a_gap_is_remarked():
    time = np.arange(N) * 10.0 + 7200.0 * (np.arange(N) > 200)
    told = topics(record(test_time_second=time, voltage_volt=0.1 * SIGN))["clock-gap"]
    assert "1 gap in the recording, the longest 2.00 h" in told


def test_milliseconds_taken_for_seconds_are_an_error():
    time = np.arange(N) * 1e6
    assert (
        "milliseconds"
        in topics(record(test_time_second=time, voltage_volt=0.1 * SIGN))["milliseconds"]
    )


def test_sparse_sampling_is_remarked():
    found = topics(record(test_time_second=np.arange(N) * 600.0, voltage_volt=0.1 * SIGN))
    assert "600 s apart" in found["sparse"]


def test_a_wrong_current_range_is_remarked():
    rng = np.random.default_rng(0)
    control = 1e-3 * SIGN
    found = topics(
        record(
            control_current_ampere=control,
            current_ampere=control + 2e-4 * rng.standard_normal(N),
            voltage_volt=0.1 * SIGN,
        )
    )
    assert "too wide" in found["current-range"]


def test_a_voltage_near_the_offset_is_remarked():
    assert "4 mV" in topics(record(voltage_volt=4e-3 * SIGN))["small-voltage"]


def test_a_voltage_at_rest_is_remarked():
    current = np.where(np.arange(N) % 100 < 50, 1e-3 * SIGN, 0.0)
    found = topics(record(current_ampere=current, voltage_volt=np.full(N, 0.3)))
    assert "at rest the voltage is 0.3 V" in found["rest-voltage"]


def test_missing_voltages_are_counted():
    voltage = 0.1 * SIGN
    voltage[5:9] = np.nan
    assert "4 of 400" in topics(record(voltage_volt=voltage))["missing-samples"]


@pytest.mark.parametrize("area", [None, 0.785])
def test_a_missing_area_is_remarked(area):
    history = cycled(lambda h: 100 + 0 * h, cell=Cell("c", area_cm2=area))
    assert ("missing-area" in {f.topic for f in check_history(history)}) == (area is None)


def of(path, *, instrument="BioLogic EC-Lab", started=0.0, area=None):
    source = Source(path, instrument=instrument, started_unix_second=started)
    table = record(voltage_volt=0.1 * SIGN).table
    return Record(Cell(area_cm2=area), Technique.CYCLING, table, source)


def test_files_of_one_cell_are_no_mixture():
    assert mixture(assemble(Cell("c"), [of("a.mpr"), of("b.mpr", started=1e5)])) == ""


def test_files_of_several_cells_are_recognised():
    pair = [of("a.mpr"), of("b.txt", instrument="Maccor", started=1e5)]
    assert "BioLogic EC-Lab and Maccor" in mixture(assemble(Cell("c"), pair))
    apart = [of("a.mpr"), of("b.mpr", started=4e7)]
    assert "463 days apart" in mixture(assemble(Cell("c"), apart))
    areas = [of("a.mpr", area=0.785), of("b.mpr", area=1.5, started=1e5)]
    assert "0.785 to 1.5 cm²" in mixture(assemble(Cell("c"), areas))


def test_what_a_reader_left_out_is_told():
    cut = of("a.mpt")
    source = Source("a.mpt", stated={"rows_missing": 12})
    history = assemble(Cell("c"), [Record(cut.cell, cut.technique, cut.table, source)])
    assert any("rows missing: 12" in finding.sentence for finding in check_history(history))


def test_a_voltage_in_millivolts_is_doubted():
    volt = 50.0 * np.sign(np.sin(np.arange(200)))
    assert "a column in mV?" in doubtful_voltage(volt)
    assert not doubtful_voltage(volt / 1e3)
    assert not doubtful_voltage(np.full(3, np.nan))
