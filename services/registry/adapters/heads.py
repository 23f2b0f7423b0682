"""Signs heads of the audit trail with the key that manifests are signed with."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.chassis.keys import private_key
from services.chassis.trust import Trust
from services.contracts.audit_chain import Link, head_of, signed_content


class Heads:
    """keys: folder of `signing.key`. Raises Refused if there is none, or if it isn't trusted."""

    def __init__(self, pipeline: str, keys: Path) -> None:
        self._pipeline, self._key = pipeline, private_key(keys)
        self._key_id = Trust.read(keys).id_of(self._key.public_key())

    def signed(self, link: Link, appended_at: int) -> Mapping[str, Any]:
        """The AuditHeadSigned of a link; the same whenever it is made. appended_at: in microseconds."""
        head = head_of(link, appended_at)
        return head | {"signature": self._key.sign(signed_content(self._pipeline, head)), "key_id": self._key_id}
