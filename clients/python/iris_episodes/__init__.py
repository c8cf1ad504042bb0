"""In-context segmentation episodes from an Iris store, as NumPy arrays that share the producer's memory.

>>> from iris_episodes import EpisodeStream
>>> with EpisodeStream("datasets/store", "configs/episodes/paper.yaml", seed=1, count=2) as stream:  # doctest: +SKIP
...     for episode in stream:
...         print(episode.index, episode.query.shape, episode.reference_masks.shape)
"""

from .episode import Episode
from .errors import EpisodeStreamError, ProducerError, ProtocolError, SlotsInUseError
from .stream import EpisodeStream

__all__ = ["Episode", "EpisodeStream", "EpisodeStreamError", "ProducerError", "ProtocolError", "SlotsInUseError"]
