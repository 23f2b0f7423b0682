"""What the registry tells the audit trail of requests that others carry out."""

import orjson

from services.contracts.record import Record
from tests.unit.registry.test_step import Registry


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
    assert (audit["audit_id"], audit["actor"], audit["action"]) == ("request-b1", "ann", "image built")
    assert (audit["subject"], audit["clock"]) == ("v3", 77)
    assert orjson.loads(audit["evidence"]) == {"image": "payments:v3", "digest": "sha256:ab"}


def test_who_had_rows_erased_is_audited_and_not_whose_they_were() -> None:
    result = Registry().take(erasure())
    assert [output.topic for output in result.outputs] == ["audit"]
    audit = result.outputs[0].value
    assert audit is not None
    assert (audit["audit_id"], audit["actor"], audit["reason"]) == ("request-e1", "ann", "she left")
    assert (audit["action"], audit["subject"]) == ("rows erased from the lake", "customer dddddddddddddddd")
    assert orjson.loads(audit["evidence"]) == {"entity": "customer", "salt": "s", "digest": "d" * 64}
