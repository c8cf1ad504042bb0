"""Episodes for `torch.utils.data.DataLoader`. Needs PyTorch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from torch.utils.data import IterableDataset, get_worker_info

from .stream import EpisodeStream


class EpisodeDataset(IterableDataset[dict[str, Any]]):
    """Episodes as dictionaries of tensors, without overlap between ranks and between the workers of a `DataLoader`.

    Worker w of n of rank r of m takes the shard `r * n + w` of `m * n`. Pass `batch_size=None`: episodes differ in their
    numbers of references and classes. The tensors are copies, which a worker can send to the process that reads them.
    `count` is that of each shard. The other arguments are those of `EpisodeStream`.
    """

    def __init__(
        self,
        store: str | os.PathLike[str],
        config: str | os.PathLike[str],
        seed: int,
        rank: int = 0,
        world: int = 1,
        **options: Any,
    ) -> None:
        self._arguments = (store, config, seed)
        self._rank = rank
        self._world = world
        self._options = options

    def __iter__(self) -> Iterator[dict[str, Any]]:
        info = get_worker_info()
        worker, workers = (info.id, info.num_workers) if info else (0, 1)
        shard, shards = self._rank * workers + worker, self._world * workers
        with EpisodeStream(*self._arguments, rank=shard, world=shards, **self._options) as stream:
            for episode in stream:
                tensors = episode.torch(copy=True)
                yield {**tensors, "classes": episode.classes, "index": episode.index}
