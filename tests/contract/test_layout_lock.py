"""The two locks: every version pinned by digest, the same in both, from nowhere in particular."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DIGEST = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")
PINNED = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?P<marker> ; [^\\]+)? \\$")


def entries(lock: str) -> dict[tuple[str, str], str]:
    """Name and marker of every requirement, with its version."""
    found = [PINNED.match(line) for line in (ROOT / lock).read_text().splitlines()]
    return {(pin["name"], pin["marker"] or ""): pin["version"] for pin in found if pin}


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_a_lock_holds_only_pins_and_digests(lock: str) -> None:
    lines = (ROOT / lock).read_text().splitlines()
    strange = [line for line in lines if not PINNED.match(line) and not DIGEST.match(line)]
    assert strange == []
    assert len(entries(lock)) > 50


def test_tests_run_on_the_versions_that_users_get() -> None:
    assert entries("requirements.txt").items() <= entries("requirements-dev.txt").items()


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {re.split(r"[\[<>=! ]", requirement)[0].lower().replace(".", "-") for requirement in wanted}
    assert names <= {name for name, _ in entries("requirements-dev.txt")}
