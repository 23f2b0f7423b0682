"""The documentation says what the code does."""

import re
from pathlib import Path

import pytest

from tests.contract.reference import PAGES, ROOT, is_known, own_fields, settings_classes

WRITTEN = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docker-compose.yml",
    "docs",
    "infra",
    "scripts",
    "services",
    ".ci",
)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_made_from_the_code_is_up_to_date(page: str) -> None:
    assert (ROOT / "docs" / page).read_text(encoding="utf-8") == PAGES[page](), "run scripts/document"


def test_every_setting_says_what_it_is() -> None:
    silent = [
        f"{room}.{name}"
        for room, kind in settings_classes().items()
        for name, field in own_fields(kind).items()
        if not (field.description or "").endswith(".")
    ]
    assert silent == []


def test_every_service_has_settings_of_its_own() -> None:
    services = {path.parent.name for path in (ROOT / "services").glob("*/__main__.py")}
    assert services <= set(settings_classes())


def _texts() -> list[Path]:
    roots = [ROOT / name for name in WRITTEN]
    return [path for root in roots for path in (root.rglob("*") if root.is_dir() else [root]) if path.is_file()]


def test_every_variable_that_is_named_anywhere_exists() -> None:
    unknown = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in _texts()
        if path.suffix not in (".pyc", ".nbi", ".nbc")
        for name in re.findall(r"\bDRIFTMILL_[A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8", errors="ignore"))
        if not is_known(name)
    }
    assert unknown == set()
