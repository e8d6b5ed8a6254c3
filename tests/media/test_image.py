"""Every kind of picture that people have arrives upright, in the right colours, or is refused in one line."""

import io
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, TiffImagePlugin

from i2v_cli.errors import InputError, UsageError
from i2v_cli.media import colour, image

WHITE, BLACK, RED = (255, 255, 255), (0, 0, 0), (255, 0, 0)
RAMP = np.linspace(0, 65535, 256).round().astype(np.uint16)  # exactly 0, 257, 514, ...
ORIENTATIONS = {
    1: lambda p: p,
    2: np.fliplr,
    3: lambda p: np.rot90(p, 2),
    4: np.flipud,
    5: lambda p: p.transpose(1, 0, 2),
    6: lambda p: np.rot90(p, -1),
    7: lambda p: np.rot90(p, 2).transpose(1, 0, 2),
    8: lambda p: np.rot90(p, 1),
    0: lambda p: p,
    9: lambda p: p,
}
UNWANTED = ("EPS", "PDF", "ICO", "TGA", "PCX", "SGI", "DDS", "JPEG2000", "MSP", "XBM")


def saved(path: Path, picture: Image.Image, **options: object) -> Path:
    picture.save(path, **options)
    return path


def off(found: np.ndarray, wanted: np.ndarray) -> float:
    assert found.shape == wanted.shape
    assert found.dtype == np.uint8
    return float(np.abs(found.astype(int) - wanted.astype(int)).mean())


def flat(value: tuple[int, int, int], height: int = 24, width: int = 32) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


# Formats


@pytest.mark.parametrize(
    ("name", "options", "tolerance"),
    [
        ("a.png", {}, 0),
        ("a.bmp", {}, 0),
        ("a.ppm", {}, 0),
        ("a.tif", {}, 0),
        ("a.tif", {"compression": "tiff_lzw"}, 0),
        ("a.webp", {"lossless": True}, 0),
        ("a.jpg", {"quality": 95}, 3),
        ("a.jpg", {"quality": 95, "progressive": True}, 3),
        ("a.avif", {"quality": 95}, 3),
        ("a.mpo", {"quality": 95}, 3),
    ],
)
def test_rgb_of_every_format_keeps_its_colours(tmp_path, photo, name, options, tolerance):
    loaded = image.load(saved(tmp_path / name, Image.fromarray(photo), **options))
    assert off(loaded.pixels, photo) <= tolerance
    assert loaded.notes == ()


def test_wrong_extension_does_not_matter(tmp_path, photo):
    path = saved(tmp_path / "a.png", Image.fromarray(photo))
    assert image.probe(path.rename(tmp_path / "a.jpg")).format == "PNG"


@pytest.mark.parametrize("kind", UNWANTED)
def test_formats_outside_the_list_are_refused(tmp_path, photo, kind):
    mode = {"MSP": "1", "XBM": "1"}.get(kind, "RGB")
    path = saved(tmp_path / "a.png", Image.fromarray(photo).convert(mode), format=kind)
    with pytest.raises(InputError, match="known format"):
        image.load(path)


def test_heic_without_its_package_names_the_package(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    path = tmp_path / "a.jpg"
    path.write_bytes(struct.pack(">I4s4sI4s4s", 24, b"ftyp", b"heic", 0, b"mif1", b"heic") + bytes(100))
    with pytest.raises(InputError) as caught:
        image.probe(path)
    assert "i2v-cli[heic]" in caught.value.hint


def test_heic_is_read_with_its_package(tmp_path, photo):
    pillow_heif = pytest.importorskip("pillow_heif")
    path = tmp_path / "a.heic"
    pillow_heif.from_pillow(Image.fromarray(photo).resize((64, 64))).save(path, quality=95)
    assert image.probe(path) == image.ImageInfo(64, 64, "HEIF", 1)
    assert image.load(path).pixels.shape == (64, 64, 3)


# Modes


def test_grey_palette_and_one_bit_become_rgb(tmp_path, photo):
    for mode in ("L", "P", "1"):
        picture = Image.fromarray(photo).convert(mode)
        wanted = np.asarray(picture.convert("L").convert("RGB") if mode == "1" else picture.convert("RGB"))
        assert off(image.load(saved(tmp_path / f"{mode}.png", picture)).pixels, wanted) == 0


@pytest.mark.parametrize("background", ["white", "black", "#ff0080"])
def test_hidden_colour_under_transparency_never_shows(tmp_path, background):
    path = saved(tmp_path / "a.png", Image.new("RGBA", (32, 24), (*RED, 0)))
    loaded = image.load(path, background)
    wanted = {"white": WHITE, "black": BLACK, "#ff0080": (255, 0, 128)}[background]
    assert off(loaded.pixels, flat(wanted)) == 0
    assert "transparent" in loaded.notes[0]


def test_half_transparency_is_half_background(tmp_path):
    path = saved(tmp_path / "a.webp", Image.new("RGBA", (32, 24), (*RED, 128)), lossless=True)
    assert off(image.load(path).pixels, flat((255, 127, 127))) < 1


def test_opaque_alpha_is_no_news(tmp_path, photo):
    path = saved(tmp_path / "a.png", Image.fromarray(photo).convert("RGBA"))
    loaded = image.load(path)
    assert off(loaded.pixels, photo) == 0
    assert loaded.notes == ()


def test_palette_transparency_by_index_and_by_table(tmp_path):
    picture = Image.new("P", (32, 24), 1)
    picture.putpalette([0, 0, 0, *RED])
    by_index = saved(tmp_path / "a.png", picture, transparency=1)
    by_table = saved(tmp_path / "b.png", picture, transparency=bytes([255, 128]))
    assert off(image.load(by_index).pixels, flat(WHITE)) == 0
    assert off(image.load(by_table).pixels, flat((255, 127, 127))) < 1


def test_transparent_colour_of_rgb_and_grey(tmp_path):
    rgb = saved(tmp_path / "a.png", Image.new("RGB", (32, 24), RED), transparency=RED)
    grey = saved(tmp_path / "b.png", Image.new("L", (32, 24), 7), transparency=7)
    assert off(image.load(rgb).pixels, flat(WHITE)) == 0
    assert off(image.load(grey).pixels, flat(WHITE)) == 0


def test_grey_with_alpha(tmp_path):
    path = saved(tmp_path / "a.png", Image.new("LA", (32, 24), (0, 128)))
    assert off(image.load(path).pixels, flat((127, 127, 127))) < 1


@pytest.mark.parametrize(("mode", "value"), [("La", (0, 128)), ("RGBa", (0, 0, 0, 128)), ("PA", (0, 128))])
def test_premultiplied_and_palette_alpha(mode, value):
    picture = Image.new(mode, (32, 24), value)
    if mode == "PA":
        picture.putpalette([0, 0, 0])
    rgb, _ = colour.to_srgb(picture, WHITE)
    assert off(np.asarray(rgb), flat((127, 127, 127))) < 1


def test_sixteen_bit_grey_is_scaled_and_not_clipped(tmp_path, png):
    rows = np.tile(RAMP, (16, 1))
    wanted = np.repeat(np.tile(np.arange(256), (16, 1))[..., None], 3, axis=2)
    files = {
        "a.png": png(256, 16, 16, 0, rows.astype(">u2").tobytes()),
        "a.pgm": b"P5 256 16 65535\n" + rows.astype(">u2").tobytes(),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    Image.fromarray(rows).save(tmp_path / "a.tif")
    Image.fromarray(rows).save(tmp_path / "b.tif", compression="tiff_lzw")
    for name in ("a.png", "a.pgm", "a.tif", "b.tif"):
        assert off(image.load(tmp_path / name).pixels, wanted) == 0, name


def test_sixteen_bit_colour_keeps_its_high_bytes(tmp_path, png, photo):
    path = tmp_path / "a.png"
    path.write_bytes(png(32, 24, 16, 2, (photo.astype(">u2") * 257).tobytes()))
    assert off(image.load(path).pixels, photo) == 0


def test_sixteen_bit_grey_can_have_a_transparent_value(tmp_path, png, png_chunk):
    path = tmp_path / "a.png"
    rows = np.full((24, 32), 1000, ">u2")
    path.write_bytes(png(32, 24, 16, 0, rows.tobytes(), png_chunk(b"tRNS", struct.pack(">H", 1000))))
    assert off(image.load(path).pixels, flat(WHITE)) == 0


def tiff_with(path: Path, values: np.ndarray, tags: dict[int, object]) -> Path:
    info = TiffImagePlugin.ImageFileDirectory_v2()
    for number, value in tags.items():
        info[number] = value
    return saved(path, Image.fromarray(values), tiffinfo=info)


def test_white_is_zero_is_inverted(tmp_path):
    path = tiff_with(tmp_path / "a.tif", np.zeros((24, 32), np.uint16), {})
    data = path.read_bytes()
    entry = struct.pack("<HHI", 262, 3, 1)
    assert data.count(entry) == 1
    path.write_bytes(data.replace(entry + struct.pack("<I", 1), entry + struct.pack("<I", 0)))
    assert off(image.load(path).pixels, flat(WHITE)) == 0


def test_thirty_two_bits_use_the_declared_range(tmp_path):
    values = np.tile(np.linspace(100, 1100, 32).astype(np.int32), (24, 1))
    path = tiff_with(tmp_path / "a.tif", values, {280: 100, 281: 1100})
    pixels = image.load(path).pixels
    assert (pixels.min(), pixels.max()) == (0, 255)
    assert abs(pixels.mean() - 127) < 1


def test_thirty_two_bits_without_a_range_fill_their_type(tmp_path):
    values = np.full((24, 32), 2**30, np.int32)
    assert off(image.load(tiff_with(tmp_path / "a.tif", values, {})).pixels, flat((128, 128, 128))) == 0


def test_floats_from_0_to_1_are_read_and_others_refused(tmp_path):
    ramp = np.tile(np.linspace(0, 1, 32, dtype=np.float32), (24, 1))
    wanted = np.repeat(np.rint(ramp * 255)[..., None], 3, axis=2)
    assert off(image.load(saved(tmp_path / "a.tif", Image.fromarray(ramp))).pixels, wanted) == 0
    for wrong in (ramp * 255, ramp - 0.5, np.full_like(ramp, np.nan), np.full_like(ramp, np.inf)):
        with pytest.raises(InputError, match="0 to 1"):
            image.load(saved(tmp_path / "b.tif", Image.fromarray(wrong)))


def test_cmyk_comes_back_as_the_rgb_it_was(tmp_path, photo):
    picture = Image.fromarray(photo).convert("CMYK")
    assert off(image.load(saved(tmp_path / "a.tif", picture)).pixels, photo) <= 6
    assert off(image.load(saved(tmp_path / "a.jpg", picture, quality=95)).pixels, photo) <= 6


def test_ycck_jpeg_comes_back_as_the_rgb_it_was(tmp_path, photo):
    """Photoshop's CMYK, inverted and turned to luma and chroma. Pillow writes none: the marker is patched."""
    stored = Image.fromarray(255 - photo).convert("YCbCr")
    channels = [channel.point(lambda v: 255 - v) for channel in stored.split()]
    picture = Image.merge("CMYK", [*channels, Image.new("L", stored.size, 0)])
    data = saved(tmp_path / "a.jpg", picture, quality=95).read_bytes()
    at = data.index(b"Adobe") + 11
    assert data[at] == 0
    (tmp_path / "a.jpg").write_bytes(data[:at] + b"\x02" + data[at + 1 :])
    assert off(image.load(tmp_path / "a.jpg").pixels, photo) <= 6


def test_lab_becomes_srgb(tmp_path, photo):
    to_lab = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
    )
    lab = ImageCms.applyTransform(Image.fromarray(photo), to_lab)
    assert off(image.load(saved(tmp_path / "a.tif", lab)).pixels, photo) <= 2


# Colour profiles


def profile_with_red_and_blue_swapped() -> bytes:
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return data.replace(b"rXYZ", b"tmp ", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"tmp ", b"bXYZ", 1)


def test_colour_profile_is_applied(tmp_path, photo):
    path = saved(tmp_path / "a.png", Image.fromarray(photo), icc_profile=profile_with_red_and_blue_swapped())
    loaded = image.load(path)
    assert off(loaded.pixels, photo[..., ::-1]) <= 1
    assert loaded.notes == ()


def test_colour_profile_is_applied_under_transparency(tmp_path):
    picture = Image.new("RGBA", (32, 24), (*RED, 128))
    path = saved(tmp_path / "a.png", picture, icc_profile=profile_with_red_and_blue_swapped())
    assert off(image.load(path).pixels, flat((127, 127, 255))) <= 1


@pytest.mark.parametrize("profile", [b"not a profile", bytes(200)])
def test_damaged_colour_profile_is_ignored_with_a_note(tmp_path, photo, profile):
    loaded = image.load(saved(tmp_path / "a.png", Image.fromarray(photo), icc_profile=profile))
    assert off(loaded.pixels, photo) == 0
    assert "colour profile" in loaded.notes[0]


def test_profile_of_another_colour_space_is_ignored_with_a_note(tmp_path, photo):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    loaded = image.load(saved(tmp_path / "a.png", Image.fromarray(photo), icc_profile=lab))
    assert off(loaded.pixels, photo) == 0
    assert "colour profile" in loaded.notes[0]


# Orientation


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.tif"])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_every_orientation_comes_upright_in_header_and_pixels(tmp_path, photo, orientation, name):
    exif = Image.Exif()
    exif[274] = orientation
    options = {"lossless": True} if name == "a.webp" else {}
    path = saved(tmp_path / name, Image.fromarray(photo), exif=exif, **options)
    wanted = ORIENTATIONS[orientation](photo)
    info = image.probe(path)
    assert (info.height, info.width) == wanted.shape[:2]
    assert off(image.load(path).pixels, wanted) == 0


def test_orientation_after_the_pixels_of_a_png_counts_as_well(tmp_path, photo, png, png_chunk):
    exif = Image.Exif()
    exif[274] = 6
    late = png_chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))
    path = tmp_path / "a.png"
    path.write_bytes(png(32, 24, 8, 2, photo.tobytes(), late=late))
    assert (image.probe(path).width, image.probe(path).height) == (24, 32)
    assert off(image.load(path).pixels, np.rot90(photo, -1)) == 0


def test_corrupt_exif_is_ignored(tmp_path, photo):
    path = saved(tmp_path / "a.png", Image.fromarray(photo), exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    assert off(image.load(path).pixels, photo) == 0


# Animations


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp", "a.tif", "a.avif"])
def test_first_frame_of_an_animation_with_their_number(tmp_path, name):
    frames = [Image.new("RGB", (32, 24), (10 * i, 0, 0)) for i in range(5)]
    path = saved(tmp_path / name, frames[0], save_all=True, append_images=frames[1:])
    assert image.probe(path).num_frames == 5
    loaded = image.load(path)
    assert off(loaded.pixels, flat(BLACK)) < 1
    assert loaded.notes == ("only the first of its 5 frames is used",)


def test_second_picture_of_a_phone_photo_is_no_news(tmp_path, photo):
    picture = Image.fromarray(photo)
    path = saved(tmp_path / "a.mpo", picture, save_all=True, append_images=[picture])
    assert image.load(path).notes == ()


def test_corrupt_second_frame_does_not_harm_the_first(tmp_path):
    frames = [Image.effect_noise((32, 24), 90) for _ in range(3)]
    path = saved(tmp_path / "a.gif", frames[0], save_all=True, append_images=frames[1:])
    data = path.read_bytes()
    second = data.index(b"\x21\xf9", data.index(b"\x21\xf9") + 2)
    path.write_bytes(data[: second + 20] + b"\xff" * 200)
    assert off(image.load(path).pixels, np.asarray(frames[0].convert("RGB"))) == 0


def test_endless_chain_of_tiff_pages_is_counted_quickly(tmp_path):
    pages = [Image.new("L", (16, 16))] * 3
    path = saved(tmp_path / "a.tif", pages[0], save_all=True, append_images=pages[1:])
    data = bytearray(path.read_bytes())
    first = struct.unpack_from("<I", data, 4)[0]
    entries = struct.unpack_from("<H", data, first)[0]
    struct.pack_into("<I", data, first + 2 + 12 * entries, first)  # the first page follows itself
    path.write_bytes(data)
    assert image.probe(path).num_frames <= image.MAX_PAGES


# Refusals


def refused(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        image.load(path)
    assert "\n" not in caught.value.message.removeprefix(f"cannot read image {path}")
    assert caught.value.message.startswith(f"cannot read image {path}: ")
    assert caught.value.hint or "empty" in caught.value.message or "few" in caught.value.message
    with pytest.raises(InputError):
        image.probe(path)
    return caught.value.message


def test_a_name_that_is_nearly_right_and_an_address_are_told(tmp_path):
    (tmp_path / "photo.png").touch()
    for name, hint in (
        ("phoot.png", f"did you mean {tmp_path / 'photo.png'}?"),
        ("other.jpg", "check the path"),
        ("photo.png/more", "check the path"),
        ("none/photo.png", "check the path"),
    ):
        with pytest.raises(InputError) as caught:
            image.probe(tmp_path / name)
        assert caught.value.hint == hint
    with pytest.raises(InputError) as caught:
        image.probe(Path("https://example.org/photo.png"))
    assert caught.value.hint == "addresses are not fetched: download it first"


def test_what_is_no_file_is_refused(tmp_path):
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("hello")
    assert "No such file" in refused(tmp_path / "missing.png")
    assert "it is a folder" in refused(tmp_path)
    assert "empty" in refused(tmp_path / "empty.png")
    assert "known format" in refused(tmp_path / "text.png")
    refused(tmp_path / ("x" * 300))
    refused(tmp_path / "a\0b")


@pytest.mark.skipif(os.name == "nt", reason="POSIX files")
def test_devices_and_sockets_are_refused(tmp_path):
    assert "regular file" in refused(Path("/dev/zero"))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        refused(tmp_path / "s")


@pytest.mark.skipif(os.name == "nt", reason="POSIX files")
def test_fifo_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    code = "import sys, pathlib; from i2v_cli.media import image; image.probe(pathlib.Path(sys.argv[1]))"
    result = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "pipe.png"],
        capture_output=True,
        text=True,
        timeout=5,
        check=False,
    )
    assert "not a regular file" in result.stderr


def test_huge_file_is_refused_by_its_size(tmp_path):
    with (tmp_path / "a.png").open("wb") as file:
        file.truncate(image.MAX_BYTES + 1)
    assert "200" in refused(tmp_path / "a.png")


def test_tiny_and_oblong_pictures_are_refused(tmp_path):
    for size, word in (((1, 1), "few"), ((15, 400), "few"), ((40_000, 16), "many")):
        assert word in refused(saved(tmp_path / "a.png", Image.new("1", size)))


def test_unknown_background_is_a_usage_error(tmp_path, photo):
    with pytest.raises(UsageError, match="blurple"):
        image.load(saved(tmp_path / "a.png", Image.fromarray(photo)), "blurple")


def lossless_webp(side: int) -> bytes:
    """One colour, any size, a few bytes: the size is 14 + 14 bits of the header."""
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16), RED).save(buffer, "WEBP", lossless=True)
    data = bytearray(buffer.getvalue())
    at = data.index(b"VP8L") + 9
    bits = int.from_bytes(data[at : at + 4], "little") & ~(2**28 - 1)
    data[at : at + 4] = (bits | (side - 1) | (side - 1) << 14).to_bytes(4, "little")
    return bytes(data)


BOMB_CHILD = """
import resource, sys
from pathlib import Path
from i2v_cli.errors import InputError
from i2v_cli.media import image
image.load(Path(sys.argv[1]))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for name in sys.argv[2:]:
    try:
        image.load(Path(name))
        print("was loaded:", name)
    except InputError as error:
        assert "too many" in error.message or "exceeds" in error.message, error.message
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss counts KiB on Linux")
def test_bombs_are_refused_before_they_unfold(tmp_path, png, photo):
    (tmp_path / "a.webp").write_bytes(lossless_webp(8000))
    (tmp_path / "b.webp").write_bytes(lossless_webp(16000))
    (tmp_path / "a.png").write_bytes(png(13_000, 13_000, 1, 0, bytes(13_000 * 1625)))
    (tmp_path / "a.gif").write_bytes(
        b"GIF89a\xff\x7f\xff\x7f\0\0\0,\0\0\0\0\xff\x7f\xff\x7f\0\x02\x02L\x01\0;"
    )
    small = saved(tmp_path / "small.webp", Image.fromarray(photo))  # the decoders are loaded by this one
    assert (tmp_path / "a.webp").stat().st_size < 64
    bombs = [tmp_path / name for name in ("a.webp", "b.webp", "a.png", "a.gif")]
    result = subprocess.run(
        [sys.executable, "-c", BOMB_CHILD, small, *bombs],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert int(result.stdout) < 20 * 1024


# Fit


@pytest.mark.parametrize("mode", ["crop", "pad", "blur", "stretch"])
@pytest.mark.parametrize(("width", "height"), [(32, 24), (24, 32), (64, 16), (16, 64), (2, 200), (51, 51)])
def test_fit_gives_exactly_the_size(photo, mode, width, height):
    fitted, note = image.fit(photo, width, height, mode)
    assert fitted.shape == (height, width, 3)
    assert fitted.dtype == np.uint8
    assert (note == "") == (width * 24 == height * 32)


def test_fit_of_the_same_size_is_the_same_picture(photo):
    for mode in ("crop", "pad", "blur", "stretch"):
        assert image.fit(photo, 32, 24, mode)[0] is photo


@pytest.mark.parametrize(("width", "height"), [(40, 80), (90, 30), (32, 24), (60, 46)], ids=str)
def test_what_a_crop_cuts_off_lies_around_it(width, height):
    y, x = np.mgrid[:240, :320]
    smooth = np.stack([x * 0.7, y * 0.9, (x + y) * 0.4], axis=2).astype(np.uint8)
    picture, left, top = image.uncropped(smooth, width, height)
    assert picture.shape == (height + 2 * top, width + 2 * left, 3)
    assert min(left, top) == 0 and left <= width and top <= height
    middle = picture[top : top + height, left : left + width]
    assert off(middle, image.fit(smooth, width, height, "crop")[0]) <= 2
    if left or top:  # as the photo goes on, so does the picture
        slopes = np.diff(picture.astype(int), axis=1 if left else 0)
        assert slopes.min() >= -1 and slopes.max() <= 12


def test_crop_keeps_the_middle_and_says_what_it_cut():
    pixels = flat(BLACK, 100, 200)
    pixels[:, 50:150] = WHITE
    fitted, note = image.fit(pixels, 100, 100, "crop")
    assert (fitted == 255).all()
    assert note == "cropped 50 % of the width"


def test_pad_adds_black_evenly_and_says_so():
    fitted, note = image.fit(flat(WHITE, 100, 200), 100, 100, "pad")
    assert (fitted[:25] == 0).all()
    assert (fitted[25:75] == 255).all()
    assert (fitted[75:] == 0).all()
    assert note == "added black bars: 50 % of the height"


def test_blur_fills_the_bars_with_the_pictures_own_colours():
    fitted, note = image.fit(flat((10, 200, 30), 100, 200), 100, 100, "blur")
    assert off(fitted, flat((10, 200, 30), 100, 100)) <= 1
    assert note == "added a blurred border: 50 % of the height"


def test_stretch_says_by_how_much():
    assert image.fit(flat(WHITE, 100, 200), 100, 100, "stretch")[1] == "stretched by 100 %"


def test_a_cut_of_a_pixel_is_not_worth_a_note():
    assert image.fit(flat(WHITE, 1000, 1503), 1500, 1000, "crop")[1] == ""
