"""Build, use, free: one network in memory, for as long as a `with` lasts.

A batch may keep them all, and what its encoders answered.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias, TypeVar, cast

import torch
from torch import Tensor, nn

from i2v_cli.runtime import memory
from i2v_cli.runtime.device import Runtime
from i2v_cli.runtime.remembered import Remembered
from i2v_cli.weights.component import Files
from i2v_cli.weights.load import build

Network = TypeVar("Network", bound=nn.Module)
Loaded: TypeAlias = tuple[Files, str, tuple[str, ...], tuple[str, ...], torch.dtype, torch.device]
"""Files, prefix, keep_fp32, ignore, dtype, device."""


class Shelf:
    """Networks that wait for their next use, as long as `spare` bytes stay free on their device; answers."""

    def __init__(self, spare: int) -> None:
        self.answers = Remembered()
        self._spare = spare
        self._networks: dict[Loaded, nn.Module] = {}

    def take(self, name: Loaded) -> nn.Module | None:
        return self._networks.pop(name, None)

    def put(self, name: Loaded, network: nn.Module) -> None:
        self._networks[name] = network
        free = memory.available(name[-1].type)
        if free is not None and free < self._spare:
            self.clear()

    def clear(self) -> None:
        for network in self._networks.values():
            network.to("meta")
        self._networks.clear()


_shelf: ContextVar[Shelf | None] = ContextVar("_shelf", default=None)


@contextmanager
def keeping(spare: int) -> Iterator[None]:
    """Within it, what `hold` has loaded stays for the next `hold` of the same weights, and answers are
    remembered.

    `spare`: bytes that a clip needs beside it; when less is free, all networks are given back.
    """
    token = _shelf.set(Shelf(spare))
    try:
        yield
    finally:
        shelf = _shelf.get()
        _shelf.reset(token)
        if shelf is not None:
            shelf.clear()


def remembered(files: Files, runtime: Runtime, asked: Hashable, encode: Callable[[], Tensor]) -> Tensor:
    """What the encoder of `files` answers to `asked`, on the CPU: from `encode`, once within `keeping`.

    asked: all that the answer depends on beside the weights: a text, `remembered.digest(photo)`, a seed. Do
    not write to the answer.
    """
    shelf = _shelf.get()
    if shelf is None:
        return encode().cpu()
    return shelf.answers.get((files.weights, runtime.dtype, runtime.device, asked), encode)


@contextmanager
def hold(
    make: Callable[[], Network],
    files: Files,
    runtime: Runtime,
    *,
    prefix: str = "",
    keep_fp32: tuple[str, ...] = (),
    ignore: tuple[str, ...] = (),
) -> Iterator[Network]:
    """The network of `make` with the files' weights (see `load.build`), in inference mode; freed, or kept,
    afterwards.

    Bad weights are a ModelError, running out of memory inside is a FitError.
    """
    name = (files, prefix, keep_fp32, ignore, runtime.dtype, runtime.device)
    shelf = _shelf.get()
    with memory.explained(runtime.device.type):
        kept = None if shelf is None else shelf.take(name)
        network = kept or build(
            make,
            files,
            dtype=runtime.dtype,
            device=runtime.device,
            prefix=prefix,
            keep_fp32=keep_fp32,
            ignore=ignore,
        )
        whole = False
        try:
            with torch.inference_mode():
                yield cast(Network, network)
            whole = True
        finally:
            if whole and shelf is not None:
                shelf.put(name, network)
            else:
                # The caller's name outlives the `with`: take the storage, not only our reference.
                network.to("meta")
                if shelf is not None:  # memory may be what ran out
                    shelf.clear()
