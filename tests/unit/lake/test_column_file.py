from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from services.lake.adapters.column_file import read_columns

SCHEMA = {
    "name": "Order",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "amount", "type": "float"},
        {"name": "online", "type": ["null", "boolean"], "default": None},
        {"name": "shop", "type": "int", "default": 7},
    ],
}
TYPES = {"id": "string", "at": "timestamp", "amount": "float", "online": "boolean", "shop": "int"}
AT = 1_700_000_000_000_000
CSV = "id,at,amount,online,more\n007,2023-11-14T22:13:20Z,0.1,TRUE,x\n8,2023-11-14T23:13:20.5+01:00,,,y\n"


def test_every_kind_of_file_gives_the_same_columns(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV)
    (tmp_path / "a.jsonl").write_text(
        f'{{"id": "007", "at": {AT}, "amount": 0.1, "online": true}}\n'
        f'{{"id": "8", "at": {AT + 500_000}, "amount": null, "online": null}}\n'
    )
    times = pd.to_datetime([AT, AT + 500_000], unit="us", utc=True)
    frame = pd.DataFrame({"id": ["007", "8"], "at": times, "amount": [0.1, None], "online": [True, None]})
    frame.to_parquet(tmp_path / "a.parquet")
    csv, lines, parquet = (read_columns(tmp_path / f"a.{end}", SCHEMA, TYPES) for end in ("csv", "jsonl", "parquet"))
    assert csv.to_pylist()[0] == {
        "id": "007",
        "at": AT,
        "amount": pa.scalar(0.1, pa.float32()).as_py(),
        "online": True,
        "shop": 7,
    }
    assert csv.to_pylist()[1] == {"id": "8", "at": AT + 500_000, "amount": None, "online": None, "shop": 7}
    assert lines.equals(csv)
    assert parquet.to_pylist() == csv.to_pylist()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,at\n1,2023-11-14T22:13:20Z\n", "needs amount"),
        ("id,at,amount\n,2023-11-14T22:13:20Z,1\n", "column id has 1 empty"),
        ("id,at,amount\n1,yesterday,1\n", "column at doesn't hold timestamp"),
        ("id,at,amount\n1,2023-11-14T22:13:20Z,much\n", "column amount doesn't hold float"),
    ],
)
def test_what_does_not_fit_is_named(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(ValueError, match=said):
        read_columns(tmp_path / "a.csv", SCHEMA, TYPES)
    with pytest.raises(ValueError, match="there is no file"):
        read_columns(tmp_path / "b.csv", SCHEMA, TYPES)
