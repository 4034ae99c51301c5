"""Day first or month first: decided by all files of a cell together, or said to be open."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

import softbreak
from softbreak.archive.inputs.witnesses import measured_at_once
from softbreak.data.checks import check_history
from softbreak.data.date_orders import DAY_FIRST, MONTH_FIRST, ORDER_KEY, is_open, swapped
from softbreak.data.history import started
from softbreak.data.readers.registry import read

HEADER = "Data_Point,Date_Time,Test_Time(s),Cycle_Index,Step_Index,Current(A),Voltage(V)\n"


def unix(*moment):
    return datetime(*moment, tzinfo=UTC).timestamp()


def arbin(path: Path, date: str) -> Path:
    rows = [
        f"{k},{date} 09:{k:02d}:00,{60 * k},1,{k // 20},{[1, -1][k // 20 % 2] * 1e-3},"
        f"{[1, -1][k // 20 % 2] * 0.1}\n"
        for k in range(60)
    ]
    path.write_text(HEADER + "".join(rows))
    return path


def cell(folder: Path, *dates: str):
    folder.mkdir(exist_ok=True)
    for k, date in enumerate(dates, start=1):
        arbin(folder / f"run_{k}.csv", date)
    return softbreak.read(folder)


def names(history):
    return [Path(record.source.path).stem for record in history.records]


def test_a_sibling_proves_the_order(tmp_path):
    history = cell(tmp_path / "c", "02/03/2024", "31/03/2024", "02/04/2024")
    assert names(history) == ["run_1", "run_2", "run_3"]
    begun = [record.array("unix_time_second")[0] for record in history.records]
    assert begun == [unix(2024, 3, 2, 9), unix(2024, 3, 31, 9), unix(2024, 4, 2, 9)]
    assert all(record.source.stated[ORDER_KEY] == DAY_FIRST for record in history.records)
    assert [started(record) for record in history.records] == begun


def test_a_sibling_proves_the_other_order(tmp_path):
    history = cell(tmp_path / "c", "03/02/2024", "03/14/2024", "04/01/2024")
    assert history.records[0].array("unix_time_second")[0] == unix(2024, 3, 2, 9)
    assert all(record.source.stated[ORDER_KEY] == MONTH_FIRST for record in history.records)


def test_names_that_count_prove_the_order(tmp_path):
    history = cell(tmp_path / "c", "02/03/2024", "04/03/2024", "01/04/2024")
    assert names(history) == ["run_1", "run_2", "run_3"]
    assert history.records[2].array("unix_time_second")[0] == unix(2024, 4, 1, 9)
    told = [f.sentence for f in check_history(history) if f.topic == "reader-dates"]
    assert len(told) == 1
    assert "run_1.csv, run_2.csv, run_3.csv: " in told[0]
    assert "order of their names" in told[0]


def test_what_nothing_proves_is_said_and_ordered_by_name(tmp_path):
    """2 January and 6 May, or 1 February and 5 June: either order is possible."""
    history = cell(tmp_path / "c", "01/02/2024", "05/06/2024")
    assert names(history) == ["run_1", "run_2"]
    assert all(is_open(record.source) for record in history.records)
    assert {started(record) for record in history.records} == {None}
    (first,) = [f.sentence for f in check_history(history) if f.topic == "reader-dates"]
    assert "day first or month first" in first


def test_files_that_follow_each_other_pass_no_weeks(tmp_path):
    """2 to 4 March by days; by months a cell would have rested from February to April."""
    history = cell(tmp_path / "c", "02/03/2024", "03/03/2024", "04/03/2024")
    assert history.records[0].array("unix_time_second")[0] == unix(2024, 3, 2, 9)
    told = [f.sentence for f in check_history(history) if f.topic == "reader-dates"]
    assert "no weeks pass" in told[0]


def test_another_instruments_dates_are_near(tmp_path):
    """Its clock is certain; by months the other's file would lie half a year away."""
    arbin(tmp_path / "cycling.csv", "07/13/2024")
    header = [
        *("EC-Lab ASCII FILE", "Nb header lines : 5", "Chronopotentiometry"),
        "Acquisition started on : 12/07/2024 09:00:00",
        "\t".join(("mode", "Ns", "time/s", "control/mA", "Ewe/V", "I/mA", "")),
    ]
    rows = [f"1\t0\t{60 * k:.6E}\t1.0E+00\t1.0E-01\t1.0E+00\t" for k in range(20)]
    (tmp_path / "pulse.mpt").write_text("\n".join([*header, *rows]) + "\n")
    history = softbreak.read(tmp_path)
    assert names(history) == ["pulse", "cycling"]
    assert started(history.records[0]) == unix(2024, 7, 12, 9)


def test_words_count_nothing(tmp_path):
    """ "after" stands before "before" in any list."""
    arbin(tmp_path / "after.csv", "02/03/2024")
    arbin(tmp_path / "before.csv", "01/04/2024")
    assert all(is_open(record.source) for record in softbreak.read(tmp_path).records)


def test_open_dates_prove_no_overlap(tmp_path):
    """Files of one morning by either order overlap; whether they do is not known."""
    paths = [arbin(tmp_path / "a.csv", "01/02/2024"), arbin(tmp_path / "b.csv", "01/02/2024")]
    records = [record for path in paths for record in read(path)]
    assert not measured_at_once(records)
    assert measured_at_once([r for k in range(2) for r in read(arbin(paths[k], "13/02/2024"))])


def test_a_triage_reads_as_a_folder_does(tmp_path):
    archive = tmp_path / "archive"
    archive.mkdir()
    cell(archive / "c", "02/03/2024", "31/03/2024", "02/04/2024")
    found = softbreak.triage(archive, tmp_path / "out", workers=0)
    (diagnosis,) = found.diagnoses()
    order = [Path(path).stem for path in diagnosis.sources["path"]]
    assert order == ["run_1", "run_2", "run_3"]


def test_day_and_month_change_places():
    assert swapped(np.array([unix(2024, 3, 2, 9), np.nan]))[0] == unix(2024, 2, 3, 9)
    assert swapped(np.array([unix(2024, 3, 13)])) is None
    assert len(swapped(np.empty(0))) == 0


@pytest.mark.parametrize(("began", "order"), [("02/03/2024", 3), ("02.03.2024", 3)])
def test_a_header_of_ec_lab_is_open_or_not(tmp_path, began, order):
    def mpt(name, date):
        header = [
            *("EC-Lab ASCII FILE", "Nb header lines : 5", "Chronopotentiometry"),
            f"Acquisition started on : {date} 09:00:00",
        ]
        columns = "\t".join(("mode", "Ns", "time/s", "control/mA", "Ewe/V", "I/mA", ""))
        rows = [f"1\t0\t{60 * k:.6E}\t1.0E+00\t1.0E-01\t1.0E+00\t" for k in range(20)]
        (tmp_path / name).write_text("\n".join([*header, columns, *rows]) + "\n")

    mpt("run_1.mpt", began)
    mpt("run_2.mpt", began.replace("02", "31", 1))
    history = softbreak.read(tmp_path)
    assert started(history.records[0]) == unix(2024, order, 2, 9)


def test_files_that_follow_alike_by_either_order_are_not_put_in_the_order_of_their_names(tmp_path):
    """4 and 7 March, or 3 April and 3 July: before is before after, whatever they are called."""
    files = [
        arbin(tmp_path / "after.csv", "03/07/2024"),
        arbin(tmp_path / "before.csv", "03/04/2024"),
    ]
    history = softbreak.read(files)
    assert names(history) == ["before", "after"]
    joined = [told for _, topic, told in history.remarks if topic == "files-joined"]
    assert "in the order of their dates: before.csv, after.csv" in joined[0]
