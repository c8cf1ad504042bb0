"""The IRIS network in PyTorch, written from docs/model.md alone, and the recording of its outputs for a tiny network.

Run in this folder: python iris_reference.py CHECKPOINT
where CHECKPOINT comes from: iris model init --config configs/model/tiny.yaml --seed 7 --output CHECKPOINT
Needs torch and safetensors. Writes tiny.safetensors: the checkpoint's parameters under "parameter.", the input, and the
network's outputs and gradients in double precision, rounded to float32.
"""

import json
import sys

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save_file


class Iris:
    def __init__(self, parameters, sizes):
        self.p, self.s = parameters, sizes

    def norm(self, x, name):
        mean = x.mean((2, 3, 4), keepdim=True)
        variance = x.var((2, 3, 4), unbiased=False, keepdim=True)
        weight, bias = (self.p[f"{name}.{part}"].view(1, -1, 1, 1, 1) for part in ("weight", "bias"))
        return (x - mean) / torch.sqrt(variance + self.s["epsilon"]) * weight + bias

    def leaky(self, x):
        return torch.where(x > 0, x, self.s["leakySlope"] * x)

    def conv(self, x, name, stride=1):
        weight = self.p[f"{name}.weight"]
        return F.conv3d(x, weight, self.p.get(f"{name}.bias"), stride=stride, padding=(weight.shape[2] - 1) // 2)

    def linear(self, x, name):
        return F.linear(x, self.p[f"{name}.weight"], self.p[f"{name}.bias"])

    def ln(self, x, name):
        return F.layer_norm(x, x.shape[-1:], self.p[f"{name}.weight"], self.p[f"{name}.bias"], self.s["epsilon"])

    def mlp(self, x, name):
        return self.linear(F.gelu(self.linear(x, f"{name}.fc1"), approximate="tanh"), f"{name}.fc2")

    def attention(self, q, kv, name, present=None):
        heads = self.s["heads"]

        def split(x):
            return x.unflatten(-1, (heads, -1)).transpose(-2, -3)

        q, k, v = (split(self.linear(x, f"{name}.{part}")) for x, part in ((q, "query"), (kv, "key"), (kv, "value")))
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        if present is not None:
            scores = scores.masked_fill(~present, float("-inf"))
        weights = torch.nan_to_num(scores.softmax(-1), nan=0.0)
        return self.linear((weights @ v).transpose(-2, -3).flatten(-2), f"{name}.output")

    def block(self, x, name, stride=1):
        h = self.leaky(self.norm(self.conv(x, f"{name}.conv1", stride), f"{name}.norm1"))
        h = self.norm(self.conv(h, f"{name}.conv2"), f"{name}.norm2")
        if f"{name}.shortcut.conv.weight" in self.p:
            # A 1^3 convolution has no padding, so its stride alone keeps the grids alike.
            x = self.norm(self.conv(x, f"{name}.shortcut.conv", stride), f"{name}.shortcut.norm")
        return self.leaky(h + x)

    def encoder(self, x):
        features = []
        for level in range(len(self.s["channels"])):
            for block in range(self.s["encoderBlocks"]):
                x = self.block(x, f"encoder.levels.{level}.blocks.{block}", 2 if level > 0 and block == 0 else 1)
            features.append(x)
        return features

    def pooled(self, f, y):
        up = F.interpolate(f[None], size=y.shape[1:], mode="trilinear", align_corners=False)[0]
        total = y.flatten(1).sum(1)
        return torch.einsum("czyx,kzyx->kc", up, y) / total.clamp(min=1)[:, None] - f.mean((1, 2, 3))

    def task(self, f, y):
        """One reference: deepest features [C, d, h, w] and masks [K, D, H, W] to [K, m + 1, E]."""
        k, r = y.shape[0], self.s["shuffleFactor"]
        c, d, h, w = f.shape
        foreground = self.linear(self.pooled(f, y), "task_encoder.foreground")
        s = f.view(c // r**3, r, r, r, d, h, w).permute(0, 4, 1, 5, 2, 6, 3).reshape(c // r**3, r * d, r * h, r * w)
        small = F.avg_pool3d(y[:, None], [y.shape[1] // (r * d), y.shape[2] // (r * h), y.shape[3] // (r * w)])
        joined = torch.cat([s[None].expand(k, -1, -1, -1, -1), small], 1).movedim(1, -1)
        mixed = self.linear(joined, "task_encoder.mixing").movedim(-1, 1)
        back = mixed.view(k, c // r**3, d, r, h, r, w, r).permute(0, 1, 3, 5, 7, 2, 4, 6).reshape(k, c, d * h * w)
        g = self.ln(back.transpose(1, 2), "task_encoder.context_norm")
        x = self.p["task_encoder.queries"].expand(k, -1, -1)
        for layer in range(self.s["contextLayers"]):
            name = f"task_encoder.layers.{layer}"
            x = x + self.attention(self.ln(x, f"{name}.cross_norm"), g, f"{name}.cross")
            z = self.ln(x, f"{name}.self_norm")
            x = x + self.attention(z, z, f"{name}.self")
            x = x + self.mlp(self.ln(x, f"{name}.mlp_norm"), f"{name}.mlp")
        return self.ln(torch.cat([foreground[:, None], x], 1), "task_encoder.norm")

    def embedding(self, reference, mask):
        """References [R, 1, D, H, W] and masks [R, K, D, H, W] to [K, m + 1, E] and presence [K]."""
        deepest = self.encoder(reference)[-1]
        tokens = torch.stack([self.task(f, y) for f, y in zip(deepest, mask)])
        shows = mask.flatten(2).sum(2) > 0
        present = shows.any(0)
        counted = torch.where(present, shows, torch.ones_like(shows)).to(tokens.dtype)
        return (tokens * (counted / counted.sum(0))[:, :, None, None]).sum(0), present

    def decoder(self, features, embedding, present):
        levels = len(self.s["channels"])
        k, count, e = embedding.shape
        t = embedding.reshape(1, k * count, e)
        keys = present.repeat_interleave(count)
        v = features[-1]
        for level in reversed(range(levels)):
            if level < levels - 1:
                up = F.interpolate(v, scale_factor=2, mode="trilinear", align_corners=False)
                v = torch.cat([up, features[level]], 1)
                for block in range(self.s["decoderBlocks"]):
                    v = self.block(v, f"decoder.levels.{level}.blocks.{block}")
            if level >= levels - self.s["attentionLevels"]:
                name, shape = f"decoder.exchanges.{level}", v.shape
                voxels = v.flatten(2).transpose(1, 2)
                s = self.ln(voxels, f"{name}.voxel_norm")
                z = self.ln(t, f"{name}.self_norm")
                t = t + self.attention(z, z, f"{name}.self", keys)
                t = t + self.attention(self.ln(t, f"{name}.cross_norm"), s, f"{name}.cross")
                t = t + self.mlp(self.ln(t, f"{name}.mlp_norm"), f"{name}.mlp")
                voxels = voxels + self.attention(s, self.ln(t, f"{name}.token_norm"), f"{name}.voxel_cross", keys)
                v = voxels.transpose(1, 2).reshape(shape)
        p = self.conv(v, "decoder.pixels")
        foreground = t.view(k, count, e)[:, 0]
        vectors = self.mlp(self.ln(foreground, "decoder.class_norm"), "decoder.class_vector")
        return torch.einsum("kc,bczyx->bkzyx", vectors[:, :-1], p) + vectors[:, -1].view(1, -1, 1, 1, 1)

    def __call__(self, query, reference, mask):
        embedding, present = self.embedding(reference, mask)
        return self.decoder(self.encoder(query), embedding, present), embedding


def load(path, dtype):
    with safe_open(path, "pt") as file:
        sizes = json.loads(file.metadata()["iris.configuration"])
        parameters = {name: file.get_tensor(name).to(dtype).requires_grad_() for name in file.keys()}
    return Iris(parameters, sizes)


def main():
    network = load(sys.argv[1], torch.float64)
    generator = torch.Generator().manual_seed(5)
    # Two references; class 1 is absent from the second and class 2 from both.
    query = torch.randn(1, 1, 8, 12, 4, generator=generator)
    reference = torch.randn(2, 1, 8, 4, 12, generator=generator)
    mask = (torch.rand(2, 3, 8, 4, 12, generator=generator) < 0.3).float()
    mask[1, 1] = 0
    mask[:, 2] = 0
    logits, embedding = network(query.double(), reference.double(), mask.double())
    logits.mean().backward()
    recorded = {"query": query, "reference": reference, "mask": mask, "logits": logits, "task_embedding": embedding}
    recorded |= {f"parameter.{name}": value for name, value in network.p.items()}
    recorded |= {f"gradient.{name}": value.grad for name, value in network.p.items()}
    save_file(
        {name: value.detach().float().contiguous() for name, value in recorded.items()},
        "tiny.safetensors",
        {"iris.configuration": json.dumps(network.s), "made by": f"iris_reference.py, torch {torch.__version__}"},
    )


if __name__ == "__main__":
    main()
