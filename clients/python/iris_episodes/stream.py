"""The consumer's side of `iris stream` (docs/stream-protocol.md)."""

from __future__ import annotations

import gc
import json
import os
import select
import socket
import subprocess
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator
from typing import IO, Any

from .episode import Episode
from .errors import ProducerError, ProtocolError, SlotsInUseError
from .ring import Ring

PROTOCOL = 1
# A producer sends something every second; five without a word mean that it hangs.
SILENCE = 5.0
# Opening a store with many cases may take a while before the first word.
START = 120.0


class EpisodeStream(Iterator[Episode]):
    """Episodes of one rank, in order, rendered by `iris stream` into memory that this process shares.

    The producer starts when iteration or a `with` block begins and ends with the stream, however this process ends. It
    renders ahead until the ring is full and then waits, so a slow consumer costs no memory. A stream serves one thread
    and is not carried into forked children: open it in the process that reads it.

    Args:
        store: folder of the store that `iris prepare` made.
        config: episode configuration, such as configs/episodes/paper.yaml.
        seed: with store and configuration decides every episode.
        rank, world: this stream takes the episodes whose index is `rank` modulo `world`.
        resume: the `resume_token` of an earlier episode; the stream goes on after it.
        count: the number of episodes; endless when absent.
        slots: episodes in shared memory at a time, at least 2; of the producer's choice when absent.
        workers: rendering threads of the producer; of its choice when absent.
        copy: hand out episodes with memory of their own, which may be kept in any number.
        iris: the program; by default what the environment variable IRIS names, else `iris` on the path.

    Raises:
        ProducerError: with the producer's own text, when it cannot start, fails, dies, or says nothing for 5 s.
        SlotsInUseError: when so many episodes are kept that no slot is left for the next one.
    """

    def __init__(
        self,
        store: str | os.PathLike[str],
        config: str | os.PathLike[str],
        seed: int,
        rank: int = 0,
        world: int = 1,
        resume: str | None = None,
        *,
        count: int | None = None,
        slots: int | None = None,
        workers: int | None = None,
        copy: bool = False,
        iris: str | os.PathLike[str] | None = None,
    ) -> None:
        program = os.fspath(iris) if iris is not None else os.environ.get("IRIS", "iris")
        self._command = [program, "stream", "--store", os.fspath(store), "--config", os.fspath(config)]
        self._command += ["--seed", str(seed), "--rank", str(rank), "--world", str(world)]
        options = {"--resume": resume, "--count": count, "--slots": slots, "--workers": workers}
        for name, value in options.items():
            if value is not None:
                self._command += [name, str(value)]
        self._count = count
        self._copy = copy
        self._connection: _Connection | None = None
        self._received = 0
        self._ended = False
        self.resume_token: str | None = resume
        """That of the episode delivered last: where a new stream would go on."""

    @property
    def producer_pid(self) -> int | None:
        """The producer's process, while there is one."""
        return self._connection.process.pid if self._connection else None

    @property
    def hello(self) -> dict[str, Any]:
        """The producer's first message: digests of store and configuration, seed, rank, world, slots, slot_bytes."""
        return self._open().hello

    def close(self) -> None:
        """Ends the producer and waits for it. Arrays already taken stay valid."""
        self._ended = True
        if self._connection:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> EpisodeStream:
        self._open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> EpisodeStream:
        return self

    def __next__(self) -> Episode:
        if self._ended:
            raise StopIteration
        connection = self._open()
        try:
            return self._next(connection)
        except SlotsInUseError:
            raise  # the stream goes on once an episode is released
        except BaseException:
            self.close()
            raise

    def _next(self, connection: _Connection) -> Episode:
        ring = connection.ring
        if len(ring.in_use) == ring.slots and self._received != self._count:
            gc.collect()  # episodes in reference cycles are not in use
            if len(ring.in_use) == ring.slots:
                raise SlotsInUseError(
                    f"all {ring.slots} slots hold episodes that are still in use. Release episodes before taking more, "
                    "pass copy=True to keep them, or raise slots."
                )
        message = connection.next_message()
        if message["type"] == "end":
            raise StopIteration
        lease = ring.lease(message["slot"])
        arrays = {a["name"]: lease.array(a["type"], a["shape"], a["strides"], a["offset"]) for a in message["arrays"]}
        episode = Episode(
            arrays, index=message["index"], plan_json=message["plan"], resume_token=message["resume"]
        )
        self._received += 1
        self.resume_token = episode.resume_token
        return episode.copy() if self._copy else episode

    def _open(self) -> _Connection:
        if self._connection is None:
            if self._ended:
                raise ProducerError("the stream is closed. Make a new one, with resume to go on.")
            self._connection = _Connection(self._command)
        if self._connection.owner != os.getpid():
            raise ProducerError("the stream was opened by another process. Open it in the process that reads it.")
        return self._connection


class _Connection:
    """A running producer, the socket to it and the memory it shares."""

    def __init__(self, command: list[str]) -> None:
        self.owner = os.getpid()
        self._buffer = bytearray()
        self._descriptors: list[int] = []
        self._complaints: IO[bytes] = tempfile.TemporaryFile()
        self._closing = threading.Lock()
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            # A session of its own keeps Ctrl-C from the producer: it ends with this end of the socket.
            self.process = subprocess.Popen(
                command, stdin=theirs, stdout=subprocess.DEVNULL, stderr=self._complaints, start_new_session=True
            )
        except OSError as error:
            self._socket.close()
            raise ProducerError(
                f"{command[0]}: cannot be started ({error.strerror}). Build it with make build, and name it with iris=... "
                "or the environment variable IRIS."
            ) from error
        finally:
            theirs.close()
        _connections.add(self)
        # Ends the producer of a stream that is dropped without close.
        self._finalizer = weakref.finalize(self, _abandon, self._socket, self.process, self.owner)
        try:
            self.hello = self._message(START)
            if self.hello["type"] != "hello" or self.hello["protocol"] != PROTOCOL:
                raise ProtocolError(
                    f"expected version {PROTOCOL} of the stream protocol but {command[0]} sent {self.hello}. "
                    "Use the client that came with the program."
                )
            if not self._descriptors:
                raise ProtocolError("the producer sent no shared memory")
            self.ring = Ring(
                self._descriptors[0], self.hello["slots"], self.hello["slot_bytes"], weakref.WeakMethod(self._send_release)
            )
        except BaseException:
            self.close()
            raise
        finally:
            for descriptor in self._descriptors:
                os.close(descriptor)

    def next_message(self) -> dict[str, Any]:
        """The next `episode` or `end`."""
        while True:
            message = self._message(SILENCE)
            if message["type"] in ("episode", "end"):
                return message
            if message["type"] != "heartbeat":
                raise ProtocolError(f"expected an episode but the producer sent {message['type']}")

    def close(self) -> None:
        with self._closing:
            if not self._finalizer.detach():
                return
        self._send({"type": "close"})
        self._socket.close()
        try:
            self.process.wait(timeout=SILENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._complaints.close()

    def forget(self) -> None:
        """In a forked child: lets go of what belongs to the parent, so that the producer notices the parent's end."""
        self._finalizer.detach()
        self._socket.close()

    def _message(self, patience: float) -> dict[str, Any]:
        line = self._line(patience)
        try:
            message = json.loads(line)
            kind = message["type"]
        except (ValueError, TypeError, KeyError):
            raise ProtocolError(f"the producer sent {line[:80]!r}, which is no message") from None
        if kind == "error":
            raise ProducerError(message["text"])
        return message

    def _line(self, patience: float) -> bytes:
        searched = 0
        deadline = time.monotonic() + patience
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if not select.select([self._socket], [], [], max(0.0, deadline - time.monotonic()))[0]:
                self.process.kill()  # what hangs would not hear that the stream is closed
                raise ProducerError(f"iris stream has said nothing for {patience:.0f} s. {self._last_words()}".rstrip())
            try:
                part, descriptors, _, _ = socket.recv_fds(self._socket, 1 << 16, 1)
            except ConnectionResetError:
                part, descriptors = b"", []
            self._descriptors += descriptors
            if not part:
                raise ProducerError(self._obituary())
            self._buffer += part
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

    def _obituary(self) -> str:
        try:
            status = self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return f"iris stream closed its socket. {self._last_words()}".rstrip()
        words = self._last_words()
        if status < 0:
            return f"iris stream was ended by signal {-status}. {words}".rstrip()
        return words or f"iris stream ended with status {status} and without a word."

    def _last_words(self) -> str:
        size = self._complaints.seek(0, os.SEEK_END)
        self._complaints.seek(max(0, size - 4000))
        return self._complaints.read().decode(errors="replace").strip()

    def _send_release(self, slot: int) -> None:
        self._send({"type": "release", "slot": slot})

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self._socket.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            pass  # a producer that ended is noticed, and its error told, where the next message is read


def _abandon(connection: socket.socket, process: subprocess.Popen[bytes], owner: int) -> None:
    connection.close()
    if os.getpid() == owner:
        try:
            process.wait(timeout=SILENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _forget_in_child() -> None:
    for connection in list(_connections):
        connection.forget()


_connections: weakref.WeakSet[_Connection] = weakref.WeakSet()
os.register_at_fork(after_in_child=_forget_in_child)
