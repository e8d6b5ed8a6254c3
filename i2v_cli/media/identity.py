"""With what Content Credentials are signed: the user's key and certificate, or self-made ones that say so.

The self-made certificate proves that a file is unchanged since this user's i2v signed it, and nothing about
who that is: readers show an unknown issuer. Needs the optional package `cryptography`, imported where used.
"""

import datetime
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from i2v_cli.errors import UsageError
from i2v_cli.media import publish

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

LARGEST_FILE = 1 << 20
YEARS = 10
ORGANISATION = "Self-made by i2v: the signer's identity is not verified"


@dataclass(frozen=True, slots=True)
class Identity:
    """algorithm: as C2PA spells it: "es256". key, chain: PEM; the signer's certificate comes first."""

    algorithm: str
    key: bytes
    chain: bytes


def load(key: Path | None, certificates: Path | None) -> Identity:
    """The user's own, or without files the self-made one of this machine's user, made at its first use.

    UsageError for what cannot be read, does not belong together, has no C2PA algorithm or is out of date.
    """
    if (key is None) != (certificates is None):
        raise UsageError("--c2pa-key and --c2pa-cert belong together", "give both, or neither")
    if key is not None and certificates is not None:
        return _checked(_read(key), _read(certificates), str(key), str(certificates))
    own = _self_made()
    return _checked(_read(own), _read(own), str(own), str(own))


def self_made_path() -> Path:
    import platformdirs

    return platformdirs.user_data_path("i2v", appauthor=False) / "c2pa.pem"


def _self_made() -> Path:
    """Key and certificates in one file, readable by the user alone; made when it is not there."""
    path = self_made_path()
    if not os.path.exists(path):
        temp = publish.temporary(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(_fresh())
            publish.publish(temp, path, overwrite=False)
        except publish.TakenError:  # another process was quicker: its key serves as well
            pass
        except OSError as error:
            raise UsageError(
                f"no key can be kept in {path.parent}: {error.strerror}", "give --c2pa-key and --c2pa-cert"
            ) from error
        finally:
            publish.discard(temp)
    return path


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_FILE)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", "check the path") from error


def _checked(key: bytes, certificates: bytes, key_name: str, certificate_name: str) -> Identity:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    hint = "PEM files: a private key without password, and the certificates, the signer's own first"
    try:
        private = serialization.load_pem_private_key(key, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UsageError(f"{key_name} is no private key that can be used: {error}", hint) from error
    try:
        chain = x509.load_pem_x509_certificates(certificates)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UsageError(f"{certificate_name} holds no certificate: {error}", hint) from error
    certificate, pem = chain[0], serialization.Encoding.PEM
    if certificate.public_key() != private.public_key():
        raise UsageError(f"{certificate_name} is not the certificate of {key_name}", hint)
    now = datetime.datetime.now(datetime.timezone.utc)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise UsageError(
            f"{certificate_name} is valid from {certificate.not_valid_before_utc:%Y-%m-%d} "
            f"to {certificate.not_valid_after_utc:%Y-%m-%d}",
            "renew it; a self-made one is made anew when the file is deleted",
        )
    return Identity(
        _algorithm(private, key_name),
        private.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        b"".join(one.public_bytes(pem) for one in chain),
    )


def _algorithm(private: "PrivateKeyTypes", name: str) -> str:
    """The signature algorithms that C2PA 2 allows, by kind of key."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    curves = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
    if isinstance(private, ec.EllipticCurvePrivateKey) and private.curve.name in curves:
        return curves[private.curve.name]
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return "ed25519"
    if isinstance(private, rsa.RSAPrivateKey) and private.key_size >= 2048:
        return "ps256"
    raise UsageError(f"C2PA has no signature for the key in {name}", "use an EC key on the curve P-256")


def _fresh() -> bytes:
    """A P-256 key, its certificate, and that of the root that signed it, whose key is thrown away.

    C2PA takes no certificate that signs itself.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _certificate("i2v self-made root", root_key, root_key, is_root=True)
    signer = _certificate("i2v self-made signer", key, root_key, is_root=False)
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private + signer.public_bytes(pem) + root.public_bytes(pem)


def _certificate(
    name: str, key: "ec.EllipticCurvePrivateKey", issuer: "ec.EllipticCurvePrivateKey", *, is_root: bool
) -> "x509.Certificate":
    """By the certificate profile of the C2PA specification (its chapter Trust Model)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    def named(common: str) -> x509.Name:
        organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION)
        return x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, common)])

    now = datetime.datetime.now(datetime.timezone.utc)
    usage = x509.KeyUsage(
        digital_signature=not is_root,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_root,
        crl_sign=is_root,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named("i2v self-made root"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))  # clocks differ
        .not_valid_after(now + datetime.timedelta(days=365 * YEARS))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=0 if is_root else None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), critical=False
        )
    )
    if not is_root:
        mail = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(mail, critical=False)
    return builder.sign(issuer, hashes.SHA256())
