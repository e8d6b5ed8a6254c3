"""The words of `stirs`: what regions are called and what they do by themselves.

Notation as in `words`, and in angle brackets what depends on the region: <np> "the lake", <bare> "lake",
<adv> <adj> <wind> <air> by strength (empty where it is not spoken of), <way> by heading, <it>; any other
word in angle brackets is a verb that agrees with <np>.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Motion:
    """What can be said about one action of one kind of region."""

    does: str  # verb phrases with the region as subject, verb first, in base form
    agents: str  # whole clauses in which something else acts on the region
    nouns: str  # noun phrases
    asks: str  # requests


@dataclass(frozen=True, slots=True)
class Force:
    """The words for one class of strength; tuples: (plain, of things that travel)."""

    adverbs: tuple[str, str]
    closers: tuple[str, str]  # only at the end of a clause
    adjectives: tuple[str, str]
    wind: str
    air: str


SOFT = Force(
    (
        "gently / gently / gently / softly / slightly / lightly / subtly / very gently / ever so gently / "
        "calmly",
        "slowly / gently / gently / lazily / softly / calmly / very slowly / leisurely",
    ),
    (
        "a little / a little bit / just slightly / very subtly",
        "at a slow pace / nice and slow / without hurry",
    ),
    (
        "gentle / gentle / soft / slight / subtle / light / tiny / faint / very gentle",
        "slow / gentle / lazy / soft / slow and gentle",
    ),
    "a gentle breeze / a light breeze / a soft breeze / a light wind / a faint breeze / a soft wind / the "
    "gentle wind / a slight breeze",
    "breeze / light breeze / gentle breeze / soft wind",
)
PLAIN = Force(
    ("", ""),
    ("", ""),
    ("", ""),
    "the wind / the wind / wind / a breeze / the breeze / a summer breeze",
    "wind / wind / breeze",
)
STRONG = Force(
    (
        "strongly / strongly / wildly / wildly / heavily / violently / powerfully / intensely / vigorously "
        "/ fiercely / very strongly",
        "quickly / rapidly / swiftly / strongly / very quickly / powerfully",
    ),
    ("a lot / very much / with force / like mad / hard", "fast / at high speed / very fast / really fast"),
    (
        "strong / strong / heavy / wild / powerful / intense / violent / very strong",
        "fast / quick / rapid / strong / powerful / swift",
    ),
    "a strong wind / a strong wind / a fierce wind / a stormy wind / a powerful wind / heavy wind / a storm "
    "/ a wild wind",
    "strong wind / storm / heavy wind / stormy wind",
)

WAYS = {
    "left": "{left}",
    "right": "{right}",
    "up": "up / upwards / upward / into the air / up into the air / toward the sky / straight up / up and up",
    "down": "down / down / downwards / downward / from top to bottom / straight down / down and down",
}

# Said of the action that anybody would expect of the kind.
_ANY = (
    "animate <np> <adv> / animate <np> <adv> / bring <np> <adv> to life / set <np> <adv> in motion / give "
    "<np> some <adj> movement / put some <adj> movement into <np> / add <adj> motion to <np>"
)
_SWAY = Motion(
    does="sway / sway / sway / sway in the <air> / sway in the <air> / sway in the <air> / sway from side "
    "to side / sway back and forth / sway to and fro / rustle / rustle in the <air> / tremble in the <air> "
    "/ wave in the <air> / wave back and forth / move / move / move in the <air> / stir in the <air> / bend "
    "in the <air> / move with the <air> / dance in the <air> / rock in the <air> / swing in the <air>",
    agents="<wind> blows through <np> / <wind> blows through <np> / <wind> moves <np> / <wind> "
    "[sways|rocks|stirs|ruffles|rustles|shakes|bends] <np> / <wind> [passes|goes] through <np> / <wind> "
    "plays with <np> / <np> <is> [moved|stirred|rocked|swayed] by <wind> / <np> <bend> under <wind> / you "
    "can feel <wind> in <np> / <wind> makes <np> [sway|move|rustle]",
    nouns="<adv> swaying <bare> / <adv> swaying <bare> / <adv> moving <bare> / <adv> rustling <bare> / <np> "
    "in <wind> / <wind> in <np> / a <adj> sway in <np> / <adj> movement in <np> / <wind> blowing through "
    "<np>",
    asks="let <wind> [blow through|move|stir|play with] <np> / make <wind> blow through <np> / add <wind> "
    "to "
    f"<np> / {_ANY}",
)

# By kind, action and heading ("side" is left or right).
MOTIONS = {
    ("sky", "drift", ""): Motion(
        does="drift / drift / drift by / drift past / drift across the sky / drift across the sky / move / "
        "move / move across the sky / roll by / roll across the sky / float by / float across the sky / "
        "pass by / pass overhead / sail by / glide across the sky / wander across the sky / travel across "
        "the sky",
        agents="<wind> pushes <np> along / <wind> drives <np> across the sky / <wind> carries <np> along / "
        "<wind> moves <np> / <np> <is> carried along by <wind>",
        nouns="<adv> drifting <bare> / <adv> drifting <bare> / <adv> moving <bare> / <adv> passing <bare> / "
        "a <adj> drift of <np> / time-lapse of <np> <adv> passing by / time-lapse <bare>, <adv> moving / "
        "<adj> movement in <np>",
        asks=f"let <wind> push <np> along / let <np> pass by <adv> / {_ANY}",
    ),
    ("sky", "drift", "side"): Motion(
        does="drift <way> / drift <way> / drift <way> / move <way> / move <way> / move <way> / roll <way> / "
        "float <way> / travel <way> / slide <way> / sail <way> / glide <way> / pass <way> / go <way> / head "
        "<way> / wander <way>",
        agents="<wind> pushes <np> <way> / <wind> drives <np> <way> / <wind> carries <np> <way> / <wind> "
        "moves <np> <way> / <np> <is> blown <way> by <wind>",
        nouns="<bare> <adv> drifting <way> / <bare> <adv> moving <way> / time-lapse of <np> <adv> moving "
        "<way> / a <adj> drift of <np> <way> / <adj> movement of <np> <way>",
        asks="let <wind> push <np> <way> / animate <np>, <adv> moving <way> / send <np> <adv> <way> / "
        "move <np> <adv> <way>",
    ),
    ("water", "ripple", ""): Motion(
        does="ripple / ripple / ripple / shimmer / shimmer / glitter / glisten / sparkle / move / move / "
        "shimmer in the light / ripple in the <air> / glitter in the light / quiver / stir",
        agents="<adj> ripples spread across <np> / <adj> ripples run over <np> / <adj> ripples move across "
        "<np> / <adj> ripples form on <np> / <adj> wavelets dance on <np> / <wind> ripples <np> / <wind> "
        "wrinkles <np> / light dances <adv> on <np> / reflections shimmer <adv> on <np> / <np> <is> <adv> "
        "rippling in the <air> / there are <adj> ripples on <np>",
        nouns="<adj> ripples on <np> / <adj> ripples on <np> / <adj> ripples spreading across <np> / <adv> "
        "rippling <bare> / <adv> shimmering <bare> / <adv> glittering <bare> / <np> with <adj> ripples / a "
        "<adj> shimmer on <np> / <adj> wavelets on <np>",
        asks="add <adj> ripples to <np> / let <adj> ripples [spread|run] across <np> / give <np> some <adj> "
        f"ripples / make <adj> ripples on <np> / {_ANY}",
    ),
    ("water", "wave", ""): Motion(
        does="swell / surge / heave / heave / make waves / roll in waves / roll in waves / move in waves / "
        "rise in waves / lap the shore / lap at the shore / wash ashore / swell in waves / surge in waves / "
        "undulate",
        agents="<adj> waves roll across <np> / <adj> waves roll over <np> / <adj> waves move across <np> / "
        "<adj> waves lap the shore of <np> / the waves of <np> <adv> roll / the waves on <np> <adv> "
        "[roll|swell|surge] / <adj> waves rise on <np> / <adj> surf breaks at the edge of <np> / a <adj> "
        "swell moves through <np> / <wind> drives waves across <np> / there are <adj> waves on <np>",
        nouns="<adj> waves on <np> / <adj> waves on <np> / <adj> waves rolling over <np> / a <adj> swell on "
        "<np> / <adj> surf on <np> / <adj> waves lapping the shore of <np> / <np> with <adj> waves / <adj> "
        "waves in <np> / <adv> surging <bare> / <adv> heaving <bare>",
        asks="add <adj> waves to <np> / let <adj> waves roll across <np> / make <adj> waves on <np> / let "
        "the waves of <np> roll <adv> / i want <adj> waves on <np>",
    ),
    ("water", "flow", ""): Motion(
        does="flow / flow / flow / flow by / flow past / flow along / stream / stream by / run / run by / "
        "cascade / move along / keep flowing / pour / run along",
        agents="a <adj> current runs through <np> / the current of <np> runs <adv> / <adj> currents move "
        "through <np> / a <adj> current moves <np> along / there is a <adj> current in <np>",
        nouns="<adv> flowing <bare> / <adv> flowing <bare> / <adv> running <bare> / <adv> streaming <bare> "
        "/ a <adj> current in <np> / the <adj> flow of <np> / <np> with a <adj> current",
        asks="add a <adj> current to <np> / give <np> a <adj> current / let <np> run <adv> / make <np> flow "
        "<adv> / show the <adj> flow of <np>",
    ),
    ("water", "flow", "side"): Motion(
        does="flow <way> / flow <way> / flow <way> / run <way> / run <way> / stream <way> / stream <way> / "
        "move <way> / travel <way> / go <way>",
        agents="a <adj> current carries <np> <way> / the current of <np> runs <adv> <way> / a <adj> current "
        "moves <np> <way> / the current in <np> goes <adv> <way>",
        nouns="<bare> <adv> flowing <way> / <bare> <adv> running <way> / the <adj> flow of <np> <way> / "
        "<np> with a <adj> current going <way>",
        asks="give <np> a <adj> current that goes <way> / let the current of <np> run <adv> <way> / make "
        "<np> flow <adv> <way> / send <np> <adv> <way>",
    ),
    ("water", "flow", "down"): Motion(
        does="flow <way> / flow <way> / pour <way> / cascade <way> / cascade <way> / fall / fall <way> / "
        "fall <way> / tumble <way> / run <way> / stream <way> / spill <way> / drop <way> / rush <way>",
        agents="a <adj> cascade of <bare> falls <way> / the current of <np> runs <adv> <way> / the curtain "
        "of <np> falls <adv> / gravity pulls <np> <adv> <way>",
        nouns="<bare> <adv> falling <way> / <bare> <adv> pouring <way> / <bare> <adv> cascading <way> / "
        "<adv> falling <bare> / the <adj> fall of <np>",
        asks="make <np> flow <adv> <way> / let <np> pour <adv> <way> / let <np> fall <adv> / show <np> "
        "<adv> tumbling <way>",
    ),
    ("foliage", "sway", ""): _SWAY,
    ("grass", "sway", ""): _SWAY,
    ("flower", "sway", ""): _SWAY,
    ("fire", "flicker", ""): Motion(
        does="flicker / flicker / flicker / dance / dance / burn / burn / crackle / leap / move / move / "
        "waver / flicker in the <air> / lick the air / dance in the <air> / blaze",
        agents="<wind> plays with <np> / <wind> makes <np> flicker / <np> <cast> a <adj> flicker / <np> "
        "<give> a <adj> flicker / <wind> moves <np> / the glow of <np> <adv> flickers",
        nouns="<adv> flickering <bare> / <adv> flickering <bare> / <adv> burning <bare> / <adv> dancing "
        "<bare> / the <adj> flicker of <np> / a <adj> flicker of <np> / <np> with a <adj> flicker",
        asks=f"give <np> a <adj> flicker / add a <adj> flicker to <np> / let <np> burn <adv> / {_ANY}",
    ),
    ("smoke", "flow", ""): Motion(
        does="drift / drift / drift by / curl / swirl / swirl / billow / float / waft / roll by / move / "
        "move / creep along / flow / flow by / drift along / waft by / swirl around",
        agents="<wind> carries <np> along / <wind> moves <np> / <wind> swirls <np> around / <wind> blows "
        "<np> about / <np> <is> stirred by <wind> / <adj> wisps of <bare> drift by / <wind> plays with <np>",
        nouns="<adv> drifting <bare> / <adv> swirling <bare> / <adv> billowing <bare> / <adv> curling "
        "<bare> / <adv> moving <bare> / a <adj> swirl of <bare> / <adj> movement in <np>",
        asks=f"let <wind> blow <np> about / let <wind> swirl <np> / {_ANY}",
    ),
    ("smoke", "flow", "side"): Motion(
        does="drift <way> / drift <way> / drift <way> / move <way> / move <way> / roll <way> / flow <way> / "
        "waft <way> / billow <way> / float <way> / creep <way> / travel <way> / stream <way>",
        agents="<wind> carries <np> <way> / <wind> blows <np> <way> / <wind> pushes <np> <way> / <wind> "
        "drives <np> <way> / <np> <is> blown <way> by <wind>",
        nouns="<bare> <adv> drifting <way> / <bare> <adv> moving <way> / <bare> <adv> blowing <way> / a "
        "<adj> drift of <np> <way>",
        asks="let <wind> blow <np> <way> / send <np> <adv> <way> / animate <np>, <adv> drifting <way>",
    ),
    ("smoke", "flow", "up"): Motion(
        does="rise / rise / rise / rise <way> / rise <way> / float <way> / drift <way> / curl <way> / "
        "billow <way> / ascend / climb <way> / waft <way> / stream <way> / go <way> / move <way>",
        agents="the warm air carries <np> <adv> <way> / <np> <is> <adv> carried <way> / <adj> wisps of "
        "<bare> rise <way> / a <adj> plume of <bare> rises",
        nouns="<adv> rising <bare> / <bare> <adv> rising / <bare> <adv> rising <way> / <bare> <adv> curling "
        "<way> / <bare> <adv> drifting <way>",
        asks="let <np> rise <adv> / send <np> <adv> <way> / animate <np>, <adv> rising <way> / make <np> go "
        "<way> <adv>",
    ),
    ("light", "pulse", ""): Motion(
        does="twinkle / twinkle / blink / blink / glow / pulse / pulse / flicker / flicker / shimmer / "
        "throb / flash on and off / glow in pulses / sparkle / pulsate / flicker on and off / gleam",
        agents="a <adj> pulse runs through <np> / the glow of <np> <adv> [pulses|pulsates|flickers|comes "
        "and goes] / the brightness of <np> <adv> [pulses|goes up and down|swells and fades] / there is a "
        "<adj> flicker in <np>",
        nouns="<adv> twinkling <bare> / <adv> blinking <bare> / <adv> pulsing <bare> / <adv> flickering "
        "<bare> / <adv> glowing <bare> / the <adj> twinkle of <np> / a <adj> pulse in <np> / a <adj> "
        "flicker of <np>",
        asks="give <np> a <adj> pulse / add a <adj> twinkle to <np> / let <np> blink <adv> / add a <adj> "
        "flicker to <np> / animate <np> with a <adj> glow",
    ),
    ("cloth", "flutter", ""): Motion(
        does="flutter / flutter / flutter in the <air> / flutter in the <air> / wave / wave in the <air> / "
        "flap / flap in the <air> / blow in the <air> / move / move in the <air> / ripple in the <air> / "
        "stream in the <air> / billow / billow in the <air> / stir in the <air>",
        agents="<wind> blows through <np> / <wind> moves <np> / <wind> [tugs at|lifts|plays "
        "with|ruffles|catches|stirs] <np> / <np> <is> [blown about|moved|ruffled|lifted] by <wind> / <wind> "
        "makes <np> [flutter|wave|move]",
        nouns="<adv> fluttering <bare> / <adv> fluttering <bare> / <adv> waving <bare> / <adv> moving "
        "<bare> / <np> in <wind> / <wind> in <np> / a <adj> flutter of <np> / <adv> billowing <bare>",
        asks=f"let <wind> [play with|blow through|move|catch|ruffle] <np> / {_ANY}",
    ),
    ("subject", "sway", ""): Motion(
        does="sway / sway / sway / sway from side to side / sway from side to side / sway back and forth / "
        "rock from side to side / swing to and fro / lean from side to side / wobble from side to side / "
        "sway to and fro / rock back and forth / move from side to side / sway in the <air> / move / swing",
        agents="<np> <is> [rocked|swayed] <adv> from side to side / <wind> rocks <np> / <wind> sways <np> / "
        "a <adj> sway goes through <np>",
        nouns="a <adj> sway of <np> / <adv> swaying <bare> / <np> with a <adj> sway / <adj> swaying of <np> "
        "/ <adv> rocking <bare>",
        asks=f"give <np> a <adj> sway / rock <np> <adv> from side to side / sway <np> <adv> / {_ANY}",
    ),
    ("subject", "bob", ""): Motion(
        does="bob / bob / bob up and down / bob up and down / bounce / bounce up and down / bounce in place "
        "/ float up and down / hop on the spot / move up and down / move up and down / bob in place / go up "
        "and down / bounce on the spot / hop in place",
        agents="<np> <is> [lifted|moved] <adv> up and down / a <adj> bounce goes through <np> / something "
        "makes <np> bob <adv>",
        nouns="<adv> bobbing <bare> / <adv> bouncing <bare> / a <adj> bob of <np> / a <adj> up-and-down "
        "movement of <np> / <np> with a <adj> bounce",
        asks="give <np> a <adj> bounce / move <np> <adv> up and down / let <np> bob <adv> / bounce <np> "
        "<adv> / add a <adj> bounce to <np>",
    ),
    ("subject", "breathe", ""): Motion(
        does="breathe / breathe / breathe / breathe / breathe in and out / breathe in and out / take "
        "breaths / heave with every breath / swell with each breath / draw breath / move with every breath "
        "/ inhale",
        agents="the chest of <np> <adv> [rises and falls|moves with every breath|moves] / <adj> breaths "
        "move <np> / you can see <np> breathe <adv> / the body of <np> <adv> moves with each breath / <adj> "
        "breath goes through <np>",
        nouns="<adv> breathing <bare> / <adv> breathing <bare> / the <adj> breathing of <np> / <np> taking "
        "<adj> breaths / <adj> breaths of <np>",
        asks="let <np> breathe <adv> / add <adj> breathing to <np> / give <np> a <adj> breath / make the "
        "chest of <np> move <adv>",
    ),
    ("subject", "tremble", ""): Motion(
        does="tremble / tremble / tremble / tremble all over / shiver / shiver / shiver in the cold / "
        "quiver / shake / shake with fear / shake all over / shudder / vibrate / twitch / quake / jitter",
        agents="a <adj> shiver runs through <np> / a <adj> tremble goes through <np> / <adj> shivers run "
        "through <np> / fear makes <np> tremble <adv>",
        nouns="<adv> trembling <bare> / <adv> shivering <bare> / a <adj> tremble of <np> / the <adj> "
        "trembling of <np> / <np> with a <adj> shiver",
        asks="give <np> a <adj> shiver / let a <adj> shiver run through <np> / shake <np> <adv> / add a "
        "<adj> tremble to <np>",
    ),
}

# (kind, what the name must hold, other names); not for a photo with another region of that kind.
CALLED = (
    ("sky", r"cloud", "clouds / clouds / clouds / clouds in the sky / clouds above / clouds overhead"),
    ("sky", r"^(?!.*(cloud|night|star))", "sky / clouds in the sky / clouds"),
    ("sky", r"^(?!.*(night|star))", "heavens / cloud cover / cumulus clouds / fluffy clouds"),
    ("sky", r"night|star", "night sky / stars / sky"),
    ("water", r"", "water / water / surface of the water / water surface"),
    ("water", r"^(?!.*water)", "surface of the <name> / water of the <name> / <name>'s surface"),
    ("water", r"lake|pond|loch|bay", "lake / pond / loch / tarn / lagoon / bay / waters"),
    ("water", r"sea|ocean|wave", "sea / ocean / waves / waters / tide"),
    ("water", r"river|stream|creek|brook", "river / stream / creek / brook / current"),
    ("foliage", r"trees|forest|wood|palms", "trees / trees / branches / treetops / twigs / tree branches"),
    ("foliage", r"tree\b|palm\b", "tree / branches / branches of the tree"),
    (
        "foliage",
        r"trees|forest|wood",
        "woods / woodland / grove / thicket / jungle / pines / birches / oaks / willows / spruces / tree "
        "crowns / boughs / canopy / wooded hillside / forest edge / wooded slope / wooded bank",
    ),
    (
        "foliage",
        r"bush|shrub|hedge|plant|weed|ivy",
        "bushes / ferns / ivy / vines / thicket / scrub",
    ),
    (
        "foliage",
        r"^(?!.*(bare|dry|dead|coral|sea|trunk|branch|weed|moss|alga))",
        "foliage / leaves / leaves / greenery / plants / vegetation",
    ),
    ("grass", r"grass|lawn|meadow|field", "grass / grass / blades of grass"),
    (
        "grass",
        r"^(?!.*(stalk|blade|reed|stem))",
        "meadow / pasture / prairie / moor / moorland / turf / savanna / steppe / grassland / fields / "
        "lawn / grassy slope / grassy bank / grassy ridge / grassy shore / rough grass / clover / marsh",
    ),
    ("grass", r"crop|wheat|rice|corn|field", "field / stalks / crops"),
    ("grass", r"reed", "reeds"),
    ("flower", r"s$", "flowers / flowers / blossoms / petals / blooms"),
    ("flower", r"s$", "daisies / tulips / poppies / roses / lilies"),
    ("flower", r"[^s]$", "flower / petals / blossom"),
    ("flower", r"[^s]$", "bloom / rose / tulip / lily / sunflower / orchid / poppy"),
    ("fire", r"candle", "flame / candle / flame of the candle / candlelight"),
    ("fire", r"^(?!.*(candle|torch|lamp))", "fire / flames / blaze"),
    ("fire", r"^(?!.*(candle|torch|lamp))", "bonfire / campfire / flickering fire / embers"),
    ("smoke", r"smoke", "smoke"),
    ("smoke", r"fog|mist|haze", "fog / mist / haze"),
    ("smoke", r"steam|vapo", "steam / vapour"),
    ("light", r"s$", "lights"),
    ("cloth", r"flag|banner", "flag / fabric / cloth"),
    ("cloth", r"dress|skirt|cloth|coat|scarf|shirt|veil|robe", "fabric / clothes / cloth"),
    ("cloth", r"hair", "hair / strands of hair"),
    ("cloth", r"fur|mane", "fur"),
    ("subject", r"[^s]$", "subject / main subject"),
    ("subject", r"\b(man|woman|player|drummer|conductor|girl|boy|dancer)\b", "person"),
    (
        "subject",
        r"\b(alpaca|bear|bison|calf|camel|cat|cheetah|chameleon|cow|crab|crocodile|deer|dog|dolphin|dragon|duck|"
        r"elephant|foal|fox|frog|gibbon|giraffe|goat|gorilla|hedgehog|hen|heron|horse|ibex|jaguar|kangaroo|"
        r"kitten|koala|lemur|lion|lizard|meerkat|monkey|moose|owl|panda|parrot|penguin|pika|puppy|rabbit|"
        r"rhinoceros|seal|sheep|squirrel|tiger|turtle|wolf|zebra)$",
        "animal / animal / creature",
    ),
)

FRAMES = {
    "finite": "<np> {} / <np> {} / <np> {} / <np> {} / <np> {} / <np> {} / in this [clip|shot|video], <np> "
    "{} / make sure <np> {} / <np> {} [throughout|the whole time] / [here|now|meanwhile] <np> {} / i want "
    "to see how <np> {} / we see how <np> {}",
    "gerund": "<np> <is> {} / <np> <is> {} / <np> <is> {} / <np> {} / <np> {} / <np> {} / with <np> {} / "
    "with <np> {} / we see <np> {} / <np> <start> {} / <np> <keep> {} / show <np> {} / there <is> <np> {}",
    "base": "make <np> {} / make <np> {} / let <np> {} / let <np> {} / i want <np> to {} / <np> should {} / "
    "have <np> {} / please make <np> {} / i'd like <np> to {} / <np> <begin> to {} / could you make <np> {} "
    "/ can you let <np> {} / get <np> to {} / i would like to see <np> {}",
}
ONLY_FRAMES = {
    "finite": "only <np> {} / only <np> {} / just <np> {} / nothing but <np> {}",
    "gerund": "only <np> <is> {} / only <np> {} / the only thing happening: <np> {}",
    "base": "only <np> should {} / i only want <np> to {} / let only <np> {} / make only <np> {}",
}
