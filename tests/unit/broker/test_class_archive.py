from pathlib import Path

import pytest

from services.broker.class_archive import ClassArchives
from services.broker.java import Java


@pytest.mark.parametrize(
    ("java", "writes", "uses"),
    [
        (Java(Path("java"), "17.0.15", 17), "-XX:ArchiveClassesAtExit", "-XX:SharedArchiveFile"),
        (Java(Path("java"), "25.0.2", 25), "-XX:AOTCacheOutput", "-XX:AOTCache"),
    ],
)
def test_an_archive_is_written_once_and_then_used(tmp_path: Path, java: Java, writes: str, uses: str) -> None:
    archives, workplace = ClassArchives(tmp_path / "classes"), tmp_path / "kafka"
    workplace.mkdir()
    (workplace / "broken off.classes").touch()
    option, _, name = archives.use_or_write("kafka-1", java, workplace)[-1].partition("=")
    assert option == writes
    assert list(workplace.iterdir()) == []

    (workplace / name).write_bytes(b"archive")
    archives.keep(workplace)
    kept = tmp_path / "classes" / f"kafka-1-java-{java.version}.classes"
    assert kept.read_bytes() == b"archive"
    assert archives.use_or_write("kafka-1", java, workplace)[-1] == f"{uses}={kept}"


def test_another_java_does_not_get_the_archive(tmp_path: Path) -> None:
    archives = ClassArchives(tmp_path)
    (tmp_path / "kafka-1-java-17.0.15.classes").touch()
    assert len(archives.use("kafka-1", Java(Path("java"), "17.0.16", 17))) == 1
