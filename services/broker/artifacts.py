"""The pinned files that the local broker and registry consist of (infra/broker/artifacts.toml)."""

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

INFRA = Path(__file__).parents[2] / "infra" / "broker"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file of a Maven repository: `group:artifact:version[:packaging[:classifier]]`, its bytes and their SHA-256."""

    coordinate: str
    size: int
    sha256: str

    @property
    def parts(self) -> tuple[str, str, str, str, str]:
        """Group, artifact, version, packaging, classifier (may be empty)."""
        group, artifact, version, *rest = self.coordinate.split(":")
        packaging, classifier = (*rest, "jar", "")[:2] if not rest else (*rest, "")[:2]
        return group, artifact, version, packaging, classifier

    @property
    def name(self) -> str:
        """The file's name, as Maven writes it."""
        _, artifact, version, packaging, classifier = self.parts
        return f"{artifact}-{version}{'-' if classifier else ''}{classifier}.{packaging}"


@dataclass(frozen=True, slots=True)
class Bundle:
    """All files of one server in one version."""

    name: str
    version: str
    files: tuple[Artifact, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is pinned: the broker's jars and the registry's archive."""

    kafka: Bundle
    registry: Bundle


def read_manifest(path: Path = INFRA / "artifacts.toml") -> Manifest:
    """Reads what scripts/lock-jars wrote."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    bundles = {
        name: Bundle(name, part["version"], tuple(Artifact(**file) for file in part["files"]))
        for name, part in document.items()
    }
    return Manifest(bundles["kafka"], bundles["registry"])


def digest_of(path: Path) -> str:
    """SHA-256 of a file, as hexadecimal text."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
