"""What the page for publishers says is what validation and intake do."""

import ast
import json
import re
from collections.abc import Iterator

from services.chassis.outbox import TRACING
from services.ingestion.domain.submission import MAX_BODY_BYTES, MAX_RECORDS
from services.ingestion.domain.submission import MAX_RECORD_BYTES as MAX_INTAKE_BYTES
from services.validation.domain.intake import AHEAD
from services.validation.domain.judgement import MAX_RAW_BYTES
from tests.contract.reference import ROOT

PAGE = (ROOT / "docs" / "publishing.md").read_text(encoding="utf-8")
RULE = {"Reason": 1, "_refuse": 4}
"""Which argument of a call names the rule."""


def rules() -> Iterator[str]:
    """Rules by which validation refuses, as its code names them."""
    for path in (ROOT / "services" / "validation" / "domain").glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call):
                name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
                named = call.args[RULE[name]] if name in RULE and len(call.args) > RULE[name] else None
                if isinstance(named, ast.Constant):
                    yield str(named.value)


def listed(schema: str, field: str, record: str | None = None) -> set[str]:
    """The codes that a schema's documentation lists for a field."""
    text = (ROOT / "schemas" / f"{schema}.avsc").read_text(encoding="utf-8")
    docs = re.findall(rf'"name": "{field}",\s*"type": "string",\s*"doc": "[^:"]*: ([a-z_, ]+)\."', text)
    assert json.loads(text)
    return set(docs[0].split(", "))


def test_every_reason_for_quarantine_is_explained() -> None:
    explained = set(re.findall(r"^\| `([a-z_]+)` \|", PAGE, re.MULTILINE))
    assert explained == set(rules()) == listed("RecordQuarantined", "rule")


def test_every_code_of_a_dead_letter_is_named() -> None:
    (sentence,) = re.findall(r"Dead letters.*?\n\n", PAGE, re.DOTALL)
    assert set(re.findall(r"`([a-z_]+)`", sentence)) == listed("DeadLetter", "reason")


def test_the_bounds_are_those_of_the_code() -> None:
    assert f"at most {MAX_RAW_BYTES:,} bytes" in PAGE
    assert MAX_INTAKE_BYTES == MAX_RAW_BYTES
    assert f"up to {MAX_RECORDS:,}, at most {MAX_BODY_BYTES:,} bytes" in PAGE
    assert AHEAD == 3_600_000_000


def test_the_headers_that_go_on_are_named() -> None:
    (row,) = re.findall(r"^\| headers \|.*$", PAGE, re.MULTILINE)
    assert set(re.findall(r"`([a-z_]+)`", row)) == TRACING


def test_the_page_stays_short() -> None:
    assert len(PAGE.splitlines()) <= 60
