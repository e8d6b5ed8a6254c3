"""A network whose blocks come and go: two are in memory, however many there are.

`hold` stands beside `runtime.hold.hold` and answers the same network; whether its blocks are resident, lie in
the CPU's memory (`--offload blocks`) or on the disk (`disk`) is not to be seen in what it computes, not in
one bit.

    enter block i      wait until it is there; send for block i + 1
    leave block i      give its memory back

While one block computes, a thread brings the next one. A block on the disk that needs no cast is a view of
the mapped file: its pages count as this process's memory from the first touch until `Shards.drop` gives them
back (MADV_DONTNEED; the system's own cache keeps them for as long as it likes). A block that is cast gets
memory of its own, tensor by tensor, and the pages that it was read from are given back at once.
"""

import mmap
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from fnmatch import fnmatchcase
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from i2v_cli.runtime import memory
from i2v_cli.runtime.device import Runtime
from i2v_cli.runtime.memory import Phase
from i2v_cli.weights.component import Files
from i2v_cli.weights.load import fill, skeleton
from i2v_cli.weights.shards import Shards

Network = TypeVar("Network", bound=nn.Module)


@contextmanager
def hold(
    make: Callable[[], Network],
    files: Files,
    runtime: Runtime,
    *,
    blocks: tuple[str, ...],
    activations: int = 0,
    prefix: str = "",
    keep_fp32: tuple[str, ...] = (),
    ignore: tuple[str, ...] = (),
) -> Iterator[Network]:
    """The network of `make` with the files' weights (see `load.build`), in inference mode; freed afterwards.

    blocks: names of the modules that may come and go, in the order of a pass; a ModuleList stands for its
    members. They must not hold one another, nor share weights. A pass that takes another order or ends early
    is as right, but waits. activations: bytes beside the weights; with them `--offload auto` decides.
    """
    with memory.explained(runtime.device.type):
        shards = Shards(files)
        network = skeleton(make, shards, prefix=prefix, ignore=ignore)
        store = Store(network, shards, runtime, prefix=prefix, keep_fp32=keep_fp32)
        names = _expanded(network, blocks)
        phase = store.phase(names, activations)
        offload = memory.choose(runtime.offload, phase, runtime.device.type)
        streamed = names if offload != "none" else ()
        store.fill(skip=tuple(f"{name}." for name in streamed))
        try:
            with torch.inference_mode(), _streamed(store, streamed, pinned=offload == "blocks"):
                yield network
        finally:
            # The caller's name outlives the `with`: take the storage, not only our reference.
            network.to("meta")


class Store:
    """Where a network's weights come from, and the form in which they are wanted."""

    def __init__(
        self,
        network: nn.Module,
        shards: Shards,
        runtime: Runtime,
        *,
        prefix: str,
        keep_fp32: tuple[str, ...],
    ) -> None:
        self.network, self.shards, self.runtime, self.prefix = network, shards, runtime, prefix
        state = network.state_dict()
        self.fp32 = {name for name in state if any(fnmatchcase(name, pattern) for pattern in keep_fp32)}
        self.bytes = {name: tensor.numel() * self._itemsize(name, tensor) for name, tensor in state.items()}

    def phase(self, blocks: tuple[str, ...], activations: int) -> Phase:
        sizes = [sum(self.bytes[name] for name in self.keys(block)) for block in blocks]
        return Phase(
            name=type(self.network).__name__,
            weights=sum(self.bytes.values()),
            activations=activations,
            streamed=sum(sizes),
            block=max(sizes, default=0),
        )

    def keys(self, block: str) -> list[str]:
        """Keys of a block's weights, in the whole network."""
        return [f"{block}.{name}" for name in self.network.get_submodule(block).state_dict()]

    def fill(self, block: str = "", *, on_cpu: bool = False, skip: tuple[str, ...] = ()) -> None:
        """Gives a block, or the whole network but for `skip`, its weights on the device or on the CPU."""
        inner = f"{block}." if block else ""
        fill(
            self.network.get_submodule(block),
            self.shards,
            dtype=self.runtime.dtype,
            device="cpu" if on_cpu else self.runtime.device,
            prefix=self.prefix + inner,
            keep_fp32=tuple(name.removeprefix(inner) for name in self.fp32 if name.startswith(inner)),
            skip=skip,
        )

    def drop(self, block: str) -> None:
        """The block goes back to the meta device, its pages to the system."""
        self.network.get_submodule(block).to("meta")
        self.shards.drop(self.prefix + name for name in self.keys(block))

    def _itemsize(self, name: str, tensor: Tensor) -> int:
        if not tensor.is_floating_point():
            return tensor.itemsize
        return 4 if name in self.fp32 else self.runtime.dtype.itemsize


@contextmanager
def _streamed(store: Store, blocks: tuple[str, ...], *, pinned: bool) -> Iterator[None]:
    """Within the context the blocks bring themselves when they are called."""
    if not blocks:
        yield
        return
    sources = [(_Pinned if pinned else _OnDisk)(store, block) for block in blocks]
    with ThreadPoolExecutor(1, thread_name_prefix="blocks") as reader:
        stream = _Stream(sources, reader, store.runtime.device)
        handles = [handle for index in range(len(blocks)) for handle in stream.watch(index)]
        try:
            yield
        finally:
            reader.shutdown(cancel_futures=True)
            for handle in handles:
                handle.remove()


class _OnDisk:
    """A block that lies in the mapped file."""

    def __init__(self, store: Store, block: str) -> None:
        self.store, self.block = store, block
        self.module = store.network.get_submodule(block)

    def bring(self) -> None:
        self.store.fill(self.block)
        if self.store.runtime.device.type == "cpu":
            for tensor in self.module.state_dict().values():
                _touch(tensor)

    def leave(self) -> None:
        self.store.drop(self.block)


class _Pinned:
    """A block whose weights wait in page-locked memory of the CPU, where a GPU fetches them by itself."""

    def __init__(self, store: Store, block: str) -> None:
        self.device = store.runtime.device
        self.module = store.network.get_submodule(block)
        store.fill(block, on_cpu=True)
        self.state = {name: tensor.pin_memory() for name, tensor in self.module.state_dict().items()}
        store.drop(block)

    def bring(self) -> None:
        state = {name: tensor.to(self.device, non_blocking=True) for name, tensor in self.state.items()}
        self.module.load_state_dict(state, assign=True)

    def leave(self) -> None:
        self.module.to("meta")


class _Stream:
    """Which block is here, and which one is on its way."""

    def __init__(
        self, sources: list["_OnDisk | _Pinned"], reader: ThreadPoolExecutor, device: torch.device
    ) -> None:
        self.sources = sources
        self.reader = reader
        self.lane = _CudaLane(device) if device.type == "cuda" else _Lane()
        self.coming: tuple[int, Future[None]] | None = None

    def watch(self, index: int) -> Iterator[Any]:
        module = self.sources[index].module
        yield module.register_forward_pre_hook(lambda *_: self.enter(index))
        yield module.register_forward_hook(lambda *_: self.leave(index), always_call=True)

    def enter(self, index: int) -> None:
        if self.coming is not None and self.coming[0] != index:
            other, future = self.coming
            future.result()
            self.leave(other)
            self.coming = None
        _, future = self.coming or self._send_for(index)
        future.result()
        # Not from the last to the first: an encoder has one pass, and its first block is a large table.
        self.coming = self._send_for(index + 1) if index + 1 < len(self.sources) else None

    def leave(self, index: int) -> None:
        self.lane.computed(self.sources[index].module)
        self.sources[index].leave()

    def _send_for(self, index: int) -> tuple[int, "Future[None]"]:
        return index, self.reader.submit(self._bring, index, self.lane.last)

    def _bring(self, index: int, after: "torch.cuda.Event | None") -> None:
        with self.lane.copying(after):
            self.sources[index].bring()


class _Lane:
    """How copies and computation keep out of each other's way on the CPU: they share nothing."""

    last = None

    def computed(self, _module: nn.Module) -> None: ...

    def copying(self, _after: "torch.cuda.Event | None") -> AbstractContextManager[None]:
        return nullcontext()


class _CudaLane:
    """On a GPU: copies run beside the computation, in a stream of their own.

    Memory that a block gives back belongs to the copying stream, which would write to it at once, while
    kernels that read it may not have run yet: the allocator is told who else uses it. And a block is not
    fetched before the last but one has been computed, so that there are never more than two.
    """

    def __init__(self, device: torch.device) -> None:
        self.stream = torch.cuda.Stream(device)
        self.last: torch.cuda.Event | None = None

    def computed(self, module: nn.Module) -> None:
        for tensor in module.state_dict().values():
            if tensor.is_cuda:
                tensor.record_stream(torch.cuda.current_stream(tensor.device))
        self.last = torch.cuda.Event()
        self.last.record()

    @contextmanager
    def copying(self, after: "torch.cuda.Event | None") -> Iterator[None]:
        if after is not None:
            after.synchronize()
        with torch.cuda.stream(self.stream):
            yield
        self.stream.synchronize()


def _expanded(network: nn.Module, blocks: tuple[str, ...]) -> tuple[str, ...]:
    names = []
    for block in blocks:
        module = network.get_submodule(block)
        members = range(len(module)) if isinstance(module, nn.ModuleList) else None
        names += [block] if members is None else [f"{block}.{index}" for index in members]
    return tuple(names)


def _touch(tensor: Tensor) -> None:
    """Reads a value of every page, so that the disk is waited for here and not in the computation."""
    tensor.flatten()[:: mmap.PAGESIZE // tensor.itemsize].sum()
