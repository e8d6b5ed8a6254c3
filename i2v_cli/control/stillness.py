"""Whether the words ask for a camera that stands: a clip in which nothing moves may then be what was meant."""

import re

STANDS = re.compile(
    r"\b(static|stationary|motionless|immobile|tripod|frozen|freeze|locked[ -]?(off|down|shot|camera)|"
    r"(still|fixed|steady) (camera|shot|frame|image|photo|view)|"
    r"camera \w+ (perfectly |completely )?(still|fixed)|(no|without( any)?) (camera )?(movement|motion|pan|tilt|zoom)|(\w*n'?t|not|never) move|nothing moves)\b"
)


def asked(prompt: str) -> bool:
    return STANDS.search(prompt.lower()) is not None
