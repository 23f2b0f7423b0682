"""The champion of a stack, made again from here: in the image that it was made in, and in one that differs from it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from services.broker.environment import child_environment
from services.broker.local import Endpoints
from services.chassis.configs import bare_codec
from services.chassis.reading import read_topic
from services.cli.connection import settings_for
from tests.containers.host import PIPELINE, SOURCE, STREAM
from tests.containers.stack import ROOT, Stack, docker

_LIBRARY = "optuna"
_METADATA = f"/opt/driftmill/lib/python3*/site-packages/{_LIBRARY}-*.dist-info/METADATA"
_OTHER = f"FROM {{image}}\nUSER root\nRUN sed -i 's/^Version: .*/Version: 0.0.1/' {_METADATA}\nUSER 10001:10001\n"
"""An image with another version of a library, so it says."""


class MadeOtherwise(Exception):
    """A version that did not come out as it should."""


@dataclass(frozen=True, slots=True)
class Played:
    """What people do on the host, with a stack and its published ports. home: an empty directory."""

    stack: Stack
    endpoints: Endpoints
    home: Path

    def publish(self) -> None:
        """Play the whole stream; what was sent before is sent twice. Raises MadeOtherwise."""
        options = [word for name, value in STREAM.items() for word in ("--option", f"{name}={value}")]
        done = self._driftmill("publish", str(SOURCE), "--pace", "max", *options)
        if done.returncode:
            raise MadeOtherwise(f"nothing to learn from: {done.stderr}")

    def champion(self) -> str | None:
        """The first version that was released, once there is one."""
        settings = settings_for(PIPELINE, self.endpoints, self.home)
        moves = read_topic(settings, bare_codec(settings), "models.history")
        return next((one.value["version"] for one in moves if one.value.get("to_state") == "champion"), None)

    def made_again(self) -> str:
        """What was seen. Raises MadeOtherwise, ComposeFailed."""
        version = str(self.champion())
        # as docs/rebuild.md says
        (self.home / "keys").mkdir()
        training = self.stack.containers()["training"].name
        docker("cp", f"{training}:/var/lib/driftmill/keys/signing.pub", str(self.home / "keys"))
        same = self._rebuilt(version)
        if same.returncode or f"{version} comes out the same, to the last byte" not in same.stdout:
            raise MadeOtherwise(f"in its image: exit code {same.returncode}\n{same.stdout}{same.stderr}")
        with _other_image(self.stack.image):
            other = self._rebuilt(version)
        _, _, told = other.stdout.partition(f"{version} comes out otherwise:\n")
        if other.returncode != 1 or [line.partition(":")[0] for line in told.splitlines()] != [
            f"environment.{_LIBRARY}"
        ]:
            raise MadeOtherwise(f"in another image: exit code {other.returncode}\n{other.stdout}{other.stderr}")
        return f"{version} came out the same in its image, and in another it was told: {told.strip()}"

    def _rebuilt(self, version: str) -> "subprocess.CompletedProcess[str]":
        return self._driftmill("rebuild", version, "--in-image", "--volume", f"{self.stack.project}_home")

    def _driftmill(self, *words: str) -> "subprocess.CompletedProcess[str]":
        told = {
            "DRIFTMILL_BOOTSTRAP": self.endpoints.bootstrap,
            "DRIFTMILL_SCHEMA_REGISTRY": self.endpoints.schema_registry,
            "DRIFTMILL_HOME": str(self.home),
        }
        return subprocess.run(
            [sys.executable, "-m", "services.cli.main", *words, "--pipeline", PIPELINE],
            cwd=ROOT,
            env=child_environment(told),
            capture_output=True,
            text=True,
            check=False,
        )


@contextmanager
def _other_image(name: str) -> Iterator[None]:
    """Another image under a name, as if it had been built anew."""
    original = docker("image", "inspect", "--format", "{{.Id}}", name).strip()
    with TemporaryDirectory() as place:
        (Path(place) / "Dockerfile").write_text(_OTHER.format(image=name))
        docker("build", "--quiet", "--tag", name, place)
    other = docker("image", "inspect", "--format", "{{.Id}}", name).strip()
    try:
        yield
    finally:
        docker("tag", original, name)
        docker("image", "rm", other)
