"""Contact sheets of what the embedded model is good for, to be looked at with a critical eye."""

from pathlib import Path
from typing import Any

from i2v_cli.events import Report, Step, Wrote
from i2v_cli.media.encoder import VideoSpec
from i2v_cli.media.sheet import Sheet
from i2v_cli.training.clips import make_clip

# name of the sheet: (photo, prompt, fields of the request)
SHOWN: dict[str, tuple[str, str, dict[str, Any]]] = {
    "pan": ("060", "camera pans right", {}),
    "zoom-out": ("089", "the camera zooms out", {}),
    "dolly": (
        "144",
        "the camera slowly pushes in past the canoes",
        {"camera": "dolly in 25%, truck right 5%"},
    ),
    "ripples": ("011", "the water of the lake ripples, the mountains stay still, static camera", {}),
    "clouds": ("055", "clouds drift to the left over the palace, static camera", {}),
    "subject": ("096", "the moose breathes calmly, static camera", {}),
    "waves": ("142", "waves roll onto the beach, static camera", {}),
    "sunset": ("121", "the sky slowly darkens, static camera", {}),
    "loop": ("119", "the grass sways in the wind, static camera", {"loop": True, "seconds": 4.0}),
    "long": ("144", "the clouds drift to the right, the lake ripples, static camera", {"seconds": 20.0}),
}


def showcase(photos: Path, weights: Path, folder: Path, report: Report) -> None:
    """One PNG a clip in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for done, (name, (stem, prompt, asked)) in enumerate(SHOWN.items(), start=1):
        size = {"area": 640 * 400, "frames": None}
        frames = make_clip(photos / f"{stem}.jpg", prompt, weights, seed=3, asked=size | asked)
        sheet = Sheet(VideoSpec(width=frames.shape[2], height=frames.shape[1], frames=len(frames), fps=16.0))
        sheet.add(frames)
        path = folder / f"{name}.png"
        sheet.save(path, overwrite=True)
        report(Wrote(path, "sheet"))
        report(Step(done, len(SHOWN)))
