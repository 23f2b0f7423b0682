"""Settings come from the environment once, are checked, and are documented."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from services.chassis.settings import ChassisSettings


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTMILL_PIPELINE", "shop")
    monkeypatch.setenv("DRIFTMILL_PARTITIONS", "7")
    monkeypatch.setenv("DRIFTMILL_STATE", "/somewhere")
    settings = ChassisSettings.model_validate({})
    made = ChassisSettings()
    assert (made.pipeline, made.partitions, made.state_dir) == ("shop", 7, Path("/somewhere"))
    assert settings.pipeline == "shop"


@pytest.mark.parametrize(
    ("name", "value"),
    [("partitions", 0), ("ordinal", -1), ("http_port", 70_000), ("batch_records", 0), ("poll_ms", "x")],
)
def test_nonsense_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValidationError, match=name):
        ChassisSettings(pipeline="shop", **{name: value})  # type: ignore[arg-type]


def test_the_pipeline_has_no_default() -> None:
    with pytest.raises(ValidationError, match="pipeline"):
        ChassisSettings()


def test_they_never_change() -> None:
    settings = ChassisSettings(pipeline="shop")
    with pytest.raises(ValidationError, match="frozen"):
        settings.partitions = 3  # type: ignore[misc]


def test_state_and_store_lie_under_home_unless_told(tmp_path: Path) -> None:
    settings = ChassisSettings(pipeline="shop", home=tmp_path / "a home")
    assert settings.state_dir == tmp_path / "a home" / "state"
    assert settings.store_url == (tmp_path / "a home" / "store").as_uri()


def test_names_hold_the_pipeline() -> None:
    settings = ChassisSettings(pipeline="shop", ordinal=2)
    assert settings.topic("events") == "shop.events"
    assert settings.group("features") == "shop.features"
    assert settings.instance("features") == "shop.features-2"


def test_every_setting_is_described() -> None:
    assert [name for name, field in ChassisSettings.model_fields.items() if not field.description] == []
