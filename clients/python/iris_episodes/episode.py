"""One episode as arrays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import EpisodeStreamError

if TYPE_CHECKING:
    import torch

Array = np.ndarray[Any, Any]
NAMES = ("query", "references", "reference_masks", "query_masks")


class Episode:
    """References with their masks, and a query with its masks.

    Axes of a patch are [D, H, W], the volume's k, j and i. The arrays are read-only and share the producer's memory: their
    slot is used again only once the episode and every array or view taken from it are gone. `release` ends the episode's
    own hold early; `copy` gives an episode with memory of its own. Keep no more episodes than the stream has slots.
    """

    def __init__(self, arrays: dict[str, Array], *, index: int, plan_json: str, resume_token: str) -> None:
        missing = [name for name in NAMES if name not in arrays]
        if missing:
            raise EpisodeStreamError(f"the episode lacks the arrays {', '.join(missing)}")
        self._arrays: dict[str, Array] | None = arrays
        self._plan: dict[str, Any] | None = None
        self.index = index
        """The episode's number in the whole stream, over all ranks."""
        self.plan_json = plan_json
        """The plan as canonical JSON; a line of the file that `iris episodes render --plan` replays."""
        self.resume_token = resume_token
        """Given as `resume` to a new stream, it goes on after this episode."""

    @property
    def query(self) -> Array:
        """The query image, float32 [1, D, H, W]."""
        return self._view("query")

    @property
    def references(self) -> Array:
        """The reference images, float32 [R, 1, D, H, W]."""
        return self._view("references")

    @property
    def reference_masks(self) -> Array:
        """The references' masks, uint8 of 0 and 1, [R, K, D, H, W]."""
        return self._view("reference_masks")

    @property
    def query_masks(self) -> Array:
        """The query's masks, uint8 of 0 and 1, [K, D, H, W]."""
        return self._view("query_masks")

    @property
    def plan(self) -> dict[str, Any]:
        """Everything that decided the episode's voxels."""
        if self._plan is None:
            self._plan = json.loads(self.plan_json)
        return self._plan

    @property
    def classes(self) -> list[str]:
        """The structures of the masks, in order."""
        return [entry["structure"] for entry in self.plan["classes"]]

    def torch(self, copy: bool = False) -> dict[str, torch.Tensor]:
        """The four arrays as tensors by name, on the CPU.

        Without `copy` they share the slot's memory, as long as they live, like the arrays. Writing to them does no harm:
        the producer fills the slot anew.
        """
        import torch

        tensors = {name: torch.from_numpy(array) for name, array in self._held.items()}
        return {name: tensor.clone() for name, tensor in tensors.items()} if copy else tensors

    def copy(self) -> Episode:
        """The same episode in memory of its own."""
        arrays = {name: array.copy() for name, array in self._held.items()}
        return Episode(arrays, index=self.index, plan_json=self.plan_json, resume_token=self.resume_token)

    def release(self) -> None:
        """Gives the arrays up. The slot is free once no array taken from the episode remains."""
        self._arrays = None

    def __enter__(self) -> Episode:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def __repr__(self) -> str:
        state = "released" if self._arrays is None else f"{len(self._arrays['references'])} references"
        return f"<Episode {self.index}: {', '.join(self.classes)}; {state}>"

    @property
    def _held(self) -> dict[str, Array]:
        if self._arrays is None:
            raise EpisodeStreamError(f"episode {self.index} has been released. Take its arrays before that, or copy it.")
        return self._arrays

    def _view(self, name: str) -> Array:
        view = self._held[name].view()
        view.flags.writeable = False
        return view
