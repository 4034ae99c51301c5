"""The page over results and over a store: table, cell, curves, alarms, a dropped file."""

import asyncio
import math
import time

import numpy as np
import pytest

from softbreak.stream.store.engine import StoreError
from softbreak.stream.store.store import Store
from softbreak.web import pages
from softbreak.web.pages import changes
from softbreak.web.site import Site
from softbreak.web.table import View, chosen, spark_of, strip_of, view_of
from tests.archive.files import write_cell
from tests.stream.test_store import with_alarm, write
from tests.web.lab import HARM, HTML, client_of, make_results


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return make_results(tmp_path_factory.mktemp("lab"))


@pytest.fixture
def page(out):
    made = client_of(out)
    yield made
    made.cells.store.close()


def key_of(page, name):
    return next(row.key for row in page.cells.rows() if row.cell_id == name)


def test_cells_stand_with_strip_spark_and_group(page):
    text = page.get("/?group=batch").text
    assert text.count('class="strip"') == 3
    assert text.count('class="spark"') == 3
    assert "2 cells" in text
    assert "All" not in text
    assert page.get("/rows?f.batch=one").text.count('<th scope="row">') == 2
    assert "No cell is so" in page.get("/rows?q=nothing-like-it").text


def test_views_filter_order_and_keep_their_address(page):
    rows = page.cells.rows()
    view = view_of(
        [("q", "a"), ("state", "soft"), ("state", "bad"), ("page", "x"), ("f.batch", "")]
    )
    assert (view.words, view.states, view.page, view.facts) == ("a", ("soft",), 0, {})
    assert view_of([("order", "drop table")]).order == "rank"
    assert [r.cell_id for r in chosen(rows, View(order="name"))] == [HARM, "a", "b"]
    assert "page=2" in View(words="x y").address(page=2)
    assert "q=x+y" in View(words="x y").address(page=2)


def test_strips_and_sparks_are_shapes_and_words():
    told = strip_of("h6s3X3")
    assert [state for _, _, state in told["rectangles"]] == ["healthy", "soft", "hard"]
    assert [x for x, _, _ in told["rectangles"]] == [0.0, 60.0, 90.0]
    assert told["words"] == "healthy 50 %, soft 25 %, hard 25 %"
    assert strip_of("")["words"] == "no cycles"
    assert spark_of([1.0, 2.0, math.nan]) == "0.0,19.0 80.0,1.0"
    assert spark_of([1.0]) == ""


def test_many_cells_come_a_page_at_a_time(page, monkeypatch):
    monkeypatch.setattr("softbreak.web.table.PAGE", 2)
    first = page.get("/rows").text
    assert first.count('<th scope="row">') == 2
    assert 'hx-get="/rows?' in first
    second = page.get("/rows?page=1").text
    assert second.count('<th scope="row">') == 1
    assert "hx-get" not in second


def test_a_cell_has_the_words_of_the_report(page):
    key = key_of(page, "a")
    text = page.get(f"/cell/{key}").text
    summary = page.cells.result.cells.set_index("cell_id").loc["a", "summary"]
    assert summary in text
    assert "a.csv" in text
    assert page.get("/cell/nothing").status_code == 404
    picture = page.get(f"/cell/{key}/figure/cycles.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.text.lstrip().startswith("<?xml")
    assert page.get(f"/cell/{key}/figure/nyquist.svg").status_code == 404
    assert page.get(f"/cell/{key}/figure/../../x.svg").status_code == 404


def test_zooming_in_looks_at_every_sample(page, out):
    key = key_of(page, "b")
    stored = page.get(f"/cell/{key}/trace").json()
    assert stored["exact"] is False
    near = _until_exact(
        lambda: page.get(f"/cell/{key}/trace?begin=3000&end=9000&pixels=500").json(),
        lambda told: told["exact"],
    )
    assert not near["pending"]
    samples = np.arange(1, 361) * 120.0
    inside = samples[(samples >= 3000) & (samples <= 9000)]
    assert set(inside.tolist()) <= set(near["time"])
    assert (out / "samples").is_dir()


def _until_exact(ask, exact):
    """Ask until the samples, which another thread reads, are there."""
    deadline = time.monotonic() + 60
    while not exact(told := ask()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return told


def test_no_spike_is_lost_between_pixels(page, out, tmp_path):
    from softbreak.web.samples import Samples

    class Long:
        """Stands for results: a million samples, one of them a spike."""

        def __init__(self):
            self.out = self.archive = tmp_path

        def trace(self, _):
            return np.zeros(2), np.zeros(2)

        def stamps(self, _):
            return [{"sha256": "0"}]

    samples = Samples(Long())
    volts = np.zeros(1_000_000, np.float32)
    volts[777_777] = -1.0
    samples._make = lambda _, folder: _save(folder, np.arange(1e6), volts)
    assert not samples.window("c", 0.0, 1e6, 300).exact, "nobody waits for a long file"
    found = _until_exact(lambda: samples.window("c", 0.0, 1e6, 300), lambda told: told.exact)
    assert len(found.time) <= 610
    assert found.voltage.min() == -1.0
    assert found.time[found.voltage.argmin()] == 777_777.0
    near = samples.window("c", 777_000.0, 778_000.0, 300)
    assert near.time[near.voltage.argmin()] == 777_777.0
    rng = np.random.default_rng(0)  # of a stretch with any ends, the extremes are those of all
    noise = rng.standard_normal(1_000_000).astype(np.float32)
    noise[500_000] = np.nan
    samples._make = lambda _, folder: _save(folder, np.arange(1e6), noise)
    samples._results.stamps = lambda _: [{"sha256": "1"}]
    _until_exact(lambda: samples.window("c", 0.0, 1.0, 10), lambda told: told.exact)
    for begin, end in np.sort(rng.integers(0, 1_000_000, (50, 2))):
        told = samples.window("c", float(begin), float(end), 20)
        part = noise[max(begin - 1, 0) : end + 2]
        assert np.nanmin(told.voltage) == np.nanmin(part)
        assert np.nanmax(told.voltage) == np.nanmax(part)


def _save(folder, time_, volts):
    from softbreak.web.samples import _write

    _write((time_, volts), folder)
    return True


def test_a_moved_archive_leaves_the_stored_trace(tmp_path):
    place = make_results(tmp_path)
    (tmp_path / "archive").rename(tmp_path / "elsewhere")
    page = client_of(place)
    key = key_of(page, "a")
    assert page.get(f"/cell/{key}").status_code == 200
    assert page.get(f"/cell/{key}/trace?begin=0&end=9000").json()["exact"] is False
    page.cells.store.close()


def test_results_that_are_written_anew_are_shown(tmp_path):
    from softbreak.archive.triage import triage

    page = client_of(make_results(tmp_path))
    assert len(page.cells.rows()) == 3
    write_cell(tmp_path / "archive" / "d.csv")
    time.sleep(0.01)
    triage(tmp_path / "archive", tmp_path / "out", workers=0)
    assert '<a href="/cell/d-' in page.get("/").text
    page.cells.store.close()


@pytest.fixture
def watched(tmp_path):
    url = str(tmp_path / "store.db")
    store = Store(url)
    store.commit([with_alarm(state=b"x", status=STATUS)], "src", ["mail"])
    page = client_of(url)
    yield page, store
    page.cells.store.close()
    store.close()


STATUS = {
    "verdict": {"state": "soft", "electronic_fraction": 0.3, "electronic_fraction_lower": 0.2,
                "electronic_fraction_upper": 0.4, "sentence": "It dropped."},
    "trace": {"volts": [0.1, 0.05], "times": [1.0, 2.0], "latest_unix_second": 1e9, "ran": 300.0},
    "cycles": 4, "samples": 100, "alarm": "soft",
}  # fmt: skip


def test_an_alarm_is_seen_acknowledged_and_silenced(watched):
    page, store = watched
    assert 'class="loud"' in page.get("/").text
    key = key_of(page, "c")
    assert "It dropped." in page.get(f"/cell/{key}").text
    page.post("/reviewer", content="reviewer=ann", headers=HTML)
    assert page.post(f"/cell/{key}/acknowledge").status_code == 303
    assert store.alarms()["acknowledged_by"].tolist() == ["ann"]
    assert 'class="loud"' not in page.get("/").text
    silent = page.post(f"/cell/{key}/silence", content="for=1+h&reason=tea", headers=HTML)
    assert silent.status_code == 303
    wrong = page.post(f"/cell/{key}/silence", content="for=ever", headers=HTML)
    assert wrong.status_code == 422


def test_results_have_no_alarms(page):
    key = key_of(page, "a")
    assert page.post(f"/cell/{key}/acknowledge").status_code == 409


def test_a_change_in_the_store_is_an_event(watched, monkeypatch):
    monkeypatch.setattr(pages, "POLL_SECOND", 0.01)
    page, store = watched
    site = Site(page.cells)

    async def told():
        stream = changes(site)
        first = await anext(stream)
        assert site.streams == 1
        store.commit([write(sequence=1, state=b"y", status=STATUS)], "src")
        second = await asyncio.wait_for(anext(stream), 20)
        await stream.aclose()
        return first, second

    first, second = asyncio.run(told())
    assert first.startswith("retry: 2000")
    assert second.startswith("event: cells\n")
    assert site.streams == 0


def test_streams_are_bounded_also_where_many_come_at_once_and_end_with_the_server(
    watched, monkeypatch
):
    monkeypatch.setattr(pages, "POLL_SECOND", 0.01)
    monkeypatch.setattr(pages, "MOST_STREAMS", 2)
    ending = []
    site = Site(watched[0].cells, ending=lambda: bool(ending))

    async def told():
        streams = [changes(site) for _ in range(3)]
        firsts = [await anext(stream) for stream in streams]
        assert site.streams == 2
        ending.append(True)
        return firsts, [[part async for part in stream] for stream in streams]

    firsts, rest = asyncio.run(told())
    assert firsts == ["retry: 2000\n\n", "retry: 2000\n\n", "retry: 30000\n\n"]
    assert rest == [[], [], []]
    assert site.streams == 0


def test_a_dropped_file_is_judged_and_kept_nowhere(page, out, tmp_path):
    data = write_cell(tmp_path / "new.csv").read_bytes()
    before = sorted(path.name for path in out.iterdir())
    done = page.post(f"/drop?name={HARM}.csv", content=data)
    assert done.status_code == 200
    assert 'class="chip' in done.text
    assert "Not kept." in done.text
    assert "<img" not in done.text
    assert sorted(path.name for path in out.iterdir()) == before
    for text in (data, data, data + b"\n"):  # the same once; another of that name beside it
        kept = page.post("/keep?name=../../new.csv", content=text)
        assert kept.text.startswith("Kept as dropped/")
    assert len(list((out / "dropped").iterdir())) == 2
    assert not (out.parent / "new.csv").exists()


def test_a_file_that_is_no_data_is_told_with_a_remedy(page):
    for name, text, words in (
        ("notes.txt", b"nothing in here\n", "Left out (no data: notes). Drop what the instrument"),
        ("a.csv", b"a,b\n1,2\n3,4\n", "expected"),
    ):
        done = page.post(f"/drop?name={name}", content=text)
        assert (done.status_code, words in done.text) == (200, True), done.text
    assert page.post("/drop?name=x.csv", content=b"").status_code == 422


def test_results_in_a_folder_that_nobody_may_write_to_are_shown(tmp_path, monkeypatch):
    place = make_results(tmp_path)
    known = client_of(place)
    known.post("/reviewer", content="reviewer=ann", headers=HTML)
    form = {"first_cycle": 1, "last_cycle": 3, "state": "soft"}
    assert known.post(f"/review/{key_of(known, 'a')}", data=form).status_code == 200
    known.cells.store.close()

    def opened(path):
        if str(place) in path:
            raise StoreError("unable to open database file")
        return Store(path)

    monkeypatch.setattr("softbreak.web.reviews_beside.Store", opened)
    monkeypatch.setattr("softbreak.web.reviews_beside.may_write", lambda *_: False)
    page = client_of(place)
    assert page.get("/").status_code == 200
    assert "a,0,2," in page.get("/labels.csv").text, "what was said before is there"
    page.post("/reviewer", content="reviewer=ann", headers=HTML)
    refused = page.post(f"/review/{key_of(page, 'b')}", data=form)
    assert refused.status_code == 422
    assert "cannot be written to" in refused.text
    page.cells.store.close()
