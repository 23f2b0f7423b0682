"""What every test may ask for: one real broker and registry for the whole session, a topic prefix, a bounded wait."""

import gc
import os
import shutil
import sys
import tempfile
import uuid
from pathlib import Path

import pytest
from hypothesis import settings

from services.broker.environment import existing_endpoints
from services.broker.local import Endpoints, LocalBroker
from tests import programs
from tests.eventually import Eventually, eventually

_TESTS = Path(__file__).parent
# Set by the process that runs the session, inherited by its workers: all of them share one broker.
_HOME = "DRIFTMILL_TEST_HOME"
_OWNER = "DRIFTMILL_TEST_OWNER"


# The same examples every time; `--hypothesis-profile=search` looks for new ones.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("search", max_examples=2_000, deadline=None)
settings.load_profile("same")


_WAITING = ("chaos", "e2e", "integration")
"""Folders of tests that wait for other processes most of their time."""
_EARLY = 0.85
"""The last of them begins when so much of the rest is done: it takes longer than one that computes."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files whose tests wait and files whose tests compute come by turns, so that workers do both at any time."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    waiting = [path for path in files if path.relative_to(_TESTS).parts[0] in _WAITING]
    computing = [path for path in files if path not in waiting]
    turns = [(_EARLY * at / len(waiting), path) for at, path in enumerate(waiting)]
    turns += [(at / len(computing), path) for at, path in enumerate(computing)]
    items[:] = [item for _, path in sorted(turns) for item in files[path]]


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    gc.disable()
    if sys.platform == "linux":  # on macOS, what has loaded its libraries may not fork
        programs.fork()
    if not _is_worker(config):
        os.environ[_HOME] = tempfile.mkdtemp(prefix="driftmill-tests-")
        os.environ[_OWNER] = str(os.getpid())


def pytest_collection_finish() -> None:
    """Modules and tests stay until the end: nothing looks among them for what may go, now or later."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    gc.enable()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not _is_worker(config):
        home = Path(os.environ.pop(_HOME))
        if (home / "broker").exists():
            LocalBroker(home).down()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def broker() -> Endpoints:
    """A running broker and registry: those of DRIFTMILL_BOOTSTRAP and DRIFTMILL_SCHEMA_REGISTRY, or our own."""
    existing = existing_endpoints()
    if existing:
        return Endpoints(*existing)
    return LocalBroker(Path(os.environ[_HOME]), detached=False, owner=int(os.environ[_OWNER])).up()


@pytest.fixture
def prefix() -> str:
    """A name that no other test uses: of a pipeline, so that its topics, groups and subjects are the test's own."""
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture(name="eventually")
def _eventually() -> Eventually:
    """`eventually(condition, within=10.0)` waits until `condition()` is truthy and returns its value."""
    return eventually


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Directory of real streams, named by DRIFTMILL_TEST_DATA (default ../shared/data beside the project)."""
    directory = Path(os.environ.get("DRIFTMILL_TEST_DATA") or Path(__file__).parents[2] / "shared" / "data")
    if not directory.is_dir():
        pytest.skip(f"no real streams in {directory}: set DRIFTMILL_TEST_DATA to the directory that has them")
    return directory
