"""Weights and latents that both sides of a comparison get: drawn at random, the same for the same names."""

import zlib
from collections.abc import Callable

import torch
from torch import Tensor, nn


def filled(build: Callable[[], nn.Module], dtype: torch.dtype) -> nn.Module:
    """The network of `build`, its weights drawn by their names: both sides get the same ones."""
    with torch.device("meta"):
        network = build().eval().requires_grad_(False)
    network.to(dtype).to_empty(device="cpu")
    for name, tensor in network.state_dict().items():
        generator = torch.Generator().manual_seed(zlib.crc32(name.removeprefix("decoder.").encode()))
        spread = tensor[0].numel() ** -0.5 if tensor.ndim > 1 else 0.02
        tensor.normal_(0, spread, generator=generator)
        if tensor.ndim == 1 and name.endswith("weight"):
            tensor.add_(1)
    return network


def shape(text: str) -> tuple[int, int, int]:
    frames, rows, columns = (int(side) for side in text.split("x"))
    return frames, rows, columns


def drawn(*sides: int, dtype: torch.dtype) -> Tensor:
    return torch.randn(sides, generator=torch.Generator().manual_seed(0)).to(dtype)
