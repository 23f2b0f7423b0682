"""The states of one service instance on its disk, and their snapshots in the object store."""

import logging
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from services.chassis.assignment import Positions
from services.chassis.context import Context
from services.chassis.database import Database, TornState, remove
from services.chassis.errors import TransientError
from services.chassis.kept import Kept
from services.chassis.origin import Origin, Point, topic_ids
from services.chassis.snapshots import Manifest, Snapshots, stored_under
from services.chassis.step import Step
from services.chassis.store import STORE_ERRORS
from services.contracts.entries import Changes

log = logging.getLogger(__name__)

FLUSH_RECORDS = 50_000
"""Records after which changed state is written, however short the time: what changed waits in memory."""
_FIRST_RATE = 20_000.0
"""Records a second that a replay is taken to manage until one was measured."""


class Storage:
    """Databases by partition. replay_rate: records a second that the last long replay managed.

    What is written is committed state only. A database that can't be read whole, or of another origin, is not used.
    """

    def __init__(self, service: str, context: Context, step: Step[Any, Any]) -> None:
        settings = context.settings
        self._settings, self._cluster, self._step, self._health = settings, context.cluster, step, context.health
        self._metrics = context.metrics
        self._folder = settings.state_dir / settings.pipeline / f"{service}-{settings.ordinal}"
        self._snapshots = Snapshots(context.store, stored_under(settings.pipeline, service))
        self._ids: dict[str, str] = {}
        self._open: dict[int, Kept] = {}
        self._stored: dict[int, Positions] = {}
        self._uploads: dict[int, Future[None]] = {}
        self._writer = ThreadPoolExecutor(1, "state-writer")
        self._uploader = ThreadPoolExecutor(1, "state-uploader")
        self._ended = self._is_failing = False
        self.replay_rate = _FIRST_RATE

    # a partition comes
    def find(self, partition: int, limits: Positions) -> Kept | None:
        """The newest state that a replay can bring to `limits`, from the disk or the store. Raises TransientError."""
        self._let_go(partition)
        origin, local = self._origin(partition), self._local(partition)
        if local is not None and not (local.point and local.point.fits(origin, limits)):
            local.close()
            local = None
        here = local.point.reach if local is not None and local.point is not None else -1
        fitting = [one for one in self._manifests(partition, local is not None) if one.point.fits(origin, limits)]
        fitting.sort(key=lambda one: one.point.reach, reverse=True)
        self._stored[partition] = fitting[0].point.positions if fitting else {}
        for manifest in fitting:
            if manifest.point.reach <= here:
                break
            fetched = self._fetched(partition, manifest, local)
            if fetched is not None:
                return self._kept(partition, fetched)
        return None if local is None else self._kept(partition, local)

    def fresh(self, partition: int) -> Kept:
        """An empty database in the place of what is there. Raises TransientError."""
        try:
            return self._kept(partition, Database.create(self._path(partition)))
        except OSError as error:
            raise TransientError(f"state can't be written: {error}") from error

    def worked_before(self, partition: int) -> bool:
        """Whether a state of this log, whatever was made of it, shows that inputs were processed."""
        self._let_go(partition)
        origin, local = self._origin(partition), self._local(partition)
        points = [manifest.point for manifest in self._manifests(partition, local is not None)]
        if local is not None:
            points += [local.point] if local.point else []
            local.close()
        inputs = self._step.inputs
        return any(point.origin.same_log(origin) and any(map(point.positions.get, inputs)) for point in points)

    # it is worked on
    def flush(self, partition: int, changes: Changes, positions: Positions) -> None:
        """Write what changed, behind the loop, and bring a snapshot to the store if one is due. Raises Refused."""
        self._open[partition].keep(changes, Point(self._origin(partition), positions))
        stored = self._stored.get(partition, {})
        ahead = sum(positions.get(topic, 0) - stored.get(topic, 0) for topic in self._step.log)
        # as often as input rate / (budget * replay rate) says, without a need to know the input rate
        under_way = self._uploads.get(partition)
        if ahead >= self._budget() and (under_way is None or under_way.done()):
            self._upload(partition)

    def _budget(self) -> float:
        """Records of each partition that may lie behind its snapshot: partitions are replayed one after the other."""
        return self._settings.replay_seconds * self.replay_rate / len(self._open)

    # it goes
    def release(self, budget: float) -> None:
        """Write everything, let the store have it within `budget` seconds if that is enough, and let go."""
        for partition, kept in self._open.items():
            kept.settle()
            if kept.point is not None and kept.point.positions != self._stored.get(partition):
                self._upload(partition)
        wait(list(self._uploads.values()), budget)
        self.close()

    def close(self) -> None:
        """Let go of all databases; what is on its way to the store goes on."""
        for kept in self._open.values():
            kept.close()
        self._open.clear()

    def end(self) -> None:
        """The process ends: what is on its way to the store is given up."""
        self._ended = True
        self._uploader.shutdown(cancel_futures=True)
        self.close()
        self._writer.shutdown()

    def _kept(self, partition: int, database: Database) -> Kept:
        room = self._settings.state_mb * 2**20 // self._settings.partitions
        self._open[partition] = Kept(database, room, self._writer, self._metrics)
        return self._open[partition]

    def _let_go(self, partition: int) -> None:
        before = self._open.pop(partition, None)
        if before is not None:
            before.close()

    def _path(self, partition: int) -> Path:
        return self._folder / str(partition)

    def _origin(self, partition: int) -> Origin:
        if not self._ids:
            self._ids = topic_ids(self._settings, tuple(dict.fromkeys((*self._step.inputs, *self._step.log))))
        return Origin(self._cluster, self._ids, partition, self._step.digest)

    def _local(self, partition: int) -> Database | None:
        try:
            return Database.open(self._path(partition))
        except TornState as error:
            if self._path(partition).exists():
                log.warning("local state is not used", extra={"partition": partition, "why": str(error)})
            return None

    def _manifests(self, partition: int, can_do_without: bool) -> list[Manifest]:
        try:
            return self._snapshots.manifests(partition)
        except STORE_ERRORS as error:
            if not can_do_without:
                raise TransientError(f"the object store can't be read: {error}") from error
            log.warning("snapshots can't be read", extra={"why": str(error)})
            return []

    def _fetched(self, partition: int, manifest: Manifest, local: Database | None) -> Database | None:
        """The database of a snapshot in the place of the local one, which stays if the snapshot isn't whole."""
        draft = self._path(partition).with_suffix(".fetched")
        remove(draft)
        try:
            self._snapshots.fetch(manifest, draft, self._health.tick)
            Database.open(draft).close()
        except TornState as error:
            log.warning("a snapshot is not used", extra={"partition": partition, "why": str(error)})
            remove(draft)
            return None
        except STORE_ERRORS as error:
            raise TransientError(f"the object store can't be read: {error}") from error
        if local is not None:
            local.close()
        remove(self._path(partition))
        draft.rename(self._path(partition))
        self._stored[partition] = manifest.point.positions
        log.info("state fetched", extra={"partition": partition, "positions": manifest.point.positions})
        return Database.open(self._path(partition))

    def _upload(self, partition: int) -> None:
        self._uploads[partition] = self._uploader.submit(self._bring, partition, self._open[partition])

    def _bring(self, partition: int, kept: Kept) -> None:
        with self._metrics.state_work("store"):
            self._brought(partition, kept)

    def _brought(self, partition: int, kept: Kept) -> None:
        folder = self._path(partition).with_suffix(".checkpoint")
        try:
            point = self._writer.submit(kept.checkpoint, folder).result()
            if point is not None and self._snapshots.save(folder, point, lambda: self._ended):
                self._stored[partition] = point.positions
                self._is_failing = False
        except STORE_ERRORS as error:
            if not self._is_failing:
                log.error("no snapshot stored; tried again later", extra={"partition": partition, "why": str(error)})
            self._is_failing = True
        finally:
            remove(folder)
