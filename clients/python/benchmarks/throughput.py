"""What the way into NumPy costs: episodes per second from `EpisodeStream`, beside those of the stream alone.

    python benchmarks/throughput.py STORE CONFIG [--workers N] [--seconds T] [--rounds N]

Both sides render the same episodes with the same number of threads, in turns; each round gives a ratio. The program is found
as by EpisodeStream. `--touch` also reads every voxel in Python.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import time

from iris_episodes import EpisodeStream

WARM_UP = 20


def through_numpy(options: argparse.Namespace) -> float:
    with EpisodeStream(options.store, options.config, seed=0, workers=options.workers) as stream:
        for _ in range(WARM_UP):
            next(stream)
        count, start = 0, time.monotonic()
        while (elapsed := time.monotonic() - start) < options.seconds:
            episode = next(stream)
            if options.touch:
                for array in (episode.query, episode.references, episode.reference_masks, episode.query_masks):
                    array.sum()
            count += 1
    return count / elapsed


def alone(options: argparse.Namespace) -> float:
    command = [os.environ.get("IRIS", "iris"), "episodes", "bench", "--json", "--store", options.store]
    command += ["--config", options.config, "--seed", "0", "--workers", str(options.workers), "--seconds", str(options.seconds)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)["episodesPerSecond"]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what the way into NumPy costs.")
    parser.add_argument("store")
    parser.add_argument("config")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--touch", action="store_true")
    options = parser.parse_args()
    ratios = []
    for _ in range(options.rounds):
        stream, numpy = alone(options), through_numpy(options)
        ratios.append(numpy / stream)
        print(f"stream alone {stream:8.2f} episodes/s   in NumPy {numpy:8.2f} episodes/s   ratio {ratios[-1]:.3f}", flush=True)
    print(f"median ratio {statistics.median(ratios):.3f}")


if __name__ == "__main__":
    main()
