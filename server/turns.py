"""Writing requests, taken together: one transaction and one sync to disk for all that wait.

SQLite has one writer, and a label is on disk before it is acknowledged. While one sync runs,
others come in; the next transaction takes them all, each in a savepoint of its own, and answers
none of them before the commit. On PostgreSQL, which syncs for many at once by itself, every
request has a thread and a transaction of its own.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from storage import Session, Store

Act = Callable[[Session], Any]
POSTGRES_THREADS = 16
MOST_AT_ONCE = 32


@dataclass(frozen=True)
class _Turn:
    """One request that waits for its transaction."""

    act: Act
    durable: bool
    answer: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


class Turns:
    """The threads that claim and label over REST."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: SimpleQueue[_Turn | None] = SimpleQueue()
        self._starting = threading.Lock()
        self._writer: threading.Thread | None = None
        self._threads = ThreadPoolExecutor(POSTGRES_THREADS, "goldloop-turn")

    async def take(self, act: Act, *, durable: bool) -> Any:
        """Run `act` in a transaction; its answer, once that is committed."""
        loop = asyncio.get_running_loop()
        if not self._store.is_sqlite:
            return await loop.run_in_executor(self._threads, self._alone, act, durable)
        self._start()
        turn = _Turn(act, durable, loop.create_future(), loop)
        self._waiting.put(turn)
        return await turn.answer

    def stop(self) -> None:
        """End after what has been taken."""
        self._threads.shutdown()
        if self._writer is not None:
            self._waiting.put(None)
            self._writer.join()

    def _start(self) -> None:
        with self._starting:
            if self._writer is None:
                self._writer = threading.Thread(target=self._write, name="goldloop-writer")
                self._writer.daemon = True
                self._writer.start()

    def _alone(self, act: Act, durable: bool) -> Any:
        with self._store.write(durable=durable) as session:
            return act(session)

    def _write(self) -> None:
        while batch := self._batch():
            told = self._together(batch)
            for loop in {turn.loop for turn in batch}:
                mine = [one for one in told if one[0].loop is loop]
                loop.call_soon_threadsafe(_tell, mine)

    def _batch(self) -> list[_Turn]:
        """Whoever waits now, at least one; none when it is time to end."""
        first = self._waiting.get()
        if first is None:
            return []
        batch = [first]
        while len(batch) < MOST_AT_ONCE:
            try:
                more = self._waiting.get_nowait()
            except Empty:
                break
            if more is None:
                self._waiting.put(None)
                break
            batch.append(more)
        return batch

    def _together(self, batch: list[_Turn]) -> list[tuple[_Turn, Any, BaseException | None]]:
        """One transaction for all; a fault undoes its own turn, or with the commit every one."""
        told: list[tuple[_Turn, Any, BaseException | None]] = []
        try:
            with self._store.write(durable=any(turn.durable for turn in batch)) as session:
                told = [_one(session, turn) for turn in batch]
        except Exception as error:  # noqa: BLE001 - whoever waits has to be told
            told = [(turn, None, error) for turn in batch]
        return told


def _one(session: Session, turn: _Turn) -> tuple[_Turn, Any, BaseException | None]:
    try:
        with session.begin_nested():
            return turn, turn.act(session), None
    except Exception as error:  # noqa: BLE001 - whoever waits has to be told
        return turn, None, error


def _tell(told: list[tuple[_Turn, Any, BaseException | None]]) -> None:
    for turn, answer, error in told:
        if turn.answer.cancelled():
            continue
        if error is None:
            turn.answer.set_result(answer)
        else:
            turn.answer.set_exception(error)
