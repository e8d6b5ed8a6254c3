"""What a generated file says about itself: that it is AI generated, by what, and the recipe. One XMP packet.

The mark is IPTC's DigitalSourceType, which picture agencies, platforms and search engines look for.
"""

import json
import os
from pathlib import Path
from typing import Any, TypeAlias
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from i2v_cli.errors import EncodingError
from i2v_cli.media import containers
from i2v_cli.media.untrusted import opened
from i2v_cli.request import MetadataLevel

Recipe: TypeAlias = dict[str, Any]

# Wholly, or in part: IPTC's terms for pictures by trained models.
AI_TERMS = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia")
AI_SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
COMMENT = "AI-generated video (IPTC digital source type: trainedAlgorithmicMedia)"

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XMP = "http://ns.adobe.com/xap/1.0/"
IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
OWN = "urn:i2v-cli:recipe:1/"

# What says who or what is in the picture: the words, the names of the user's files (a preset can be one), and
# the digest by which whoever has the photo would know it again.
PRIVATE = ("prompt", "negative", "image", "image_sha256", "masks", "last", "output", "sheet", "preset")

PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{rdf}">
<rdf:Description rdf:about="" xmlns:xmp="{xmp}" xmlns:Iptc4xmpExt="{iptc}" xmlns:i2v="{own}">
{properties}
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""


def recipe_at(recipe: Recipe, level: MetadataLevel) -> Recipe | None:
    """full: all of it; minimal: without the words and the file names, at any depth; none: nothing."""
    if level == "none":
        return None
    return _without_private(recipe) if level == "minimal" else recipe


def _without_private(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_private(inner) for key, inner in value.items() if key not in PRIVATE}
    return [_without_private(inner) for inner in value] if isinstance(value, list) else value


def packet(recipe: Recipe | None, *, ai_mark: bool, software: str) -> str:
    """The XMP packet for `Writer.tag`; "" when there is nothing to say.

    `recipe`: anything JSON can hold. `software`: name and version, as in "i2v 0.1.0".
    """
    if recipe is None and not ai_mark:
        return ""
    name, _, version = software.rpartition(" ")
    properties = [_property("xmp:CreatorTool", software)]
    if ai_mark:
        properties += [
            _property("Iptc4xmpExt:DigitalSourceType", AI_SOURCE),
            _property("Iptc4xmpExt:AISystemUsed", name),
            _property("Iptc4xmpExt:AISystemVersionUsed", version),
        ]
    if recipe is not None:
        properties.append(_property("i2v:Recipe", _json(recipe)))
    return PACKET.format(rdf=RDF, xmp=XMP, iptc=IPTC, own=OWN, properties="\n".join(properties))


def _property(name: str, value: str) -> str:
    return f"<{name}>{escape(value)}</{name}>"


def _json(recipe: Recipe) -> str:
    """ASCII only: no character of a prompt can be illegal in XML. Lone surrogates, no text, become ?."""
    return json.dumps(json.loads(json.dumps(recipe, ensure_ascii=False).encode("utf-8", "replace")))


def read(path: Path) -> Recipe:
    """What a file, or a folder of frames, says about itself:

    `ai_generated`: bool; `digital_source_type`, `software`: str or None; `recipe`: dict or None.
    A file without a packet, or with a damaged one, says nothing. Raises InputError when it cannot be opened.
    """
    said = _properties(_packet_of(path))
    source = said.get(f"{{{IPTC}}}DigitalSourceType")
    return {
        "ai_generated": source is not None and source.rpartition("/")[2] in AI_TERMS,
        "digital_source_type": source,
        "software": said.get(f"{{{XMP}}}CreatorTool"),
        "recipe": _parse_recipe(said.get(f"{{{OWN}}}Recipe")),
    }


def _packet_of(path: Path) -> bytes:
    if os.path.isdir(path):
        path = min(path.glob("*.png"), default=path)
    with opened(path, "file") as file:
        try:
            return containers.find(path, file) or b""
        except EncodingError:  # ffmpeg could not read it either
            return b""


def _properties(packet: bytes) -> dict[str, str]:
    """Each simple property, by its {namespace}name; other programs write them as attributes."""
    try:
        text = packet.decode().strip("\0")  # parsed as text, no declaration can make it another encoding
        if "<!" in text:  # entities have no place in XMP, and can be a bomb
            return {}
        tree = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, LookupError):
        return {}
    found: dict[str, str] = {}
    for description in tree.iter(f"{{{RDF}}}Description"):
        found |= description.attrib
        found |= {child.tag: child.text for child in description if child.text}
    return found


def _parse_recipe(text: str | None) -> Recipe | None:
    try:
        recipe = json.loads(text or "null")
    except (ValueError, RecursionError):
        return None
    return recipe if isinstance(recipe, dict) else None
