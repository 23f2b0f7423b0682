from pathlib import Path

import pytest

from services.broker.environment import cache_directory, child_environment, existing_endpoints, java_environment


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("NO_PROXY", "no_proxy", "DRIFTMILL_CACHE", "DRIFTMILL_BOOTSTRAP", "DRIFTMILL_SCHEMA_REGISTRY"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "127.0.0.1,localhost,::1"),
        ("example.org, localhost", "example.org,localhost,127.0.0.1,::1"),
    ],
)
def test_loopback_never_goes_through_a_proxy(clean: pytest.MonkeyPatch, before: str, after: str) -> None:
    clean.setenv("NO_PROXY", before)
    environment = child_environment({"A": "1"})
    assert environment["NO_PROXY"] == environment["no_proxy"] == after
    assert environment["A"] == "1"


def test_nobody_is_told_what_is_scored(clean: pytest.MonkeyPatch) -> None:
    assert child_environment()["ORT_DISABLE_TELEMETRY"] == "1"


def test_java_takes_no_settings_from_other_installations(clean: pytest.MonkeyPatch) -> None:
    for name in ("JAVA_TOOL_OPTIONS", "QUARKUS_HTTP_PORT", "REGISTRY_DATASOURCE_URL"):
        clean.setenv(name, "x")
    assert not {"JAVA_TOOL_OPTIONS", "QUARKUS_HTTP_PORT", "REGISTRY_DATASOURCE_URL"} & set(java_environment())


def test_the_cache_can_be_placed(clean: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert cache_directory().name == "driftmill"
    clean.setenv("DRIFTMILL_CACHE", str(tmp_path))
    assert cache_directory() == tmp_path


def test_existing_endpoints_need_both_addresses(clean: pytest.MonkeyPatch) -> None:
    clean.setenv("DRIFTMILL_BOOTSTRAP", "broker:9092")
    assert existing_endpoints() is None
    clean.setenv("DRIFTMILL_SCHEMA_REGISTRY", "http://registry")
    assert existing_endpoints() == ("broker:9092", "http://registry")
