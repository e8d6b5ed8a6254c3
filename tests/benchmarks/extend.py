"""A clip that is extended three times: does it show where, and do its colours stay?

    python tests/benchmarks/extend.py PHOTOS [--write]

On validation photos (`training/config.py`): three seconds, then three times two more, each file written,
read and written again. A seam is how much the first new frame differs from the last old one, beside the
largest difference of two neighbouring frames elsewhere; the drift is that of the mean colour of the frames
where the clips meet, in levels of 255, between what was written and what the last file holds.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import page

from i2v_cli.media import playback

MOVES = ("camera slowly pans right", "camera tilts up", "zoom in", "camera slowly pans left")
GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "extend.md"
STEMS = ("011", "055", "089", "119")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", type=Path)
    parser.add_argument("--write", action="store_true", help="put the table into the page")
    asked = parser.parse_args()
    lines = [
        page.machine(2),
        "",
        "| photo | largest seam | largest difference of other neighbours | drift of the mean colour |",
        "|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for stem in STEMS:
            seam, other, drift = measured(next(asked.photos.glob(f"{stem}*")), Path(folder))
            lines.append(f"| {stem} | {seam:.2f} | {other:.2f} | {drift:.2f} |")
            print(lines[-1], flush=True)
    if asked.write:
        page.put("extend", "\n".join(lines), GUIDE)


def measured(photo: Path, folder: Path) -> tuple[float, float, float]:
    """Seam, other neighbours, drift, in levels of 255."""
    clip = folder / f"{photo.stem}-0.mp4"
    i2v("generate", photo, MOVES[0], "--seconds", 3, "-o", clip)
    joints, colours = [], []
    for number, move in enumerate(MOVES[1:], start=1):
        frames = np.concatenate(list(playback.play(clip)))
        joints.append(len(frames))
        colours.append(frames[-1].mean(axis=(0, 1)))
        longer = folder / f"{photo.stem}-{number}.mp4"
        i2v("extend", clip, move, "--seconds", 2, "-o", longer)
        clip = longer
    frames = np.concatenate(list(playback.play(clip)))
    steps = np.abs(np.diff(frames.astype(np.int16), axis=0)).mean(axis=(1, 2, 3))
    seams = [steps[joint - 1] for joint in joints]
    others = np.delete(steps, [joint - 1 for joint in joints])
    drifts = [
        np.abs(frames[joint - 1].mean(axis=(0, 1)) - colour).max()
        for joint, colour in zip(joints, colours, strict=True)
    ]
    return float(max(seams)), float(others.max()), float(max(drifts))


def i2v(*arguments: object) -> None:
    command = [sys.executable, "-m", "i2v_cli", *map(str, arguments), "--seed", "1", "-q"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
