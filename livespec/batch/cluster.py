"""Jobs by the workers of a dask.distributed cluster, which have livespec, and the same files under the same paths."""

import logging
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from livespec.batch.job import Job, Order, Outcome, attempt
from livespec.errors import UsageError

_REACHED_WITHIN_S: Final = 10


def run_on_cluster(jobs: list[Job], order: Order, address: str) -> Generator[Outcome, None, None]:
    """Each outcome as it comes; the files of a worker that dies are done again by another.

    Whoever stops iterating cancels what has not begun. Raises `UsageError` where no scheduler can be reached.
    """
    client, as_completed = _connect(address)
    try:
        order = _with_absolute_calibration(order)
        futures = {client.submit(attempt, _absolute(job), order, pure=False): job for job in jobs}
        try:
            for future in as_completed(list(futures)):
                job = futures[future]
                error = future.exception()
                if error is None:
                    outcome = future.result()
                    yield Outcome(job, outcome.seconds, outcome.error)
                else:  # it took several workers with it, or one without livespec
                    yield Outcome(job, 0.0, f"{job.source}: {type(error).__name__}: {_first_line(error)}")
        except BaseException:
            client.cancel(list(futures))
            raise
    finally:
        client.close()


def _connect(address: str) -> tuple[Any, Any]:
    try:
        from distributed import Client, as_completed
    except ImportError as error:
        raise UsageError("--scheduler needs dask.distributed", 'install it: pip install "livespec[cluster]"') from error
    for name in ("distributed", "distributed.client", "distributed.comm"):  # what matters is told with the outcomes
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout=_REACHED_WITHIN_S)
    except (OSError, ValueError, TypeError) as error:  # a timeout is an OSError
        raise UsageError(
            f"no scheduler can be reached at {address}", "start one with 'dask scheduler'; it says its address"
        ) from error
    return client, as_completed


def _absolute(job: Job) -> Job:
    return job._replace(source=job.source.absolute(), target=job.target.absolute())


def _with_absolute_calibration(order: Order) -> Order:
    named = order.settings.calibration
    if named is None:
        return order
    return replace(order, settings=replace(order.settings, calibration=str(Path(named).absolute())))


def _first_line(error: BaseException) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else ""
