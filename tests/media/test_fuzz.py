"""20,000 damaged pictures: each is read or refused with InputError, and nothing reaches the terminal."""

import io
import random

from PIL import Image

from i2v_cli.errors import InputError
from i2v_cli.media import image

ROUNDS = 20_000


def seeds() -> list[bytes]:
    """One small file of each of twelve kinds."""
    noise = Image.effect_noise((20, 18), 60)
    rgb = Image.merge("RGB", [noise, noise.rotate(90), noise.rotate(180)])
    rgba = rgb.copy()
    rgba.putalpha(noise)
    exif = Image.Exif()
    exif[274] = 6
    kinds: list[tuple[Image.Image, str, dict[str, object]]] = [
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


def damaged(data: bytes, dice: random.Random) -> bytes:
    match dice.randrange(3):
        case 0:
            return data[: dice.randrange(1, len(data))]
        case 1:
            mutable = bytearray(data)
            for _ in range(dice.randint(1, 4)):
                # Headers decide more than pixels do: half of the flips go there.
                place = dice.randrange(min(len(data), 200) if dice.random() < 0.5 else len(data))
                mutable[place] ^= 1 << dice.randrange(8)
            return bytes(mutable)
        case _:
            place = dice.randrange(len(data))
            return data[:place] + dice.randbytes(dice.randint(1, 8)) + data[place:]


def test_damaged_pictures_are_read_or_refused_and_nothing_else(tmp_path, capfd):
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    originals = seeds()
    path, read = tmp_path / "damaged", 0
    for number in range(ROUNDS):
        data = damaged(originals[number % len(originals)], dice)
        path.write_bytes(data)
        try:
            image.load(path)
            read += 1
        except InputError:
            continue
        except Exception as error:
            raise AssertionError(f"seed {seed}, file {number}: {data.hex()}") from error
    assert capfd.readouterr().err == ""
    assert 0.05 * ROUNDS < read < 0.95 * ROUNDS
