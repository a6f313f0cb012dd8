"""Runner of coroutine callbacks, one after another in the order of their events."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

Function = Callable[[Any], Coroutine[Any, Any, Any]]
OnError = Callable[[Exception], object]


class _Job(NamedTuple):
    function: Function
    argument: Any
    on_error: OnError
    room: threading.Semaphore | None  # released when done


class CoroutineRunner:
    """One task on an event loop: the caller's, or one in its own thread that starts with the first job.

    At most `capacity` jobs wait. Beyond that `submit` blocks the worker thread: slow callbacks slow the pipeline.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._given: asyncio.AbstractEventLoop | None = None
        self._jobs: asyncio.Queue[_Job | None] | None = None
        self._room = threading.Semaphore(capacity)
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def use(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """Set the loop to run on from the next job on; None = its own."""
        self._given = loop

    def submit(self, function: Function, argument: Any, on_error: OnError) -> None:
        """Run `function(argument)` after all earlier jobs. On the loop itself, never block."""
        loop, jobs, room = self._running()
        if not _inside(loop):
            room.acquire()
            job = _Job(function, argument, on_error, room)
        else:
            job = _Job(function, argument, on_error, None)
        try:
            loop.call_soon_threadsafe(jobs.put_nowait, job)
        except RuntimeError:  # the caller's loop was closed before the pipeline was stopped
            if job.room is not None:
                job.room.release()
            raise

    def close(self) -> None:
        """Wait for the submitted jobs. On the loop itself, only request the end."""
        with self._lock:
            loop, jobs, self._loop = self._loop, self._jobs, None
        if loop is None or jobs is None or loop.is_closed():
            return
        loop.call_soon_threadsafe(jobs.put_nowait, None)
        if _inside(loop):
            return
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        elif loop.is_running():
            self._ended.wait()

    @property
    def is_caller(self) -> bool:
        """Whether the caller is a callback, or anything else on the loop of the callbacks."""
        return self._loop is not None and _inside(self._loop)

    def _running(self) -> tuple[asyncio.AbstractEventLoop, asyncio.Queue[_Job | None], threading.Semaphore]:
        with self._lock:
            if self._loop is None:
                self._ended.clear()
                self._room = threading.Semaphore(self._capacity)
                jobs: asyncio.Queue[_Job | None] = asyncio.Queue()
                self._jobs = jobs
                if self._given is not None:
                    self._loop = self._given
                    self._loop.call_soon_threadsafe(self._begin, jobs)
                else:
                    self._loop = asyncio.new_event_loop()
                    work = (self._loop, self._work(jobs))
                    self._thread = threading.Thread(target=_run, args=work, name="alphapulse-callbacks", daemon=True)
                    self._thread.start()
            assert self._jobs is not None
            return self._loop, self._jobs, self._room

    def _begin(self, jobs: asyncio.Queue[_Job | None]) -> None:
        self._task = asyncio.get_running_loop().create_task(self._work(jobs))

    async def _work(self, jobs: asyncio.Queue[_Job | None]) -> None:
        while (job := await jobs.get()) is not None:
            try:
                await job.function(job.argument)
            except Exception as error:  # a user's function may raise anything; the others still run
                job.on_error(error)
            finally:
                if job.room is not None:
                    job.room.release()
        self._ended.set()


def _inside(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


def _run(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, None]) -> None:
    try:
        loop.run_until_complete(work)
    finally:
        loop.close()
