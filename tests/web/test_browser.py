"""The page in a real browser: look, filter, zoom, review by keyboard, live rows, a dropped file."""

import os
import shutil
import threading
import warnings
from contextlib import contextmanager

import pytest

from softbreak.stream.store.store import Store
from softbreak.stream.watch import Watch
from softbreak.web.cells import cells_of
from softbreak.web.serving import Server
from tests.archive.files import write_cell
from tests.stream.growing import Cycler, folder
from tests.stream.steps import StepEngine, csv
from tests.web.lab import make_results

playwright = pytest.importorskip("playwright.sync_api", reason="no playwright here")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: install 'chromium'"),
    pytest.mark.filterwarnings("ignore"),
]
SHOTS = os.environ.get("SOFTBREAK_SCREENSHOTS", "")
HANGS_MILLISECOND = 180_000
"""What has not come by then never will; no test says how quick anything is."""
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
LOOKS = {"light": {}, "dark": {"color_scheme": "dark"}, "phone": PHONE}


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        made = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


@contextmanager
def served(place):
    """Serve a place; its address."""
    cells = cells_of(str(place))
    server = Server(cells, port=0)
    thread = server.start()
    yield server.address
    server.close(thread)
    cells.store.close()


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make_results(tmp_path_factory.mktemp("lab"))


@pytest.fixture(scope="module")
def address(out):
    with served(out) as told:
        yield told


@pytest.fixture
def visit(browser):
    """Open an address; every error that a page tells of, and every foreign one, fails the test."""
    errors, contexts = [], []

    def opened(address, **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(HANGS_MILLISECOND)
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda r: None if r.url.startswith(address) else errors.append(r.url))
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


def shot(page, name):
    if SHOTS:
        page.evaluate("[...document.images].forEach(one => { one.loading = 'eager'; })")
        page.wait_for_load_state("networkidle")
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def begin_review(page, address, who):
    page.goto(f"{address}review")
    page.fill("input[name=reviewer]", who)
    page.keyboard.press("Enter")
    page.locator(".plot[data-ready=yes]").wait_for()


def chosen_range(page):
    return [page.input_value(f"input[name={name}]") for name in ("first_cycle", "last_cycle")]


def test_cells_are_opened_filtered_grouped_and_overlaid(visit, address):
    page = visit(address)
    assert page.locator("tbody th[scope=row]").count() == 3
    page.fill("input[name=q]", "b")
    page.keyboard.press("Enter")
    page.get_by_text("1 shown").wait_for()
    page.click("text=all >> nth=0")
    page.get_by_text("3 shown").wait_for()
    page.click("summary")
    page.select_option("select[name=group]", "batch")
    page.click("text=Show")
    page.locator("tr.group").first.wait_for()
    assert page.locator("tr.group").count() == 2
    page.select_option("select[name='f.batch']", "one")
    page.click("text=Show")
    page.get_by_text("2 shown").wait_for()
    shot(page, "filtered")
    for box in page.locator("tbody input[type=checkbox]").all():
        box.check()
    page.click("button:has-text('Overlay')")
    page.locator(".plot[data-ready=yes]").wait_for()
    assert page.locator(".u-series").count() == 3, "time and two cells"
    shot(page, "overlay")


def test_a_cell_is_zoomed_into_by_mouse_and_keys(visit, address):
    page = visit(address)
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
    page.get_by_text("Every sample of this stretch was looked at.").wait_for()
    before = page.evaluate(SCALE)
    assert before[1] - before[0] < 4.0, "hours, of twelve"
    plot.focus()
    for key in ("ArrowRight", "+", "-", "ArrowLeft"):
        page.keyboard.press(key)
        page.wait_for_function(f"before => `${{({SCALE})()}}` !== `${{before}}`", arg=before)
        before = page.evaluate(SCALE)
    page.keyboard.press("0")
    page.wait_for_function("() => traces[0].plot.scales.x.max > 11.9")
    page.click("text=+ >> nth=-1")  # a phone has no keys
    page.wait_for_function("() => traces[0].plot.scales.x.max < 11.9")


SCALE = "() => { const x = traces[0].plot.scales.x; return [x.min, x.max]; }"


ZOOM_AS_THE_ANSWER_COMES = """() => {
  const plot = traces[0].plot, asked = window.fetch;
  window.fetch = async (...told) => {
    const answer = await asked(...told);
    window.fetch = asked;
    plot.setScale("x", { min: 3, max: 4 });
    return answer;
  };
  plot.setScale("x", { min: 2, max: 6 });
}"""


def test_what_comes_late_of_an_earlier_zoom_does_not_undo_the_next_one(visit, address):
    page = visit(address)
    page.click("th[scope=row] a >> nth=0")
    page.locator(".plot[data-ready=yes]").wait_for()
    page.evaluate(ZOOM_AS_THE_ANSWER_COMES)
    page.locator(".plot[data-detail]").wait_for()
    assert page.evaluate(SCALE) == [3.0, 4.0]


def test_review_by_keyboard_alone(visit, address, out):
    page = visit(address)
    begin_review(page, address, "ann")
    shot(page, "review-hidden")
    assert page.get_by_text("What the model says").count() == 0
    assert chosen_range(page) == ["1", "6"]
    page.keyboard.press("]")
    page.keyboard.press("{")
    assert chosen_range(page) == ["2", "5"]
    page.keyboard.press("s")
    page.keyboard.press("Enter")
    page.get_by_text("What the model says").wait_for()
    assert "Cycles 2 to 5: soft" in page.locator("#reviewed").inner_text()
    shot(page, "review-answered")
    page.keyboard.press("a")
    assert chosen_range(page) == ["1", "6"]
    before = page.locator("h1").inner_text()
    page.keyboard.press("j")
    page.wait_for_function(
        "before => document.querySelector('h1').innerText !== before", arg=before
    )
    assert page.get_by_text("What the model says").count() == 0, "hidden anew for the next cell"


def test_review_by_mouse(visit, address):
    page = visit(address)
    begin_review(page, address, "bob")
    area = page.locator(".u-over").bounding_box()
    page.mouse.move(area["x"] + 0.4 * area["width"], area["y"] + 50)
    page.mouse.down()
    page.mouse.move(area["x"] + 0.6 * area["width"], area["y"] + 60, steps=4)
    page.mouse.up()
    assert chosen_range(page) == ["3", "4"]
    page.check("input[value=not_judgeable]")
    page.click("button:has-text('Store')")
    page.get_by_text("Cycles 3 to 4: not judgeable").wait_for()


@pytest.fixture
def lab(tmp_path):
    """A cycler that writes, a watch that runs, and a page over its store."""
    cycler, store = Cycler(tmp_path / "live"), Store(str(tmp_path / "store.db"))
    for name in ("sound", "breaks"):
        cycler.write(f"{name}/1.csv", csv(6))
    watch = Watch(folder(tmp_path / "live"), store, StepEngine(), ["mail"])
    thread = threading.Thread(target=watch.run, args=(0.05,))
    thread.start()
    with served(tmp_path / "store.db") as told:
        yield told, cycler, store
    watch.stop.set()
    thread.join()
    store.close()


def test_rows_follow_a_running_watch_and_an_alarm_is_acknowledged_and_silenced(lab, visit):
    address, cycler, store = lab
    page = visit(address)
    page.locator("tbody th[scope=row] >> nth=1").wait_for()
    assert page.locator("tr.loud").count() == 0
    cycler.write("breaks/1.csv", csv(12, breaks=8))
    page.locator("tr.loud").wait_for()  # nobody reloads it
    shot(page, "live")
    page.click("tr.loud th a")
    page.click("text=Acknowledge")
    page.get_by_text("somebody at the page").first.wait_for()
    assert store.alarms(standing=True)["acknowledged_by"].notna().all()
    page.select_option("select[name=for]", "8 h")
    page.fill("input[name=reason]", "it is opened tomorrow")
    page.click("button:has-text('Silence')")
    page.get_by_text("Nothing is sent about this cell for another 8.00 h: it is opened").wait_for()
    assert "nan" not in page.locator("main").inner_text()
    shot(page, "live-cell")
    page.click("text=End the silence")
    page.locator("text=End the silence").wait_for(state="detached")
    page.goto(address)
    page.get_by_text("seen").first.wait_for()
    assert page.locator("tr.loud").count() == 0


def test_a_dropped_file_has_its_verdict_and_is_kept_on_request(visit, address, out, tmp_path):
    page = visit(address)
    page.set_input_files("#file", write_cell(tmp_path / "new.csv"))
    page.locator("#dropped .card .chip").first.wait_for()
    shot(page, "dropped")
    assert "Not kept." in page.locator("#dropped").inner_text()
    assert not (out / "dropped").exists()
    page.click("text=Keep it")
    page.get_by_text("Kept as dropped/").first.wait_for()
    assert len(list((out / "dropped").iterdir())) == 1
    (tmp_path / "notes.txt").write_text("no measurement\n")
    page.set_input_files("#file", tmp_path / "notes.txt")
    page.locator("#dropped .mend").wait_for()


@pytest.mark.parametrize("name", LOOKS)
def test_nothing_overflows_in_light_dark_and_on_a_phone(visit, address, name):
    page = visit(address, **LOOKS[name])
    begin_review(page, address, name)
    review, cell = page.url, page.locator("form#answer").get_attribute("hx-post")
    cell = cell.replace("/review/", "cell/")
    overlay = f"overlay?cell={cell.removeprefix('cell/')}"
    places = {"cells": "", "cell": cell, "review": "review", "overlay": overlay}
    for what, path in {**places, "agreement": "agreement"}.items():
        page.goto(address + path)
        if what not in ("cells", "agreement"):
            page.locator(".plot[data-ready=yes]").wait_for()
        shot(page, f"{name}-{what}")
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{what} is {wide} px too wide"
        if what == "cells":
            assert page.get_by_role("button", name="Overlay").is_visible()
        if what == "cell":
            why = page.locator(".evidence td:last-child").first.bounding_box()["width"]
            assert why > 250, "a column of single words is not read"
    assert review.startswith(address)


CONTRAST = """() => {
  const rgb = (told) => told.match(/[\\d.]+/g).map(Number);
  const light = (c) => [0, 1, 2].map(k => c[k] / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
  const ground = (e) => { for (; e; e = e.parentElement) {
      const style = getComputedStyle(e), c = rgb(style.backgroundColor);
      if (style.backgroundImage !== 'none') return null;
      if (c.length < 4 || c[3] > 0.99) return c; }
    return rgb(getComputedStyle(document.documentElement).backgroundColor); };
  const poor = [];
  for (const e of document.querySelectorAll('main *, header *')) {
    const text = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!text || !e.checkVisibility() || e.closest('svg, .hidden, option')) continue;
    const under = ground(e);
    if (!under) continue;
    const pair = [light(rgb(getComputedStyle(e).color)), light(under)].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < 4.5) poor.push(`${ratio.toFixed(1)} ${e.outerHTML.slice(0, 90)}`);
  }
  return poor;
}"""
UNNAMED = """() => [...document.querySelectorAll(
    'input, select, button, a, [role=img], [role=group], [tabindex="0"]')].filter(
  e => !(e.labels && e.labels.length) && !e.ariaLabel && !e.innerText?.trim()
    && e.type !== 'hidden').map(e => e.outerHTML.slice(0, 80))"""


@pytest.mark.parametrize("name", ["light", "dark"])
def test_every_control_has_a_name_and_every_word_stands_out(visit, address, name):
    page = visit(address, **LOOKS[name])
    begin_review(page, address, f"reader {name}")
    cell = page.locator("form#answer").get_attribute("hx-post").replace("/review/", "cell/")
    for path in ("", "review", cell, "agreement"):
        page.goto(address + path)
        if path in ("review", cell):
            page.locator(".plot[data-ready=yes]").wait_for()
        assert page.evaluate(UNNAMED) == [], path
        assert page.evaluate(CONTRAST) == [], path
