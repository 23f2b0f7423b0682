"""A TCP proxy that knows Kafka's frames: four bytes of length, and requests that begin with an API key.

Responses carry no key; on a connection they come in the order of the requests.
"""

import asyncio
import struct
import threading
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

PRODUCE, ADD_OFFSETS, END_TXN = 0, 25, 26
_LENGTH, _HEAD = struct.Struct(">i"), struct.Struct(">hhih")


@dataclass(frozen=True, slots=True)
class Frame:
    """A request. data: with its length in front. client: the client id that it names."""

    key: int
    version: int
    client: str
    data: bytes


@dataclass(slots=True)
class Rules:
    """What the proxy does now; it may be changed at any time.

    open: cleared to let nothing through in either direction. lose_responses: for how many more responses to which
    request nothing comes back. hold: whether to keep a request for itself. on_request: told each request before it is
    passed on, and waited for.
    """

    open: asyncio.Event = field(default_factory=asyncio.Event)
    deaf: bool = False
    lose_responses: Counter[int] = field(default_factory=Counter)
    hold: Callable[[Frame], bool] = lambda _frame: False
    on_request: Callable[[Frame], Coroutine[Any, Any, None]] | None = None


class Proxy:
    """Listens on a port of the loopback address, and passes everything on to another; in a thread of its own.

    met: how often it did what.
    """

    def __init__(self, port: int, upstream: int) -> None:
        self._port, self._upstream = port, upstream
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        self.rules = Rules()
        self.rules.open.set()
        self.met: Counter[str] = Counter()
        self.held: list[Frame] = []
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self._listening = threading.Event()
        self._thread.start()
        assert self._listening.wait(10)

    def close(self) -> None:
        """Listen no more, and drop all connections."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop)
        self._thread.join(10)

    def stall(self) -> None:
        """Let nothing through; connections stay."""
        self.met["stalled"] += 1
        self._loop.call_soon_threadsafe(self.rules.open.clear)

    def resume(self) -> None:
        """Let everything through again, what was held up first."""
        self._loop.call_soon_threadsafe(self.rules.open.set)

    def reset(self) -> None:
        """Tear all connections down."""

        def tear() -> None:
            self.met["reset"] += len(self._writers)
            for writer in list(self._writers):
                writer.transport.abort()

        self._loop.call_soon_threadsafe(tear)

    async def replay(self, frame: Frame) -> int:
        """Send a request that was held, over a connection of its own; the error code of an EndTxn's answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._upstream)
        try:
            writer.write(frame.data)
            answer = await _framed(reader)
            # after the length: correlation id, throttle time, error
            return int(struct.unpack_from(">iih", answer, _LENGTH.size)[2])
        finally:
            writer.close()

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        self._loop.stop()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self._port))
        self._listening.set()
        self._loop.run_forever()
        server.close()
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._upstream)
        except OSError:
            writer.close()
            return
        pair = {writer, up_writer}
        self._writers |= pair
        asked: deque[int] = deque()
        try:
            await asyncio.gather(
                self._pass_requests(reader, up_writer, asked), self._pass_responses(up_reader, writer, asked)
            )
        except (asyncio.IncompleteReadError, asyncio.CancelledError, OSError):
            pass
        finally:
            for one in pair:
                one.transport.abort()
            self._writers -= pair

    async def _pass_requests(self, reader: asyncio.StreamReader, to: asyncio.StreamWriter, asked: deque[int]) -> None:
        while True:
            frame = _request(await _framed(reader))
            await self.rules.open.wait()
            if self.rules.hold(frame):
                self.met["held"] += 1
                self.held.append(frame)
                continue
            if self.rules.on_request is not None:
                await self.rules.on_request(frame)
            asked.append(frame.key)
            to.write(frame.data)
            await to.drain()

    async def _pass_responses(self, reader: asyncio.StreamReader, to: asyncio.StreamWriter, asked: deque[int]) -> None:
        while True:
            data = await _framed(reader)
            await self.rules.open.wait()
            key = asked.popleft()
            if self.rules.deaf:
                self.met["responses lost"] += 1
                continue
            if self.rules.lose_responses[key] > 0:
                self.rules.lose_responses[key] -= 1
                self.met["responses lost"] += 1
                continue
            to.write(data)
            await to.drain()


async def _framed(reader: asyncio.StreamReader) -> bytes:
    length = await reader.readexactly(_LENGTH.size)
    return length + await reader.readexactly(_LENGTH.unpack(length)[0])


def _request(data: bytes) -> Frame:
    key, version, _, size = _HEAD.unpack_from(data, _LENGTH.size)
    start = _LENGTH.size + _HEAD.size
    return Frame(key, version, data[start : start + max(size, 0)].decode("utf-8", "replace"), data)
