"""Classes that labels say and the pipeline's list doesn't have: no model can learn them until a person adds them."""

from collections.abc import Collection
from dataclasses import dataclass, field

from services.monitoring.domain.alert import Fact, Raised, alert_id
from services.monitoring.domain.window import Profile

STREAM = "classes"


@dataclass(slots=True)
class Unlisted:
    """An alert for each such class, from its first label on. listed: the classes that the pipeline knows; an alert of a
    class that has been added to them stands no more."""

    pipeline: str
    listed: Collection[str]
    open: dict[str, Raised] = field(default_factory=dict)

    def update(self, profile: Profile) -> list[Fact]:
        """Take in a profile of the stream."""
        name = profile["slice"].partition("=")[2]
        if name in self.listed or name in self.open:
            return []
        told = (
            f"Labels say '{name}', which isn't in label.target.classes: they are quarantined, and no model learns it."
        )
        self.open[name] = Raised(
            alert_id=alert_id(self.pipeline, STREAM, name, "", 0),
            kind=STREAM,
            name=name,
            version="",
            clock=profile["closed_at"],
            value=float(profile["rows"]),
            threshold=0.0,
            change=None,
            message=f"{told} Add it at the end of the list, and apply the file.",
        )
        return [self.open[name]]
