"""Content Credentials (C2PA): a signed statement of how a file was made, put into it last of all.

It says that the clip was made by a trained model, by which program, and from a photo, whose own credentials
it keeps. Nothing is fetched from a network: no time stamp, no remote manifest, no revocations.
Needs the optional package `c2pa-python`, imported where it is used.
"""

import importlib.util
import io
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from PIL import Image

from i2v_cli.errors import EncodingError, InputError, UsageError
from i2v_cli.media import containers, identity, publish
from i2v_cli.media.identity import Identity
from i2v_cli.media.metadata import AI_SOURCE
from i2v_cli.media.untrusted import opened
from i2v_cli.request import Request

if TYPE_CHECKING:
    import c2pa

PACKAGE = "c2pa"
MIME: dict[containers.Kind, str] = {
    "mp4": "video/mp4",
    "webm": "video/webm",
    "gif": "image/gif",
    "webp": "image/webp",
    "png": "image/png",
}
BESIDE = ("webm",)  # no place for a manifest inside
SIDECAR = ".c2pa"
PHOTO = "photo"  # the ingredient's name inside the manifest
GOOD = ("valid", "trusted")
UNKNOWN_SIGNER = "signingCredential.untrusted"
SETTINGS = {
    "builder": {"thumbnail": {"enabled": False}},  # it would put the photo itself into the clip
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
}


@dataclass(frozen=True, slots=True)
class Claim:
    """What is said of a clip. photo: the file that it was made from, or None; named: tell its name."""

    software: str
    version: str
    photo: Path | None
    named: bool


def check(request: Request, target: Path | None) -> None:
    """UsageError or InputError, before any work, for what `sign` could not do later."""
    if not request.c2pa:
        return
    if importlib.util.find_spec(PACKAGE) is None:
        raise UsageError("--c2pa needs an optional package", "pip install 'i2v-cli[c2pa]'")
    if target is None:
        raise UsageError("--c2pa cannot sign what goes to standard output", "name a file with -o")
    if not request.ai_mark:
        raise UsageError(
            "--c2pa tells that a clip is AI-generated, --no-ai-mark hides it", "drop one of them"
        )
    if request.format in BESIDE:
        publish.check_target(sidecar(target), overwrite=request.overwrite)
    signer = identity.load(request.c2pa_key, request.c2pa_cert)
    if problem := _rehearsed(None, signer):
        raise UsageError(f"nothing can be signed with this key: {problem}", "give another --c2pa-key")
    if problem := _rehearsed(request.image, signer):
        raise InputError(
            f"the Content Credentials of {request.image} are damaged: {problem}", "leave out --c2pa"
        )


def sidecar(path: Path) -> Path:
    """Where the manifest of a file lies that has no place for one."""
    return path.with_suffix(SIDECAR)


def sign(path: Path, claim: Claim, signer: Identity) -> bytes | None:
    """Signs a finished temporary file of ours in place, or every frame of a folder.

    The manifest itself where the container has no place for it, else None. EncodingError when it fails, or
    when what was signed does not verify.
    """
    from c2pa import C2paError

    if os.path.isdir(path):
        for frame in sorted(path.iterdir()):
            sign(frame, claim, signer)
        return None
    signed = publish.temporary(path)
    try:
        with path.open("rb") as source, signed.open("w+b") as target:
            kind = containers.kind_of(source.read(containers.HEAD_BYTES))
            assert kind is not None  # it is one of ours
            source.seek(0)
            manifest = _signed(source, target, kind, claim, signer)
        if kind in BESIDE:
            return manifest
        signed.replace(path)
        return None
    except C2paError as error:
        raise EncodingError(f"the clip cannot be signed: {error}", "leave out --c2pa") from error
    finally:
        publish.discard(signed)


def read(path: Path) -> dict[str, Any] | None:
    """What the credentials of a file of any origin, or of the first of a folder's frames, say:

    `state`: "valid", "invalid", or "trusted" where the issuer is a known one; `signer`, `issuer`: their
    names; `photo`: "valid" or "invalid", the credentials that the photo had, or None. None when there are
    none, or c2pa-python is not here.
    """
    if importlib.util.find_spec(PACKAGE) is None:
        return None
    from c2pa import C2paError

    if os.path.isdir(path):  # Path.is_dir raises for a name that is too long, or not ours to see
        path = min(path.glob("*.png"), default=path)
    with opened(path, "file") as file:
        kind = containers.kind_of(file.read(containers.HEAD_BYTES))
        beside = kind in BESIDE and os.path.isfile(sidecar(path))
        if kind is None or (kind in BESIDE and not beside):
            return None
        file.seek(0)
        try:
            return _said(file, kind, sidecar(path).read_bytes() if beside else None)
        except C2paError.ManifestNotFound:
            return None
        except C2paError:
            return {"state": "invalid", "signer": None, "issuer": None, "photo": None}


def _rehearsed(photo: Path | None, signer: Identity) -> str:
    """Why a picture of one pixel, made from `photo`, cannot be signed; "" when it can."""
    from c2pa import C2paError

    picture, signed = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (1, 1)).save(picture, "PNG")
    picture.seek(0)
    try:
        _signed(picture, signed, "png", Claim("i2v", "0", photo, named=False), signer)
    except (C2paError, EncodingError) as error:
        return str(error)
    return ""


def _signed(
    source: BinaryIO, target: BinaryIO, kind: containers.Kind, claim: Claim, signer: Identity
) -> bytes:
    """The manifest, which is in `target`, too, where it has a place. C2paError or EncodingError: it fails."""
    import c2pa

    builder = c2pa.Builder(_manifest(claim), c2pa.Context.from_dict(SETTINGS))
    if kind in BESIDE:
        builder.set_no_embed()
    if claim.photo is not None:
        _add_photo(builder, claim.photo, named=claim.named)
    keys = c2pa.C2paSignerInfo(signer.algorithm.encode(), signer.chain, signer.key, None)
    manifest: bytes = builder.sign(c2pa.Signer.from_info(keys), MIME[kind], source, target)
    made = source if kind in BESIDE else target
    made.seek(0)
    if _said(made, kind, manifest if kind in BESIDE else None)["state"] not in GOOD:
        raise EncodingError("the signature does not verify", "leave out --c2pa, or give another --c2pa-key")
    return manifest


def _manifest(claim: Claim) -> dict[str, Any]:
    agent = {"name": claim.software, "version": claim.version}
    made_from = {} if claim.photo is None else {"parameters": {"ingredientIds": [PHOTO]}}
    created = {
        "action": "c2pa.created",
        "softwareAgent": agent,
        "digitalSourceType": AI_SOURCE,
        **made_from,
    }
    return {
        "claim_generator_info": [agent],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [created]}}],
    }


def _add_photo(builder: "c2pa.Builder", photo: Path, *, named: bool) -> None:
    """The photo's kind and name and, where it has credentials, all of them."""
    with opened(photo, "image") as file:
        with Image.open(file) as picture:
            mime = picture.get_format_mimetype() or ""
        file.seek(0)
        stands = {"label": PHOTO, "relationship": "inputTo", **({"title": photo.name} if named else {})}
        builder.add_ingredient(stands, "image/jpeg" if mime == "image/mpo" else mime, file)


def _said(file: BinaryIO, kind: containers.Kind, manifest: bytes | None) -> dict[str, Any]:
    import c2pa

    with c2pa.Reader(MIME[kind], file, manifest, c2pa.Context.from_dict(SETTINGS)) as reader:
        store = json.loads(reader.json())
    active = store["manifests"][store["active_manifest"]]
    signature = active.get("signature_info", {})
    made_from = [one for one in active.get("ingredients", ()) if one["relationship"] == "inputTo"]
    return {
        "state": str(store.get("validation_state", "invalid")).lower(),
        "signer": signature.get("common_name"),
        "issuer": signature.get("issuer"),
        "photo": next((_state_of(one) for one in made_from if "active_manifest" in one), None),
    }


def _state_of(ingredient: dict[str, Any]) -> str:
    """Of the photo's credentials, when the clip was signed. That their signer is unknown is no damage."""
    failed = ingredient.get("validation_results", {}).get("activeManifest", {}).get("failure", ())
    return "invalid" if any(one["code"] != UNKNOWN_SIGNER for one in failed) else "valid"
