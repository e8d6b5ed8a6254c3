"""Whether a clip is asked to stand still: then one in which nothing moves is no failure.

Either the words name nothing but rest, or the camera's path stays where it is and no word names a motion.
"""

import re

from i2v_cli.control import camera
from i2v_cli.geometry import Geometry
from i2v_cli.request import Request

RESTS = re.compile(
    r"\b(static|stationary|motionless|immobile|(on a )?tripod|locked[ -]?(off|down|shot|camera)|"
    r"(still|fixed|frozen|steady) (camera|shot|frame|image|photo|view)|freeze frame|"
    r"(no|without( any)?) (camera )?(movement|motion|pan|tilt|zoom)(?! blur)|"
    r"(stays?|is|remains?|keep|keeps|holds?) (perfectly |completely )?(still|fixed)|"
    r"(\w*n['\u2019]t|dont|doesnt|not|never) move|nothing moves)\b"
)
MOVES = re.compile(
    r"\b(pan|tilt|zoom|roll|doll(y|ie)|truck|orbit|push|pull|left|right|upward|downward|closer|drift|rippl|wav|"
    r"flow|sway|flutter|flicker|swirl|ris(e|es|ing)\b|fall|breath|turn|blink|mov(e|es|ing)\b|alive|animat|burn|"
    r"glow|danc|fly|flies|run|walk|swim|rain|snow|blow|stir|shimmer|spread|shake|spin|rock|float)"
)


def asked(request: Request, clip: Geometry) -> bool:
    words = request.prompt.lower()
    others = RESTS.sub(" ", words)
    if request.camera is not None:
        rests = not camera.parse(request.camera).over(clip).any()
    else:
        rests = others != words
    return rests and MOVES.search(others) is None
