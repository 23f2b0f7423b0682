"""Model versions as they were offered and signed, and the configurations that they were made by."""

from collections.abc import Iterator
from contextlib import suppress

import orjson

from services.chassis.configs import bare_codec
from services.chassis.errors import Refused
from services.chassis.reading import read_topic
from services.chassis.settings import ChassisSettings
from services.chassis.trust import Distrusted, Trust
from services.contracts.manifest import Manifest
from services.contracts.pipeline import Pipeline, PipelineInvalid
from services.contracts.record import Value
from services.contracts.release_name import ReleaseName


class Recorded:
    """What `candidates` and `configs` hold. Raises TransientError, Refused."""

    def __init__(self, settings: ChassisSettings) -> None:
        codec = bare_codec(settings)
        self._trust = Trust.read(settings.home / "keys")
        self._candidates = {record.key: record.value for record in read_topic(settings, codec, "candidates")}
        self._texts = {
            record.value["digest"]: record.value["texts"] for record in read_topic(settings, codec, "configs")
        }

    def candidate(self, version: str) -> Value:
        """The `driftmill.CandidateProposed` of a version, whose manifest was signed here."""
        if version not in self._candidates:
            known = ", ".join(self._candidates) or "none yet"
            raise Refused(f"There is no model version {version}. Those that were offered: {known}.")
        value = self._candidates[version]
        try:
            self._trust.manifest_of(value)
        except Distrusted as error:
            raise Refused(f"The manifest isn't believed: {error}. It was changed, or its key is gone.") from error
        return value

    def public_key(self, key_id: str) -> bytes:
        """The key that is trusted under an id, 32 bytes."""
        return self._trust.keys[key_id].public.public_bytes_raw()

    def model(self, version: str) -> Value:
        """As `candidate`, of what was learnt: not of a policy that came later."""
        release = ReleaseName.of(version)
        if release.is_refreshed:
            raise Refused(f"{version} is {release.model} with another decision policy. Ask for {release.model}.")
        return self.candidate(version)

    def manifest(self, version: str) -> Manifest:
        """The manifest of a version, as it was signed."""
        manifest: Manifest = orjson.loads(self.model(version)["manifest"])
        return manifest

    def pipeline(self, digest: str) -> Pipeline:
        """The pipeline with a digest, as it was applied."""
        if digest not in self._texts:
            raise Refused(f"The configuration {digest[:12]} is not in the topic of configurations any more.")
        return Pipeline.from_texts(self._texts[digest])

    def pipelines(self) -> Iterator[Pipeline]:
        """All that were applied and can still be read, the newest first."""
        for texts in reversed(self._texts.values()):
            with suppress(PipelineInvalid):  # of a version that this one can't read
                yield Pipeline.from_texts(texts)

    def pipeline_with(self, feature_set: str) -> Pipeline:
        """The newest pipeline whose vectors are laid out as a feature set says."""
        for pipeline in self.pipelines():
            if pipeline.resolved.feature_set == feature_set:
                return pipeline
        raise Refused(f"No configuration with the feature set {feature_set} is in the topic of configurations.")
