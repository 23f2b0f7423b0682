"""Names of a model with its policy."""

import pytest

from services.contracts.release_name import ReleaseName


@pytest.mark.parametrize(
    ("name", "model", "policy", "is_refreshed"),
    [
        ("v3", "v3", "p1", False),
        ("v3.p2", "v3", "p2", True),
        ("v12.p10", "v12", "p10", True),
        ("baseline", "baseline", "p1", False),
        ("", "", "p1", False),
        ("v3.p", "v3.p", "p1", False),
        ("v3.p02", "v3.p02", "p1", False),
    ],
)
def test_a_name_tells_model_and_policy(name: str, model: str, policy: str, is_refreshed: bool) -> None:
    found = ReleaseName.of(name)
    assert (found.model, found.policy, found.is_refreshed, str(found)) == (model, policy, is_refreshed, name)


def test_the_first_policy_has_no_other_name_than_its_model() -> None:
    assert ReleaseName.of("v3.p1").model == "v3.p1"
    assert [ReleaseName.by("v3", policy) for policy in ("", "p1", "p2")] == ["v3", "v3", "v3.p2"]
