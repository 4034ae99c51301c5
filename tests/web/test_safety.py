"""What the door lets through, and what it does not."""

import asyncio
import re

import pytest

from softbreak.archive.triage import triage
from softbreak.errors import SoftbreakError
from softbreak.web import safety
from softbreak.web.safety import Guard, door_of
from tests.archive.files import write_cell
from tests.web.lab import HARM, HTML, PORT, client_of, make_results

TOKEN = "a-token-of-enough-letters"


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return make_results(tmp_path_factory.mktemp("lab"))


@pytest.fixture
def page(out):
    made = client_of(out)
    yield made
    made.cells.store.close()


def test_an_address_open_to_others_needs_a_token():
    for token in ("", "short"):
        with pytest.raises(SoftbreakError, match="SOFTBREAK_TOKEN"):
            door_of("0.0.0.0", PORT, token)
    assert door_of("127.0.0.1", PORT, "").token == ""


@pytest.mark.parametrize("host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", ""])
def test_a_foreign_name_that_points_here_sees_nothing(page, host):
    assert page.get("/", headers={"host": host}).status_code == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": f"file://127.0.0.1:{PORT}"},
        {"origin": f"http://127.0.0.1:{PORT + 1}"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_another_page_changes_nothing(page, headers):
    done = page.post("/reviewer", content="reviewer=eve", headers={**HTML, **headers})
    assert done.status_code == 403
    assert "set-cookie" not in done.headers


def test_its_own_page_and_a_program_may(page):
    for headers in ({"origin": f"http://127.0.0.1:{PORT}"}, {}):
        done = page.post("/reviewer", content="reviewer=ann", headers={**HTML, **headers})
        assert done.status_code == 303


def test_no_get_changes_anything(page):
    before = page.cells.reviews.table()
    key = page.cells.rows()[0].key
    for path in (f"/review/{key}?state=soft&first_cycle=0&last_cycle=1", "/drop?name=x.csv",
                 f"/cell/{key}/acknowledge", f"/cell/{key}/silence?for=1+h"):  # fmt: skip
        assert page.get(path).status_code in (200, 405), path
    assert page.cells.reviews.table().equals(before)


def test_nothing_that_a_file_says_is_html(page):
    pages = ["/", f"/?group=batch&q={HARM}", "/overlay"]
    harmful = next(row for row in page.cells.rows() if row.cell_id == HARM)
    pages += [f"/cell/{harmful.key}", f"/overlay?cell={harmful.key}"]
    page.post("/reviewer", content=f"reviewer={HARM}", headers=HTML)
    pages += [f"/review/{harmful.key}", "/agreement"]
    for path in pages:
        text = page.get(path).text
        assert "<img src=x" not in text, path
        assert "onerror=alert" not in text.replace("onerror=alert(1)&gt;", ""), path
    assert "&lt;img src=x" in page.get("/").text


def test_every_answer_says_what_a_page_may_load(page):
    for path in ("/", "/assets/page.js", "/nowhere", "/assets/../safety.py"):
        policy = page.get(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert page.get(path).headers["x-content-type-options"] == "nosniff"
    text = page.get("/").text
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert "https://" not in text
    assert "style=" not in text
    assert "<script>" not in text


def test_only_the_pages_own_files_are_served(page):
    for name in ("../safety.py", "..%2fsafety.py", "vendor/../../safety.py", "nothing.js"):
        assert page.get(f"/assets/{name}").status_code == 404


def test_a_body_that_is_too_long_is_refused_before_it_is_read(page):
    done = page.post("/reviewer", content=b"x" * (safety.MOST_FORM_BYTES + 1), headers=HTML)
    assert done.status_code == 413

    def stream():
        for _ in range(9):
            yield b"x" * 8192

    done = page.post("/reviewer", content=stream(), headers=HTML)
    assert done.status_code == 413


def test_changes_are_bounded(out, monkeypatch):
    monkeypatch.setattr(safety, "CHANGES_A_MINUTE", 3)
    page = client_of(out)
    codes = [
        page.post("/reviewer", content="reviewer=ann", headers=HTML).status_code for _ in range(5)
    ]
    assert codes == [303, 303, 303, 429, 429]
    assert page.get("/").status_code == 200, "looking is not changing"
    page.cells.store.close()


def test_with_a_token_nobody_comes_in_without_it(out):
    page = client_of(out, token=TOKEN)
    assert page.get("/").headers["location"] == "/login"
    for path in ("/rows", "/labels.csv", "/events", "/review"):
        assert page.get(path).status_code == 401
    assert page.get("/rows", headers={"authorization": "Bearer nonsense"}).status_code == 401
    assert page.get("/rows", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    wrong = page.post("/login", content="token=nonsense", headers=HTML)
    assert (wrong.status_code, "not the token" in wrong.text) == (401, True)
    right = page.post("/login", content=f"token={TOKEN}", headers=HTML)
    assert right.status_code == 303
    assert TOKEN not in right.headers["set-cookie"]
    assert "HttpOnly" in right.headers["set-cookie"]
    assert "SameSite=strict" in right.headers["set-cookie"]
    assert page.get("/").status_code == 200
    other = client_of(out, token=TOKEN)  # another process: its cookies are its own
    other.cookies.update(page.cookies)
    assert other.get("/rows").status_code == 401
    for one in (page, other):
        one.cells.store.close()


def test_tokens_cannot_be_tried_fast(out, monkeypatch):
    monkeypatch.setattr(safety, "WRONG_TOKENS_A_MINUTE", 2)
    page = client_of(out, token=TOKEN)
    codes = [page.post("/login", content="token=x", headers=HTML).status_code for _ in range(4)]
    assert codes == [401, 401, 429, 429]
    page.cells.store.close()


def test_a_request_under_way_when_the_page_ends_is_answered_without_a_trace():
    async def ended(*_):
        raise asyncio.CancelledError

    told = []

    async def send(message):
        told.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "headers": [(b"host", b"127.0.0.1:8765")],
        "client": ("127.0.0.1", 1),
    }
    asyncio.run(Guard(ended, door_of("127.0.0.1", 8765, ""))(scope, None, send))
    assert told[0]["status"] == 503
    assert told[1]["body"] == b"the page is being closed"


def test_an_address_or_headers_that_are_too_long_are_refused(page):
    assert page.get("/", params={"q": "x" * safety.MOST_HEAD_BYTES}).status_code == 431
    assert page.get("/", headers={"x-long": "x" * safety.MOST_HEAD_BYTES}).status_code == 431


def test_a_person_who_went_astray_sees_a_page_and_a_script_a_sentence(page):
    astray = page.get("/cell/<svg onload=x>", headers={"accept": "text/html"})
    assert astray.status_code == 404
    assert "there is no such cell here" in astray.text
    assert 'href="/"' in astray.text
    assert page.get("/cell/nothing").text == "there is no such cell here"
    refused = page.post("/keep?name=x.csv", content=b"")
    assert (refused.status_code, refused.text) == (422, "the file is empty")


def test_a_manifest_turns_no_text_around(tmp_path):
    root = tmp_path / "archive"
    for name in "ab":
        write_cell(root / f"{name}.csv", cycles=4)
    (root / "cells.csv").write_text("cell_id,files,batch\na,a.csv,=1\u202e\x1b[31m\nb,b.csv,two\n")
    triage(root, tmp_path / "out", workers=0)
    page = client_of(tmp_path / "out")
    text = page.get("/?group=batch").text
    shown = re.sub(r'value="[^"]*"', "", text)  # what is sent back has to be what it is
    assert "\u202e" not in shown
    assert "\x1b" not in shown
    (value,) = {row.facts["batch"] for row in page.cells.rows()} - {"two"}
    assert page.get("/rows", params={"f.batch": value}).text.count('<th scope="row">') == 1
    page.cells.store.close()
