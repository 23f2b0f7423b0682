"""A checked pipeline: the sections of its file, the texts it was read from, and its resolved view."""

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from pydantic import PrivateAttr

from services.contracts.pipeline.reading import Reading, read
from services.contracts.pipeline.resolved import Resolved, resolve
from services.contracts.pipeline.specification import Specification


class Pipeline(Specification):
    """A pipeline without mistakes, every default filled in. Made by `load` or `from_texts` only."""

    _reading: Reading = PrivateAttr()
    _texts: dict[str, str] = PrivateAttr()

    @classmethod
    def from_texts(cls, texts: Mapping[str, str]) -> "Pipeline":
        """Read file name → content, as `texts` gives it; raises PipelineInvalid with every mistake."""
        reading = read(texts)
        pipeline = cls.model_construct(**dict(reading.specification))
        return pipeline._made_of(reading, texts)  # noqa: SLF001 (its own)

    def _made_of(self, reading: Reading, texts: Mapping[str, str]) -> "Pipeline":
        self._reading = reading
        self._texts = {file: texts[file] for file in reading.files}
        return self

    @property
    def texts(self) -> Mapping[str, str]:
        """The files the pipeline is made of, by name: all that is needed to make it again."""
        return dict(self._texts)

    @cached_property
    def resolved(self) -> Resolved:
        """Names, columns and schemas as services read them."""
        return resolve(self, self._reading.event, self._reading.label, self._reading.functions)

    @property
    def estimators(self) -> str | None:
        """The content of learners.py, where a learner is one of its functions."""
        return self._reading.estimators

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that the pipeline says, defaults included: 64 hexadecimal digits.

        Comments don't count, but in code.
        """
        content: list[Any] = [self.settled(), self._reading.event.schema, self._reading.label.schema]
        content += [code for code in (self._reading.functions, self._reading.estimators) if code is not None]
        text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def settled(self) -> dict[str, Any]:
        """The file as plain data, every default filled in."""
        return self.model_dump(mode="json", exclude_none=True)
