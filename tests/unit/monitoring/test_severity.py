import pytest

from services.contracts.alert_life import Severity
from services.monitoring.domain.alert import Raised
from services.monitoring.domain.severity import FAR, NEAR, severity_of


@pytest.mark.parametrize(
    ("kind", "usual", "far"),
    [
        ("inputs", "info", "warning"),
        ("scores", "warning", "warning"),
        ("quality", "warning", "critical"),
        ("floor", "critical", "critical"),
        ("learner", "warning", "warning"),
    ],
)
def test_each_kind_has_its_severity_and_one_for_what_is_far_beyond(kind: str, usual: str, far: str) -> None:
    assert (severity_of(kind, 1.0), severity_of(kind, FAR - 0.01), severity_of(kind, FAR)) == (usual, usual, far)


def test_it_falls_only_once_the_statistic_is_well_below_what_made_it_rise() -> None:
    severities: list[Severity] = ["warning"]
    for excess in (FAR, FAR - 0.1, NEAR, NEAR - 0.01, FAR - 0.1):
        severities.append(severity_of("quality", excess, severities[-1]))
    assert severities == ["warning", "critical", "critical", "critical", "warning", "warning"]


def test_how_far_is_measured_from_what_is_usual() -> None:
    alert = Raised("a", "quality", "mae", "m1", 5, 16.0, 12.0, None, "", level=10.0)
    assert alert.excess(alert.value) == 3.0
    assert alert.severity == "critical"
    assert Raised("a", "quality", "mae", "m1", 5, 16.0, 12.0, None, "").severity == "warning"
