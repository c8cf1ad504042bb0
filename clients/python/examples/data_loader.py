"""Two DataLoader workers share a stream: each takes every other episode.

    python examples/data_loader.py datasets/store configs/episodes/paper.yaml
"""

import sys

from torch.utils.data import DataLoader

from iris_episodes.torch import EpisodeDataset


def main() -> None:
    store, config = sys.argv[1:]
    # Two rendering threads in each worker; the count is each worker's own.
    dataset = EpisodeDataset(store, config, seed=1, count=4, workers=2)
    for episode in DataLoader(dataset, batch_size=None, num_workers=2):
        print(episode["index"], tuple(episode["query"].shape), ", ".join(episode["classes"]))


if __name__ == "__main__":
    main()
