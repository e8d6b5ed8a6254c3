"""Imported by the process that runs are forked from: it has made a clip and keeps networks as a batch does.

So a run loads no network and does not look at `rig.photo` once more; its time goes into what is proven.
"""

import atexit
import contextlib
import tempfile
from pathlib import Path

import rig

import i2v_cli.cli.app
import i2v_cli.cli.generate  # noqa: F401
from i2v_cli.runtime import hold

_kept = contextlib.ExitStack()
_kept.enter_context(hold.keeping(spare=0))
atexit.register(_kept.close)
with tempfile.TemporaryDirectory() as _folder:
    rig.made(rig.photo(Path(_folder)), Path(_folder) / "clip.mp4")
