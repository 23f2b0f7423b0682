"""The champion, and the version in flight, as training sees them: the newest view of `models`."""

import base64
from typing import Any

from services.chassis.codec import Codec
from services.chassis.reading import FOLLOWED_MS, TopicReader
from services.chassis.settings import ChassisSettings
from services.contracts.manifest import CHALLENGER_KEY, CHAMPION_KEY
from services.contracts.record import Value


class Champions:
    """Follows `models` to its end at each question. Raises TransientError."""

    def __init__(self, settings: ChassisSettings, codec: Codec) -> None:
        self._reader = TopicReader(settings, codec, "models", wait_ms=FOLLOWED_MS)
        self._views: dict[str, Value | None] = {}

    def current(self) -> str | None:
        """Version that answers now, None for the baseline."""
        return self._named(CHAMPION_KEY)

    def challenger(self) -> str | None:
        """Version in flight, None if none is."""
        return self._named(CHALLENGER_KEY)

    def described(self, version: str) -> dict[str, Any]:
        """What a run needs to know of a version, as JSON can hold it."""
        view = self._view(version)
        if view is None:
            raise KeyError(f"models has no version {version}")
        return described(view)

    def close(self) -> None:
        """Leave."""
        self._reader.close()

    def _named(self, key: str) -> str | None:
        view = self._view(key)
        return None if view is None else str(view["version"])

    def _view(self, key: str) -> Value | None:
        for record in self._reader.to_end():
            self._views[record.key] = None if record.raw_value is None else record.value
        return self._views.get(key)


def described(value: Value) -> dict[str, Any]:
    """What a run needs to know of the version that it is compared with. value: as it was offered or published."""
    signed = {name: _text(value[name]) for name in ("manifest", "signature")} | {"key_id": value["key_id"]}
    policy = value.get("policy")
    return {"model_uri": value["model_uri"], **signed, "policy": None if policy is None else _text(policy)}


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
