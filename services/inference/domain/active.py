"""What answers in a partition: the state of inference."""

from dataclasses import dataclass

from services.contracts.entries import Changes

Answering = tuple[str, str]
"""Digests of a model and of the policy that decides by its scores."""


@dataclass(slots=True)
class Active:
    """What last answered in a partition, None before the first answer of this process."""

    answering: Answering | None = None

    def apply(self, staged: Answering | None) -> None:
        """Another model answers from now on, or another policy decides; None while none has answered yet."""
        self.answering = staged

    def changes(self) -> Changes:
        """Nothing is kept across processes: a new one names its model and policy again."""
        return {}
