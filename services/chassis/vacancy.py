"""Whether the groups of stages that share a process have no other members."""

from collections.abc import Sequence

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from services.chassis import client, clock
from services.chassis.errors import Refused, TransientError
from services.chassis.settings import ChassisSettings
from services.contracts.topics import JOINED

_TIMEOUT = 10.0
_PATIENCE = client.SESSION_TIMEOUT_MS / 1000 + 5.0
"""A static member that has ended stays in its group until its session is over."""


class Vacancy:
    """Looks at the groups of some services before they are taken over by one process; a single service may join."""

    def __init__(self, settings: ChassisSettings, services: Sequence[str]) -> None:
        self._settings, self._services = settings, services
        self._own = settings.group(JOINED.join(services)) + "-"
        self._admin = AdminClient(client.admin(settings))
        self._waiting_since: float | None = None

    def check(self) -> None:
        """Raises TransientError while another process is a member, Refused if it stays one."""
        if len(self._services) == 1:
            return
        others = [other for service in self._services for other in self._others(service)]
        if not others:
            return
        self._waiting_since = self._waiting_since or clock.monotonic()
        told = f"{', '.join(others)} run{'s' * (len(others) == 1)} on their own"
        if clock.monotonic() - self._waiting_since > _PATIENCE:
            raise Refused(
                f"{told}: two processes would do the same work. Stop what runs there, let it work off its input "
                "first, then start again."
            )
        raise TransientError(f"{told}; waiting until they have left")

    def _others(self, service: str) -> list[str]:
        """Client ids of the members that are no instance of this set of services."""
        group = self._settings.group(service)
        try:
            found = self._admin.describe_consumer_groups([group], request_timeout=_TIMEOUT)[group].result()
        except KafkaException as error:
            if error.args[0].code() == KafkaError.GROUP_ID_NOT_FOUND:
                return []
            raise TransientError(f"Kafka: {error.args[0].str()}") from error
        return [member.client_id for member in found.members if not member.client_id.startswith(self._own)]
