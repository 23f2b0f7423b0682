"""What the stage of one entity writes for the stage of the next."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.contracts.partition import partition_of
from services.contracts.pipeline import ChainEntity
from services.contracts.record import Output, Record
from services.features.domain.held import Keys


class Forwarding:
    """Records for the stage of an entity. partitions: of the data plane's topics."""

    def __init__(self, entity: ChainEntity, partitions: int) -> None:
        self._entity, self._partitions = entity, partitions

    def event(self, record: Record, key: str, numbers: bytes) -> Output:
        """An event with the features so far. key: of its first entity."""
        accepted = record.value
        value = {
            "seq": accepted["seq"],
            "event_id": accepted["event_id"],
            "event_time": accepted["event_time"],
            "key": key,
            "numbers": numbers,
            "payload": accepted["payload"],
        }
        to = key_in(accepted["payload"], self._entity.field)
        return Output(self._entity.stage, to, "driftmill.EventForwarded", value, self._partition(to, record), record)

    def label(self, record: Record, keys: Sequence[str]) -> list[Output]:
        """A label with the keys of this entity and those after it; nothing if its event has none of them."""
        if not any(keys):
            return []
        to, *rest = keys
        label = record.value
        value = {
            "event_id": label["event_id"],
            "known_at": label["known_at"],
            "keys": rest,
            "payload": label["payload"],
        }
        partition = self._partition(to, record)
        return [Output(self._entity.stage, to, "driftmill.LabelForwarded", value, partition, record)]

    def _partition(self, key: str, record: Record) -> int:
        """Records without this entity stay in their partition, so that they are spread."""
        return partition_of(key.encode(), self._partitions) if key else record.partition


def key_in(payload: Mapping[str, Any], field: str) -> str:
    """A key as text, empty where there is none."""
    value = payload.get(field)
    return "" if value is None else str(value)


def keys_in(payload: Mapping[str, Any], entities: Sequence[ChainEntity]) -> Keys:
    """The keys of some entities."""
    return tuple(key_in(payload, entity.field) for entity in entities)
