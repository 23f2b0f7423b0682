"""The small pipeline with a rule for its labels, and the same rule written plainly."""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from services.contracts.pipeline import Pipeline
from services.contracts.record import Output
from services.validation.domain.labelling import Labelling
from services.validation.step import ValidationStep
from tests.unit.validation.scene import EVENT_FIELDS, FILE, KEY, LABEL_FIELDS, MINUTE

WITHIN, LATENESS = 60 * MINUTE, 10 * MINUTE
WHEN = "amount > 500"
MATURITY = "4204200ms"
"""As short as it may be with such a rule."""
FAILED, FINE = 600.0, 10.0
"""Amounts that fulfil the rule, and that don't."""


@cache
def pipeline(when: str = WHEN, within: str = "60m") -> Pipeline:
    """Bad is what a dear purchase follows within an hour. Labels carry the amount, and have a source."""
    label = f"schema: label.avsc\n  rule: {{when: {when}, within: {within}}}"
    text = FILE.replace("CARD", "").replace("1d}", f"1h, maturity: {MATURITY}}}")
    fields = [*LABEL_FIELDS, {"name": "amount", "type": "double"}]
    return Pipeline.from_texts(
        {
            "pipeline.yaml": text.replace("schema: label.avsc", label),
            "event.avsc": json.dumps({"type": "record", "name": "Bought", "namespace": "shop", "fields": EVENT_FIELDS}),
            "label.avsc": json.dumps({"type": "record", "name": "Judged", "namespace": "shop", "fields": fields}),
        }
    )


def step(when: str = WHEN, within: str = "60m") -> ValidationStep:
    """Its validation."""
    return ValidationStep(pipeline(when, within), 1, KEY)


def rule(when: str = WHEN) -> Labelling:
    """Its rule."""
    found = Labelling.of(pipeline(when))
    assert found is not None
    return found


def labels_of(outputs: Sequence[Output]) -> dict[str, tuple[float, int]]:
    """Label and when it was known, by event; of each event at most one."""
    values = [one.value for one in outputs if one.kind == "driftmill.LabelAccepted" and one.value is not None]
    told = {value["event_id"]: (value["label"], value["known_at"]) for value in values}
    assert len(told) == len(values)
    return told


def plainly(events: Sequence[dict[str, Any]], watermark: int) -> dict[str, tuple[float, int]]:
    """Accepted events in the order of their acceptance, once the watermark has come there: who is labelled how, and
    since when it is known. Negatives may be told a little later than they are here.
    """
    told: dict[str, tuple[float, int]] = {}
    for place, event in enumerate(events):
        later = [
            (max(other_place, place), other["at"])
            for other_place, other in enumerate(events)
            if other["who"] == event["who"]
            and other["amount"] > 500
            and event["at"] < other["at"] <= event["at"] + WITHIN
        ]
        if later:
            told[event["id"]] = 1.0, min(later)[1]
        elif event["at"] + WITHIN + LATENESS < watermark:
            told[event["id"]] = 0.0, event["at"] + WITHIN + LATENESS
    return told
