"""The secret key that masks personal data: from the settings, else from a file of this machine, made at first use."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from services.chassis.errors import Refused

_BYTES = 32
_FILE = "pii.key"


def pii_key(setting: str, home: Path) -> bytes:
    """The key: `setting` in hexadecimal digits, or the one under `home`/keys.

    All instances must mask with one key, so where they don't share a home it must be set. Raises Refused for a setting
    or a file that isn't at least 16 bytes in hexadecimal digits.
    """
    if setting:
        return _parsed(setting, "DRIFTMILL_PII_KEY")
    path = home / "keys" / _FILE
    if not path.exists():
        _make(path)
    return _parsed(path.read_text(), str(path))


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.draft")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_hex(_BYTES))
    # a link fails where the file is there by now: two instances that start at once keep one key
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def _parsed(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) < 16:
        raise Refused(f"{where} must be at least 32 hexadecimal digits, for instance from `openssl rand -hex 32`.")
    return key
