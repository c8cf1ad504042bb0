"""Either side dies, hangs or dawdles."""

from __future__ import annotations

import gc
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from iris_episodes import ProducerError

PACKAGE = Path(__file__).resolve().parents[1]
CONSUMER = """
import sys, time
from iris_episodes import EpisodeStream
store, config, iris = sys.argv[1:]
with EpisodeStream(store, config, seed=7, iris=iris) as stream:
    for episode in stream:
        print(stream.producer_pid, flush=True)
        {then}
"""


def is_running(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return status not in "ZX"


def wait_for_end(pid: int, seconds: float) -> float:
    start = time.monotonic()
    while is_running(pid):
        assert time.monotonic() - start < seconds, f"process {pid} still runs after {seconds} s"
        time.sleep(0.02)
    return time.monotonic() - start


def resident_bytes(pid: int) -> int:
    """Memory of the process that is not shared with others or mapped from files."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("the process is gone")


@pytest.fixture
def consumer(iris, store, configuration):
    """Starts a consumer in a process of its own; `then` is what it does with each episode."""
    started = []

    def start(then: str) -> tuple[subprocess.Popen, int]:
        process = subprocess.Popen(
            [sys.executable, "-c", CONSUMER.format(then=then), store, configuration, iris],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(PACKAGE)},
        )
        started.append(process)
        return process, int(process.stdout.readline())

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_killed_consumer_ends_the_producer(consumer):
    process, producer = consumer("time.sleep(100)")
    assert is_running(producer)
    process.kill()
    wait_for_end(producer, 5)


def test_interrupted_consumer_ends_quietly(consumer):
    """Ctrl-C reaches only the consumer, as KeyboardInterrupt; the producer ends with the stream."""
    process, producer = consumer("time.sleep(0.01)")
    process.send_signal(signal.SIGINT)
    _, complaints = process.communicate(timeout=10)
    assert process.returncode == -signal.SIGINT or process.returncode == 130
    assert "KeyboardInterrupt" in complaints and "ProducerError" not in complaints
    wait_for_end(producer, 5)


KILLS = 50 if os.environ.get("IRIS_SLOW_TESTS") == "1" else 5


def test_consumers_killed_again_and_again(consumer):
    """At random moments, while the ring is full or being read; the fixture looks for what is left in /dev/shm."""
    moments = random.Random(7)
    for kill in range(KILLS):
        process, producer = consumer("time.sleep(0.002)" if kill % 2 else "time.sleep(100)")
        time.sleep(moments.uniform(0, 0.1))
        process.kill()
        wait_for_end(producer, 5)


def test_producers_killed_again_and_again(open_stream):
    moments = random.Random(8)
    for _ in range(KILLS):
        stream = open_stream(slots=3)
        episode = next(stream)
        expected = episode.query.copy()
        timer = threading.Timer(moments.uniform(0, 0.1), os.kill, (stream.producer_pid, signal.SIGKILL))
        timer.start()
        start = time.monotonic()
        with pytest.raises(ProducerError, match="ended by signal 9"):
            while True:
                next(stream)
        assert time.monotonic() - start < 5
        # What was received stays: the memory lives as long as one side maps it.
        assert (episode.query == expected).all()
        stream.close()


def test_killed_producer_raises(open_stream):
    with open_stream() as stream:
        next(stream)
        start = time.monotonic()
        os.kill(stream.producer_pid, signal.SIGKILL)
        with pytest.raises(ProducerError, match="ended by signal 9"):
            for _ in range(100):
                next(stream)
        assert time.monotonic() - start < 5


def test_hanging_producer_raises(open_stream):
    with open_stream() as stream:
        next(stream)
        producer = stream.producer_pid
        os.kill(producer, signal.SIGSTOP)
        start = time.monotonic()
        with pytest.raises(ProducerError, match="has said nothing for 5 s"):
            for _ in range(100):
                next(stream)
        assert 4.9 < time.monotonic() - start < 8
    wait_for_end(producer, 1)


def test_interrupted_producer_says_so(open_stream):
    with open_stream() as stream:
        next(stream)
        os.kill(stream.producer_pid, signal.SIGTERM)
        asked = time.monotonic()
        with pytest.raises(ProducerError, match="the producer was interrupted"):
            while time.monotonic() - asked < 5:
                next(stream)


def test_slow_consumer_costs_no_memory(open_stream):
    """The producer's own memory is the same after a pause in which it could have rendered hundreds of episodes."""
    with open_stream(slots=3) as stream:
        for _ in range(30):
            next(stream)
        time.sleep(0.3)
        before = resident_bytes(stream.producer_pid)
        time.sleep(2)
        after = resident_bytes(stream.producer_pid)
        assert after - before < 2 << 20
        assert next(stream).index == 30


def test_long_pause_is_no_failure(open_stream):
    with open_stream(slots=2) as stream:
        next(stream)
        time.sleep(6.5)
        assert next(stream).index == 1


def test_dropped_stream_ends_its_producer(open_stream):
    stream = open_stream()
    next(stream)
    producer = stream.producer_pid
    del stream
    gc.collect()
    wait_for_end(producer, 5)


def test_closed_stream_ends_its_producer_with_status_0(open_stream):
    stream = open_stream()
    next(stream)
    process = stream._connection.process
    stream.close()
    assert process.returncode == 0
    stream.close()


def test_stream_does_not_enter_a_forked_child(open_stream):
    def child(stream, episode, answer):
        try:
            next(stream)
        except ProducerError as error:
            answer.put(str(error))
        del episode

    with open_stream(count=6, slots=2) as stream:
        episode = next(stream)
        context = multiprocessing.get_context("fork")
        answer = context.Queue()
        process = context.Process(target=child, args=(stream, episode, answer))
        process.start()
        assert "opened by another process" in answer.get(timeout=10)
        process.join()
        # The child's end released nothing and closed nothing.
        expected = episode.query.copy()
        for _ in range(4):
            next(stream)
        assert (episode.query == expected).all()
