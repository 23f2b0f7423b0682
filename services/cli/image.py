"""Container images of exported models, built by Docker."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from services.cli.failure import Failure


def docker_here(told: Mapping[str, str]) -> str | None:
    """Where the command `docker` is; None if there is none."""
    return shutil.which("docker", path=told.get("PATH"))


def built(docker: str, folder: Path, name: str, told: Mapping[str, str]) -> str:
    """Build the image of a folder under a name; returns its digest, `sha256:…`. What Docker says goes to standard
    error. Raises Failure.
    """
    with TemporaryDirectory() as place:
        digest = Path(place) / "digest"
        command = [docker, "build", "--tag", name, "--iidfile", str(digest), str(folder)]
        if subprocess.run(command, env=told, stdout=2, check=False).returncode or not digest.exists():
            raise Failure(
                f"The image wasn't built, see above. All it is built of is in {folder}: {by_hand(folder, name)}"
            )
        return digest.read_text().strip()


def by_hand(folder: Path, name: str) -> str:
    """The command that builds it."""
    return f"docker build -t {name} {folder}"
