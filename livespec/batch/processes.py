"""Jobs by as many processes of this machine as it has cores."""

import signal
from collections.abc import Generator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from multiprocessing.synchronize import Event

from livespec.batch.job import Job, Order, Outcome, StoppedError, attempt

_stopping: Event | None = None


def run_in_processes(jobs: list[Job], order: Order, at_once: int) -> Generator[Outcome, None, None]:
    """Each outcome as it comes. Whoever stops iterating stops the work; nothing half done is left.

    Where a process is killed (by want of memory, say), its files are tried again, each in a process of its own.
    """
    left = set(jobs)
    try:
        for outcome in _in_a_pool(jobs, order, min(at_once, len(jobs))):
            left.discard(outcome.job)
            yield outcome
    except BrokenProcessPool:
        for job in [job for job in jobs if job in left]:
            try:
                yield from _in_a_pool([job], order, 1)
            except BrokenProcessPool:
                yield Outcome(job, 0.0, f"{job.source}: its process was killed (is there memory enough?)")


def _in_a_pool(jobs: list[Job], order: Order, processes: int) -> Generator[Outcome, None, None]:
    """Raises `BrokenProcessPool`."""
    context = get_context("spawn")  # threads of ours must not be copied into them
    stopping = context.Event()
    with ProcessPoolExecutor(processes, context, initializer=_begin, initargs=(stopping,)) as pool:
        pending: set[Future[Outcome]] = {pool.submit(_attempt, job, order) for job in jobs}
        try:
            while pending:
                finished, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in finished:
                    yield future.result()
        except BaseException:
            stopping.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _begin(stopping: Event) -> None:
    """In each process, once: Ctrl-C is the first process's business, which tells by an event."""
    global _stopping  # noqa: PLW0603 - what a process pool hands to its processes has no other place
    _stopping = stopping
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _attempt(job: Job, order: Order) -> Outcome:
    return attempt(job, order, _heed)


def _heed(_seconds: float) -> None:
    if _stopping is not None and _stopping.is_set():
        raise StoppedError
