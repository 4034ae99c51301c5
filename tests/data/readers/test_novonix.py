from pathlib import Path

from softbreak.data.readers.registry import read

FRONT = "[Summary]\nNovonix HPC data file\nNovonix\nChannel: 1\nStarted: 1/3/2024 9:00:00 AM\n"
FRONT += "[End Summary]\n[Protocol]\n   [0 Stop if voltage < 2 V]\n[End Protocol]\n[Data]\n"
HEADING = "Date and Time,Cycle Number,Step Type,Run Time (h),Current (A),Potential (V)\n"


def rows(hour: int, n: int) -> str:
    return "".join(f"1/3/2024 {hour}:{i:02d}:00 AM,1,1,{i / 60:.7f},1e-3,0.1\n" for i in range(n))


def test_a_resumed_test_has_a_record_for_each_part(tmp_path: Path):
    path = tmp_path / "x.csv"
    parts = [FRONT + HEADING + rows(9, 20), FRONT + HEADING, FRONT + HEADING + rows(11, 30)]
    for end in ("\n", "\r\n"):
        path.write_bytes("".join(parts).replace("\n", end).encode())
        first, second = read(path)
        assert (first.rows, second.rows) == (20, 30)
        assert "left_out" not in {**first.source.stated, **second.source.stated}
        started = [record.source.started_unix_second for record in (first, second)]
        assert started[1] - started[0] == 7200
        assert first.source.stated["Channel"] == "1"


def test_rows_behind_a_long_protocol(tmp_path: Path):
    path = tmp_path / "x.csv"
    long = FRONT.replace("[Data]", "   [Trip conditions]\n" * 5000 + "[Data]")
    path.write_text(long + HEADING + rows(9, 5))
    assert read(path)[0].rows == 5
