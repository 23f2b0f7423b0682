"""Where Driftmill doesn't run, one sentence says so, with exit code 3."""

import pytest

from services.cli.failure import UNSUPPORTED, Failure
from services.cli.supported import demand_supported


@pytest.mark.parametrize(
    ("version", "implementation", "system", "machine"),
    [
        ((3, 10), "CPython", "Linux", "x86_64"),
        ((3, 14), "CPython", "Linux", "x86_64"),
        ((3, 12), "PyPy", "Linux", "x86_64"),
        ((3, 12), "CPython", "Windows", "AMD64"),
        ((3, 12), "CPython", "Darwin", "x86_64"),
    ],
)
def test_elsewhere_is_refused(version: tuple[int, int], implementation: str, system: str, machine: str) -> None:
    with pytest.raises(Failure) as refused:
        demand_supported(version, implementation, system, machine)
    assert refused.value.code == UNSUPPORTED


@pytest.mark.parametrize(("system", "machine"), [("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "arm64")])
def test_supported_platforms_pass(system: str, machine: str) -> None:
    demand_supported((3, 13), "CPython", system, machine)
