"""Whether data is whole: what is missing, never seen or refused of it, how much comes, and whether anything does.

All is compared with the champion's reference and with the recent past.
"""

from collections.abc import Sequence
from functools import partial

from services.monitoring.domain.alert import Fact, Raised, Updated
from services.monitoring.domain.norm import Norm
from services.monitoring.domain.past import KIND, Learn, Lengths, Pasts
from services.monitoring.domain.policy import Policy
from services.monitoring.domain.silence import Silence
from services.monitoring.domain.symptom import Symptom, symptoms_of
from services.monitoring.domain.volume import Volume, weeks
from services.monitoring.domain.window import Pool, Window, complete

ENOUGH = 200
"""Events in a window for shares to be compared; smaller windows are put together, at most a season of them."""


class Integrity:
    """Watches the inputs. shares, volume: the reference for shares, and a longer one, of consecutive windows. called:
    what people read of it.
    """

    def __init__(
        self, policy: Policy, version: str, shares: Sequence[Window], volume: Sequence[Window], called: str
    ) -> None:
        self._policy, self._version, self._called = policy, version, called
        pool = self._new_pool()
        whole = [window for held in shares if (window := pool.update(held)) is not None]
        self._pool = self._new_pool()
        self._shares = [self._share(symptom, whole) for symptom in symptoms_of(whole)] if len(whole) > 1 else []
        self._volume = self._past("volume", Lengths(policy.arm, weeks(policy, 2)), self._volume_of, volume)
        self._silence = Silence.of(policy, version, volume)
        self._last: Window | None = None

    def update(self, window: Window) -> list[Fact]:
        """Take in the next window that was told of; windows between are empty."""
        before = [] if self._last is None else [self._last]
        self._last = window
        windows = complete([*before, window], weeks(self._policy, 2))[len(before) :]
        return [fact for one in windows for fact in self._judge(one)]

    @property
    def open(self) -> list[Raised]:
        """Alerts that stand."""
        return [watch.standing.raised for watch in self._watches if watch.standing]

    @property
    def updates(self) -> list[Updated]:
        """The newest update of each of them."""
        return [watch.standing.update for watch in self._watches if watch.standing and watch.standing.update]

    @property
    def _watches(self) -> list[Pasts | Silence]:
        return [*self._shares, self._volume, self._silence]

    def _judge(self, window: Window) -> list[Fact]:
        facts: list[Fact] = []
        if not window.closed_by_source:
            facts += self._silence.update(window)
            if window.events or self._silence.standing is None:
                facts += self._volume.update(window)
        whole = self._pool.update(window)
        return facts + [fact for share in self._shares if whole for fact in share.update(whole)]

    def _new_pool(self) -> Pool:
        return Pool(ENOUGH, self._policy.season, refused=True)

    def _share(self, symptom: Symptom, reference: Sequence[Window]) -> Pasts:
        lengths = Lengths(self._policy.arm, max(len(reference), self._policy.reference))
        return self._past(symptom.name, lengths, partial(self._norm_of, symptom), reference)

    def _past(self, name: str, lengths: Lengths, learn: Learn, reference: Sequence[Window]) -> Pasts:
        return Pasts(self._policy.pipeline, self._version, name, self._called, lengths, learn, list(reference))

    def _norm_of(self, symptom: Symptom, past: str, windows: Sequence[Window]) -> Norm | None:
        return Norm.of(self._policy, (KIND, symptom.name, self._version, past), symptom, windows)

    def _volume_of(self, past: str, windows: Sequence[Window]) -> Volume | None:
        return Volume.of(self._policy, (KIND, "volume", self._version, past), windows)
