"""What nobody means well: damaged pictures, presets and safetensors files, and words for command lines."""

import io
import json
import random
from typing import Any

from PIL import Image


def damaged(data: bytes, dice: random.Random) -> bytes:
    match dice.randrange(3):
        case 0:
            return data[: dice.randrange(1, len(data))]
        case 1:
            mutable = bytearray(data)
            for _ in range(dice.randint(1, 4)):
                # Headers decide more than what follows: half of the flips go there.
                place = dice.randrange(min(len(data), 200) if dice.random() < 0.5 else len(data))
                mutable[place] ^= 1 << dice.randrange(8)
            return bytes(mutable)
        case _:
            place = dice.randrange(len(data))
            return data[:place] + dice.randbytes(dice.randint(1, 8)) + data[place:]


def picture_files() -> list[bytes]:
    """One small file of each of twelve kinds."""
    noise = Image.effect_noise((20, 18), 60)
    rgb = Image.merge("RGB", [noise, noise.rotate(90), noise.rotate(180)])
    rgba = rgb.copy()
    rgba.putalpha(noise)
    exif = Image.Exif()
    exif[274] = 6
    kinds: list[tuple[Image.Image, str, dict[str, Any]]] = [
        (rgb, "PNG", {"exif": exif}),
        (rgb.quantize(8), "PNG", {"transparency": 3}),
        (rgb, "JPEG", {"exif": exif}),
        (rgb, "JPEG", {"progressive": True}),
        (rgb.convert("CMYK"), "JPEG", {}),
        (rgba, "WEBP", {}),
        (rgb, "AVIF", {"speed": 10}),
        (rgb, "BMP", {}),
        (rgb, "TIFF", {"compression": "tiff_lzw"}),
        (noise.convert("I;16"), "TIFF", {"compression": "tiff_adobe_deflate"}),
        (rgb, "GIF", {"save_all": True, "append_images": [rgb.rotate(90)]}),
        (rgb, "PPM", {}),
    ]
    files = []
    for picture, kind, options in kinds:
        buffer = io.BytesIO()
        picture.save(buffer, kind, **options)
        files.append(buffer.getvalue())
    return files


NASTY = (
    "", "null", "~", "true", "no", "0", "-1", "-0", "1e999", "1e-999", ".inf", ".nan", "0x10", "0o17",
    "012", "1_000", "12:30:00", "2001-01-01", "9" * 400, "9" * 5000, "NaN", "Infinity", "a" * 70_000,
    "\u202e", "\x1b[31m", "\ufeff", "\u0130", "../../x", "/etc/passwd", "~/x", "{stem}", "{", "}", "{}",
    "{0}", "{stem!r}", "{stem:>99}", "%d", "%s", "$(id)", "`id`", "| sh", "-", "--", "@", "@/dev/null",
    "@missing", "file:x", "concat:a|b", "http://x", "[]", "[[[[[[", "{a: b}", "&a", "*a",
    "!!python/object:os.system", "!x y", "<<", "? x", "- x", "'", '"', "#", ": :", "|", ">", "%YAML 9.9",
    "---", "...", "\t", "con", "nul.mp4", "a" * 255, "a" * 256, ".mp4", ".", "..", "/", " ", "x/",
)  # fmt: skip


def preset(dice: random.Random, text: str, keys: list[str]) -> bytes:
    """One with some lines changed; some then damaged as bytes."""
    lines = text.splitlines()
    for _ in range(dice.randint(0, 3)):
        place = dice.randrange(len(lines) + 1)
        match dice.randrange(6):
            case 0:
                lines.insert(place, f"{dice.choice(keys)}: {dice.choice(NASTY)}")
            case 1:
                lines.insert(place, dice.choice(NASTY))
            case 2:
                lines.insert(place, dice.choice(lines or ["a: b"]))
            case 3:
                lines.insert(place, f"{dice.choice(keys)}:")
                lines.insert(
                    place + 1, f"{' ' * dice.randint(1, 8)}{dice.choice(keys)}: {dice.choice(NASTY)}"
                )
            case 4:
                depth = dice.choice([5, 50, 3000])
                lines.insert(place, f"{dice.choice(keys)}: {dice.choice('[{')}" * depth)
            case _:
                lines[place:] = lines[place + 1 :]
    data = "\n".join(lines).encode("utf-8", "surrogatepass")
    return damaged(data, dice) if len(data) > 1 and dice.random() < 0.3 else data


def header(dice: random.Random, whole: bytes) -> bytes:
    """The file with one thing of its header changed, and sometimes one of the header's length."""
    length = int.from_bytes(whole[:8], "little")
    header, data = json.loads(whole[8 : 8 + length]), whole[8 + length :]
    name = dice.choice([key for key in header if key != "__metadata__"])
    numbers = [
        -1,
        0,
        1,
        2**31,
        2**63,
        2**64,
        10**400,
        0.5,
        float("nan"),
        float("inf"),
        True,
        None,
        "3",
        [],
        {},
    ]
    entry = header[name]
    match dice.randrange(8):
        case 0:
            entry["dtype"] = dice.choice(
                ["F64", "F16", "BF16", "I64", "F8_E4M3", "f32", "", None, 3, ["F32"], "\0"]
            )
        case 1:
            entry["shape"] = [dice.choice(numbers) for _ in range(dice.choice([0, 1, 2, 9, 2000]))]
        case 2:
            entry["data_offsets"] = [dice.choice(numbers) for _ in range(dice.choice([0, 1, 2, 3]))]
        case 3:
            entry["data_offsets"] = [offset + dice.randint(-2, 2) for offset in entry["data_offsets"]]
        case 4:
            header[dice.choice([*NASTY, name + "x"])] = dice.choice([entry, {}, None, [], 1])
            header.pop(dice.choice([name, "nothing"]), None)
        case 5:
            header["__metadata__"] = dice.choice([None, [], {"a": 1}, {"a": {}}, "x", 3, {"a": "b" * 9999}])
        case 6:
            header = dice.choice([[], None, 3, "x", {}, [header], {name: header}])
        case _:
            for key in dice.choice([["extra"], ["dtype"], ["shape"], ["data_offsets"]]):
                entry.pop(key, None) or entry.update({key: dice.choice(numbers)})
    text = json.dumps(header)
    match dice.randrange(10):
        case 0:
            text = text.replace('"shape"', '"dtype"', 1)
        case 1:
            text = text[:-1] + "," + text[1:]  # every name twice
        case 2:
            text = text.replace("[", "[" * dice.choice([2, 100, 100_000]), 1)
        case 3:
            text = dice.choice([" ", "\n", "\0", "\ufeff"]) * dice.randint(1, 9) + text
    body = text.encode("utf-8", "surrogatepass")
    wrong = dice.choice([0, 0, 0, 0, 1, -1, 2**40, -(2**20)])
    return max(0, min(len(body) + wrong, 2**64 - 1)).to_bytes(8, "little") + body + data
