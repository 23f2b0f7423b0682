"""Who asks is told by name, or by number where the machine has no name for them."""

import getpass

import pytest

from services.cli.person import person


def test_a_person_has_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "ann")
    assert person() == "ann"


@pytest.mark.parametrize("error", [KeyError, OSError, ImportError])
def test_where_there_is_no_name_a_number_will_do(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def nobody() -> str:
        raise error

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert person()
