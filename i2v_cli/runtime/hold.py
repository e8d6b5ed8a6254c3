"""Build, use, free: one network in memory, for as long as a `with` lasts. A batch may keep them all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TypeAlias, TypeVar, cast

import torch
from torch import nn

from i2v_cli.runtime import memory
from i2v_cli.runtime.device import Runtime
from i2v_cli.weights.load import load

Network = TypeVar("Network", bound=nn.Module)
Loaded: TypeAlias = tuple[Path, str, torch.dtype, torch.device]


class Shelf:
    """Networks that wait for their next use, as long as `spare` bytes stay free on their device."""

    def __init__(self, spare: int) -> None:
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
    """Within it, what `hold` has loaded stays for the next `hold` of the same weights.

    `spare`: bytes that a clip needs beside it; when less is free, everything kept is given back.
    """
    token = _shelf.set(Shelf(spare))
    try:
        yield
    finally:
        shelf = _shelf.get()
        _shelf.reset(token)
        if shelf is not None:
            shelf.clear()


@contextmanager
def hold(
    build: Callable[[], Network], weights: Path, runtime: Runtime, *, prefix: str = ""
) -> Iterator[Network]:
    """The network of `build` with the weights under `prefix`, in inference mode; freed, or kept, afterwards.

    Bad weights are a ModelError, running out of memory inside is a FitError.
    """
    name, shelf = (weights, prefix, runtime.dtype, runtime.device), _shelf.get()
    with memory.explained(runtime.device.type):
        kept = None if shelf is None else shelf.take(name)
        network = load(build, weights, runtime.dtype, runtime.device, prefix=prefix) if kept is None else kept
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
