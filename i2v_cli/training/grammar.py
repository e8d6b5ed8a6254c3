"""The little English that captions need: choices, inflection, and how people type."""

import random
import re
from collections.abc import Sequence
from functools import cache
from typing import Literal, TypeVar

from i2v_cli.training.scenes import SCENES
from i2v_cli.training.words import TABLES

Form = Literal["base", "finite", "gerund", "past"]
Value = TypeVar("Value")

_TABLES = TABLES | SCENES
_CHOICE = re.compile(r"\[([^\[\]{}]*)\]|\{(\w+)\}")

IRREGULAR = {  # base: (finite, gerund, past); what the rules in `inflect` would get wrong
    "come": ("comes", "coming", "came"),
    "creep": ("creeps", "creeping", "crept"),
    "draw": ("draws", "drawing", "drew"),
    "fall": ("falls", "falling", "fell"),
    "fly": ("flies", "flying", "flew"),
    "get": ("gets", "getting", "got"),
    "go": ("goes", "going", "went"),
    "rise": ("rises", "rising", "rose"),
    "shake": ("shakes", "shaking", "shook"),
    "shoot": ("shoots", "shooting", "shot"),
    "slide": ("slides", "sliding", "slid"),
    "shrink": ("shrinks", "shrinking", "shrank"),
    "sink": ("sinks", "sinking", "sank"),
    "spin": ("spins", "spinning", "spun"),
    "sweep": ("sweeps", "sweeping", "swept"),
    "swing": ("swings", "swinging", "swung"),
    "take": ("takes", "taking", "took"),
    "blow": ("blows", "blowing", "blew"),
    "do": ("does", "doing", "did"),
    "have": ("has", "having", "had"),
    "is": ("is", "being", "was"),
    "withdraw": ("withdraws", "withdrawing", "withdrew"),
    "bring": ("brings", "bringing", "brought"),
}
DOUBLED = frozenset(
    {"pan", "tip", "drop", "step", "dip", "whip", "snap", "bob", "hop", "scan", "crab", "jib"}
    | {"flap", "lap", "nod", "run", "stir", "throb", "tug"}
)
COUNTLESS = frozenset(
    {
        "water",
        "seawater",
        "grass",
        "foliage",
        "greenery",
        "vegetation",
        "smoke",
        "fog",
        "mist",
        "haze",
        "steam",
        "vapour",
        "spray",
        "fire",
        "fur",
        "hair",
        "snow",
        "sand",
        "ivy",
        "moss",
        "surf",
        "candlelight",
        "sunlight",
        "moonlight",
        "light",
        "cloth",
        "fabric",
        "coral",
        "seaweed",
        "wheat",
        "rice",
        "concrete",
        "soil",
        "savanna",
        "grassland",
        "rock",
        "sandstone",
        "stone",
        "darkness",
        "ice",
        "mud",
    }
)


def inflect(verb: str, form: Form) -> str:
    """Third person, gerund or past of an English verb; only the last part of "whip-pan" changes."""
    if form == "base":
        return verb
    stem, hyphen, last = verb.rpartition("-")
    if last in IRREGULAR:
        return stem + hyphen + IRREGULAR[last][("finite", "gerund", "past").index(form)]
    if form == "finite":
        last = re.sub(r"([^aeiou])y$", r"\1ie", last)
        return stem + hyphen + last + ("es" if re.search(r"(s|sh|ch|x|z|o)$", last) else "s")
    if last in DOUBLED:
        last += last[-1]
    if form == "gerund":
        return stem + hyphen + re.sub(r"([^e])e$", r"\1", last) + "ing"
    return stem + hyphen + re.sub(r"([^aeiou])y$", r"\1i", last).removesuffix("e") + "ed"


def plural(noun: str) -> bool:
    """Whether a noun phrase takes a plural verb: by its head: not "a group of men"."""
    return bool(re.search(r"((?<!rhinocer)[^sui]s|people|children|men|folk|sheep|geese|mice)$", head(noun)))


def countless(noun: str) -> bool:
    """Whether a singular noun phrase stands without article: "water" """
    return head(noun).split()[-1] in COUNTLESS


def head(noun: str) -> str:
    """The part of a noun phrase before its first preposition, in lower case."""
    parts = re.split(
        r" (?:on|of|in|with|at|by|near|from|under|over|behind|above|overhead|between|through|\w+ing)\b",
        noun.lower(),
    )
    return parts[0]


def expand(text: str, rng: random.Random) -> str:
    """Resolves every "[a|b]" and "{name}" in `text`."""
    while match := _CHOICE.search(text):
        options = entries(_TABLES[match[2]]) if match[2] else match[1].split("|")
        text = text[: match.start()] + rng.choice(options) + text[match.end() :]
    return text


@cache
def entries(table: str) -> list[str]:
    """The alternatives of a table."""
    return table.split(" / ")


def pick(table: str, rng: random.Random) -> str:
    """One alternative, expanded."""
    return expand(rng.choice(entries(table)), rng)


def weighted(table: Sequence[tuple[Value, float]], rng: random.Random) -> Value:
    """One value of (value, weight) pairs."""
    return rng.choices([value for value, _ in table], [weight for _, weight in table])[0]


def tidy(text: str) -> str:
    """Single spaces, "an" before a vowel."""
    text = re.sub(r" +", " ", text).strip().replace(" ,", ",")
    return re.sub(r"\ba (?=[aeiou])(?!one)", "an ", text)


def polish(text: str, rng: random.Random) -> str:
    """Case, full stops, missing articles and the occasional typo, as people type."""
    text = tidy(text)
    if rng.random() < 0.05:
        text = re.sub(r"\b(the|an?) ", "", text)
    if rng.random() < 0.08:
        text = _mistype(text, rng)
    case = rng.random()
    if case < 0.05:
        return text.upper()
    if case < 0.1:
        return re.sub(r"(?<![\w'])[a-z]", lambda match: match[0].upper(), text)
    if case < 0.4:
        return text.lower()
    text = re.sub(r"\bi\b(?!\.)", "I", text)
    text = re.sub(r"(^|[.\n] )(\w)", lambda match: match[1] + match[2].upper(), text)
    return text + rng.choice((".", ".", ".", "", "", "!"))


def _mistype(text: str, rng: random.Random) -> str:
    """Swaps, drops or doubles one inner letter of a word that does not tell left from right."""
    words = [
        match for match in re.finditer(r"[a-z]{5,}", text) if match[0] not in {"right", "upward", "downward"}
    ]
    if not words:
        return text
    at = rng.choice(words)
    i = rng.randrange(at.start() + 1, at.end() - 2)
    return (
        text[:i] + rng.choice((text[i + 1] + text[i], text[i + 1], text[i] + text[i : i + 2])) + text[i + 2 :]
    )
