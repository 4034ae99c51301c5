"""JSON lines from a pipe."""

import io
import json
import os
import threading

from softbreak.stream.sources.json_lines import LineSource
from tests.stream.steps import volts


def line(cell_id, sequence, **more):
    table = {"test_time_second": [1.0], "voltage_volt": [0.1], "current_ampere": [1e-3]}
    told = {"cell_id": cell_id, "sequence": sequence, "table": table, **more}
    return (json.dumps(told) + "\n").encode()


def all_of(source):
    chunks = []
    while not source.exhausted:
        chunks += source.poll()
        source.wait(0.05)
    return chunks + list(source.poll())


def test_lines_of_a_cell_are_gathered_into_few_chunks():
    told = b"".join(line(f"cell{k % 2}", k) for k in range(100))
    chunks = all_of(LineSource(io.BytesIO(told)))
    assert sum(chunk.samples for chunk in chunks) == 100
    assert sum(record.rows for chunk in chunks for record in chunk.records) == 100
    assert len(chunks) < 20
    assert chunks[-1].tokens == {"cell1": "99"}


def test_what_is_known_and_what_is_no_message_is_left_out():
    told = line("c", 3) + b"{nonsense\n" + b"\n" + line("c", 3) + line("c", 4) + line("c", 2)
    source = LineSource(io.BytesIO(told))
    source.resume({"c": ("c", "3")})
    (chunk,) = all_of(source)
    assert (chunk.samples, chunk.tokens) == (1, {"c": "4"})
    (problem,) = source.problems()
    assert problem.key == "stdin, line 2"


def test_a_restart_begins_a_chunk_of_its_own_and_an_end_is_told():
    told = line("c", 1) + line("c", 0, restart=True) + line("c", 1, end=True)
    chunks = all_of(LineSource(io.BytesIO(told)))
    assert [chunk.restart for chunk in chunks].count(True) == 1
    assert chunks[-1].ended


def test_a_line_is_taken_when_it_comes():
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as pipe:
        source = LineSource(pipe)
        assert list(source.poll()) == []
        threading.Timer(0.05, os.write, (writing, line("c", 1))).start()
        source.wait(30.0)
        (chunk,) = source.poll()
        assert chunk.samples == 1
        os.close(writing)
        assert all_of(source) == []
        source.close()


def test_a_sender_waits_while_the_watch_is_behind(monkeypatch):
    monkeypatch.setattr("softbreak.stream.sources.json_lines._WAITING", 5)
    told = b"".join(line("c", k) for k in range(200))
    source = LineSource(io.BytesIO(told))
    assert sum(chunk.samples for chunk in all_of(source)) == 200


def test_different_files_are_different_records():
    rows = list(volts(2))
    names = ("test_time_second", "voltage_volt", "current_ampere")
    lines = [
        json.dumps({"cell_id": "c", "file": f"{k // 20}", **dict(zip(names, row, strict=True))})
        for k, row in enumerate(rows)
    ]
    chunks = all_of(LineSource(io.BytesIO("\n".join(lines).encode())))
    found = [(r.source.path, r.rows) for chunk in chunks for r in chunk.records]
    assert sum(rows for path, rows in found if path == "0") == 20
    assert sum(rows for path, rows in found if path == "1") == 20


def test_a_line_that_is_too_long_is_refused_as_one(monkeypatch):
    from softbreak.stream.sources import json_lines, messages

    monkeypatch.setattr(json_lines, "MOST_BYTES", 1000)
    monkeypatch.setattr(messages, "MOST_BYTES", 1000)
    hidden = b"x" * 1001 + line("smuggled", 1)
    source = LineSource(io.BytesIO(line("a", 1) + hidden + line("b", 1)))
    assert [chunk.cell.cell_id for chunk in all_of(source)] == ["a", "b"]
    assert len(source.problems()) == 1
