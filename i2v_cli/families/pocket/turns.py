"""Camera moves in turn: "pan right, then zoom in" is read as two prompts, whose paths follow one another.

The denoiser gives the whole clip to every move that it hears. So a prompt is cut where its words let one
thing follow another, each part that may speak of a camera is denoised alone, and those in which it moves,
or comes to rest, share the clip. With fewer than two of them the words meant something else: "pan left; a
man waits, then smiles".
"""

import re
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from i2v_cli.events import Noted, Report
from i2v_cli.families.pocket import timeline
from i2v_cli.families.pocket.config import CAMERA, KNOTS

FASTER = 1.5  # times as fast as alone is a move in turn: of two, each goes three quarters of its way

_THAT = "(?:that|this|which|there|a moment)"
_LINKS = (  # between one thing and what happens next
    "(?<!back )then",
    "next(?! to)",
    "afterwards?",
    "after(?=[,.;])",
    rf"(after|once|from) {_THAT}( is done|'s done)?",
    "before",
    "eventually|finally|lastly|subsequently|later( on)?",
    "whereupon|at which point|and now|only when",
    "followed (up )?by",
    "waits? (a|one) (second|moment|beat)",
    "pauses?,?( and)?",
    "(turn|transition)(s|ing)? into",
    "(end|finish)(s|es|ing)? (with|by|in|on|as)",
    "(the )?second (move|step)( is)?",
    "(in|for|during) the (first|second|other|last|latter) (half|part)",
)
_LINK = rf"[\s,;.:(\u2014-]*\b(and |but )?(only )?({'|'.join(_LINKS)})(?!\w)[,:]?"
_BEGINS = r"(^|[.!?;:]\s+)"
_WHEN = rf"(?:(?<!at )once|after|as soon as|preceded by)(?! {_THAT}\b)"
_RULES = (  # patterns, one after the other, and what they become: a line a part, in the order of time
    (r"\s+", " "),
    (_BEGINS + r"before ([^,.;\n]+),\s*([^.;\n]+)", r"\1\3\n\2"),
    (_BEGINS + rf"(?:when|having|following|{_WHEN}) ([^,.;\n]+),\s*", r"\1\2\n"),
    (rf"[\s,;]*\band (when|{_WHEN})(?!\w)", "\n"),
    (rf"([^.;\n]+?)[\s,(]+(?:but |and )?(?:only )?{_WHEN} ([^.;)\n]+)", r"\2\n\1"),
    (r"\s*(-+>|=+>|\u2192|>+)\s*", "\n"),
    (r"(^|[\s,;.]+)((step|part|move) (two|three|[2-9])|\(?[2-9][.):](?=\s|[a-z]))[:,]?", "\n"),
    (r"\b[\d.:]+ ?s?(-|\u2013| to )[\d.:]+ ?s(ec|econds)?\b:?", "\n"),
    (_LINK, "\n"),
)
RULES = tuple((re.compile(pattern, re.IGNORECASE), becomes) for pattern, becomes in _RULES)
VERB = re.compile(r"\b(pan|tilt|zoom|roll|doll(y|ie)|truck|mov|look|go|glid|slid|swing|push|pull)\w*", re.I)
BARE = re.compile(r"(back )?((to )?(the )?(left|right|up|down)(wards?)?\b|(in|out)( again)?$)", re.I)
TALK = re.compile(  # of a camera, perhaps; whether it is, the denoiser says
    r"\b(pan|tilt|zoom|roll|doll(y|ie)|truck|orbit|push|pull|crane|boom|pedestal|swing|sweep|swivel|camera|lens|"
    r"shot|view|look|left|right|up|down|in\b|out\b|back\b|away|clos|near|wid|rais|ris|lower|ascen|descen|mov|"
    r"glid|slid|travel|track|approach|return)",
    re.I,
)
RESTS = re.compile(
    r"((the )?(camera|shot|view|it|we) )?(holds?|pauses?|stops?|stays?|rests?|static|stationary|motionless|"
    r"com(e|es|ing) to (a )?(rest|halt|stop))\b",
    re.I,
)


def path(prompt: str, path_of: Callable[[str], Tensor], report: Report) -> Tensor | None:
    """Where moves in turn lead the camera, [48, A]; None where the words put none in turn.

    path_of: what the denoiser makes of a prompt, [48, A]; an axis that rests is exactly zero.
    """
    told = [text for text in parts(prompt) if RESTS.match(text) or TALK.search(text)]
    if len(told) < 2:
        return None
    ways = [(text, path_of(text)) for text in told]
    turns = [(text, way) for text, way in ways if _moves(way) or RESTS.match(text)]
    if len(turns) < 2 or not _moves(turns[0][1]):
        return None
    report(Noted("the camera moves in turn: " + "; ".join(f'"{text}"' for text, _ in turns)))
    return joined([way for _, way in turns])


def parts(prompt: str) -> list[str]:
    """What happens one after the other, in that order; of most prompts the prompt itself."""
    text = prompt
    for pattern, becomes in RULES:
        text = pattern.sub(becomes, text)
    found = [line for part in text.split("\n") if (line := part.strip(" \t,;.:()-"))]
    for place in range(1, len(found)):
        if BARE.match(found[place]) and (verb := VERB.search(found[place - 1])):
            found[place] = f"{verb[0]} {found[place]}"
    return found if len(found) > 1 else [prompt]


def joined(paths: Sequence[Tensor]) -> Tensor:
    """Each begins at rest where the one before it came to rest. [48, A] each -> [48, A]."""
    moments = torch.arange(1, KNOTS + 1) / KNOTS
    whole = torch.zeros_like(paths[0])
    for place, path in enumerate(paths):
        shares = [timeline.ramp(share) for share in (moments * len(paths) - place).tolist()]
        whole += FASTER / len(paths) * timeline.along(path, shares, loop=False)
    return whole


def _moves(path: Tensor) -> bool:
    return bool(path[:, :CAMERA].any())
