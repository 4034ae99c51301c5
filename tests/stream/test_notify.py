"""Notifications: sent after they are stored, tried again, never lost."""

import base64
import threading
from dataclasses import replace

import pytest

from softbreak.errors import SoftbreakError
from softbreak.stream import notify
from softbreak.stream.alarm import Alarm, Level
from softbreak.stream.alarm_sentences import LOCK_SCREEN, notification
from softbreak.stream.notify import NotSent, PostChannel, Postman, channel_of
from softbreak.stream.store.store import Store
from softbreak.stream.store.transaction import CellWrite
from tests.stream.receiver import receiving
from tests.stream.steps import row

# apprise imports what Python will drop
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

ALARM = Alarm("cell7/hard/3", Level.HARD, 3, 7200.0, "V/I fell from 100 to 1 Ω.")


@pytest.fixture
def receiver():
    with receiving() as started:
        yield started


@pytest.fixture
def store(tmp_path):
    opened = Store(str(tmp_path / "store.db"))
    yield opened
    opened.close()


def raised(store, channels, alarm=ALARM):
    told = row("cell7", 3, "hard", 7200.0) | {"wanted_measurement": "impedance"}
    write = CellWrite("cell7", "m", 0, {}, alarms=[alarm])
    write.notifications = [notification("cell7", alarm, "raised", told)]
    store.commit([write], "s", [channel.name for channel in channels])


def test_a_post_tells_everything_once(store, receiver):
    channels = [channel_of(receiver.url)]
    raised(store, channels)
    postman = Postman(store, channels, lambda cell_id: b"\x89PNG" + cell_id.encode())
    assert [postman.deliver(), postman.deliver()] == [1, 0]
    ((key, body),) = receiver.got
    assert key == body["key"] == f"cell7/hard/3@{channels[0].name}"
    assert (body["level"], body["event"], body["cycle_index"]) == ("hard", "raised", 3)
    assert body["title"].startswith("HARD SHORT, cell7 (cycle 4, 2.00 h): ")
    assert len(body["title"]) <= LOCK_SCREEN
    for words in (
        "cycle 4, 2.00 h into",
        "50 % (10 % to 90 %)",
        "V/I fell",
        "0 rows by now",
        "impedance",
    ):
        assert words in body["text"]
    assert base64.b64decode(body["picture_png_base64"]) == b"\x89PNGcell7"
    assert receiver.address not in str(store.outbox().to_dict()), "addresses hold secrets"


def test_apprise_sends_words_picture_and_key(store, receiver):
    channels = [channel_of(receiver.address.replace("http", "json"))]
    raised(store, channels)
    assert Postman(store, channels, lambda _: b"\x89PNG").deliver() == 1
    ((_, body),) = receiver.got
    assert body["type"] == "failure"
    assert "Key: cell7/hard/3@" in body["message"]
    assert body["attachments"][0]["filename"] == "cell.png"


def test_what_fails_is_tried_again_with_longer_and_longer_pauses(store, receiver, monkeypatch):
    clock = [1e10]
    monkeypatch.setattr(notify, "time", lambda: clock[0])
    channels = [channel_of(receiver.url)]
    raised(store, channels)
    postman = Postman(store, channels)
    receiver.refuse = 12
    pauses = []
    while not receiver.got:
        assert postman.deliver() == 1
        assert postman.deliver() == 0
        due = store.outbox()["next_try_unix_second"][0]
        pauses.append(due - clock[0])
        clock[0] = due
    assert pauses[:3] == [5.0, 10.0, 20.0]
    assert pauses[11] == 3600.0
    assert (postman.sent, postman.failed) == (1, 12)


def test_a_channel_that_is_down_for_weeks_is_tried_every_hour(store, receiver, monkeypatch):
    monkeypatch.setattr(notify, "time", lambda: 1e10)
    channels = [channel_of(receiver.url)]
    raised(store, channels)
    store.failed(store.outbox()["key"][0], 5000, 0.0, "down")
    receiver.refuse = 1
    assert Postman(store, channels).deliver() == 1
    assert store.outbox()["next_try_unix_second"][0] == 1e10 + 3600.0


def test_one_channel_that_is_down_holds_no_other_back(store, receiver):
    channels = [channel_of("post+http://127.0.0.1:9/none"), channel_of(receiver.url)]
    raised(store, channels)
    Postman(store, channels).deliver()
    assert len(receiver.got) == 1
    table = store.outbox().set_index("channel")
    assert table.loc[channels[0].name, "error"]
    assert table["sent_unix_second"].isna().sum() == 1


def test_a_picture_that_cannot_be_drawn_holds_nothing_back(store, receiver):
    def broken(cell_id):
        raise ValueError(cell_id)

    channels = [channel_of(receiver.url)]
    raised(store, channels)
    Postman(store, channels, broken).deliver()
    assert "picture_png_base64" not in receiver.got[0][1]


def test_it_runs_beside_the_watch_until_told_to_stop(store, receiver):
    channels, stop = [channel_of(receiver.url)], threading.Event()
    postman = Postman(store, channels)
    thread = threading.Thread(target=postman.run, args=(stop, 0.01))
    thread.start()
    raised(store, channels)
    while not receiver.got:
        stop.wait(0.01)
    stop.set()
    thread.join()
    assert postman.sent == 1


def test_an_address_that_means_nothing_is_refused_without_its_secrets():
    with pytest.raises(SoftbreakError) as error:
        channel_of("nonsense://user:secret@host")
    assert "secret" not in str(error.value)
    with pytest.raises(NotSent):
        channel_of("post+http://127.0.0.1:9/").send("k", {}, None)


@pytest.mark.parametrize("event", ["recovered", "withdrawn", "revised"])
def test_the_end_of_an_alarm_has_a_key_of_its_own(event):
    over = Alarm(
        "c/soft/3", Level.SOFT, 3, 60.0, "x", end=event, end_cycle=9, end_time_second=7200.0
    )
    told = notification("c", over, event, None)
    assert told.key == f"c/soft/3#{event}"
    assert told.body["cycle_index"] == 9
    assert "cycle 10, 2.00 h" in told.body["text"]


def test_no_error_of_a_channel_tells_its_address(tmp_path):
    for url in ("post+http://lab:pa55word@127.0.0.1:9/t0ken?key=s3cret", "post+http://h/t0 ken"):
        with pytest.raises(NotSent) as error:
            PostChannel(url).send("key", {"title": "t", "text": "x"}, None)
        told = f"{error.value} {error.value.__cause__}"
        assert not any(word in told for word in ("pa55word", "t0", "s3cret"))


@pytest.mark.parametrize("event", ["raised", "recovered", "withdrawn", "revised"])
@pytest.mark.parametrize("name", ["c1", "rack-4/channel-07/" + "LPSCl-Li-pouch-" * 9 + "end"])
def test_a_locked_phone_shows_the_essential_first(event, name):
    told = notification(name, replace(ALARM, sentence="V/I fell by 40 %. " * 20), event, None)
    title = told.body["title"]
    assert len(title) <= LOCK_SCREEN
    first = {"raised": "HARD SHORT", "withdrawn": "warning withdrawn"}.get(event, "")
    assert title.startswith(first)
    assert "cycle 4" in title
    assert name in told.body["text"]


def test_a_notification_leads_to_the_cell_on_the_served_page(store, receiver):
    channel = PostChannel(receiver.url)
    raised(store, [channel])
    link = "http://lab:8765/cell/{}-1".format
    Postman(store, [channel], link=link).deliver()
    ((_, body),) = receiver.got
    assert body["link"] == "http://lab:8765/cell/cell7-1"
    assert body["text"].splitlines()[-1] == body["link"]


def test_a_clock_that_is_set_back_holds_nothing_up(store, receiver, monkeypatch):
    clock = [2e10]
    monkeypatch.setattr(notify, "time", lambda: clock[0])
    channels = [channel_of(receiver.url)]
    raised(store, channels)
    postman = Postman(store, channels)
    receiver.refuse = 1
    assert [postman.deliver(), postman.deliver()] == [1, 0], "refused, and put off for a while"
    clock[0] -= 86_400.0
    assert postman.deliver() == 1
    assert len(receiver.got) == 1
