"""What the measurements of other tools share: the same lines of JSON as iris-bench prints."""
import json
import statistics
import time


def measure(name, tool, body, seconds=3.0, at_least=1):
    """Repeats body until `seconds` have passed, at least `at_least` times, and prints the times as one line."""
    times, start = [], time.perf_counter()
    while len(times) < at_least or time.perf_counter() - start < seconds:
        before = time.perf_counter()
        body()
        times.append((time.perf_counter() - before) * 1e3)
    report(name, tool, times)


def report(name, tool, milliseconds):
    print(json.dumps({"name": name, "tool": tool, "minimumMilliseconds": min(milliseconds),
                      "medianMilliseconds": statistics.median(milliseconds), "repetitions": len(milliseconds)}), flush=True)


def figure(name, tool, value, unit):
    print(json.dumps({"name": name, "tool": tool, "value": value, "unit": unit}), flush=True)
