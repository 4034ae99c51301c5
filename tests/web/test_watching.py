"""The watch's server: health, metrics, messages by POST."""

import json
import socket
import threading
import time
import urllib.error
import urllib.request

import pytest

from softbreak.errors import SoftbreakError
from softbreak.stream.notify import Postman
from softbreak.stream.sources.http_inbox import InboxSource
from softbreak.stream.sources.messages import parse
from softbreak.stream.store.store import Store
from softbreak.stream.watch import Pace, Watch
from softbreak.web import posts, watching
from softbreak.web.watching import Exposed, WebServer
from tests.stream.steps import StepEngine, volts

JSON = "application/x-ndjson"


class Lab:
    """A watch that runs in a thread, with its server, and what a sender would do."""

    def __init__(self, folder, token=""):
        self.inbox = InboxSource()
        self.exposed = Exposed(inbox=self.inbox, token=token)
        self.server = WebServer("127.0.0.1:0", self.exposed)
        self.store = Store(str(folder / "store.db"))
        self.thread = None

    def begin(self, pace=Pace(checkpoint_second=0.0), engine=None):  # noqa: B008 - it is frozen
        self.watch = Watch(self.inbox, self.store, engine or StepEngine(), pace=pace)
        self.exposed.watch, self.exposed.postman = self.watch, Postman(self.store, [])
        self.thread = threading.Thread(target=self.watch.run, args=(0.05,))
        self.thread.start()
        return self

    def ask(self, path, body=None, **headers):
        headers = {"Content-Type": JSON, **{k.replace("_", "-"): v for k, v in headers.items()}}
        url = f"http://127.0.0.1:{self.server.port}{path}"
        request = urllib.request.Request(url, data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def close(self):
        if self.thread is not None:
            self.watch.stop.set()
            self.thread.join()
        self.server.close()
        self.store.close()


@pytest.fixture
def lab(tmp_path):
    made = Lab(tmp_path)
    yield made
    made.close()


def lines(cell_id="c", cycles=5, **how):
    names = ("test_time_second", "voltage_volt", "current_ampere")
    told = [
        json.dumps({"cell_id": cell_id, "sequence": k, **dict(zip(names, row, strict=True))})
        for k, row in enumerate(volts(cycles, **how))
    ]
    return "\n".join(told).encode()


def test_health_says_whether_the_watch_polls_and_the_store_answers(lab, monkeypatch):
    assert lab.ask("/health") == (503, "the watch has not begun")
    assert lab.ask("/metrics")[0] == 503
    lab.begin()
    assert lab.ask("/health") == (200, "ok")
    monkeypatch.setattr(watching, "HANGS_SECOND", -1.0)
    assert "was not asked" in lab.ask("/health")[1]


@pytest.mark.parametrize("step", [-86_400.0, 86_400.0], ids=["back", "on"])
def test_a_clock_that_is_set_hides_no_watch_that_hangs_and_invents_none(lab, monkeypatch, step):
    lab.begin()
    clock = time.time
    monkeypatch.setattr(time, "time", lambda: clock() + step)
    until(lambda: lab.ask("/health") == (200, "ok"))
    lab.watch.stop.set()
    lab.thread.join()
    lab.watch.metrics.polled_second -= 1.5 * watching.HANGS_SECOND
    status, told = lab.ask("/health")
    assert (status, "was not asked for 18" in told) == (503, True), told


def test_a_post_is_answered_when_it_is_stored_and_counts_once(lab):
    lab.begin()
    for _ in range(3):
        assert lab.ask("/chunks", lines(breaks=3)) == (200, '{"stored":100}')
        assert lab.store.cell("c").status["samples"] == 100
    assert len(lab.store.verdicts("c")) == 4
    assert lab.ask("/chunks", b"\n") == (200, '{"stored":0}')


def test_metrics_are_prometheus_own(lab):
    from prometheus_client.parser import text_string_to_metric_families

    lab.begin().ask("/chunks", lines(breaks=3))
    status, told = lab.ask("/metrics")
    families = {family.name: family for family in text_string_to_metric_families(told)}
    assert status == 200
    assert families["softbreak_samples"].samples[0].value == 100
    assert families["softbreak_cells"].samples[0].value == 1
    assert families["softbreak_verdicts"].samples[0].value == 4
    assert {s.labels["kind"] for s in families["softbreak_errors"].samples} >= {"store", "source"}


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"{nonsense", 422, "no JSON"),
        (b'{"cell_id": "c"}', 422, "no column"),
        (b"[]", 422, "expected an object"),
        (b" " * (1 << 20) + b"x" * 100, 422, "no JSON"),
    ],
)
def test_what_is_no_message_is_refused_with_a_sentence(lab, body, status, words):
    lab.begin()
    got, told = lab.ask("/chunks", body)
    assert (got, words in told) == (status, True)


def test_a_form_of_a_foreign_page_is_refused(lab):
    lab.begin()
    assert lab.ask("/chunks", lines(), Content_Type="text/plain")[0] == 415


def test_too_much_at_once_is_refused(lab, monkeypatch):
    monkeypatch.setattr(posts, "MOST_BYTES", 1000)
    lab.begin()
    assert lab.ask("/chunks", lines())[0] == 413


def test_a_watch_that_is_behind_says_so(lab, monkeypatch):
    monkeypatch.setattr("softbreak.stream.sources.http_inbox.MOST_NEW", 3)
    lab.inbox.offer([parse(lines().splitlines()[0])], [lambda reason: None])
    status, told = lab.ask("/chunks", lines())
    assert (status, "behind" in told) == (503, True)


def test_more_than_can_ever_be_taken_at_once_is_no_matter_of_time(lab, monkeypatch):
    monkeypatch.setattr(posts, "MOST_WAITING", 3)
    lab.begin()
    assert lab.ask("/chunks", lines())[0] == 413


def test_a_mixed_body_is_answered_a_message_at_a_time(lab):
    lab.begin()
    body = lines().splitlines()
    body[1:1] = [b"{nonsense", b'{"cell_id": "c"}']
    status, told = lab.ask("/chunks", b"\n".join(body))
    answer = json.loads(told)
    assert (status, answer["stored"]) == (207, len(body) - 2)
    assert [each["line"] for each in answer["refused"]] == [2, 3]
    assert "no JSON" in answer["refused"][0]["reason"]
    assert lab.store.cell("c").status["samples"] == len(body) - 2


class Poisoned(StepEngine):
    """Has an error of its own at one voltage."""

    def make(self, cell):
        return self._with_a_fault(super().make(cell))

    def load(self, state):
        return self._with_a_fault(super().load(state))

    def _with_a_fault(self, live):
        def sample(time, volt, ampere, changes):
            if volt == 7.0:
                live.rows += 1000  # half changed
                raise ZeroDivisionError(f"at {time}")
            type(live).sample(live, time, volt, ampere, changes)

        live.sample = sample
        live.dump = lambda: json.dumps(
            {k: v for k, v in vars(live).items() if k not in ("sample", "dump")}
        ).encode()
        return live


@pytest.mark.parametrize("pace", [Pace(checkpoint_second=0.0), Pace(checkpoint_second=0.3)])
def test_an_error_of_ours_costs_one_message_and_is_answered_with_its_reason(lab, pace):
    lab.begin(pace, Poisoned())
    good = lines(breaks=3).splitlines()
    poison = json.loads(good[40]) | {"voltage_volt": 7.0}
    other = lines("other").splitlines()
    body = [*good[:40], json.dumps(poison).encode(), *other, *good[41:]]
    for _ in range(2):  # sent again, it is answered the same
        status, told = lab.ask("/chunks", b"\n".join(body))
        answer = json.loads(told)
        assert (status, answer["stored"]) == (207, len(body) - 1)
        assert [each["line"] for each in answer["refused"]] == [41]
        assert "ZeroDivisionError" in answer["refused"][0]["reason"]
    assert lab.store.cell("c").status["samples"] == len(good) - 1
    counted = [told[0]["value"] for told in lab.store.verdicts("c")["evidence"]]
    assert counted[-1] <= len(good) - 1
    assert lab.watch.metrics.refused == 1
    kept = lab.store.faults()
    assert next(iter(kept["count"])) >= 1
    assert b'"cell_id": "c"' in kept["input"][0]
    assert "ZeroDivisionError" in kept["trace"][0]


def test_a_cell_comes_back_with_its_next_good_message(lab):
    lab.begin(engine=Poisoned())
    good = lines(cycles=6).splitlines()
    poison = json.dumps(json.loads(good[30]) | {"voltage_volt": 7.0}).encode()
    assert lab.ask("/chunks", b"\n".join(good[:30]))[0] == 200
    assert lab.ask("/chunks", poison)[0] == 422
    assert lab.ask("/chunks", b"\n".join(good[31:]))[0] == 200
    assert lab.store.cell("c").status["samples"] == len(good) - 1


def test_what_a_web_page_sends_is_refused(lab):
    lab.begin()
    assert lab.ask("/chunks", lines(), Origin="http://evil.example")[0] == 403
    assert lab.ask("/chunks", lines(), Host="evil.example")[0] == 403
    assert lab.ask("/health", None, Host="evil.example:80")[0] == 403
    assert lab.ask("/health", None, Host="localhost:80")[0] == 200


def test_good_senders_go_first(lab, monkeypatch):
    """Of very many new cells few are admitted at once; a cell that is known does not wait."""
    monkeypatch.setattr("softbreak.stream.sources.http_inbox.NEW_AT_ONCE", 5.0)
    monkeypatch.setattr("softbreak.stream.sources.http_inbox.NEW_A_SECOND", 0.0)
    inbox = InboxSource()
    inbox._admission._tokens = 5.0
    inbox.resume({"good": ("good", "0")})
    flood = [parse(lines(f"new{k}").splitlines()[0]) for k in range(300)]
    inbox.offer(flood, [lambda reason: None] * len(flood), "flood")
    inbox.offer([parse(lines("good").splitlines()[5])], [lambda reason: None], "lab")
    names = [chunk.cell.cell_id for chunk in inbox.poll()]
    assert names[0] == "good"
    assert len(names) == 6
    assert [chunk.cell.cell_id for chunk in inbox.poll()] == []


def test_few_new_cells_are_on_their_way_at_a_time(monkeypatch):
    """A good cell's state is stored in turn: it does not wait behind thousands of unknown ones."""
    monkeypatch.setattr("softbreak.stream.sources.http_inbox.MOST_NEW_OPEN", 3)
    inbox = InboxSource()
    flood = [parse(lines(f"new{k}").splitlines()[0]) for k in range(20)]
    inbox.offer(flood, [lambda reason: None] * len(flood), "flood")
    first = list(inbox.poll())
    assert len(first) == 3
    assert list(inbox.poll()) == []
    inbox.ack([first[0].receipt])
    inbox.refuse(first[1].receipt, "an error of ours")
    assert len(list(inbox.poll())) == 2


def test_senders_are_served_in_turn(monkeypatch):
    monkeypatch.setattr("softbreak.stream.sources.http_inbox._AT_ONCE", 10)
    inbox = InboxSource()
    inbox.resume({name: (name, "-1") for name in ("a", "b")})
    inbox.offer([parse(each) for each in lines("a").splitlines()], [lambda reason: None] * 100, "a")
    inbox.offer([parse(lines("b").splitlines()[0])], [lambda reason: None], "b")
    assert {chunk.cell.cell_id: chunk.samples for chunk in inbox.poll()} == {"a": 5, "b": 1}


def test_a_message_that_is_not_stored_is_not_confirmed(lab, monkeypatch):
    monkeypatch.setattr(posts, "ANSWER_SECOND", 0.1)
    lab.begin(Pace(checkpoint_second=1e9))
    for _ in range(2):  # sent again, it is known, and still not safe
        status, told = lab.ask("/chunks", lines())
        assert (status, "send it again" in told) == (503, True)


def test_a_token_keeps_strangers_out(tmp_path):
    lab = Lab(tmp_path, token="word")
    try:
        lab.begin()
        assert lab.ask("/chunks", lines())[0] == 401
        assert lab.ask("/chunks", lines(), Authorization="Bearer wrong")[0] == 401
        assert lab.ask("/chunks", lines(), Authorization="Bearer word")[0] == 200
    finally:
        lab.close()


def test_an_address_that_is_open_to_all_needs_a_token():
    with pytest.raises(SoftbreakError, match="SOFTBREAK_TOKEN"):
        WebServer("0.0.0.0:0", Exposed(inbox=InboxSource()))


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1", "127.0.0.1:99999", ":80"])
def test_what_is_no_address_is_said(address):
    with pytest.raises(SoftbreakError, match="expected HOST:PORT"):
        WebServer(address, Exposed())


def test_an_address_that_is_taken_is_said():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(SoftbreakError, match="cannot listen"):
            WebServer(f"127.0.0.1:{taken.getsockname()[1]}", Exposed())


def test_a_watch_of_another_source_takes_no_posts(tmp_path):
    server = WebServer("127.0.0.1:0", Exposed())
    lab = Lab.__new__(Lab)
    lab.server = server
    assert lab.ask("/chunks", lines())[0] == 404
    server.close()


def until(true, second=30.0):
    deadline = time.monotonic() + second
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_post_that_is_broken_off_is_one_line(lab, caplog):
    lab.begin()
    with socket.create_connection(("127.0.0.1", lab.server.port)) as sender:
        head = f"POST /chunks HTTP/1.1\r\nHost: localhost\r\nContent-Type: {JSON}\r\n"
        sender.sendall(f"{head}Content-Length: 1000\r\n\r\nhalf".encode())
    until(lambda: "POST from 127.0.0.1" in lab.watch.problems)
    assert "broken off" in lab.watch.problems["POST from 127.0.0.1"]
    assert len([record for record in caplog.records if "broken off" in record.message]) == 1
    assert lab.ask("/chunks", lines())[0] == 200


def test_health_says_what_is_wrong(lab):
    lab.begin()
    for thing, name, value, words in (
        (lab.watch.metrics, "store_fault", "database or disk is full", "disk is full"),
        (lab.inbox, "stalled", "the share is away", "cannot be asked: the share"),
        (lab.inbox, "behind_second", 1e4, "10000 s behind"),
    ):
        before = getattr(thing, name)
        setattr(thing, name, value)
        status, told = lab.ask("/health")
        setattr(thing, name, before)
        assert (status, words in told) == (503, True), told
    until(lambda: lab.ask("/health") == (200, "ok"))
