"""Trains a small in-context segmentation network on an episode stream, on the CPU, in about a minute.

The network pools the reference's features under its mask into one vector for each class and compares the query's features
with it, so it segments whatever class the reference shows.

    iris phantom amos22 --output raw --cases 8 --size tiny
    iris prepare amos22 --source raw --store store
    python examples/train.py store
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from iris_episodes import Episode, EpisodeStream

CONFIGURATION = """\
format: 1
classes:
  perEpisode: [1, 3]
patch:
  size: [32, 32, 32]
spatial:
  rotation: {probability: 0.5, degrees: [-10, 10]}
  scale: {probability: 0.5, factor: [0.9, 1.1]}
intensity:
  - brightnessMultiply: {probability: 0.3, factor: [0.9, 1.1]}
  - gaussianNoise: {probability: 0.3, sigma: [0, 0.1]}
"""


class InContextNetwork(nn.Module):
    def __init__(self, channels: int = 16) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inputs, dilation in [(1, 1), (channels, 1), (channels, 2), (channels, 4)]:
            layers += [
                nn.Conv3d(inputs, channels, 3, padding=dilation, dilation=dilation),
                nn.InstanceNorm3d(channels, affine=True),
                nn.LeakyReLU(0.01),
            ]
        self.encoder = nn.Sequential(*layers, nn.Conv3d(channels, channels, 1))
        self.scale = nn.Parameter(torch.tensor(10.0))
        self.offset = nn.Parameter(torch.tensor(-5.0))

    def forward(self, query: torch.Tensor, references: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        """Logits [K, D, H, W] of a query [1, D, H, W], given references [R, 1, D, H, W] with masks [R, K, D, H, W]."""
        features = self.encoder(torch.cat([query[None], references]))
        weights = masks.float()
        sums = torch.einsum("rcdhw,rkdhw->kc", features[1:], weights)
        prototypes = sums / weights.sum(dim=(0, 2, 3, 4))[:, None].clamp_min(1)
        similarity = torch.einsum(
            "kc,cdhw->kdhw", functional.normalize(prototypes, dim=1), functional.normalize(features[0], dim=0)
        )
        return self.scale * similarity + self.offset


def soft_dice(logits: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    probabilities, masks = logits.sigmoid(), masks.float()
    overlap = (probabilities * masks).sum(dim=(1, 2, 3))
    return (2 * overlap + 1) / (probabilities.sum(dim=(1, 2, 3)) + masks.sum(dim=(1, 2, 3)) + 1)


def loss_and_dice(network: InContextNetwork, episode: Episode) -> tuple[torch.Tensor, torch.Tensor]:
    tensors = episode.torch()
    logits = network(tensors["query"], tensors["references"], tensors["reference_masks"])
    masks = tensors["query_masks"]
    dice = soft_dice(logits, masks)
    return functional.binary_cross_entropy_with_logits(logits, masks.float()) + 1 - dice.mean(), dice.mean().detach()


def train(store: str, config: str, steps: int, iris: str | None = None) -> list[float]:
    """The Dice score of each step."""
    torch.manual_seed(0)
    network = InContextNetwork()
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3)
    scores, started = [], time.monotonic()
    with EpisodeStream(store, config, seed=1, count=steps, iris=iris) as stream:
        for step, episode in enumerate(stream, 1):
            loss, dice = loss_and_dice(network, episode)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scores.append(float(dice))
            if step % 25 == 0:
                recent = sum(scores[-25:]) / 25
                print(f"step {step:4}  Dice of the last 25 episodes {recent:.3f}  {time.monotonic() - started:.0f} s", flush=True)
    return scores


def main() -> None:
    parser = argparse.ArgumentParser(description="Train a small in-context segmentation network.")
    parser.add_argument("store", help="folder that iris prepare made")
    parser.add_argument("--config", help="episode configuration; by default one with small patches")
    parser.add_argument("--steps", type=int, default=100)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "episodes.yaml"
        config.write_text(CONFIGURATION)
        train(arguments.store, arguments.config or str(config), arguments.steps)


if __name__ == "__main__":
    main()
