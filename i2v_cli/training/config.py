"""What a training run is asked to do, and which photos it must never see."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

# Kept aside for evaluation: file stem -> what is in the picture. None has a near-duplicate in training.
VALIDATION = {
    "011": "a castle on the shore of a lake, mountains behind it",
    "019": "a red panda resting on a branch",
    "023": "a kingfisher on a twig in front of a yellow background",
    "030": "a red crab walking over grey sand",
    "049": "a kitten lying on a pink cloth with a ball of yarn",
    "055": "a gothic palace under a blue sky",
    "060": "an abbey on a rocky island at low tide",
    "072": "a great stone stupa in the evening light",
    "083": "a temple cut into a red rock face",
    "089": "a cathedral with a green dome",
    "096": "a moose standing in a meadow",
    "107": "a giant panda sitting on a rock",
    "115": "a drum kit and an electric guitar in a room",
    "119": "an autumn valley below a mountain range",
    "121": "the sun setting over low hills",
    "126": "a stream running over rocks in a forest",
    "129": "an orange flower in a garden",
    "142": "waves rolling onto a beach, seen from above",
    "144": "canoes on the shore of a lake at sunset",
    "148": "the purple facade of a modern building",
}

# Sky, water, foliage ... of every photo, drawn by hand, back to front: file stem -> kind, name, polygon.
REGIONS = Path(__file__).with_name("regions.json")


class TrainConfig(BaseModel):
    """photos: folder of pictures. cutouts: folder of pictures with alpha, pasted as things that move.

    out: where checkpoints, metrics and the weights go. pictures: made of the photos, once, to learn from.
    sentences: read to learn what words ask for, once. begin: weights to go on from, their text encoder beside
    them. minutes: stop after so long, whatever the step.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    photos: Path
    cutouts: Path | None = None
    out: Path
    pictures: Annotated[int, Field(ge=1)] = 4000
    sentences: Annotated[int, Field(ge=1)] = 20_000
    begin: Path | None = None
    steps: Annotated[int, Field(ge=1)] = 3000
    minutes: Annotated[float, Field(gt=0)] | None = None
    batch: Annotated[int, Field(ge=1, le=1024)] = 32
    seed: Annotated[int, Field(ge=0)] = 0
    resume: bool = True
