"""Content Credentials: whole, honest, verified by the reference reader, and never a danger to the clip."""

import dataclasses
import io
import json
import os
import random
import shutil
import struct
import zlib
from functools import partial

import pytest
from PIL import Image

from i2v_cli.errors import EncodingError, InputError, UsageError
from i2v_cli.media import containers, identity, metadata, provenance, video
from i2v_cli.media.provenance import Claim
from i2v_cli.request import Request

c2pa = pytest.importorskip("c2pa")
KINDS = ["mp4", "webm", "gif", "webp", "frames"]
DEFAULTS = {"preset": "pocket", "family": "pocket", "fps": 16, "area": 4096, "seed": 1, "steps": 2}


@pytest.fixture(scope="session")
def signer(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(identity, "self_made_path", lambda: tmp_path_factory.mktemp("key") / "c2pa.pem")
        return identity.load(None, None)


@pytest.fixture
def source(tmp_path, photo):
    """The photo as a file."""
    Image.fromarray(photo).save(tmp_path / "holiday.png")
    return tmp_path / "holiday.png"


@pytest.fixture
def signed_photo(source, signer):
    """The photo as a camera with Content Credentials would leave it."""
    provenance.sign(source, Claim("camera", "1.0", None, named=True), signer)
    return source


@pytest.fixture
def written(tmp_path, clip, spec, signer):
    """written(kind, photo) -> a signed clip."""

    def write(kind, photo, named=True):
        path = tmp_path / ("frames" if kind == "frames" else f"clip.{kind}")
        claim = Claim("i2v", "0.1.0", photo, named=named)
        packet = metadata.packet({"seed": 1}, ai_mark=True, software="i2v 0.1.0")
        with video.Writer(path, dataclasses.replace(spec, format=kind)) as writer:
            writer.write(clip)
            writer.tag(packet)
            writer.seal(partial(provenance.sign, claim=claim, signer=signer))
        return path

    return write


def manifest_of(path):
    """The active manifest, by the reference reader."""
    kind = path.suffix[1:]
    beside = provenance.sidecar(path).read_bytes() if kind == "webm" else None
    with path.open("rb") as file, c2pa.Reader(provenance.MIME[kind], file, beside) as reader:
        store = json.loads(reader.json())
    return store["manifests"][store["active_manifest"]]


@pytest.mark.parametrize("kind", KINDS)
def test_a_signed_clip_of_every_format_verifies_plays_and_keeps_its_recipe(written, source, kind):
    path = written(kind, source)
    said = provenance.read(path)
    assert (said["state"], said["signer"]) == ("valid", "i2v self-made signer")
    assert "identity is not verified" in said["issuer"]
    assert video.probe(path).frames == 7
    assert metadata.read(path)["recipe"] == {"seed": 1}
    assert provenance.sidecar(path).exists() == (kind == "webm")


def test_every_frame_of_a_folder_is_signed(written, source):
    folder = written("frames", source)
    assert [provenance.read(frame)["state"] for frame in folder.iterdir()] == ["valid"] * 7


@pytest.mark.parametrize("kind", ["mp4", "webm", "gif", "webp"])
def test_a_changed_clip_does_not_verify(written, source, kind):
    path = written(kind, source)
    data = bytearray(path.read_bytes())
    position = data.index(b"mdat") + 100 if kind == "mp4" else len(data) // 2
    data[position] ^= 1
    path.write_bytes(data)
    assert provenance.read(path)["state"] == "invalid"


def test_the_manifest_says_that_a_trained_model_made_it_from_the_photo(written, source):
    manifest = manifest_of(written("mp4", source))
    (actions,) = (one for one in manifest["assertions"] if one["label"].startswith("c2pa.actions"))
    (created,) = actions["data"]["actions"]
    assert created["action"] == "c2pa.created"
    assert created["digitalSourceType"] == metadata.AI_SOURCE
    assert created["softwareAgent"] == {"name": "i2v", "version": "0.1.0"}
    assert len(created["parameters"]["ingredients"]) == 1
    (photo,) = manifest["ingredients"]
    assert (photo["relationship"], photo["title"]) == ("inputTo", "holiday.png")


def test_the_photo_itself_and_where_asked_its_name_stay_out(written, source):
    path = written("mp4", source, named=False)
    assert b"holiday" not in path.read_bytes()
    assert "thumbnail" not in json.dumps(manifest_of(path))


def test_the_credentials_of_the_photo_are_kept(written, signed_photo):
    path = written("mp4", signed_photo)
    assert provenance.read(path)["photo"] == "valid"
    kept = manifest_of(path)["ingredients"][0]["active_manifest"]
    assert kept.encode() in path.read_bytes()


def test_a_photo_that_was_changed_after_it_was_signed_is_told(written, signed_photo):
    data = signed_photo.read_bytes()
    end = data.index(b"IEND") - 4
    body = b"tEXtComment\0edited"
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    signed_photo.write_bytes(data[:end] + chunk + data[end:])
    path = written("mp4", signed_photo)
    said = provenance.read(path)
    assert (said["state"], said["photo"]) == ("valid", "invalid")


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "bmp", "tiff", "gif", "ppm", "avif"])
def test_photos_of_every_kind_can_be_an_ingredient(written, source, suffix):
    with Image.open(source) as picture:
        picture.save(source.with_suffix(f".{suffix}"))
    assert provenance.read(written("mp4", source.with_suffix(f".{suffix}")))["state"] == "valid"


def test_files_without_credentials_have_none(tmp_path, source, clip, spec):
    for kind in ("mp4", "webm"):
        with video.Writer(tmp_path / f"a.{kind}", dataclasses.replace(spec, format=kind)) as writer:
            writer.write(clip)
        assert provenance.read(tmp_path / f"a.{kind}") is None
    assert provenance.read(source) is None
    (tmp_path / "a.txt").write_text("hello")
    assert provenance.read(tmp_path / "a.txt") is None


def test_a_clip_that_cannot_be_signed_is_not_left_behind(written, tmp_path, source):
    before = set(tmp_path.iterdir())
    source.unlink()
    with pytest.raises(InputError):
        written("mp4", source)
    assert not list(tmp_path.glob("clip*")) and len(list(tmp_path.iterdir())) == len(before) - 1


# Before the work


def check(tmp_path, source, **changed):
    values = {"image": source, "c2pa": True, "guidance": 1, "sampler": "euler", **changed}
    request = Request(**(DEFAULTS | values))
    provenance.check(request, tmp_path / f"clip.{request.format}")


@pytest.fixture
def at_home(tmp_path, monkeypatch):
    monkeypatch.setattr(identity, "self_made_path", lambda: tmp_path / "home" / "c2pa.pem")


def test_what_can_be_signed_passes(tmp_path, source, signed_photo, at_home):
    check(tmp_path, source)
    check(tmp_path, signed_photo, format="webm")


def test_contradictions_are_refused(tmp_path, source, at_home):
    with pytest.raises(UsageError, match="no-ai-mark"):
        check(tmp_path, source, ai_mark=False)
    with pytest.raises(UsageError, match="standard output"):
        provenance.check(Request(**DEFAULTS, image=source, c2pa=True, guidance=1, sampler="euler"), None)
    with pytest.raises(UsageError, match="belong together"):
        check(tmp_path, source, c2pa_key=source)


def test_an_old_sidecar_is_not_replaced(tmp_path, source, at_home):
    (tmp_path / "clip.c2pa").write_text("precious")
    check(tmp_path, source)
    with pytest.raises(UsageError, match=r"clip\.c2pa exists"):
        check(tmp_path, source, format="webm")
    check(tmp_path, source, format="webm", overwrite=True)


def test_damaged_credentials_of_the_photo_are_found_before_the_work(tmp_path, signed_photo, at_home):
    whole, chance = signed_photo.read_bytes(), random.Random(0)
    start = whole.index(b"caBX") + 4
    size = int.from_bytes(whole[start - 8 : start - 4], "big")
    refused = 0
    for _ in range(20):
        manifest = bytearray(whole[start : start + size])
        for position in chance.sample(range(size), 3):
            manifest[position] ^= 1 << chance.randrange(8)
        crc = struct.pack(">I", zlib.crc32(b"caBX" + manifest))
        signed_photo.write_bytes(whole[:start] + manifest + crc + whole[start + size + 4 :])
        try:
            check(tmp_path, signed_photo)
        except InputError as error:
            assert "Content Credentials" in error.message
            refused += 1
    assert refused > 0


# Keys


def test_the_self_made_key_is_made_once_for_its_user_alone(tmp_path, at_home):
    first, second = identity.load(None, None), identity.load(None, None)
    assert first == second and first.algorithm == "es256"
    assert os.name == "nt" or identity.self_made_path().stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["c2pa.pem"]


def test_where_no_key_can_be_kept_that_is_told(tmp_path, at_home):
    (tmp_path / "home").write_text("a file")
    with pytest.raises(UsageError, match="no key can be kept"):
        identity.load(None, None)


@pytest.fixture
def own(tmp_path, signer):
    """A user's own files: (key, certificates)."""
    key, certificates = tmp_path / "key.pem", tmp_path / "cert.pem"
    key.write_bytes(signer.key)
    certificates.write_bytes(signer.chain)
    return key, certificates


def test_a_users_own_key_signs(own, tmp_path, source):
    check(tmp_path, source, c2pa_key=own[0], c2pa_cert=own[1])


def test_a_key_that_cannot_sign_is_told_before_the_work(own, tmp_path, source):
    key, certificates = own
    shutil.copy(source, tmp_path / "no.pem")
    (tmp_path / "empty.pem").touch()
    no, empty, gone = (tmp_path / name for name in ("no.pem", "empty.pem", "gone.pem"))
    for first, second in ((no, certificates), (key, no), (key, gone), (key, empty), (certificates, key)):
        with pytest.raises(UsageError):
            check(tmp_path, source, c2pa_key=first, c2pa_cert=second)


def test_key_and_certificate_of_two_owners_are_refused(own, at_home, tmp_path):
    other = identity.load(None, None)
    own[0].write_bytes(other.key)
    with pytest.raises(UsageError, match="is not the certificate of"):
        identity.load(*own)


def test_a_key_with_a_password_is_refused(own):
    from cryptography.hazmat.primitives import serialization as form

    key = form.load_pem_private_key(own[0].read_bytes(), None)
    locked = form.BestAvailableEncryption(b"secret")
    own[0].write_bytes(key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, locked))
    with pytest.raises(UsageError, match="no private key that can be used"):
        identity.load(*own)


def test_a_signature_that_does_not_verify_is_an_error(tmp_path, signer, source, monkeypatch):
    monkeypatch.setattr(provenance, "GOOD", ())
    with pytest.raises(EncodingError, match="does not verify"):
        provenance.sign(source, Claim("i2v", "0", None, named=True), signer)
    assert containers.kind_of(source.read_bytes()[:12]) == "png"
    with Image.open(io.BytesIO(source.read_bytes())) as picture:
        picture.load()
