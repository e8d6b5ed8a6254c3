"""Whether the words ask for a camera that stands: then a clip in which nothing moves may have been meant."""

import re

STANDS = re.compile(
    r"\b(static|stationary|motionless|immobile|tripod|frozen|freeze|locked[ -]?(off|down|shot|camera)|"
    r"(still|fixed|steady) (camera|shot|frame|image|photo|view)|"
    r"camera \w+ (perfectly |completely )?(still|fixed)|"
    r"(no|without( any)?) (camera )?(movement|motion|pan|tilt|zoom)|(\w*n'?t|not|never) move|nothing moves)\b"
)


def asked(prompt: str) -> bool:
    return STANDS.search(prompt.lower()) is not None
