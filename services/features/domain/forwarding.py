"""What the stage of one entity writes for the stage of the next."""

from collections.abc import Sequence

from services.contracts.partition import partition_of
from services.contracts.pipeline import ChainEntity
from services.contracts.record import Output, Record
from services.kernel.held import key_in


class Forwarding:
    """Records for the stage of an entity. partitions: of the data plane's topics. feature_set: see `set_before`."""

    def __init__(self, entity: ChainEntity, partitions: int, feature_set: str) -> None:
        self._entity, self._partitions, self._feature_set = entity, partitions, feature_set

    def event(self, record: Record, key: str, numbers: bytes) -> Output:
        """An event with the features so far. key: of its first entity."""
        accepted = record.value
        value = {
            "seq": accepted["seq"],
            "event_id": accepted["event_id"],
            "event_time": accepted["event_time"],
            "key": key,
            "feature_set": self._feature_set,
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
