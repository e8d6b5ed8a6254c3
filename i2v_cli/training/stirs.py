"""Clauses about what moves by itself, what stays still and how light changes; the words are in `natural`.

Every clause names its region, or by a word that fits only this region of the photo, and says its action, and
heading and strength where they are not the unspoken ones.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from i2v_cli.training.grammar import Form, countless, expand, head, inflect, pick, plural, weighted
from i2v_cli.training.natural import (
    CALLED,
    FRAMES,
    MOTIONS,
    ONLY_FRAMES,
    PLAIN,
    SOFT,
    STRONG,
    WAYS,
    Force,
    Motion,
)
from i2v_cli.training.phrases import (
    ALIVE,
    LIGHT_LINES,
    STILL_ALL,
    STILL_KIND,
    STILL_REGION,
    STILL_REST,
    STILL_UNDER_MOVES,
)
from i2v_cli.training.wishes import Region, Stir, Wish

STYLES = (("finite", 33), ("gerund", 22), ("base", 15), ("agents", 14), ("nouns", 10), ("asks", 6))
SPOKEN_FORMS: dict[str, Form] = {"finite": "finite", "gerund": "gerund", "base": "base"}
ONLY = 0.15
WITH_REST = 0.25
TRAVELS = frozenset({"drift", "flow"})
ONE_OF_A_KIND = frozenset({"sky", "sea", "ocean", "ground", "floor", "sun", "moon", "snow"})
VAGUE = frozenset({"light", "lights", "ground", "background", "centre"})  # could be said of the whole picture
PLACED = 0.07
PLACES = "in the picture / in the photo / in the scene / in the image / here"


@dataclass(frozen=True, slots=True)
class Called:
    """A noun phrase with and without its article, and whether its verb is plural."""

    text: str
    bare: str
    many: bool


def stir_lines(wish: Wish, regions: Sequence[Region], rng: random.Random) -> list[str]:
    """Clauses, one or several, for all `stirs` and the light of `wish`."""
    lines = _stirred(wish, regions, rng)
    if wish.light:
        lines.insert(rng.randint(0, len(lines)), pick(LIGHT_LINES[wish.light], rng))
    return lines


def clause(stir: Stir, regions: Sequence[Region], rng: random.Random) -> str:
    """A whole sentence about `stir` that may follow "while"."""
    called = _called(stir, regions, rng)
    if rng.random() < 0.25:
        return _fill(pick(_motion(stir).agents, rng), stir, called, rng)
    return _fill(f"<np> {_predicate(stir, 'finite', called, rng)}", stir, called, rng)


def calm_line(wish: Wish, regions: Sequence[Region], rng: random.Random) -> str:
    """What people say of a picture in which nothing stirs."""
    named = rng.random() < 0.6 or bool(wish.light)
    if not named:
        table = STILL_UNDER_MOVES if wish.moves and rng.random() < 0.4 else STILL_ALL
        return pick(table, rng)
    return _still(rng.choice(regions), regions, rng)


def sight(regions: Sequence[Region], rng: random.Random) -> str:
    """A scene description made of what the photo shows, moving or not: "a lake with trees"."""
    names = sorted({region.name for region in regions})
    shown = [_with_article(name) for name in rng.sample(names, min(rng.choice((1, 2, 2, 3)), len(names)))]
    text = rng.choice((" and ", " and ", " with ", ", ")).join(shown[:2])
    if len(shown) > 2:
        text += rng.choice((", ", " and ", " next to ")) + shown[2]
    opening = rng.choice(("{look} ", "", "", "[a scene with|we see|a view of|a picture with] "))
    return expand(opening, rng) + text


def _stirred(wish: Wish, regions: Sequence[Region], rng: random.Random) -> list[str]:
    if not wish.stirs:
        return []
    if wish.alive:
        return [pick(ALIVE["plain" if wish.stirs[0].strength == 1.0 else "soft"], rng)]
    alone = not wish.moves and not wish.light
    if alone and len(wish.stirs) == 1 and rng.random() < ONLY:
        return [_only(wish.stirs[0], regions, rng)]
    if len(wish.stirs) == 2 and _alike(*wish.stirs) and rng.random() < 0.4:
        lines = [_both(wish.stirs, regions, rng)]
    else:
        lines = [_line(stir, regions, rng) for stir in rng.sample(wish.stirs, len(wish.stirs))]
        if len(lines) == 2 and rng.random() < 0.4:
            lines = [
                rng.choice((" and ", " while ", ", ", ", and ")).join(
                    [clause(stir, regions, rng) for stir in rng.sample(wish.stirs, 2)]
                )
            ]
    if not wish.moves and rng.random() < WITH_REST:
        rest = _rest(wish, regions, rng)
        lines = [*lines, rest] if rng.random() < 0.7 else [rest, *lines]
        if rng.random() < 0.5:
            lines = [", ".join(lines)]
    return lines


def _rest(wish: Wish, regions: Sequence[Region], rng: random.Random) -> str:
    stirred = {stir.kind for stir in wish.stirs}
    others = [region for region in regions if region.kind not in stirred]
    if others and rng.random() < 0.55:
        return _still(rng.choice(others), regions, rng)
    return pick(STILL_REST, rng)


def _line(stir: Stir, regions: Sequence[Region], rng: random.Random) -> str:
    called = _called(stir, regions, rng)
    style = weighted(STYLES, rng)
    if style in SPOKEN_FORMS:
        return _framed(FRAMES[style], SPOKEN_FORMS[style], stir, called, rng)
    motion = _motion(stir)
    table = {"agents": motion.agents, "nouns": motion.nouns, "asks": motion.asks}[style]
    template = pick(table, rng)
    line = _fill(template, stir, called, rng)
    if style != "nouns":
        return line
    if re.match(r"<adv>|<bare>", template) and not called.many and not countless(called.bare):
        line = f"{rng.choice(('the', 'the', 'a'))} {line}"
    return rng.choice(("", "", "", "with ", "add ", "i want ")) + line


def _only(stir: Stir, regions: Sequence[Region], rng: random.Random) -> str:
    """Says that nothing else moves, and now and then names what does not."""
    form = rng.choice(("finite", "finite", "gerund", "base"))
    line = _framed(ONLY_FRAMES[form], SPOKEN_FORMS[form], stir, _called(stir, regions, rng), rng)
    others = [region for region in regions if region.kind != stir.kind]
    if not others or rng.random() < 0.65:
        return line
    still = _still(rng.choice(others), regions, rng)
    return rng.choice((f"{still}, {line}", f"{line}, {still}"))


def _both(stirs: Sequence[Stir], regions: Sequence[Region], rng: random.Random) -> str:
    """Two regions that do the same: "the trees and the grass sway"."""
    first, second = (_called(stir, regions, rng) for stir in rng.sample(stirs, 2))
    called = Called(f"{first.text} and {second.text}", f"{first.bare} and {second.bare}", True)
    form = rng.choice(("finite", "gerund", "base"))
    return _framed(FRAMES[form], SPOKEN_FORMS[form], stirs[0], called, rng)


def _alike(first: Stir, second: Stir) -> bool:
    return replace(first, name="", kind=second.kind) == replace(second, name="")


def _framed(table: str, form: Form, stir: Stir, called: Called, rng: random.Random) -> str:
    return _fill(pick(table, rng).replace("{}", _predicate(stir, form, called, rng)), stir, called, rng)


def _predicate(stir: Stir, form: Form, called: Called, rng: random.Random) -> str:
    """What the region does, without its name."""
    verb, _, rest = pick(_motion(stir).does, rng).partition(" ")
    verb = inflect(verb, "base" if form == "finite" and called.many else form)
    force, travels = force_of(stir.strength), stir.action in TRAVELS
    if force is PLAIN:
        return f"{verb} {rest}".strip()
    if rng.random() < 0.5:
        return f"{pick(force.adverbs[travels], rng)} {verb} {rest}".strip()
    said = force.closers if rng.random() < 0.4 else force.adverbs
    return f"{verb} {rest}".strip() + f" {pick(said[travels], rng)}"


def force_of(strength: float) -> Force:
    """The class of `strength` that a caption can name."""
    return SOFT if strength < 0.75 else PLAIN if strength < 1.3 else STRONG


def _motion(stir: Stir) -> Motion:
    way = "side" if stir.heading in {"left", "right"} else stir.heading
    return MOTIONS[stir.kind, stir.action, way]


def _called(region: Stir | Region, regions: Sequence[Region], rng: random.Random) -> Called:
    """Its own name, or another that fits no other region of the photo."""
    others = {other.name for other in regions if other.kind == region.kind} - {region.name}
    synonyms = [
        table.replace("<name>", region.name)
        for kind, pattern, table in CALLED
        if kind == region.kind and re.search(pattern, region.name.lower())
    ]
    bare = region.name
    if synonyms and not others and rng.random() < 0.4:
        bare = pick(rng.choice(synonyms), rng)
        if "surface" in bare and isinstance(region, Stir) and region.action in {"flow", "wave"}:
            bare = region.name  # currents and shores belong to the water, not to its surface
    elif rng.random() < 0.3:
        bare = _short(bare, regions)
    many = plural(bare)
    text = bare if (many or countless(bare)) and rng.random() < 0.35 else f"the {bare}"
    if rng.random() < PLACED:
        text += f" {pick(PLACES, rng)}"
    return Called(text, bare, many)


def _short(name: str, regions: Sequence[Region]) -> str:
    """The noun without its adjectives, if no other region of the photo holds that word."""
    noun = head(name).split()[-1]
    taken = any(noun in region.name.lower() for region in regions if region.name != name)
    return name if taken or name[0].isupper() or noun in VAGUE else noun


def _still(region: Region, regions: Sequence[Region], rng: random.Random) -> str:
    called = _called(region, regions, rng)
    own = STILL_KIND.get(region.kind)
    table = own if own and rng.random() < 0.35 else STILL_REGION
    return _fill(pick(table, rng), Stir(region.name, region.kind, ""), called, rng)


def _with_article(name: str) -> str:
    if plural(name) or countless(name):
        return name
    return f"the {name}" if name[0].isupper() or name.rsplit(maxsplit=1)[-1] in ONE_OF_A_KIND else f"a {name}"


def _fill(template: str, stir: Stir, called: Called, rng: random.Random) -> str:
    """Resolves what stands in angle brackets; see `natural`."""
    force, travels = force_of(stir.strength), stir.action in TRAVELS
    tables = {
        "adv": force.adverbs[travels],
        "adj": force.adjectives[travels],
        "wind": force.wind,
        "air": force.air,
        "way": WAYS.get(stir.heading, ""),
        "np": called.text,
        "bare": called.bare,
        "it": "they" if called.many else "it",
        "is": "are" if called.many else "is",
    }

    def said(match: re.Match[str]) -> str:
        word = match[1]
        if word in tables:
            return pick(tables[word], rng)
        return word if called.many else inflect(word, "finite")

    text = re.sub(r"<(\w+)>", said, template)
    # "the night sky drifts across the sky"
    return re.sub(r"(\bsky\b.*) (?:across|in) the sky", r"\1", text)
