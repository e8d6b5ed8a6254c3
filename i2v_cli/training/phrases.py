"""What stands around a camera move; what is said of stillness, life and light. Notation as in `words`."""

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
NOUNS_TOGETHER = (
    "{} combined with a {} / {} and {} at the same time / {} with a simultaneous {} / {} plus {} / {} + {} "
    "/ {} together with a {} / {} and {} / {} and {} at once"
)
IDIOMS_TOGETHER = (  # of two wordings of any form
    "{}, and at the same time {} / {}; at the same time {} / {} + {} / at the same time: {}; {} / two things "
    "at once: {}, {} / {}, simultaneously {} / {} and, in the same move, {} / {}, together with this: {}"
)

# Of a picture in which nothing, or little, stirs; angle brackets as in `natural`.
STILL_REGION = (
    "<np> <stay> [completely|perfectly|absolutely|] still / <np> <do> not move / <np> <do> not move [at "
    "all|an inch|] / <np> <do>n't move / <np> <stay> [motionless|frozen|fixed|as <it> <is>|where <it> <is>] "
    "/ <np> <remain> [motionless|still|frozen|unchanged] / <np> <is> [motionless|perfectly "
    "still|frozen|still] / <np> <is> not moving / no movement in <np> / keep <np> [still|fixed|as <it> "
    "<is>|perfectly still] / don't [move|animate] <np> / leave <np> [alone|as <it> <is>|untouched] / freeze "
    "<np> / motionless <bare> / <np> must not move"
)
STILL_KIND = {
    "sky": "<np> <hang> motionless / <np> <stand> still",
    "water": "<np> <is> calm / <np> <is> calm and still / <np> <is> smooth as glass / <np> <is> like a "
    "mirror / no ripples on <np> / no waves on <np> / still <bare> / calm <bare> / <np> <lie> perfectly "
    "still",
    "foliage": "no wind in <np> / <np> <stand> still / not a leaf moves in <np>",
    "grass": "no wind in <np> / <np> <stand> still",
    "flower": "no wind in <np> / <np> <stand> still",
    "fire": "no flicker in <np> / <np> <is> frozen in time",
    "smoke": "<np> <hang> still in the air / <np> <is> frozen in the air",
    "light": "<np> <shine> steadily / no flicker in <np> / <np> <do> not blink",
    "cloth": "<np> <hang> still / no wind in <np>",
    "subject": "<np> <hold> still / <np> <stand> perfectly still / <np> <is> still as a statue / <np> "
    "<pose> without moving",
}
STILL_ALL = (
    "nothing in the [picture|scene|photo|image] moves / nothing moves by itself / a frozen moment / frozen "
    "moment / frozen in time / everything is still / time stands still / the scene itself [stays|is] still "
    "/ nothing stirs / no motion in the scene / the scene is frozen / no wind / there is no wind / not a "
    "leaf stirs / no movement in the [picture|scene] itself / everything stays in its place / the light does "
    "not change / a moment frozen in time / all is [calm|quiet and still] / no animation of the scene"
)
STILL_UNDER_MOVES = (
    "only the camera moves / nothing moves but the camera / the camera is the only thing that moves / the "
    "only movement is the camera's / just the camera moves, nothing else"
)
STILL_REST = (
    "nothing else moves / everything else stays still / the rest is still / the rest stays still / the rest "
    "of the [picture|scene|image] is [frozen|still] / all else is [still|frozen] / no other movement / "
    "everything else remains motionless / leave the rest as it is / everything else is frozen / the rest "
    "does not move"
)

# Life in general, without a word on what moves.
ALIVE = {
    "plain": "bring this [photo|picture|image] to life / bring it to life / make it move naturally / make "
    "it move / animate this [photo|picture|image] / animate it / make it come alive / make the "
    "[picture|photo|scene] come alive / turn this [photo|picture|image] into a [video|living picture] / "
    "living photo / a living picture / natural motion / everything comes alive / everything moves naturally "
    "/ let the scene come to life / the scene comes alive / make this [photo|picture] alive / add natural "
    "[motion|movement] / make a video [of|out of] this / let [it|everything] move / add life to this "
    "picture / animate everything / realistic natural motion / image to video / everything that can move "
    "should move / the whole scene is alive",
    "soft": "cinemagraph / cinemagraph, subtle natural motion / cinemagraph style / subtle natural motion / "
    "subtle motion / bring this [photo|picture] gently to life / slight natural movement / gently animate "
    "this [photo|picture|image] / add subtle movement / make it move [a little|slightly|gently|subtly] / "
    "living photo with subtle movement / soft, natural motion everywhere / ambient motion / minimal ambient "
    "motion / everything moves just a little / make it subtly come alive / animate it, but only subtly / "
    "turn it into a cinemagraph / just a hint of life in the picture",
}

LIGHT_LINES = {
    "darken": "it gets dark / it gets darker / it grows darker and darker / dusk falls / dusk comes / night "
    "falls / night falls over the scene / night comes / the light fades / the light fades / the daylight "
    "fades away / fade to dark / fade to black / the scene [darkens|gets darker|grows dark] / the picture "
    "darkens / evening comes / the sun goes down and it gets dark / the sun sets / make it get darker / let "
    "night fall / let it grow dark / let the light fade / darkness falls over the scene / the lights go out "
    "/ from day to night / day turns to night / the brightness drops / the shadows deepen / a shadow falls "
    "over the scene / with the light slowly fading / dim the light / the light dims / it becomes night / "
    "nightfall / darkening light / the day ends",
    "brighten": "the sun rises / sunrise / the sun comes up / the sun comes out / the sun comes out / dawn "
    "breaks / day breaks / it gets brighter / it gets lighter and lighter / it grows light / the scene "
    "[brightens|gets brighter|lights up] / the light grows / night turns to day / from night to day / "
    "morning comes / the light gets stronger / let the sun come out / make it brighter over time / let the "
    "scene brighten / the picture gets brighter and brighter / sunlight floods the scene / daylight grows / "
    "the brightness increases / the sun breaks through / let the sun rise / brightening light / a new day "
    "begins / more and more light fills the scene / fade to bright / let there be more light",
    "warm": "the light turns [golden|warm|warmer|orange] / the light turns golden / golden hour sets in / a "
    "golden glow grows / the golden hour glow grows / the colours get warmer / the scene warms up / the "
    "light becomes [warmer|golden] / everything turns golden / make the light warmer over time / let the "
    "light turn [golden|warm] / a warm glow spreads over the scene / the tones shift to [orange|gold] / "
    "sunset colours spread over the scene / the picture turns amber / the light warms / warm light fills "
    "the scene more and more / a warm light grows / shift the colours toward gold / an orange glow spreads "
    "/ the picture takes on a golden tone",
    "cold": "the light turns [cold|colder|blue|bluish|icy] / the light turns cold / blue hour sets in / a "
    "blue tint spreads / the colours get colder / the scene turns [cold|blue|icy] / the light becomes "
    "[cold|colder|blue] / everything turns blue / make the light colder over time / let the light turn "
    "[blue|cold] / a cold light spreads over the scene / the tones shift to blue / the picture turns blue / "
    "the light cools / the colours cool down / cold light fills the scene / shift the colours toward blue / "
    "the warmth fades from the light / a bluish moonlit tone spreads / the picture takes on a cold tone",
    "flash": "lightning flashes / lightning flashes / flashes of lightning / lightning strikes / lightning "
    "lights up the scene / the light flickers over the whole scene / lights flicker across the whole scene "
    "/ the whole scene flickers / flickering light over the whole picture / strobe light over the scene / a "
    "flash lights up [everything|the scene] / lightning flashes over and over / bright flashes light the "
    "scene / thunder and lightning / let lightning flash / add flashes of lightning / the picture flashes "
    "bright / flashes of light across the whole picture / a thunderstorm with lightning / the light of the "
    "whole scene flashes",
}
