"""What the registry tells the audit trail, and how it signs for it."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import pytest

from services.contracts.audit_chain import GENESIS, hashed
from services.contracts.record import Output, Record, Result
from tests.unit.registry.play import DAY, PLAN, begun, days
from tests.unit.registry.test_step import Registry, candidate, rollback


def erasure() -> Record:
    value = {
        "request_id": "e1",
        "by": "ann",
        "reason": "she left",
        "entity": "customer",
        "salt": "s",
        "digest": "d" * 64,
    }
    return Record("requests", 0, 0, 77, "e1", "driftmill.ErasureRequested", value | {"end_seq": 3, "ends": []})


def test_who_built_an_image_of_which_version_is_audited() -> None:
    value = {"request_id": "b1", "by": "ann", "version": "v3", "image": "payments:v3", "digest": "sha256:ab"}
    result = Registry().take(Record("requests", 0, 0, 77, "b1", "driftmill.ImageBuilt", value))
    (audit,) = (output.value for output in result.outputs if output.topic == "audit")
    assert audit is not None
    assert (audit["audit_id"], audit["actor"], audit["action"]) == ("requests-0", "ann", "image built")
    assert (audit["subject"], audit["clock"]) == ("v3", 77)
    evidence = orjson.loads(audit["evidence"])
    assert (evidence["image"], evidence["digest"]) == ("payments:v3", "sha256:ab")


def test_who_had_rows_erased_is_audited_and_not_whose_they_were() -> None:
    result = Registry().take(erasure())
    assert [output.topic for output in result.outputs] == ["audit"]
    audit = result.outputs[0].value
    assert audit is not None
    assert (audit["audit_id"], audit["actor"], audit["reason"]) == ("requests-0", "ann", "she left")
    assert (audit["action"], audit["subject"]) == ("rows erased from the lake", "customer dddddddddddddddd")
    assert audit["after"] == "no rows of events before seq 3"
    evidence = {name: orjson.loads(audit["evidence"])[name] for name in ("entity", "salt", "digest")}
    assert evidence == {"entity": "customer", "salt": "s", "digest": "d" * 64}


def told(outputs: Sequence[Output]) -> list[Mapping[str, Any]]:
    return [output.value for output in outputs if output.topic == "audit" and output.value is not None]


def test_a_move_tells_what_was_before_and_after_and_what_led_to_it() -> None:
    play = begun(PLAN)
    play.see(*days(0, 6, share=0.05))
    moves = [(one["before"], one["after"]) for one in told(play.written) if one["subject"] == "v2"]
    assert moves[:3] == [("", "shadow"), ("shadow", "canary at 5%"), ("canary at 5%", "canary at 25%")]
    evidence = orjson.loads(told(play.written)[-1]["evidence"])
    assert evidence["record"] == {"topic": "models.history", "key": "v2", "kind": "ModelMoved"}
    assert evidence["cause"] == {"topic": "profiles", "offset": 0}
    assert [one["name"] for one in evidence["criteria"]]
    assert told(play.written)[-1]["clock"] >= DAY


@pytest.mark.parametrize("by", ["", "  "])
def test_a_request_that_names_nobody_moves_nobody_and_is_told(by: str) -> None:
    registry = Registry()
    registry.take(candidate("v1"))
    asked = rollback("r1")
    result = registry.take(asked._replace(value={**asked.value, "by": by}))
    (one,) = told(result.outputs)
    assert (one["actor"], one["action"]) == ("nobody named", "RollbackRequested refused")
    assert one["reason"] == "it doesn't say who asks"
    assert registry.state.champion is not None


def heads(result: Result[Any]) -> list[Mapping[str, Any]]:
    return [output.value for output in result.outputs if output.topic == "audit.heads" and output.value is not None]


def recorded(offset: int, audit_id: str, actor: str = "ann") -> Record:
    value = {"audit_id": audit_id, "actor": actor, "clock": 7}
    return Record("audit", 0, offset, 70 + offset, audit_id, "driftmill.AuditRecorded", value)


def test_each_record_of_the_trail_gets_a_head_once() -> None:
    registry = Registry()
    first = heads(registry.take(recorded(0, "a")))
    assert heads(registry.take(recorded(1, "a", "eve"))) == []
    second = heads(registry.take(recorded(2, "b")))
    one = hashed(GENESIS, recorded(0, "a").value)
    assert [(head["sequence"], head["hash"], head["appended_at"]) for head in [*first, *second]] == [
        (1, one.hex(), 70),
        (2, hashed(one, recorded(2, "b").value).hex(), 72),
    ]


def test_a_replay_of_the_trail_goes_on_with_the_same_hashes() -> None:
    registry, again = Registry(), Registry()
    records = [recorded(number, name) for number, name in enumerate("abac")]
    for record in records:
        registry.take(record)
    again.step.fold(again.state, records)
    assert again.state == registry.state
    assert heads(again.take(recorded(9, "d"))) == heads(registry.take(recorded(9, "d")))
