"""What `driftmill new` writes: a small pipeline that is complete and without mistakes."""

import re
from pathlib import Path

from services.contracts.pipeline.mistake import Mistake, PipelineInvalid
from services.contracts.pipeline.pipeline import Pipeline
from services.contracts.pipeline.reading import FILE

_NAME = re.compile(r"[a-z][a-z0-9-]{0,79}", re.ASCII)

_PIPELINE = """\
driftmill: 1
name: NAME
purpose: Say what is decided with the answers

entities:
  customer: {key: customer_id}

event:
  schema: event.avsc
  id: event_id
  time: {field: happened_at, lateness: 10m}
  fields:
    amount: {check: amount >= 0}

label:
  schema: label.avsc
  target: {field: outcome, positive: true, prior: 0.1}
  known: {time: known_at, expected_after: 1d}

features:
  default: {windows: [1d, 7d]}
  customer:
    spend: {value: amount, agg: [count, mean]}
    past:  {of: labels, value: outcome, agg: mean, smooth: 20}
  row:
    hour: hour(happened_at)

model:
  inputs: [amount, category, customer.*, row.*]
"""

_EVENT = """\
{
  "type": "record",
  "name": "Event",
  "namespace": "NAMESPACE",
  "doc": "What happens, at the moment an answer is needed.",
  "fields": [
    {"name": "event_id", "type": "string", "doc": "Identity of the event; labels name it."},
    {"name": "happened_at", "type": {"type": "long", "logicalType": "timestamp-micros"}, "doc": "When it happened."},
    {"name": "customer_id", "type": "string", "doc": "Whose event it is."},
    {"name": "amount", "type": "double", "doc": "A number known at that time."},
    {"name": "category", "type": ["null", "string"], "default": null, "doc": "A category known at that time."}
  ]
}
"""

_LABEL = """\
{
  "type": "record",
  "name": "Label",
  "namespace": "NAMESPACE",
  "doc": "The truth about an event, once it is known.",
  "fields": [
    {"name": "event_id", "type": "string", "doc": "The event."},
    {"name": "customer_id", "type": "string", "doc": "Whose event it was."},
    {"name": "outcome", "type": "boolean", "doc": "What is to be predicted."},
    {"name": "known_at", "type": {"type": "long", "logicalType": "timestamp-micros"}, "doc": "When it became known."}
  ]
}
"""

_README = """\
# NAME

| file | holds |
|---|---|
| `pipeline.yaml` | what the fields mean, features, model |
| `event.avsc` | an event, when an answer is needed |
| `label.avsc` | the truth about it, when it is known |

Put your own fields into the two schemas, name them in `pipeline.yaml`, then

    driftmill check .             # every mistake, with its line
    driftmill check . --explain   # the file with every default
    driftmill apply .             # publish it
"""


def new(name: str, directory: Path) -> tuple[Path, ...]:
    """Write a pipeline called `name` into `directory` (made if absent) and return its files.

    Raises PipelineInvalid for a name that can't begin topics, FileExistsError where one of the files is there already.
    """
    if not _NAME.fullmatch(name):
        expected = "small letters, digits and dashes, beginning with a letter, at most 80"
        raise PipelineInvalid([Mistake(FILE, 0, 0, "name", f"'{name}' can't name a pipeline", expected)])
    texts = {FILE: _PIPELINE, "event.avsc": _EVENT, "label.avsc": _LABEL, "README.md": _README}
    texts = {
        file: text.replace("NAMESPACE", name.replace("-", "_")).replace("NAME", name) for file, text in texts.items()
    }
    Pipeline.from_texts(texts)
    present = [file for file in texts if (directory / file).exists()]
    if present:
        raise FileExistsError(f"{directory} already holds {', '.join(present)}; nothing was written")
    directory.mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        (directory / file).write_text(text, encoding="utf-8")
    return tuple(directory / file for file in texts)
