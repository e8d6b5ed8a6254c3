"""What goes into a file comes out of it, marked as AI generated; foreign and damaged files do no harm."""

import dataclasses
import random
import struct

import numpy as np
import pytest
from PIL import Image

from i2v_cli.errors import InputError
from i2v_cli.media import containers, metadata, video

SOFTWARE = "i2v 0.1.0"
KINDS = ["mp4", "webm", "gif", "webp", "frames"]
HOSTILE = {
    "quotes": "\"double\" 'single' `back`",
    "markup": "</i2v:Recipe> <b> & &amp; ]]> <!-- --> <?xpacket?>",
    "lines": "a\nb\r\nc\td\v\f",
    "control": "".join(map(chr, range(32))) + "\x7f\x85",
    "emoji": "\U0001f600 \u200d \u202e \ufeff",
    "not in XML": "\ufffe\uffff",
    "ffmetadata": "= ; # \\ \\\\ [chapter]",
    "json": '{"a": "\\u0000"}',
    "long": "\x01" * 20_000,
}


def write(path, spec, clip, packet):
    with video.Writer(path, spec) as writer:
        writer.write(clip)
        writer.tag(packet)


@pytest.mark.parametrize("kind", KINDS)
def test_recipe_and_mark_come_back_from_every_format(tmp_path, clip, spec, kind):
    recipe = {**HOSTILE, "seed": 2**63 - 1, "guidance": 2.5, "nested": {"list": [1, None, True]}}
    packet = metadata.packet(recipe, ai_mark=True, software=SOFTWARE)
    write(tmp_path / "clip", dataclasses.replace(spec, format=kind), clip, packet)
    assert metadata.read(tmp_path / "clip") == {
        "ai_generated": True,
        "digital_source_type": metadata.AI_SOURCE,
        "software": SOFTWARE,
        "recipe": recipe,
    }


@pytest.mark.parametrize("kind", KINDS)
def test_packet_of_odd_and_even_length_leaves_the_video_whole(tmp_path, clip, spec, kind):
    spec = dataclasses.replace(spec, format=kind)
    for extra in ("", "x"):
        packet = metadata.packet({"p": extra}, ai_mark=True, software=SOFTWARE)
        write(tmp_path / f"clip{extra}", spec, clip, packet)
        assert video.probe(tmp_path / f"clip{extra}").frames == 7


def test_pillow_finds_the_packet_where_it_looks(tmp_path, clip, spec):
    packet = metadata.packet({"seed": 1}, ai_mark=True, software=SOFTWARE)
    for kind, name in (("webp", ""), ("frames", "0003.png")):
        write(tmp_path / kind, dataclasses.replace(spec, format=kind), clip, packet)
        with Image.open(tmp_path / kind / name if name else tmp_path / kind) as picture:
            picture.load()
            found = picture.info.get("xmp")
            assert found is not None
            assert packet.encode() == found
    write(tmp_path / "clip.gif", dataclasses.replace(spec, format="gif"), clip, packet)
    with Image.open(tmp_path / "clip.gif") as picture:
        assert picture.n_frames == 7


def test_every_frame_of_a_folder_is_marked(tmp_path, clip, spec):
    packet = metadata.packet(None, ai_mark=True, software=SOFTWARE)
    write(tmp_path / "out", dataclasses.replace(spec, format="frames"), clip, packet)
    assert all(metadata.read(path)["ai_generated"] for path in (tmp_path / "out").iterdir())


def test_players_show_the_comment(tmp_path, clip, spec):
    spec = dataclasses.replace(spec, comment=metadata.COMMENT)
    packet = metadata.packet(None, ai_mark=True, software=SOFTWARE)
    for kind in ("mp4", "webm"):
        write(tmp_path / kind, dataclasses.replace(spec, format=kind), clip, packet)
        assert metadata.COMMENT.encode() in (tmp_path / kind).read_bytes()


def test_iptc_says_by_what_it_was_made():
    packet = metadata.packet(None, ai_mark=True, software=SOFTWARE)
    assert f"<Iptc4xmpExt:DigitalSourceType>{metadata.AI_SOURCE}</Iptc4xmpExt:DigitalSourceType>" in packet
    assert "<Iptc4xmpExt:AISystemUsed>i2v</Iptc4xmpExt:AISystemUsed>" in packet
    assert "<Iptc4xmpExt:AISystemVersionUsed>0.1.0</Iptc4xmpExt:AISystemVersionUsed>" in packet


def test_mark_goes_only_when_it_is_told_to():
    assert metadata.AI_SOURCE in metadata.packet(None, ai_mark=True, software=SOFTWARE)
    assert "DigitalSourceType" not in metadata.packet({"seed": 1}, ai_mark=False, software=SOFTWARE)
    assert metadata.packet(None, ai_mark=False, software=SOFTWARE) == ""


def test_lone_surrogates_are_replaced(tmp_path, clip, spec):
    packet = metadata.packet({"prompt": "a\ud800b"}, ai_mark=True, software=SOFTWARE)
    write(tmp_path / "clip.mp4", spec, clip, packet)
    assert metadata.read(tmp_path / "clip.mp4")["recipe"] == {"prompt": "a?b"}


def test_levels_leave_out_words_and_names_or_everything():
    recipe = {
        "prompt": "x",
        "negative": "y",
        "seed": 1,
        "preset": "our-holiday",
        "masks": ["home/grandma.png:8%,0"],
        "last": "night.jpg",
        "clips": [{"prompt": "z", "image": "me.jpg", "steps": 2}],
    }
    assert metadata.recipe_at(recipe, "full") == recipe
    assert metadata.recipe_at(recipe, "minimal") == {"seed": 1, "clips": [{"steps": 2}]}
    assert metadata.recipe_at(recipe, "none") is None


def test_file_without_a_packet_says_nothing(tmp_path, photo, clip, spec):
    Image.fromarray(photo).save(tmp_path / "a.png")
    (tmp_path / "a.txt").write_text("hello")
    write(tmp_path / "a.webm", dataclasses.replace(spec, format="webm"), clip, "")
    write(tmp_path / "a.mp4", spec, clip, "")
    for name in ("a.png", "a.txt", "a.webm", "a.mp4"):
        found = metadata.read(tmp_path / name)
        assert found["recipe"] is None
        assert not found["ai_generated"]


def test_mark_of_another_program_is_understood(tmp_path, photo):
    attributes = f'xmlns:e="{metadata.IPTC}" e:DigitalSourceType="{metadata.AI_SOURCE}"'
    xmp = f'<x><r:RDF xmlns:r="{metadata.RDF}"><r:Description {attributes}/></r:RDF></x>'
    Image.fromarray(photo).save(tmp_path / "a.png")
    containers.embed(tmp_path / "a.png", xmp)
    assert metadata.read(tmp_path / "a.png")["ai_generated"]


def test_pictures_by_plain_algorithms_are_not_called_ai(tmp_path, photo):
    plain = metadata.packet(None, ai_mark=True, software=SOFTWARE).replace("trainedA", "a")
    Image.fromarray(photo).save(tmp_path / "a.png")
    containers.embed(tmp_path / "a.png", plain)
    found = metadata.read(tmp_path / "a.png")
    assert found["digital_source_type"].endswith("/algorithmicMedia")
    assert not found["ai_generated"]


def test_entity_bomb_is_not_unfolded(tmp_path, photo):
    entities = "".join(f'<!ENTITY e{i + 1} "{f"&e{i};" * 10}">' for i in range(9))
    xmp = f'<!DOCTYPE x [<!ENTITY e0 "lol">{entities}]><x>&e9;</x>'
    Image.fromarray(photo).save(tmp_path / "a.png")
    containers.embed(tmp_path / "a.png", xmp)
    assert metadata.read(tmp_path / "a.png")["software"] is None


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-7"])
def test_entity_in_another_encoding_is_not_unfolded(encoding, tmp_path, photo, monkeypatch):
    packet = metadata.packet(None, ai_mark=True, software="&e;").replace("&amp;e;", "&e;")
    bomb = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE x [<!ENTITY e "lol">]>'
    bomb += packet.partition("?>")[2].rpartition("<?")[0]
    Image.fromarray(photo).save(tmp_path / "a.png")
    monkeypatch.setattr(containers, "find", lambda path, file: bomb.encode(encoding))
    assert metadata.read(tmp_path / "a.png")["software"] is None


def test_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        metadata.read(tmp_path / "missing.mp4")


def test_damaged_files_are_read_as_far_as_they_go(tmp_path, clip, spec):
    """webm is left to ffmpeg, which costs a process for each file."""
    dice = random.Random(0)
    packet = metadata.packet({"seed": 1}, ai_mark=True, software=SOFTWARE)
    for kind in ("mp4", "gif", "webp"):
        path = tmp_path / f"clip.{kind}"
        write(path, dataclasses.replace(spec, format=kind), clip, packet)
        data = path.read_bytes()
        for _ in range(500):
            mutable = bytearray(data[: dice.randrange(20, len(data) + 1)])
            for _ in range(3):
                mutable[dice.randrange(len(mutable))] = dice.randrange(256)
            path.write_bytes(mutable)
            metadata.read(path)


def test_mp4_with_64_bit_and_open_ended_boxes_is_walked(tmp_path):
    head = struct.pack(">I4s8x", 16, b"ftyp")
    wide = struct.pack(">I4sQ", 1, b"mdat", 16 + 100) + bytes(100)
    packet = metadata.packet(None, ai_mark=True, software=SOFTWARE)
    (tmp_path / "a.mp4").write_bytes(head + wide + containers.mp4_box(packet))
    assert metadata.read(tmp_path / "a.mp4")["ai_generated"]
    (tmp_path / "b.mp4").write_bytes(head + struct.pack(">I4s", 0, b"mdat") + bytes(100))
    assert not metadata.read(tmp_path / "b.mp4")["ai_generated"]


def test_gif_keeps_its_pictures_with_a_packet_in_it(tmp_path, clip, spec):
    gif = dataclasses.replace(spec, format="gif")
    pictures = []
    for tag in ("", metadata.packet(HOSTILE, ai_mark=True, software=SOFTWARE)):
        path = tmp_path / f"{len(tag)}.gif"
        write(path, gif, clip, tag)
        with Image.open(path) as picture:
            picture.seek(6)
            pictures.append(np.asarray(picture.convert("RGB")))
    assert (pictures[0] == pictures[1]).all()
