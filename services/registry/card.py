"""`python -m services.registry.card <version> <md|html>`: writes the model card that was made at registration."""

import sys
from typing import Any

from services.chassis import logs
from services.chassis.configs import bare_codec
from services.chassis.errors import Refused, Stop, TransientError
from services.chassis.profiles import Profiles
from services.chassis.reading import read_topic
from services.chassis.recorded import Recorded
from services.chassis.store import STORE_ERRORS, Store
from services.contracts.card import Form
from services.registry.adapters.cards import Cards
from services.registry.domain.acceptance import Criterion, Verdict
from services.registry.domain.versions import REJECTED
from services.registry.domain.view import MOVED
from services.registry.settings import RegistrySettings


def main(version: str, form: Form) -> int:
    """Write the card to standard output; returns the exit code."""
    settings_of: Any = RegistrySettings
    try:
        settings = settings_of()
        logs.configure("registry", settings.log_level)
        sys.stdout.buffer.write(card_of(settings, version, form))
    except (ValueError, TransientError, Stop, *STORE_ERRORS) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def card_of(settings: RegistrySettings, version: str, form: Form) -> bytes:
    """The stored card, or where there is none the same made again. Raises Refused, TransientError."""
    recorded, cards = Recorded(settings), Cards(Store(settings.store_url))
    candidate = recorded.model(version)
    if (kept := cards.kept(candidate, form)) is not None:
        return kept
    pipeline = recorded.pipeline(recorded.manifest(version)["pipeline_digest"])
    try:
        moved = Profiles(settings).moved(candidate["run_id"])
        made = cards.made(candidate, pipeline, _verdict(settings, version), moved)
    except FileNotFoundError as error:
        raise Refused(f"{candidate['model_uri']}, the file of {version}, isn't in the object store.") from error
    return made.md if form == "md" else made.html


def _verdict(settings: RegistrySettings, version: str) -> Verdict | None:
    """What the registry said of a version on the day it was offered."""
    history = read_topic(settings, bare_codec(settings), "models.history")
    first = next((one.value for one in history if one.key == version and one.kind == MOVED), None)
    if first is None:
        return None
    return Verdict(first["to_state"] != REJECTED, tuple(map(Criterion.from_dict, first["criteria"])))


if __name__ == "__main__":
    form: Any = sys.argv[2]
    raise SystemExit(main(sys.argv[1], form))
