"""The same network and step in PyTorch, eager, on the CPU: its best of two layouts and two types, as JSON.

python torch_step.py CHECKPOINT [--edge 64] [--batch 1] [--classes 3] [--repetitions 5] [--inference] [--threads N] [--layouts ...] [--types ...]
CHECKPOINT is written by iris model init, so both sides run the same sizes. The network is the reference implementation of
the tests with PyTorch's own fused operations in place of its spelled-out ones.
"""

import argparse
import json
import resource
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).parents[2] / "Tests/IrisModelTests/Recorded"))
from iris_reference import Iris, load  # noqa: E402


class FusedIris(Iris):
    def norm(self, x, name):
        return F.instance_norm(x, weight=self.p[f"{name}.weight"], bias=self.p[f"{name}.bias"], eps=self.s["epsilon"])

    def leaky(self, x):
        return F.leaky_relu(x, self.s["leakySlope"], inplace=True)

    def attention(self, q, kv, name, present=None):
        heads = self.s["heads"]
        q, k, v = (
            self.linear(x, f"{name}.{part}").unflatten(-1, (heads, -1)).transpose(-2, -3)
            for x, part in ((q, "query"), (kv, "key"), (kv, "value"))
        )
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=None if present is None else present[None, None, None, :])
        return self.linear(y.transpose(-2, -3).flatten(-2), f"{name}.output")

    def task(self, f, y):
        # The peer gets the cheap form of the pooling too: interpolation matrices along each axis.
        def matrix(fine, coarse):
            eye = torch.eye(coarse)[None]
            return F.interpolate(eye, size=fine, mode="linear", align_corners=False)[0]

        self.table = torch.einsum(
            "kzyx,az,by,cx->kabc", y, *(matrix(y.shape[i + 1], f.shape[i + 1]) for i in range(3))
        )
        return super().task(f, y)

    def pooled(self, f, y):
        total = y.flatten(1).sum(1)
        return torch.einsum("cabe,kabe->kc", f, self.table.to(f.dtype)) / total.clamp(min=1)[:, None] - f.mean((1, 2, 3))


def forward(network, query, reference, mask):
    """Encoders see the batch at once, as they would in a program made for training; tokens go episode by episode."""
    deepest, features = network.encoder(reference)[-1], network.encoder(query)
    present = torch.ones(mask.shape[1], dtype=torch.bool)
    return torch.cat([
        network.decoder([level[b : b + 1] for level in features], network.task(deepest[b], mask[b]), present)
        for b in range(query.shape[0])
    ])


def step(network, optimizer, batch, half):
    query, reference, mask = batch
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        if optimizer is None:
            with torch.inference_mode():
                forward(network, query, reference, mask)
            return
        logits = forward(network, query, reference, mask).float()
        p, target = logits.sigmoid(), mask
        both, total = (p * target).sum((2, 3, 4)), p.sum((2, 3, 4)) + target.sum((2, 3, 4))
        loss = (1 - (2 * both + 1) / (total + 1)).mean() + F.binary_cross_entropy_with_logits(logits, target)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(list(network.p.values()), 1.0, foreach=True)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)


def measure(arguments, layout, half):
    network = FusedIris(*vars(load(arguments.checkpoint, torch.float32)).values())
    if layout == "channels_last_3d":
        for name, value in network.p.items():
            if value.dim() == 5:
                network.p[name] = value.detach().to(memory_format=torch.channels_last_3d).requires_grad_()
    n = arguments.edge
    generator = torch.Generator().manual_seed(1)
    images = [torch.randn(arguments.batch, 1, n, n, n, generator=generator) for _ in range(2)]
    if layout == "channels_last_3d":
        images = [image.to(memory_format=torch.channels_last_3d) for image in images]
    mask = torch.zeros(arguments.batch, arguments.classes, n, n, n)
    for k in range(arguments.classes):
        c = n * (k + 1) // (arguments.classes + 1)
        mask[:, k, c - n // 8 : c + n // 8, n // 2 - n // 8 : n // 2 + n // 8, c - n // 8 : c + n // 8] = 1
    # AdamW: PyTorch has no LAMB of its own, and AdamW's fused step is the cheaper one.
    optimizer = None if arguments.inference else torch.optim.AdamW(network.p.values(), lr=1e-4, fused=True)
    batch = (images[0], images[1], mask)
    times = []
    for _ in range(1 + arguments.repetitions):
        start = time.perf_counter()
        step(network, optimizer, batch, half)
        times.append(time.perf_counter() - start)
    return sorted(times[1:])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoint")
    parser.add_argument("--edge", type=int, default=64)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--classes", type=int, default=3)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--inference", action="store_true")
    parser.add_argument("--layouts", nargs="+", default=["contiguous", "channels_last_3d"])
    parser.add_argument("--types", nargs="+", default=["float32", "bfloat16"])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    results = []
    for layout in arguments.layouts:
        for kind in arguments.types:
            times = measure(arguments, layout, kind == "bfloat16")
            results.append({"layout": layout, "type": kind, "fastest": times[0], "median": times[len(times) // 2]})
            print(results[-1], file=sys.stderr)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    best = min(results, key=lambda result: result["fastest"])
    print(json.dumps({"torch": torch.__version__, "best": best, "all": results, "peakResidentBytes": peak}, indent=2))


if __name__ == "__main__":
    main()
