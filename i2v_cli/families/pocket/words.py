"""What of a prompt the model cannot have understood: another language, a direction with a typing error."""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from tokenizers import Tokenizer

DECISIVE = ("left", "right", "zoom", "tilt", "static")
OF_CAMERAS = re.compile("|".join((*DECISIVE, "pan", "doll", "truck", "roll")))  # all forms of them
ALIKE = 0.8  # ratio of difflib: two letters swapped, one doubled or dropped
FOREIGN = 0.5  # share of words that are none of the vocabulary's
NAMED = 3  # such words in a message


def doubts(prompt: str, tokenizer: Tokenizer) -> Iterator[str]:
    """What a user is told. Of 4,000 English prompts some twenty look foreign: slang, hashtags."""
    vocabulary = tokenizer.get_vocab()
    words = list(dict.fromkeys(re.findall(r"[^\W\d_]+", tokenizer.normalizer.normalize_str(prompt))))
    of_cameras = [word for word in words if OF_CAMERAS.match(word)]
    unknown = [word for word in words if word not in vocabulary and word not in of_cameras]
    if unknown and not of_cameras and len(unknown) >= FOREIGN * len(words):
        named = ", ".join(f'"{word}"' for word in unknown[:NAMED])
        yield f"pocket reads English and does not know {named}"
        return
    for word in unknown:
        if (decisive := _meant(word)) and decisive not in words:
            yield f'"{word}" is no word that pocket knows: did you mean "{decisive}"?'


def _meant(word: str) -> str:
    found = get_close_matches(word, [one for one in DECISIVE if one[0] == word[0]], n=1, cutoff=ALIKE)
    return found[0] if found else ""
