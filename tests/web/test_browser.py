"""The page in a real browser: open, filter, zoom, review by keyboard, live rows, a dropped file."""

import os
import shutil
import threading

import pytest

from softbreak.stream.store.store import Store
from softbreak.web.cells import cells_of
from softbreak.web.serving import Server
from tests.archive.files import write_cell
from tests.stream.test_store import with_alarm, write
from tests.web.lab import make_results
from tests.web.test_pages import STATUS

playwright = pytest.importorskip("playwright.sync_api", reason="no playwright here")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: install 'chromium'"),
    pytest.mark.filterwarnings("ignore"),
]
SHOTS = os.environ.get("SOFTBREAK_SCREENSHOTS", "")
WAIT = 20_000


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        made = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def visit(browser):
    """Open a place; every error that the page tells of fails the test at its end."""
    errors, closing = [], []

    def opened(place, **options):
        server = Server(cells_of(str(place)), port=0)
        thread = server.start()
        context = browser.new_context(**options)
        page = context.new_page()
        page.set_default_timeout(WAIT)
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        foreign = lambda r: errors.append(r.url) if "127.0.0.1" not in r.url else None  # noqa: E731
        page.on("request", foreign)
        page.goto(server.address)
        closing.append((context, server, thread))
        return page

    yield opened
    for context, server, thread in closing:
        context.close()
        server.close(thread)
    assert errors == []


def shot(page, name):
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return make_results(tmp_path_factory.mktemp("lab"))


def test_open_filter_group_and_zoom(visit, out):
    page = visit(out)
    assert page.locator("tbody tr").count() == 3
    page.fill("input[name=q]", "b")
    page.click("summary")
    page.select_option("select[name=group]", "batch")
    page.click("text=Show")
    assert page.locator("tr.group").count() >= 1
    shot(page, "cells")
    page.click("th[scope=row] a >> nth=0")
    plot = page.locator(".plot[data-ready=yes]")
    plot.wait_for()
    shot(page, "cell")
    area = page.locator(".u-over").bounding_box()
    page.mouse.move(area["x"] + 0.3 * area["width"], area["y"] + 50)
    page.mouse.down()
    page.mouse.move(area["x"] + 0.5 * area["width"], area["y"] + 60, steps=4)
    page.mouse.up()
    page.locator(".plot[data-detail=exact]").wait_for()
    plot.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("0")


def test_review_by_keyboard_alone(visit, out):
    page = visit(out)
    page.goto(page.url + "review")
    page.fill("input[name=reviewer]", "ann")
    page.keyboard.press("Enter")
    page.locator(".plot[data-ready=yes]").wait_for()
    shot(page, "review-hidden")
    assert page.get_by_text("What the model says").count() == 0
    page.keyboard.press("]")
    page.keyboard.press("{")
    page.keyboard.press("s")
    page.keyboard.press("Enter")
    page.get_by_text("What the model says").wait_for()
    assert "Cycles 1 to 4: soft" in page.locator("#reviewed").inner_text()
    shot(page, "review-answered")
    before = page.locator("h1").inner_text()
    page.keyboard.press("j")
    page.wait_for_function(
        "before => document.querySelector('h1').innerText !== before", arg=before
    )


def test_rows_follow_a_running_watch_and_an_alarm_is_acknowledged(visit, tmp_path):
    store = Store(str(tmp_path / "store.db"))
    store.commit([write(state=b"x", status={**STATUS, "alarm": ""})], "src")
    page = visit(tmp_path / "store.db")
    assert page.locator("tr.loud").count() == 0
    later = threading.Timer(
        1.5, store.commit, ([with_alarm(sequence=1, state=b"y", status=STATUS)], "src", ["mail"])
    )
    later.start()
    page.locator("tr.loud").wait_for()
    later.join()
    shot(page, "live")
    page.click("th[scope=row] a")
    page.click("text=Acknowledge")
    page.get_by_text("somebody at the page").wait_for()
    assert store.alarms()["acknowledged_by"].notna().all()
    store.close()


def test_a_dropped_file_has_its_verdict(visit, out, tmp_path):
    page = visit(out)
    page.set_input_files("#file", write_cell(tmp_path / "new.csv"))
    page.locator("#dropped .card").wait_for(timeout=180_000)  # another process has to begin
    assert page.locator("#dropped .chip").count() >= 1
    assert "Not kept." in page.locator("#dropped").inner_text()
    assert not (out / "dropped").exists()
    page.click("text=Keep it")
    page.get_by_text("Kept as dropped/").first.wait_for()
    assert len(list((out / "dropped").iterdir())) == 1


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("light", {}),
        ("dark", {"color_scheme": "dark"}),
        ("phone", {"viewport": {"width": 390, "height": 844}, "has_touch": True}),
    ],
)
def test_nothing_overflows_in_light_dark_and_on_a_phone(visit, out, name, options):
    page = visit(out, **options)
    for path in ("", page.locator("th[scope=row] a >> nth=0").get_attribute("href")[1:]):
        page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/")[2] + "/" + path)
        page.wait_for_timeout(300)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{path or 'the table'} is {wide} px too wide"
        shot(page, f"{name}-{'cell' if path else 'cells'}")
        if path:
            why = page.locator(".evidence td:last-child").first.bounding_box()["width"]
            assert why > 250, "a column of single words is not read"


def test_every_control_has_a_name(visit, out):
    page = visit(out)
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('input, select, button, [role=img]')].filter(
            e => !(e.labels && e.labels.length) && !e.ariaLabel && !e.innerText.trim()
                 && e.type !== 'hidden').map(e => e.outerHTML.slice(0, 80))"""
    )
    assert unnamed == []
