"""The words of `captions`: speeds and camera moves.

Notation: a table is one string, its entries separated by " / " (an entry said twice is twice as likely);
"[a|b]" inside an entry picks one, "{name}" picks from `TABLES[name]`. A verb phrase begins with its verb in
base form. This file knows no grammar: `grammar` inflects, `captions` orders.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What can be said about one axis and sign."""

    plain: str  # the benchmark's own wording, in base form: "pan left"
    jargon: str  # verb phrases that only a camera does: understood without the word "camera"
    loose: str  # verb phrases that need "the camera" (or an imperative) to be understood
    handled: str  # imperatives with the camera as object: "swing the camera left"
    nouns: str  # noun phrases without article
    effects: str  # whole clauses that say what is seen
    onto: str  # prepositions that lead from the plain verb to what the picture shows


@dataclass(frozen=True, slots=True)
class Pace:
    """A class of speeds: everything below `limit` that no slower class holds."""

    limit: float
    adverbs: str  # fit before and after a verb
    closers: str  # only at the end of a clause
    adjectives: str
    tags: str


PACES = (
    Pace(
        0.42,
        "very slowly / very slowly / extremely slowly / ever so slowly / really slowly / super slowly / "
        "very gently / almost imperceptibly / barely noticeably / very gradually / ultra slowly / so very "
        "slowly",
        "at a snail's pace / at a very slow pace / at a crawl / with [hardly any|barely any] speed / as "
        "slowly as possible / extremely slow / very, very slowly / slower than a snail",
        "very slow / extremely slow / super slow / barely perceptible / very gentle / ultra-slow / really "
        "slow / glacial",
        "very slow / super slow / extremely slow / ultra slow / speed: very slow",
    ),
    Pace(
        0.68,
        "slowly / slowly / slowly / slowly / gently / softly / gradually / leisurely / unhurriedly / quite "
        "slowly / lazily / subtly / rather slowly / little by little",
        "at a slow pace / at a leisurely pace / in a slow motion / without hurry / bit by bit / taking its "
        "time / with a slow speed / slow and gentle / nice and slow / at low speed",
        "slow / slow / slow / slow / gentle / gradual / leisurely / subtle / soft / unhurried / slow and "
        "gentle",
        "slow / slow / gentle / slow pace / slow speed / speed: slow / slowly",
    ),
    Pace(
        0.95,
        "steadily / smoothly / evenly / calmly / steadily / fluidly",
        "at a steady pace / at a moderate speed / at an even speed / at a constant speed / at a calm pace "
        "/ in one smooth motion / at a moderate pace / at medium speed",
        "steady / smooth / even / moderate / fluid / calm / medium-speed",
        "steady / smooth / moderate speed / steady pace / speed: medium",
    ),
    Pace(1.2, "", "", "", ""),
    Pace(
        1.6,
        "quickly / quickly / rapidly / swiftly / briskly / speedily / energetically / hurriedly",
        "fast / fast / at a fast pace / at a brisk pace / at speed / at high speed / in a hurry / with "
        "speed / with some urgency / in a fast motion",
        "fast / fast / quick / quick / rapid / swift / brisk / speedy / energetic",
        "fast / fast / quick / rapid / fast pace / speed: fast / quickly",
    ),
    Pace(
        float("inf"),
        "very quickly / extremely quickly / very rapidly / really quickly / very swiftly / super quickly / "
        "incredibly rapidly / violently / abruptly",
        "very fast / extremely fast / as fast as possible / at breakneck speed / in a flash / at full "
        "speed / at lightning speed / at top speed / super fast / really fast / in a split second",
        "very fast / extremely fast / very quick / super fast / lightning-fast / very rapid",
        "very fast / super fast / extremely fast / lightning fast / speed: very fast",
    ),
)

_PAN = Lexicon(
    plain="pan <side>",
    jargon="pan {<side>} / pan {<side>} / pan {<side>} / pan {<side>} / truck {<side>} / track {<side>} / "
    "dolly <side> / dolly to the <side> / crab <side> / yaw to the <side> / pan [across|over] the scene "
    "{<side>} / pan {<side>} to [reveal|show|discover] the rest of {place} / pan all the way to the <side>",
    loose="move {<side>} / slide {<side>} / drift {<side>} / swing {<side>} / sweep {<side>} / glide "
    "{<side>} / travel {<side>} / turn <side> / turn to the <side> / shift {<side>} / look <side> / look "
    "to the <side> / swivel {<side>} / float {<side>} / wander {<side>} / go {<side>} / scan {place} from "
    "<other> to <side> / head {<side>} / sail {<side>} / move sideways to the <side> / turn attention to "
    "the <side> / scroll {<side>} / fly {<side>} / veer {<side>} / cross the scene from <other> to <side> "
    "/ pivot {<side>}",
    handled="[move|slide|swing|turn|pan|shift|sweep|point|aim|swivel|push|truck|glide|take|drag|bring] "
    "the [camera|camera|camera|view|shot|lens] {<side>}",
    nouns="pan <side> / pan {<side>} / pan {<side>} / <side>ward pan / <side> pan / horizontal pan "
    "{<side>} / camera pan {<side>} / truck <side> / tracking shot {<side>} / trucking shot {<side>} / "
    "camera sweep {<side>} / panning shot {<side>} / camera move {<side>} / camera slide {<side>} / dolly "
    "to the <side> / <side>ward camera [movement|motion|drift|slide] / lateral move to the <side> / "
    "panoramic sweep {<side>} / reveal to the <side> / camera drift {<side>} / pan from <other> to <side> "
    "/ camera movement {<side>} / sideways camera glide to the <side>",
    effects="more of the <side> side comes into view / we see what is on the <side> / reveal what lies to "
    "the <side> / show [me|us] what is [on|to] the <side> / our gaze wanders to the <side> / the "
    "[view|frame] shifts {<side>} / follow the horizon to the <side> / look over to the <side> / scan "
    "{place} from <other> to <side> / as if [turning your head|glancing|somebody looked] to the <side> / "
    "the frame slides {<side>} / let the view wander {<side>} / the viewer's eye is led to the <side> / "
    "the viewpoint moves {<side>} / i want to see what is further to the <side> / give me a look at the "
    "<side> side / take us to the <side> / the <side> edge of the frame uncovers more of {place} / we turn "
    "to face the <side> / start on the <other> side and end on the <side> side",
    onto="across / over / along / past",
)


def _pan(side: str, other: str) -> Lexicon:
    fields = (
        getattr(_PAN, name).replace("<side>", side).replace("<other>", other) for name in Lexicon.__slots__
    )
    return Lexicon(*fields)


_ROLL = Lexicon(
    plain="roll <turn>",
    jargon="roll {<turn>} / roll {<turn>} / roll {<turn>} / dutch-roll {<turn>} / barrel-roll {<turn>} / "
    "roll to the <side> / roll {<turn>} around the [optical|lens|viewing] axis",
    loose="rotate {<turn>} / rotate {<turn>} / spin {<turn>} / turn {<turn>} / twist {<turn>} / tilt "
    "{<turn>} / revolve {<turn>} / lean over {<turn>} / bank to the <side> / lean over to the <side> / "
    "whirl {<turn>} / rotate around the lens axis {<turn>} / twirl {<turn>}",
    handled="[rotate|roll|spin|turn|twist|tilt|tip] the camera {<turn>}",
    nouns="roll {<turn>} / roll {<turn>} / {<turn>} roll / {<turn>} rotation / {<turn>} camera roll / "
    "camera rotation {<turn>} / dutch roll {<turn>} / {<turn>} camera rotation / {<turn>} spin of the "
    "camera / {<turn>} dutch tilt / barrel roll {<turn>} / {<turn>} camera spin / {<turn>} twist of the "
    "camera / roll to the <side>",
    effects="turn the camera like [a clock hand|the hands of a clock|a screw] going {<turn>} / lean the "
    "camera over to the <side> / the camera banks like [a plane|an aircraft] to the <side> / as if tilting "
    "your head to the <side> / the camera twists around the lens axis {<turn>} / the camera turns {<turn>} "
    "like a steering wheel",
    onto="over / above",
)


def _roll(turn: str, side: str) -> Lexicon:
    fields = (
        getattr(_ROLL, name).replace("<turn>", turn).replace("<side>", side) for name in Lexicon.__slots__
    )
    return Lexicon(*fields)


LEXICON = {
    ("pan", -1): _pan("left", "right"),
    ("pan", +1): _pan("right", "left"),
    ("roll", -1): _roll("counterclockwise", "left"),
    ("roll", +1): _roll("clockwise", "right"),
    ("tilt", +1): Lexicon(
        plain="tilt up",
        jargon="tilt {up} / tilt {up} / tilt {up} / tilt {up} / pedestal up / crane up / boom up / jib up "
        "/ pan {up} / pitch {up} / tilt {up} to [reveal|show] the {above} / pan up to the {above} / crane "
        "upward / angle {up}",
        loose="look {up} / look up at the {above} / tip {up} / rise / rise [up|higher|upwards] / move {up} "
        "/ ascend / lift / lift {up} / climb / climb [up|higher|upwards] / go {up} / swing {up} / float "
        "{up} / drift {up} / glide {up} / slide {up} / rise toward the {above} / turn {up} / point {up} / "
        "sweep {up} / travel {up} / raise the [gaze|view] to the {above} / fly higher / soar {up} / "
        "levitate / elevate / move vertically up",
        handled="[raise|lift] the [camera|camera|view|lens] / "
        "[tilt|tip|point|move|aim|turn|swing|bring|crane|angle|pan] the [camera|camera|lens] {up} / lift "
        "the [camera|view] toward the {above} / raise the camera angle / raise the shot to the {above}",
        nouns="tilt up / tilt {up} / upward tilt / upwards tilt / vertical tilt {up} / camera tilt {up} / "
        "crane up / crane shot up / pedestal up / boom up / upward camera [movement|motion|move|drift] / "
        "vertical pan up / rising crane shot / rising shot / tilt-up / upward crane move / ascending shot "
        "/ upward pan / camera movement {up} / jib up / rise of the camera",
        effects="more of the {above} comes into view / our gaze climbs to the {above} / the view rises / "
        "look up at the {above} / as if [lifting|raising] your head / raise your eyes to the {above} / "
        "show what is above / reveal what is [higher up|above] / the viewpoint moves {up} / the frame "
        "slides {up} / i want to see the {above} above / take us up to the {above} / the viewer's eye is "
        "led {up} / from the ground up to the {above} / the shot climbs {up} / show me more of the {above} "
        "up there / we look up / we rise toward the {above} / from bottom to top, the frame travels over "
        "{place}",
        onto="over / along",
    ),
    ("tilt", -1): Lexicon(
        plain="tilt down",
        jargon="tilt {down} / tilt {down} / tilt {down} / tilt {down} / pedestal down / crane down / boom "
        "down / jib down / pan {down} / pitch {down} / tilt {down} to [reveal|show] the {below} / pan down "
        "to the {below} / crane downward / angle {down}",
        loose="look {down} / look down at the {below} / tip {down} / sink / sink [down|lower|downwards] / "
        "move {down} / descend / lower / drop / drop {down} / go {down} / swing {down} / float {down} / "
        "drift {down} / glide {down} / slide {down} / descend toward the {below} / turn {down} / point "
        "{down} / sweep {down} / travel {down} / lower the [gaze|view] to the {below} / fly lower / fall / "
        "come down / dip {down} / move vertically down / sink toward the {below}",
        handled="lower the [camera|camera|view|lens] / "
        "[tilt|tip|point|move|aim|turn|swing|bring|crane|angle|pan] the [camera|camera|lens] {down} / drop "
        "the [camera|view] toward the {below} / lower the camera angle / lower the shot to the {below}",
        nouns="tilt down / tilt {down} / downward tilt / downwards tilt / vertical tilt {down} / camera "
        "tilt {down} / crane down / crane shot down / pedestal down / boom down / downward camera "
        "[movement|motion|move|drift] / vertical pan down / sinking crane shot / descending shot / "
        "tilt-down / downward crane move / downward pan / camera movement {down} / jib down / descent of "
        "the camera",
        effects="more of the {below} comes into view / our gaze falls to the {below} / the view sinks / "
        "look down at the {below} / as if [lowering|dropping] your head / lower your eyes to the {below} / "
        "show what is below / reveal what is [lower down|underneath] / the viewpoint moves {down} / the "
        "frame slides {down} / i want to see the {below} below / take us down to the {below} / the "
        "viewer's eye is led {down} / from the sky down to the {below} / the shot sinks {down} / show me "
        "more of the {below} down there / we look down / we sink toward the {below} / from top to bottom, "
        "the frame travels over {place}",
        onto="over / along",
    ),
    ("zoom", +1): Lexicon(
        plain="zoom in",
        jargon="zoom in / zoom in / zoom in / zoom in / zoom in on {thing} / zoom in on {thing} / zoom "
        "into {thing} / zoom [toward|towards] {thing} / zoom closer / push in / push in [on|toward] "
        "{thing} / dolly in / dolly [forward|forwards] / dolly in on {thing} / track in / punch in / truck "
        "in / dolly closer / push-in on {thing}",
        loose="move closer / move closer to {thing} / get closer / get closer to {thing} / close in on "
        "{thing} / come closer / move in / move in on {thing} / move [forward|forwards] / go closer / draw "
        "nearer / draw closer / approach / approach {thing} / advance / advance toward {thing} / enlarge "
        "{thing} / magnify {thing} / fly [forward|into the scene] / glide [forward|closer] / drift "
        "[forward|closer|in] / travel forward / head toward {thing} / step closer / float [toward "
        "{thing}|forward] / tighten on {thing} / go in / slide [forward|in] / walk toward {thing} / near "
        "{thing} / focus closer on {thing} / move toward {thing} / narrow in on {thing} / bring us closer "
        "to {thing}",
        handled="[move|bring|push|take|dolly|get] the camera [closer|in|forward|closer to {thing}|nearer "
        "to {thing}] / tighten the [frame|framing|shot] [on {thing}|] / push the lens toward {thing} / "
        "bring {thing} closer / make {thing} [bigger|larger] in the frame / zoom the [camera|lens|view] in "
        "/ fill the frame with {thing} / narrow the field of view / increase the zoom / crop in on {thing}",
        nouns="zoom in / zoom in / zoom-in / push-in / push in / dolly in / zoom in on {thing} / push-in "
        "on {thing} / inward zoom / camera zoom in / dolly-in shot / forward dolly / camera push toward "
        "{thing} / track-in / forward camera [movement|motion|move] / zoom toward {thing} / move in on "
        "{thing} / forward tracking shot / dolly forward / punch-in / zoom-in shot / camera approach to "
        "{thing} / camera move toward {thing}",
        effects="{thing} [grows larger|gets bigger|becomes larger] in the frame / everything gets "
        "[bigger|nearer|closer] / bring us closer to {thing} / let me see the details up close / we "
        "approach {thing} / we get closer to {thing} / take [us|me] closer / the frame tightens around "
        "{thing} / from a wide shot to a close-up / starting wide and ending [close|in a close-up] / the "
        "distance to {thing} shrinks / magnify {thing} / as if [walking|stepping] [towards "
        "{thing}|forward] / {thing} fills more and more of the frame / i want to take a closer look at "
        "{thing} / i want to get closer / the view narrows in on {thing} / we move in on {thing} / go "
        "nearer to {thing} / the field of view narrows / show {thing} from closer and closer",
        onto="on / into / toward",
    ),
    ("zoom", -1): Lexicon(
        plain="zoom out",
        jargon="zoom out / zoom out / zoom out / zoom out / zoom out from {thing} / zoom out to "
        "[reveal|show] {place} / zoom [away|back] from {thing} / zoom back / pull out / pull back / pull "
        "back from {thing} / pull back to reveal {place} / dolly out / dolly [back|backward|backwards] / "
        "track [out|back] / pull away / zoom out from {thing} / zoom farther out / truck back",
        loose="move back / move away from {thing} / move [backward|backwards] / get farther away / back "
        "away / back away from {thing} / back off / back up from {thing} / retreat / retreat from {thing} "
        "/ withdraw / recede / widen out / widen / reveal more of {place} / fly [backward|backwards|back] "
        "/ glide [back|backwards] / drift [back|backwards|away] / step back / step away from {thing} / "
        "move farther away / open up to a wider view / go [back|backwards] / float [back|away from {thing}] "
        "/ travel "
        "backwards / slide [back|backwards] / move out / shrink {thing} / distance itself from {thing} / "
        "show more of {place} around {thing}",
        handled="[move|pull|bring|take|dolly] the camera [back|away|out|backwards|away from "
        "{thing}|farther away] / widen the [frame|framing|shot|view] / pull the lens back from {thing} / "
        "zoom the [camera|lens|view] out / make {thing} smaller in the frame / widen the field of view / "
        "loosen the framing / open up the [frame|view|shot]",
        nouns="zoom out / zoom out / zoom-out / pull-out / pull out / pull-back / pull back / dolly out / "
        "zoom out from {thing} / pull-back from {thing} / outward zoom / camera zoom out / dolly-out shot "
        "/ backward dolly / pull-back reveal / backward camera [movement|motion|move] / zoom away from "
        "{thing} / reverse dolly / dolly back / zoom-out shot / reveal of the whole scene by pulling back "
        "/ camera retreat from {thing} / camera move away from {thing} / widening shot",
        effects="{thing} [shrinks|gets smaller|becomes smaller] in the frame / everything gets "
        "[smaller|farther away] / reveal more of {place} around {thing} / the view [widens|opens up] / the "
        "[shot|frame] widens / show [more of|all of|the whole of] {place} / from a close-up to a wide shot "
        "/ the field of view widens / starting close and ending [wide|in a wide shot] / the distance to "
        "{thing} grows / give us a wider view / as if [walking backwards|stepping back|stepping away from "
        "{thing}] / i want to see more of the surroundings / we back away from {thing} / we retreat from "
        "{thing} / take [us|me] farther away / let us see the bigger picture / more and more of the "
        "surroundings [appears on all sides|becomes visible all around] / we move away from {thing} / the "
        "frame opens up to reveal {place} / show {thing} from farther and farther away",
        onto="from / away from / to reveal",
    ),
}

# Verb phrases and nouns that already name an extreme speed, by axis, sign and whether it is fast.
HEADLONG = {
    ("pan", -1, True): "whip-pan {left} / whip {left} / swish-pan {left} / snap {left}",
    ("pan", +1, True): "whip-pan {right} / whip {right} / swish-pan {right} / snap {right}",
    ("zoom", +1, True): "crash-zoom in / rush in / snap-zoom in / race toward {thing} / shoot forward",
    (
        "zoom",
        -1,
        True,
    ): "crash-zoom out / rush back / snap-zoom out / race away from {thing} / shoot backwards",
    ("tilt", +1, True): "whip up / snap {up} / shoot {up}",
    ("tilt", -1, True): "whip down / snap {down} / plunge {down}",
    ("zoom", +1, False): "creep in / inch forward / creep closer / inch closer to {thing}",
    ("zoom", -1, False): "creep back / inch backwards / inch away from {thing}",
    ("pan", -1, False): "creep {left} / inch {left}",
    ("pan", +1, False): "creep {right} / inch {right}",
    ("tilt", +1, False): "creep {up} / inch {up}",
    ("tilt", -1, False): "creep {down} / inch {down}",
}

# Single words that name an axis without a sign, for negations: (noun, base verb, gerund).
UNWANTED = {
    "pan": ("pan / panning / sideways movement / pans", "pan / move sideways", "panning / moving sideways"),
    "tilt": (
        "tilt / tilting / vertical movement / tilts",
        "tilt / move vertically",
        "tilting / moving vertically",
    ),
    "zoom": (
        "zoom / zooming / change of zoom / zooms",
        "zoom / change the zoom",
        "zooming / changing the zoom",
    ),
    "roll": ("rotation / roll / rolling / rotating", "rotate / roll", "rotating / rolling"),
}

TABLES = {
    "thecamera": "the camera / the camera / the camera / the camera / camera / the cam / our camera",
    "left": "left / left / left / to the left / to the left / leftward / leftwards / towards the left / "
    "toward the left side / to the left side / from right to left / over to the left / to the left-hand "
    "side / to the left side of the [scene|frame|picture] / off to the left / further left",
    "right": "right / right / right / to the right / to the right / rightward / rightwards / towards the "
    "right / toward the right side / to the right side / from left to right / over to the right / to the "
    "right-hand side / to the right side of the [scene|frame|picture] / off to the right / further right",
    "up": "up / up / up / upward / upwards / upward / up [toward|towards|to] the {above} / toward the "
    "{above} / from bottom to top / straight up / higher up",
    "down": "down / down / down / downward / downwards / downward / down [toward|towards|to] the {below} / "
    "toward the {below} / from top to bottom / straight down / lower down",
    "clockwise": "clockwise / clockwise / clockwise / in a clockwise direction / in the clockwise direction",
    "counterclockwise": "counter-clockwise / counterclockwise / counterclockwise / anticlockwise / "
    "anti-clockwise / counter clockwise / in a counterclockwise direction / in the anti-clockwise direction",
    "above": "sky / sky / sky / ceiling / clouds / treetops / rooftops / stars / top / heavens / roof / "
    "mountain tops",
    "below": "ground / ground / ground / floor / bottom / feet / earth / grass / street below / pavement",
    "thing": "the subject / the subject / the scene / the center / the main subject / the middle of the "
    "picture / the house / the face / the building / the mountain / the tree / the figure / the centre / "
    "the boat / her face / the flower / the tower / the action / the background / the object / the animal "
    "/ the castle / the door / the horizon / the eyes / the detail in the middle / the person / the village",
    "place": "the scene / the scene / the landscape / the room / the surroundings / the setting / the view "
    "/ the city / the valley / the garden / the picture / the street / the place / the environment",
}
