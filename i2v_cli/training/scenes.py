"""What the photo shows, and what people write around a wish: nothing here instructs the camera.

Many are chosen to mislead ("a road going up the hill", "a slow river", "a frying pan"). People, animals and
vehicles may move; water, sky, plants, smoke and light never do, for that would be a wish (see `stirs`).
Notation as in `words`.
"""

SCENES = {
    "town": "Lisbon / Kyoto / Prague / Oslo / Cusco / Marrakesh / Ghent / Seoul / Quebec / Naples / Jaipur "
    "/ Hanoi",
    "scene": "{people} / {people} / {animals} / {animals} / {nature} / {nature} / {nature} / {city} / "
    "{city} / {indoors} / {objects} / {objects} / {vehicles} / {abstract}",
    "people": "{person} {doing} {where} / {person} {doing} / {look} {person} {where} / {person} in [a|the] "
    "{cloth} {doing} / {person} is {doing} {where} / [two|three|several] {folk} {doing} {where} / {look} "
    "{person} with {trait} / {person} with {trait} {doing} {where} / a group of {folk} {doing}",
    "person": "a man / an old man / a young woman / a woman / a little girl / a boy / a fisherman / a "
    "dancer / a bride / an elderly couple / a chef / a monk / a painter / a musician / a skater / a child "
    "/ a farmer / a soldier / a nurse / an astronaut / a violinist / a knight / a tourist / a baker / a "
    "ballerina / a prospector / a waiter",
    "folk": "people / children / friends / tourists / dancers / monks / hikers / women / men / cyclists / "
    "musicians",
    "doing": "walking to the [left|right] / looking [up at the stars|to the left|to the right|down at a "
    "book|out of a window] / turning [left|right] at a corner / moving through the crowd / sitting still / "
    "running fast / climbing up a ladder / going down the stairs / holding a [lantern|right-hand "
    "glove|bread roll|frying pan] / reading / smiling / dancing / waiting / laughing / coming closer to "
    "the fire / walking slowly / backing out of a doorway / spinning around / leaning to the side / "
    "pushing a cart / pulling a sled / rolling dough / panning for gold / playing an upright piano / "
    "drinking tea / standing with the hands [up|folded|in the pockets] / waving / sweeping the floor / "
    "rising from a chair / sliding down a slope / stepping back from the edge / tracking an animal / "
    "reaching out with the left hand / pointing to the right / playing the pan flute / drifting off to "
    "sleep / swinging on a swing / lifting a box / gliding over the ice / looking back over the shoulder / "
    "asleep / juggling",
    "cloth": "red coat / blue dress / straw hat / black suit / raincoat / kimono / wool sweater / silver "
    "armour / green scarf",
    "trait": "long hair / a grey beard / freckles / a yellow umbrella / round glasses / a big smile / a "
    "backpack / flowers in the left hand / a tattoo on the right arm / a bird on the shoulder / a "
    "rolled-up sleeve",
    "animals": "{look} {beast} {acting} {where} / {beast} {acting} / {look} {beast} {where} / {beast} is "
    "{acting} / [two|three|some|many] {beasts} {acting} {where} / {beast} and {beast} {where}",
    "beast": "a dog / a cat / an owl / a horse / a red fox / a heron / a whale / a turtle / a bear / a "
    "swan / a crane / a parrot / a cow / a squirrel / a tiger / an elephant / a butterfly / a snail / a "
    "seagull / a deer / a goldfish / a lizard / a bumblebee / a rooster / a penguin / a jellyfish / a "
    "giraffe / a mouse / a panda / an eagle",
    "beasts": "horses / sheep / birds / ducks / fish / cows / puppies / deer / zebras / dolphins / geese / "
    "camels",
    "acting": "turning its head to the [left|right] / looking up / flying to the [left|right] / running / "
    "asleep / swimming upstream / climbing up a tree / diving down / moving through tall grass / eating / "
    "rolling in the dust / standing still / jumping in the air / walking away / drifting on the water / "
    "coming out of a hole / creeping forward / gliding to the left / rising from the water / backing into "
    "a burrow / circling overhead / sliding on the ice / peeking out / chasing its tail / grazing / "
    "spinning a web / yawning",
    "where": "on a beach / in a forest / in the rain / at the window / on a rooftop / in a snowy field / "
    "by a lake / in a quiet street / on the left bank of a river / at the top of a hill / in front of a "
    "red door / on a bridge / in the upper right corner / at a market / under a tree / down in the valley "
    "/ in a kitchen / on a train platform / in a meadow / on the right side of the road / on the left / in "
    "the background / up on a wall / in {town} / in the middle of nowhere / near a waterfall / at the "
    "bottom of a staircase / inside a greenhouse / in the desert / next to a fountain / in a harbour / "
    "between two rocks / out at sea",
    "nature": "{look} {land} / {look} {land} with {detail} / {land} with {detail} / {land} {seen} / {look} "
    "{land} {seen} / {detail} and {land} / {land} in {town} / {sky} over {land} / {sky}",
    "land": "a road going up the hill / a mountain lake / a waterfall / a forest / a desert / rolling "
    "hills / a glacier / a slow river / a volcano / a beach / a canyon / a rice terrace / a field of "
    "sunflowers / a cliff / an island / a still pond / a bamboo grove / a path winding down to the sea / a "
    "lavender field / a swamp / a coral reef / a frozen river / a meadow / steep stairs leading down to "
    "the water / a track leading off to the right / a fjord / a valley opening up to the left / a fast "
    "mountain stream / a garden / an orchard / a vineyard",
    "detail": "clouds on the right / a foggy shore / birds flying to the left / a lonely cabin / a "
    "fallen tree / pine trees leaning to the right / a chimney on the left / fallen leaves / a rainbow / "
    "shells in the sand / a boat heading left / boulders / wildflowers / a tower on the right / a small "
    "church on the left / reeds / mist over the water / an old pier / snow on the peaks / a flag on a pole "
    "/ a bridge across it / a winding path / sheep in the distance / moss on the stones / a tilted fence / "
    "sand dunes",
    "sky": "a low sun on the right / the sun low in the sky / a full moon up high / a thousand stars / "
    "clouds on the left / storm clouds above / northern lights / a pink sunset / the evening sky / a dark "
    "sky / hot air balloons rising",
    "seen": "seen from above / from the air / from a distance / from below / reflected in the water / from "
    "the left bank / far away / up close / through a window",
    "city": "{look} {street} / {street} with {traffic} / {look} {street} {seen} / {street} in {town} / "
    "{look} {street} in {town} with {traffic} / {traffic} in {street} / the [skyline|old "
    "town|harbour|market] of {town} {seen}",
    "street": "a busy street / an old town square / a narrow alley / a bridge over a river / a skyline / a "
    "train station / a skyscraper / a cathedral / a night market / a harbour / a ruined castle / a "
    "lighthouse / a subway entrance / a spiral staircase / a stone tower / a temple / a parking lot / an "
    "amusement park / a suburb / a crooked house / a leaning tower / a construction crane / an escalator "
    "going up / a ferris wheel turning / a windmill / a right turn sign",
    "traffic": "a fast car / cars driving to the right / a tram coming closer / people going in and out / "
    "neon signs / a bus turning left / street lamps on the left / pigeons / a delivery truck / "
    "bicycles / a one-way sign pointing left / laundry hanging out of the windows / a train pulling out / "
    "lanterns / market stalls / an elevator going down / rain puddles",
    "indoors": "{look} {room} / {room} with {thing_in} / {look} {room} with {thing_in} and {thing_in} / "
    "{room} with {object}",
    "room": "a cosy living room / a library / a kitchen / a church / a workshop / a museum hall / an attic "
    "/ an empty room / a hospital corridor / a ballroom / a bathroom / a cellar / a greenhouse / a hotel "
    "lobby / a classroom / a studio",
    "thing_in": "a fireplace / tall shelves / a staircase leading up / a spinning fan / a mirror on the "
    "left / a lamp on the right / rolled-up carpets / an upright piano / light falling in / a rocking "
    "chair / dusty books / a half-open door / a large window / a tilted painting / a chandelier hanging "
    "down / a frying pan / plants",
    "objects": "{look} {object} / {look} {object} {on} / {object} {on} / a still life with {object} and "
    "{object} / {object} and {object} {on} / {object} next to {object} / {look} {object} next to {thing_in}",
    "object": "a teapot / a bowl of fruit / an old clock / a candle / a right-hand glove / a roll of film "
    "/ a frying pan / a glass of water / a guitar / bread rolls / a typewriter / a vase with tulips / a "
    "slice of cake / a rose / a pocket watch with its hands going clockwise / a compass / a chess board / "
    "a record spinning / a pair of shoes / a wooden bowl / a tilted glass / a sushi roll / a toy truck / a "
    "magnifying glass / a cup of coffee / a push button / an ice cream cone / a telescope pointing up / an "
    "apple / a paper boat / an arrow pointing to the left / a feather",
    "on": "on a table / on a wooden shelf / in the grass / on a windowsill / on the left side of a desk / "
    "in the snow / on a white background / upside down on the floor / in an open hand / in the foreground "
    "/ on a marble counter",
    "vehicles": "{look} {vehicle} / {vehicle} {driving} / {vehicle} {driving} in {town} / {look} {vehicle} "
    "{where} / {vehicle} {driving}, {detail}",
    "vehicle": "a fast car / a red truck / a sailboat / a steam train / an old bus / a rocket / a plane / "
    "a tram / a motorcycle / a bicycle / a hot air balloon / a ship / a fire engine / a kayak / a "
    "helicopter / a tractor",
    "driving": "moving to the [left|right] / turning [left|right] / going up a hill / zooming past / "
    "standing still / rolling down the road / coming closer / pulling out of a garage / moving away / "
    "drifting around a bend / backing up / rising into the air / driving in the rain / parked / heading "
    "out to sea / tilting in the storm / slowly leaving / on a track / speeding by / crossing from left to "
    "right",
    "abstract": "{look} [ink|sand|glass|paint|light] [in the dark|in a bottle|on a black background|on the "
    "left|on paper] / a [blue|golden|black and white] abstract "
    "[pattern|texture|painting] / {look} [bubbles|snowflakes|crystals|marbles] [falling "
    "down|floating up|in the dark|on a black background] / [colorful|grey|glowing] "
    "[shapes|lines|circles|stripes] turning into [birds|faces|stars|letters]",
    "look": "[] / [] / [] / a close-up of / a close up of / a wide shot of / a photo of / an aerial view "
    "of / a painting of / a black and white photo of / a portrait of / a view of / an old photograph of / "
    "a detailed drawing of / a low angle view of / a long shot of / a macro photo of / a low-angle shot of "
    "/ an image of / a picture of",
    "aside": "{detail} / {sky} / {light} / {light} / {light} / {style} / {style} / {season} / {season} / "
    "{light}, {style}",
    "light": "at dusk / at dawn / at night / at noon / in the morning light / golden hour / soft light "
    "from the left / under a clear sky / in heavy rain / in thick fog / on a cloudy day / by candlelight / "
    "backlit / under a full moon / in the evening sun / in the moonlight / blue hour / a ray of light "
    "coming in from the right / overcast",
    "season": "in autumn / in winter / in spring / on a summer day / after the rain / after a storm / in "
    "the 1920s / snow everywhere / a mild day / early in the year / on a cold day / just before a "
    "thunderstorm",
    "style": "oil painting / watercolor / film still / pastel colors / vintage look / anime style / muted "
    "colors / documentary style / minimalist / impressionist / fantasy art / noir / pencil sketch / studio "
    "ghibli style / shallow depth of field / surreal / rustic / in the style of an old master",
}

CHATTER = (
    "keep the [colours as they are|faces as they are|style|mood] / it's for [a travel video|my channel|a "
    "birthday card|my grandmother|our website|a school project|a music video|the intro of a film] / [the "
    "photo was taken|i took this] [last summer|in {town}|on our [holiday|wedding day]|by my "
    "[brother|father|friend]] / make it look [real|like a film|beautiful|natural|professional] / [this "
    "picture|it] should feel [calm|cosy|dreamy|lonely|epic] / the result should be "
    "[photorealistic|believable|pretty] / thank you / thanks a lot / my [sister|friend|dog] is the one on "
    "the [left|right] / we stayed [up on the hill|down by the river] for a week / the mood is "
    "[melancholic|joyful|mysterious|peaceful] / i love this [place|picture|light] / everything else stays "
    "as it is / it reminds me of [home|my childhood|{town}] / this is my favourite [photo|picture|place] / "
    "do not change the [colours|faces|background] / the best [cafe|bakery] in {town} is just around the "
    "corner on the [left|right] / no text, no watermark / do not add any people"
)
QUALITY = (
    "4k / 8k / hd / masterpiece / highly detailed / best quality / cinematic / photorealistic / ultra "
    "realistic / sharp focus / film grain / award-winning / cinematic lighting / high resolution / "
    "professional / epic / depth of field / 35mm / anamorphic / dramatic light / uhd / hyperrealistic / "
    "raw photo / beautiful / octane render / vivid colors / bokeh / trending / stunning / atmospheric"
)
