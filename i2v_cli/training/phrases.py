"""What stands around a camera move, what a static camera is called, and what subjects do.

Notation as in `words`.
"""

STATIC_TAGS = (
    "camera static / static camera / static shot / locked-off shot / locked off camera / fixed camera / "
    "camera fixed / no camera movement / no camera motion / without camera [movement|motion] / tripod / "
    "tripod shot / on a tripod / shot on a tripod / still camera / camera still / camera locked / "
    "stationary camera / camera stationary / motionless camera / static frame / fixed "
    "[frame|view|viewpoint|framing|angle] / camera at rest / locked camera / no [zoom|tilt|pan], no "
    "[pan|rotation], no camera [movement|motion] / without any [zoom or pan|pan or tilt|zooming] / no "
    "panning, no zooming / zero camera movement / static view / camera not moving / unmoving camera / "
    "static composition / camera: static / camera motion: none / camera movement: none / with a static "
    "camera / with the camera [fixed|locked|still] / from a fixed [viewpoint|position] / camera holds "
    "still / camera does not move / absolutely no camera movement / no pan, tilt or zoom / steady tripod "
    "shot / fixed tripod camera / stable, unmoving [camera|frame] / immobile camera / no camera moves / "
    "camera stays put / completely static shot"
)
STATIC_SENTENCES = (
    "{thecamera} is [completely|totally|absolutely|perfectly|] "
    "[static|still|stationary|motionless|fixed|immobile|locked] / {thecamera} [stays|remains|keeps|holds] "
    "[completely|perfectly|absolutely|totally|] [still|still|motionless] / {thecamera} [stays|remains] "
    "[static|stationary|fixed|in place|where it is|locked|put|in one position] / {thecamera} [does "
    "not|doesn't|never|must not|should not|shouldn't|will not] move [at all|an inch|in any way|] / "
    "{thecamera} does not [pan|tilt|zoom|rotate] or [pan|tilt|zoom|move] / the shot is [locked "
    "off|static|locked] / there is no camera [movement|motion] [at all|whatsoever|] / {thecamera} neither "
    "[pans|tilts] nor [zooms|rotates] / {thecamera} is on a tripod / the frame [stays|remains] "
    "[fixed|exactly the same|unchanged|locked] / {thecamera} is not moving / the viewpoint [stays "
    "fixed|does not change|never changes] / {thecamera} stands still / {thecamera} rests / {thecamera} is "
    "locked [down|off|in place]"
)
STATIC_REQUESTS = (
    "keep the [camera|shot|view|frame] [still|static|fixed|stable|completely still|steady in one "
    "place|locked] / [don't|do not|please don't|never] move the camera [at all|please|] / hold the camera "
    "[still|perfectly still] / i want [a static camera|the camera to stay still|no camera movement|a "
    "locked-off shot|the camera to be still] / lock the camera [down|off|] / put the camera on a tripod / "
    "leave the camera [where it is|alone|still] / please keep the camera [still|static|fixed] / do not "
    "[pan|zoom|tilt|rotate] [or zoom|or pan|or move the camera|at all] / make it a "
    "[static|locked-off|tripod|fixed] shot / use a [fixed|static|locked|stationary] camera / no zoom or "
    "pan please / the camera should [stay still|not move|be static|remain fixed|stay where it is] / let "
    "the camera [rest|stay still|stand still] / stay in place, no camera [movement|motion]"
)

ACTIONS = {
    "sway": "sway / sway gently / sway [softly|lightly|slightly|calmly] / sway from side to side / sway "
    "back and forth / rock from side to side / rock gently / swing gently / swing to and fro / sway in the "
    "breeze / lean from side to side / sway left and right / wobble from side to side / sway to and fro / "
    "rock back and forth",
    "bob": "bob / bob up and down / bob gently / bounce [softly|lightly|gently] / bounce up and down / "
    "bounce in place / float up and down / hop gently on the spot / move up and down / bob "
    "[softly|lightly|slightly] / go gently up and down / bob in place / bob its way up and down",
    "breathe": "breathe / breathe [calmly|softly|gently|deeply|quietly|visibly] / breathe in and out / "
    "take deep breaths / heave with every breath / swell with each breath / draw deep breaths / take calm "
    "breaths",
    "tremble": "tremble / tremble [slightly|softly|a little|all over] / shiver / shiver in the cold / "
    "quiver / shake [slightly|nervously|a little|with fear] / shudder / vibrate / twitch / quake / shiver "
    "[slightly|gently] / vibrate slightly / jitter",
}

# "<s>" is the subject.
SUBJECT_FRAMES = {
    "finite": "the <s> {} / the <s> {} / the <s> {} / only the <s> {} / just the <s> {} / a <s> {} / the "
    "<s> in the [picture|photo|image|scene] {} / nothing but the <s> {}",
    "gerund": "the <s> is {} / the <s> is {} / <s> {} / a <s> {} / only the <s> is {} / the <s> starts {} "
    "/ the <s> keeps {} / we see the <s> {} / a <s> is {} / the <s>, {}",
    "base": "make the <s> {} / let the <s> {} / i want the <s> to {} / the <s> should {} / have the <s> {} "
    "/ please make the <s> {} / i'd like the <s> to {} / the <s> begins to {} / the <s> seems to {}",
}

# Where a predicate goes. "bare" ones need a verb that is understood without the camera being named.
FRAMES = {
    "finite": "{thecamera} {} / {thecamera} {} / {thecamera} {} / {thecamera} {} / camera {} / camera {} / "
    "[here|now|meanwhile] {thecamera} {} / in this [clip|shot|video], {thecamera} {} / as we watch, "
    "{thecamera} {} / {thecamera} {} [in this clip|during the clip|throughout|over the whole clip] / make "
    "sure {thecamera} {}",
    "gerund": "camera {} / the camera {} / {thecamera} is {} / {thecamera} is {} / with the camera {} / "
    "the camera keeps {} / the camera starts {} / the camera begins {} / a shot with the camera {} / a "
    "camera {}",
    "base": "i want the camera to {} / i'd like the camera to {} / i would like the camera to {} / let the "
    "camera {} / have the camera {} / make the camera {} / the camera should {} / the camera will {} / the "
    "camera begins to {} / the camera starts to {} / please have the camera {} / can you make the camera "
    "{} / could the camera {} / the camera is going to {} / get the camera to {} / tell the camera to {} / "
    "the camera must {} / allow the camera to {} / i need the camera to {} / animate it so that we {} / it "
    "would be nice if the camera could {}",
    "imperative": "{} / {} / {} / {} / please {} / please {} / could you {} / can you {} / can you please "
    "{} / now {} / just {} / i want you to {} / could you please {} / let's {} / we {} / i want to {} / "
    "try to {} / camera, {} / simply {} / let us {}",
    "past": "{thecamera} {} / the camera {} / {thecamera} {} / we {}",
    "noun": "{} / {} / a {} / a {} / with a {} / i want a {} / give me a {} / add a {} / do a {} / camera "
    "movement: {} / camera: {} / use a {} / make it a {} / i'd like a {} / please do a {} / cinematic {} / "
    "apply a {} / motion: {} / there is a {} / the shot is a {} / camera motion: {} / a beautiful {} / as "
    "a {}",
}

# (the text around both moves, how the second is said); "verb" keeps the form of the first.
TOGETHER = (
    ("{} and {}", "verb"),
    ("{} while {}", "gerund"),
    ("{} and at the same time {}", "verb"),
    ("{}, {} at the same time", "gerund"),
    ("{} while also {}", "gerund"),
    ("{} and simultaneously {}", "verb"),
    ("both {} and {}", "verb"),
    ("{}, simultaneously {}", "gerund"),
    ("{}, combined with a {}", "noun"),
    ("{} with a {}", "noun"),
    ("{}, all the while {}", "gerund"),
    ("{} and, together with that, {}", "verb"),
)
IN_TURN = (
    ("first {}, then {}", "verb"),
    ("first {} and then {}", "verb"),
    ("{} and then {}", "verb"),
    ("{}, then {}", "verb"),
    ("{} before {}", "gerund"),
    ("{}, and after that {}", "verb"),
    ("{} and afterwards {}", "verb"),
    ("{}, and finally {}", "verb"),
    ("{}, and next {}", "verb"),
    ("{} at first, and later {}", "verb"),
    ("{} and, once that is done, {}", "verb"),
    ("{}, followed by a {}", "noun"),
    ("{} in the first half, and {} in the second half", "verb"),
)
NOUNS_TOGETHER = (
    "{} combined with a {} / {} and {} at the same time / {} with a simultaneous {} / {} plus {} / {} + {} "
    "/ {} together with a {} / {} and {} / {} and {} at once"
)
NOUNS_IN_TURN = (
    "{} followed by a {} / {} and then a {} / {}, then {} / {}, then a {} / {} first, {} second / {} "
    "before a {} / {} -> {} / {}, after that a {} / {} that turns into a {}"
)
SEQUENCE_LINES = (  # whole clauses about a sequence; {1} may come first
    "after {g0}, the camera {f1} / before {g1}, the camera {f0} / the camera {f0}. after that it {f1} / "
    "starting with a {n0} before {g1} / the clip begins with a {n0} and ends with a {n1} / the camera "
    "starts by {g0} and ends by {g1} / the camera {f0}; then it {f1} / step 1: {b0}. step 2: {b1} / start "
    "with a {n0}, finish with a {n1} / 1) {b0} 2) {b1} / the camera {f0}, and only then it {f1} / once it "
    "has finished {g0}, the camera {f1} / begin by {g0}, then {b1}"
)
