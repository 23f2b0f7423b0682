"""Keys that signed manifests are trusted by, each under its id; some only for what was offered before a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter, ValidationError

from services.chassis.errors import Refused
from services.chassis.keys import public_key, public_key_in
from services.contracts.manifest import SIGNING, verify
from services.contracts.release_name import ReleaseName

_LIST = "trusted.json"
_EXPECTED = 'expected {"<key id>": {"file": "<name>.pub", "not_after": "2027-01-01T00:00:00Z"}, …}'


class Distrusted(ValueError):
    """Why what is said to be signed isn't believed."""


class _Listed(BaseModel):
    """One key of the list. file: its public half, beside the list."""

    model_config = ConfigDict(extra="forbid")

    file: str
    not_after: AwareDatetime | None = None


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """not_after: what is offered later isn't trusted, in microseconds; None: whenever."""

    public: Ed25519PublicKey
    not_after: int | None = None


@dataclass(frozen=True, slots=True)
class Trust:
    """Trusted keys by id."""

    keys: Mapping[str, TrustedKey]

    @classmethod
    def read(cls, folder: Path) -> "Trust":
        """The keys that `trusted.json` of a folder lists, or `signing.pub` alone where there is no list.

        Raises Refused for a list that can't be read, and for a key that isn't there.
        """
        path = folder / _LIST
        if not path.exists():
            return cls({SIGNING: TrustedKey(public_key(folder))})
        try:
            listed = TypeAdapter(dict[str, _Listed]).validate_json(path.read_bytes())
        except ValidationError as error:
            raise Refused(f"{path}: {_EXPECTED}; {error.errors()[0]['msg'].lower()}") from error
        return cls({name: _read(folder, one) for name, one in listed.items()})

    def id_of(self, key: Ed25519PublicKey) -> str:
        """Under which id a key is trusted. Raises Refused if it isn't."""
        for name, one in self.keys.items():
            if one.public == key:
                return name
        known = ", ".join(self.keys)
        raise Refused(f"signing.key is none of the trusted keys, {known}: name its public half in {_LIST}.")

    def manifest_of(self, signed: Mapping[str, Any], offered: int | None = None) -> dict[str, Any]:
        """The manifest of a CandidateProposed or ModelPublished, if a trusted key signed it and it is about this
        version and file; so must be the policy, if it came after the model.

        offered: when it came, in microseconds; None: it was admitted then. Raises Distrusted.
        """
        version = signed.get("version", "a record")
        release = ReleaseName.of(version)
        manifest_offered = None if release.is_refreshed else offered
        self.check(version, signed.get("key_id", ""), signed["manifest"], signed["signature"], manifest_offered)
        if release.is_refreshed or signed.get("policy") is not None:
            self.policy_of(signed, offered)
        expected = {"version": release.model, "model_digest": signed["model_digest"]}
        return _about(version, "manifest", signed["manifest"], expected)

    def policy_of(self, signed: Mapping[str, Any], offered: int | None = None) -> dict[str, Any] | None:
        """The policy that came after the model, likewise; None if it has the one that came with it."""
        version = signed.get("version", "a record")
        release, content = ReleaseName.of(version), signed.get("policy")
        if not release.is_refreshed and content is None:
            return None
        if content is None:
            raise Distrusted(f"{version} has no policy: expected one that is signed")
        self.check(
            version,
            signed.get("policy_key_id", ""),
            content,
            signed.get("policy_signature") or b"",
            offered,
            "the policy of ",
        )
        expected = {"version": version, "model": release.model, "model_digest": signed["model_digest"]}
        return _about(version, "policy", content, expected)

    def check(
        self, version: str, key_id: str, content: bytes, signature: bytes, offered: int | None, what: str = ""
    ) -> None:
        """Raises Distrusted unless these very bytes were signed by a key that is trusted. version, what: what they are
        about."""
        key = self.keys.get(key_id)
        if key is None:
            raise Distrusted(f"{what}{version} names the key {key_id!r}, which isn't trusted")
        if not verify(content, signature, key.public):
            raise Distrusted(f"{what}{version} isn't signed by the key that is trusted")
        if key.not_after is not None and offered is not None and offered > key.not_after:
            until, when = _said(key.not_after), _said(offered)
            raise Distrusted(f"the key {key_id!r} is trusted until {until}, {what}{version} was offered {when}")


def _about(version: str, kind: str, content: bytes, expected: Mapping[str, str]) -> dict[str, Any]:
    """What was signed, if it is about what it came with."""
    try:
        found: dict[str, Any] = orjson.loads(content)
        said = {name: found[name] for name in expected}
    except (ValueError, TypeError, KeyError) as error:
        raise Distrusted(f"{version}: what was signed is no {kind}") from error
    if said != expected:
        its, file = said["version"], str(said["model_digest"])[:12]
        raise Distrusted(f"{version}: the signed {kind} is about version {its} and the file {file}")
    return found


def _read(folder: Path, one: _Listed) -> TrustedKey:
    end = None if one.not_after is None else int(one.not_after.timestamp() * 1e6)
    return TrustedKey(public_key_in(folder / one.file), end)


def _said(time: int) -> str:
    return datetime.fromtimestamp(time / 1e6, UTC).strftime("%Y-%m-%d %H:%M")
