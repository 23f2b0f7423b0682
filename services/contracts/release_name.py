"""Names of what answers: a model with the policy that decides by its scores."""

import re
from functools import cache
from typing import NamedTuple

FIRST = 1
"""Number of the policy that comes with a model."""

_REFRESHED = re.compile(r"(.+)\.p([1-9][0-9]*)")


class ReleaseName(NamedTuple):
    """`v3` is the model with its first policy, `p1`; `v3.p2` the same model with its second."""

    model: str
    number: int = FIRST

    @classmethod
    @cache
    def of(cls, name: str) -> "ReleaseName":
        """The release that a name means; what isn't named after a refreshed policy is a model's first."""
        found = _REFRESHED.fullmatch(name)
        return cls(name) if found is None or int(found[2]) == FIRST else cls(found[1], int(found[2]))

    @classmethod
    @cache
    def by(cls, model: str, policy: str) -> str:
        """The name of the release whose answers name this model and policy; empty: a baseline, which has none."""
        return str(cls(model, int(policy[1:]) if policy else FIRST))

    @property
    def policy(self) -> str:
        """The policy's own name."""
        return f"p{self.number}"

    @property
    def is_refreshed(self) -> bool:
        """Whether the policy came after its model."""
        return self.number > FIRST

    def __str__(self) -> str:
        return f"{self.model}.{self.policy}" if self.is_refreshed else self.model
