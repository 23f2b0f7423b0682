"""What an exported model needs installed is what answers here; its scripts need nothing of Driftmill."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EDGE = ROOT / "services" / "cli" / "edge"


def locked(path: Path) -> dict[str, set[str]]:
    """Digests by package and version."""
    found: dict[str, set[str]] = {}
    for block in re.split(r"\n(?=\S)", path.read_text()):
        name, *digests = re.split(r"\s*\\?\n\s*--hash=", block.strip())
        found[name.partition(";")[0].strip()] = {digest.strip() for digest in digests}
    return found


@pytest.mark.parametrize("name", ["score", "serve"])
def test_packages_are_those_of_the_lock(name: str) -> None:
    whole, part = locked(ROOT / "requirements.txt"), locked(EDGE / f"{name}.txt")
    assert {package: whole.get(package) for package in part} == part
    assert all(part.values())
    wanted = (EDGE / f"{name}.in").read_text().split()
    assert set(wanted) <= {package.partition("==")[0] for package in part}


def test_scripts_import_each_other_and_nothing_of_driftmill() -> None:
    for path in EDGE.glob("*.py"):
        imported = set(re.findall(r"^\s*(?:from|import) (services[\w.]*)", path.read_text(), re.MULTILINE))
        assert imported <= {"services.cli.edge.model"}
