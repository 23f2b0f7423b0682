"""Ed25519 keys on disk: made at first use, readable by the owner only."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from services.chassis.errors import Refused

_PRIVATE, _PUBLIC = "signing.key", "signing.pub"


def make_keys(folder: Path) -> None:
    """Make a signing key pair in a folder unless it is there."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / _PRIVATE).exists():
        return
    private = Ed25519PrivateKey.generate()
    (folder / _PUBLIC).write_bytes(private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    draft = folder / f"{_PRIVATE}.draft"
    draft.touch(mode=0o600)
    draft.write_bytes(private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))
    draft.replace(folder / _PRIVATE)


def private_key(folder: Path) -> Ed25519PrivateKey:
    """The key that signs manifests. Raises Refused if there is none."""
    return Ed25519PrivateKey.from_private_bytes(_read(folder / _PRIVATE))


def public_key(folder: Path) -> Ed25519PublicKey:
    """The key that manifests are verified with. Raises Refused if there is none."""
    return Ed25519PublicKey.from_public_bytes(_read(folder / _PUBLIC))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise Refused(f"{path} is missing. `driftmill up` makes the keys at its first start.") from None
