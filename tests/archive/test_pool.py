import os

import pytest

from softbreak.archive.jobs.process_pool import Pool, Task
from softbreak.errors import SoftbreakError

JOBS = "tests.archive.pool_jobs"
WARM_UP = f"{JOBS}:warm_up"


def task(key, function="act", *, seconds=60.0, memory=2**30, **job):
    return Task(key, f"{JOBS}:{function}", job, seconds, memory)


def test_every_task_gets_its_own_answer():
    tasks = [task(k, "double", value=k) for k in range(20)]
    with Pool(2, WARM_UP) as pool:
        answers = {reply.task.key: reply.answer["value"] for reply in pool.run(tasks)}
    assert answers == {k: 2 * k for k in range(20)}


def test_a_dead_worker_costs_its_own_task_only():
    tasks = [task(0, deed="die"), *(task(k, deed="live") for k in range(1, 6))]
    with Pool(1, WARM_UP) as pool:
        replies = {reply.task.key: reply for reply in pool.run(tasks)}
    assert "died (exit code 3)" in replies[0].death
    assert not any(replies[k].death for k in range(1, 6))
    assert replies[1].answer["pid"] != os.getpid()


def test_a_hanging_task_ends_at_its_time():
    with Pool(1, WARM_UP) as pool:
        first, second = pool.run([task(0, deed="hang", seconds=1.0), task(1, deed="live")])
    assert first.death == "no result within 1 s"
    assert "--timeout" in first.remedy
    assert not second.death


def test_a_greedy_task_ends_at_its_memory():
    with Pool(1, WARM_UP) as pool:
        first, second = pool.run([task(0, deed="hog", memory=2**27), task(1, deed="live")])
    assert "MiB of memory" in first.death
    assert int(first.death.split()[0].replace(",", "")) < 512
    assert not second.death


def test_an_exception_tells_its_last_words():
    with Pool(1, WARM_UP) as pool:
        (reply,) = pool.run([task(0, deed="raise")])
    assert "RuntimeError: a fault of ours" in reply.death


def test_a_worker_that_cannot_start_is_an_error_not_a_hang():
    with (
        Pool(2, f"{JOBS}:no_warm_up") as pool,
        pytest.raises(SoftbreakError, match="nothing works today"),
    ):
        list(pool.run([task(0, deed="live")]))


def test_leaving_ends_the_workers_in_the_middle_of_their_work():
    with Pool(2, WARM_UP) as pool:
        replies = pool.run([task(0, deed="live"), task(1, deed="hang"), task(2, deed="hang")])
        next(replies)
