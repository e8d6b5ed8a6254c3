"""From a safetensors file into a network: built on the meta device, compared by name and shape, then mapped.

A network must register no non-persistent buffers: what is not in the file would stay on the meta device.
Compute such tensors in `forward`.
"""

from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from i2v_cli.errors import ModelError
from i2v_cli.weights import header

Network = TypeVar("Network", bound=nn.Module)

SHOWN = 5


def load(
    build: Callable[[], Network], path: Path, dtype: torch.dtype, device: torch.device, *, prefix: str = ""
) -> Network:
    """The network of `build` with the file's weights: floats in `dtype`, on `device`, in eval mode, frozen.

    Only keys that begin with `prefix` are read, and they lose it: one file can hold several networks. A file
    that is damaged, not finite or not exactly this network's is a ModelError; names and shapes are compared
    before data is read. Weights that need no cast stay mapped: do not cut the file while they are in use.
    """
    with torch.device("meta"), _NoNormal():
        network = build()
    entries = {
        name.removeprefix(prefix): entry
        for name, entry in header.read(path).items()
        if name.startswith(prefix)
    }
    expected = network.state_dict()
    _compare(expected, entries, f"{path} does not fit {type(network).__name__}")
    try:
        with safe_open(path, framework="pt") as file:
            state = {name: _cast(file.get_tensor(prefix + name), dtype, device) for name in expected}
    except (SafetensorError, OSError) as error:
        raise ModelError(f"cannot read weights {path}: {error}", "fetch the file again") from error
    _check_finite(state, path)
    network.load_state_dict(state, assign=True)
    left = [
        name for name, tensor in chain(network.named_parameters(), network.named_buffers()) if tensor.is_meta
    ]
    assert not left, f"non-persistent buffers {left}"
    return network.eval().requires_grad_(False)


class _NoNormal(TorchFunctionMode):
    """Skips normal initialisation, which loading replaces: on meta its first call imports for a second."""

    def __torch_function__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        named = kwargs or {}
        if func in {nn.init.normal_, Tensor.normal_}:
            return named["tensor"] if "tensor" in named else args[0]
        return func(*args, **named)


def _compare(expected: dict[str, Tensor], entries: dict[str, header.Entry], what: str) -> None:
    missing = expected.keys() - entries.keys()
    unexpected = entries.keys() - expected.keys()
    other = [
        f"{name} {entries[name].dtype} {list(entries[name].shape)}, expected {list(tensor.shape)}"
        for name, tensor in expected.items()
        if name in entries and not _same_kind(tensor, entries[name])
    ]
    reasons = [
        f"{len(names)} {kind}: {_first(names)}"
        for kind, names in (("missing", missing), ("unexpected", unexpected), ("of another kind", other))
        if names
    ]
    if reasons:
        raise ModelError(
            f"{what}: {'; '.join(reasons)}", "use the weights that this version of i2v was made for"
        )


def _same_kind(tensor: Tensor, entry: header.Entry) -> bool:
    return tuple(tensor.shape) == entry.shape and tensor.is_floating_point() == (entry.dtype in header.FLOATS)


def _first(names: Iterable[str]) -> str:
    shown = sorted(names)
    # Names come from a file: `ascii` keeps control characters off the terminal.
    return ", ".join(ascii(name[:80])[1:-1] for name in shown[:SHOWN]) + (
        ", ..." if len(shown) > SHOWN else ""
    )


def _cast(tensor: Tensor, dtype: torch.dtype, device: torch.device) -> Tensor:
    return tensor.to(device=device, dtype=dtype if tensor.is_floating_point() else tensor.dtype)


def _check_finite(state: dict[str, Tensor], path: Path) -> None:
    """After the cast, so that fp32 weights which overflow fp16 are found as well."""
    for name, tensor in state.items():
        # The extremes are NaN when any element is; on the CPU this is 20 times faster than isfinite().all().
        if tensor.is_floating_point() and not torch.stack(torch.aminmax(tensor)).isfinite().all():
            raise ModelError(
                f"{path}: {_first([name])} holds values that are not finite in {tensor.dtype}",
                "fetch the file again, or use --dtype fp32",
            )
