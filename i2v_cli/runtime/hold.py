"""Build, use, free: one network in memory, for as long as a `with` lasts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import torch
from torch import nn

from i2v_cli.runtime import memory
from i2v_cli.runtime.device import Runtime
from i2v_cli.weights.load import load

Network = TypeVar("Network", bound=nn.Module)


@contextmanager
def hold(
    build: Callable[[], Network], weights: Path, runtime: Runtime, *, prefix: str = ""
) -> Iterator[Network]:
    """The network of `build` with the weights under `prefix`, in inference mode; freed afterwards.

    Bad weights are a ModelError, running out of memory inside is a FitError.
    """
    with memory.explained(runtime.device.type):
        network = load(build, weights, runtime.dtype, runtime.device, prefix=prefix)
        try:
            with torch.inference_mode():
                yield network
        finally:
            # The caller's name outlives the `with`: take the storage, not only our reference.
            network.to("meta")
