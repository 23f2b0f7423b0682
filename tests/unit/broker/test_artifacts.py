import pytest

from services.broker.artifacts import Artifact, read_manifest


@pytest.mark.parametrize(
    ("coordinate", "name"),
    [
        ("org.apache.kafka:kafka_2.13:4.2.1", "kafka_2.13-4.2.1.jar"),
        ("io.apicurio:apicurio-registry-app:2.6.13.Final:tar.gz:all", "apicurio-registry-app-2.6.13.Final-all.tar.gz"),
    ],
)
def test_a_coordinate_names_the_file_as_maven_does(coordinate: str, name: str) -> None:
    assert Artifact(coordinate, 1, "").name == name


def test_every_pinned_file_has_a_size_and_a_digest() -> None:
    manifest = read_manifest()
    files = (*manifest.kafka.files, *manifest.registry.files)
    assert all(file.size > 0 and len(file.sha256) == 64 for file in files)
    assert len({file.name for file in files}) == len(files)
    assert f"org.apache.kafka:kafka_2.13:{manifest.kafka.version}" in {file.coordinate for file in files}
