"""Facts as records."""

from services.registry.domain.move import base, moved
from services.registry.domain.versions import Version, Versions
from services.registry.domain.view import logged, viewed
from tests.unit.registry.play import spent

CANDIDATE = {
    "version": "v1",
    "run_id": "r",
    "clock": 7,
    "model_uri": "u",
    "model_digest": "d",
    "manifest": b"{}",
    "signature": b"s",
    "key_id": "k",
}
VERSION = Version("v1", "canary", CANDIDATE)
SAID = base(VERSION, "registry")


def test_the_log_holds_moves_and_measures() -> None:
    move = moved(VERSION, "canary", SAID, "well", share=0.25)
    assert logged(move)[:3] == ("models.history", "v1", "driftmill.ModelMoved")
    assert logged({"version": "v1", "stream": "shadow"})[:3] == ("models.history", "v1", "driftmill.ReleaseMeasured")
    assert logged(spent(7.0, "v1"))[:4] == ("models.history", "v1", "driftmill.ServingMeasured", spent(7.0, "v1"))


def viewed_of(*moves: tuple[str, str, float]) -> list[tuple[str, str | None, float | None]]:
    """Key, state and share of what is written for moves of one version."""
    made = [moved(Version("v1", start, {**CANDIDATE}), end, SAID, "", share=share) for start, end, share in moves]
    found = viewed(Versions(), made, {"v1": CANDIDATE})
    told = [(one.key, {"state": None, "share": None} if one.value is None else one.value) for one in found]
    return [(key, value["state"], value["share"]) for key, value in told]


def test_the_view_tells_who_answers_and_who_is_in_flight() -> None:
    assert viewed_of(("candidate", "champion", 0.0)) == [("v1", "champion", 0.0), ("champion", "champion", 0.0)]
    assert viewed_of(("candidate", "shadow", 0.0)) == [("v1", "shadow", 0.0), ("challenger", "shadow", 0.0)]
    assert viewed_of(("canary", "canary", 0.25)) == [("v1", "canary", 0.25), ("challenger", "canary", 0.25)]
    assert viewed_of(("canary", "rejected", 0.0)) == [("v1", "rejected", 0.0), ("challenger", None, None)]
    assert viewed_of(("canary", "champion", 0.0)) == [
        ("v1", "champion", 0.0),
        ("champion", "champion", 0.0),
        ("challenger", None, None),
    ]
    assert viewed_of(("champion", "retired", 0.0)) == [("v1", "retired", 0.0), ("champion", None, None)]
    assert viewed_of(("candidate", "rejected", 0.0)) == [("v1", "rejected", 0.0)]
