"""Work in several processes, its results in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, TypeVar

_T = TypeVar("_T")


def in_processes(
    job: Callable[..., _T], arguments: list[tuple[Any, ...]], workers: int
) -> Iterator[_T]:
    """Yield a job's results in order; in this process where one worker is asked for.

    Parameters
    ----------
    job : callable
        A module's function.
    arguments : list of tuple
    workers : int
    """
    if workers <= 1 or len(arguments) <= 1:
        for each in arguments:
            yield job(*each)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting: list[Future[_T]] = [pool.submit(job, *each) for each in arguments]
        try:
            for future in waiting:
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)
