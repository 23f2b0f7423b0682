"""What was recorded of a model version: all that is needed to make it again."""

import base64
from collections.abc import Mapping
from typing import Any

import orjson

from services.chassis.configs import bare_codec
from services.chassis.errors import Refused
from services.chassis.keys import public_key
from services.chassis.reading import read_topic
from services.chassis.settings import ChassisSettings
from services.contracts.manifest import Manifest, verify
from services.contracts.record import Value


class Recorded:
    """Versions that were offered, and the configurations that they were made by. Raises TransientError, Refused."""

    def __init__(self, settings: ChassisSettings) -> None:
        codec = bare_codec(settings)
        self._key = public_key(settings.home / "keys")
        self._candidates = {record.key: record.value for record in read_topic(settings, codec, "candidates")}
        self._texts = {
            record.value["digest"]: record.value["texts"] for record in read_topic(settings, codec, "configs")
        }

    def manifest(self, version: str) -> Manifest:
        """The manifest of a version, as it was signed."""
        value = self._candidate(version)
        if not verify(value["manifest"], value["signature"], self._key):
            raise Refused(f"The manifest of {version} isn't signed by this installation's key: it was changed.")
        manifest: Manifest = orjson.loads(value["manifest"])
        return manifest

    def texts(self, digest: str) -> Mapping[str, str]:
        """The files of the pipeline with a digest."""
        if digest not in self._texts:
            raise Refused(f"The configuration {digest[:12]} is not in the topic of configurations any more.")
        texts: Mapping[str, str] = self._texts[digest]
        return texts

    def described(self, version: str) -> dict[str, Any]:
        """What a job is told of the champion that a run was compared with."""
        value = self._candidate(version)
        return {"model_uri": value["model_uri"], "manifest": base64.b64encode(value["manifest"]).decode()}

    def _candidate(self, version: str) -> Value:
        if version not in self._candidates:
            known = ", ".join(self._candidates) or "none yet"
            raise Refused(f"There is no model version {version}. Those that were offered: {known}.")
        return self._candidates[version]
