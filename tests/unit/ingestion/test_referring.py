"""Bytes in a table become references, and are stored once each."""

import pandas as pd

from services.contracts.reference import reference_to
from services.ingestion.domain.referring import referring


def test_bytes_become_references_and_references_stay() -> None:
    stored = list[bytes]()

    def put(data: bytes) -> str:
        stored.append(data)
        return reference_to(data)

    known = reference_to(b"known")
    table = pd.DataFrame({"id": ["1", "2", "3", "4"], "image": [b"x", known, None, bytearray(b"y")], "other": b"z"})
    found = referring(table, ["image", "absent"], put)
    assert found["image"].dropna().tolist() == [reference_to(b"x"), known, reference_to(b"y")]
    assert found["image"].isna().tolist() == [False, False, True, False]
    assert found["other"].tolist() == [b"z"] * 4
    assert stored == [b"x", b"y"]
    assert table["image"][0] == b"x"
