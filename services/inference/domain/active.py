"""What is asked in a partition: the state of inference."""

from dataclasses import dataclass
from typing import NamedTuple

from services.contracts.entries import Changes


class Answering(NamedTuple):
    """Digests of the model that answers and of the policy that decides by its scores, and the version in flight beside
    it, with its digest and its share of the entities; none: empty."""

    model: str
    policy: str
    challenger: str = ""
    challenger_digest: str = ""
    share: float = 0.0


@dataclass(slots=True)
class Active:
    """What was last asked in a partition, None before the first answer of this process."""

    answering: Answering | None = None

    def apply(self, staged: Answering | None) -> None:
        """Others are asked from now on, or another policy decides; None while none has answered yet."""
        self.answering = staged

    def changes(self) -> Changes:
        """Nothing is kept across processes: a new one names its models and policy again."""
        return {}
