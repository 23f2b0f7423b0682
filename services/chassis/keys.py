"""Ed25519 keys on disk: made at first use, readable by the owner only."""

import os
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from services.chassis.errors import Refused

_PRIVATE, _PUBLIC = "signing.key", "signing.pub"


def make_keys(folder: Path) -> None:
    """Make a signing key pair in a folder unless it is there."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / _PRIVATE).exists():
        _make_private(folder)
    if not (folder / _PUBLIC).exists():
        public = private_key(folder).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        _put_once(folder / _PUBLIC, public, 0o644)


def _make_private(folder: Path) -> None:
    private = Ed25519PrivateKey.generate()
    _put_once(folder / _PRIVATE, private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()), 0o600)


def _put_once(path: Path, data: bytes, mode: int) -> None:
    """Whole or not there; of two processes that do it at once the first wins."""
    descriptor, draft = mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    Path(draft).chmod(mode)
    with suppress(FileExistsError):
        path.hardlink_to(draft)
    Path(draft).unlink()


def private_key(folder: Path) -> Ed25519PrivateKey:
    """The key that signs manifests. Raises Refused if there is none."""
    return Ed25519PrivateKey.from_private_bytes(_read(folder / _PRIVATE))


def public_key(folder: Path) -> Ed25519PublicKey:
    """The other half of the key that signs manifests. Raises Refused if there is none."""
    return public_key_in(folder / _PUBLIC)


def public_key_in(path: Path) -> Ed25519PublicKey:
    """The public key that a file holds. Raises Refused if it doesn't."""
    try:
        return Ed25519PublicKey.from_public_bytes(_read(path))
    except ValueError:
        raise Refused(f"{path} is no public key: expected the 32 bytes of one for Ed25519.") from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise Refused(f"{path} is missing. `driftmill up` makes the keys at its first start.") from None
