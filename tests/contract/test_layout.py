"""The shape of the source tree: what a newcomer may rely on when looking for something."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ROOT / "services"
UNITS = ROOT / "tests" / "unit"
LEARNING = ROOT / "tests" / "learning"
MOST_LINES = 300
# Where one of these would fit, a concept of the field is waiting for its name.
NAMELESS = {"utils", "helpers", "common", "base", "manager", "models", "misc"}


def modules(directory: Path) -> list[Path]:
    return sorted(path.relative_to(ROOT) for path in directory.rglob("*.py"))


def texts() -> list[Path]:
    """Every file of the project that people write."""
    own = ("services", "tests", "schemas", "pipelines", "infra", "scripts", "docs", ".ci")
    files = [path for name in own for path in (ROOT / name).rglob("*") if path.is_file()]
    files += [path for path in ROOT.iterdir() if path.is_file()]
    return [path for path in files if not any(part.strip("_").endswith("cache") for part in path.parts)]


def test_modules_are_named_after_concepts() -> None:
    nameless = [path for path in modules(SERVICES) if NAMELESS & {*path.parts[:-1], path.stem}]
    assert nameless == []


def test_no_file_has_outgrown_one_concept() -> None:
    paths = modules(SERVICES) + modules(ROOT / "tests")
    long = {str(path): lines for path in paths if (lines := len((ROOT / path).read_text().splitlines())) > MOST_LINES}
    assert long == {}


def test_every_domain_file_has_its_unit_test() -> None:
    domain = [path for path in modules(SERVICES) if "domain" in path.parts and path.stem != "__init__"]
    tests = {(path.parts[2], path.stem) for path in modules(UNITS)}
    tests |= {("training", path.stem) for path in modules(LEARNING)}
    untested = [path for path in domain if (path.parts[1], f"test_{path.stem}") not in tests]
    assert untested == []


def test_every_unit_test_stands_under_the_room_it_tests() -> None:
    stray = [
        test for test in modules(UNITS) if test.stem.startswith("test_") and not (SERVICES / test.parts[2]).is_dir()
    ]
    assert stray == []


def test_every_service_is_held_to_the_order_inside_services() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (containers,) = [set(held["containers"]) - {"services"} for held in contracts if "__main__" in held["name"]]
    programs = {f"services.{path.parent.name}" for path in SERVICES.glob("*/__main__.py")}
    assert programs - {"services.cli", "services.console"} == containers


@pytest.mark.parametrize(
    "pattern",
    [
        r"\btime\.sleep\(",
        r"(?<![\w.-])/(root|home|work|Users)/\w",
        r"\bpypi\.org/simple|pythonhosted\.org|repo1?\.maven|maven\.org/maven2",
    ],
)
def test_nothing_sleeps_or_names_a_machine_or_a_package_registry(pattern: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in texts()
        if path != Path(__file__) and path.name != "clock.py"
        for line in path.read_text(encoding="utf-8", errors="ignore").splitlines()
        if re.search(pattern, line)
    ]
    assert found == []
