import hashlib
import io
import shutil
import tarfile
from collections import namedtuple
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from services.broker.artifacts import Artifact, Bundle
from services.broker.cache import ArtifactCache
from services.broker.errors import DiskFull, NoNetwork, WrongDigest
from services.broker.progress import Progress


def artifact(name: str, content: bytes, packaging: str = "") -> Artifact:
    return Artifact(f"org.example:{name}:1{packaging}", len(content), hashlib.sha256(content).hexdigest())


def archive(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


@dataclass
class Repository:
    """A Maven repository: what it has by file name; it counts what was asked for and can break off after some files."""

    contents: dict[str, bytes]
    asked: list[str] = field(default_factory=list)
    breaks_at: str = ""

    def fetch(self, artifacts: Sequence[Artifact], directory: Path, arrived: Callable[[int], None]) -> None:
        for wanted in artifacts:
            if wanted.name == self.breaks_at:
                raise NoNetwork(wanted.name, "unplugged")
            self.asked.append(wanted.name)
            (directory / wanted.name).write_bytes(self.contents[wanted.name])
            arrived(wanted.size)


A, B = b"first jar", b"second jar"
JARS = Bundle("kafka", "1", (artifact("a", A), artifact("b", B)))


def test_files_are_fetched_once_and_reported(tmp_path: Path) -> None:
    repository, told = Repository({"a-1.jar": A, "b-1.jar": B}), list[Progress]()
    cache = ArtifactCache(tmp_path, told.append, repository.fetch)
    place = cache.jars(JARS)
    assert cache.jars(JARS) == place
    assert repository.asked == ["a-1.jar", "b-1.jar"]
    assert {path.name: path.read_bytes() for path in place.iterdir()} == {"a-1.jar": A, "b-1.jar": B}
    assert told[-1] == Progress("Downloading kafka 1", JARS.size, JARS.size)


def test_a_file_with_another_digest_is_refused_and_never_put_in_place(tmp_path: Path) -> None:
    cache = ArtifactCache(tmp_path, fetch=Repository({"a-1.jar": A, "b-1.jar": b"forged jar"}).fetch)
    with pytest.raises(WrongDigest, match=r"b-1\.jar"):
        cache.jars(JARS)
    assert not list(tmp_path.rglob("b-1.jar"))


def test_a_damaged_file_is_fetched_again(tmp_path: Path) -> None:
    repository = Repository({"a-1.jar": A, "b-1.jar": B})
    cache = ArtifactCache(tmp_path, fetch=repository.fetch)
    damaged = cache.jars(JARS) / "a-1.jar"
    damaged.write_bytes(A[::-1])
    cache.jars(JARS)
    assert damaged.read_bytes() == A
    assert repository.asked == ["a-1.jar", "b-1.jar", "a-1.jar"]


def test_a_start_that_broke_off_keeps_what_had_arrived(tmp_path: Path) -> None:
    repository = Repository({"a-1.jar": A, "b-1.jar": B}, breaks_at="b-1.jar")
    cache = ArtifactCache(tmp_path, fetch=repository.fetch)
    with pytest.raises(NoNetwork, match="unplugged"):
        cache.jars(JARS)
    repository.breaks_at = ""
    cache.jars(JARS)
    assert repository.asked == ["a-1.jar", "b-1.jar"]


def test_an_archive_is_unpacked_whole_and_then_not_fetched_again(tmp_path: Path) -> None:
    content = archive(**{"app-runner.jar": b"app"})
    bundle = Bundle("registry", "1", (artifact("app", content, ":tar.gz:all"),))
    repository = Repository({"app-1-all.tar.gz": content})
    cache = ArtifactCache(tmp_path, fetch=repository.fetch)
    assert cache.pending_bytes(JARS, bundle) == JARS.size + bundle.size
    (cache.unpacked(bundle).with_name("registry-1.new")).mkdir()
    assert (cache.unpacked(bundle) / "app-runner.jar").read_bytes() == b"app"
    assert repository.asked == ["app-1-all.tar.gz"]
    assert cache.pending_bytes(JARS, bundle) == JARS.size


def test_too_little_space_is_said_before_anything_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10, 9, 1))
    repository = Repository({})
    with pytest.raises(DiskFull, match="DRIFTMILL_CACHE"):
        ArtifactCache(tmp_path, fetch=repository.fetch).jars(JARS)
    assert repository.asked == []
