"""The catalogue is the only place that names topics, and the services keep to it."""

import ast
import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from services.contracts.topics import CATALOGUE, SERVICES, TRANSACTIONAL, inputs_of
from tests.contract.reference import ROOT

OUTSIDE = {"users", "people", "every service"}
NAMING = {"topic", "group", "instance", "full_name", "_job"}
"""The functions that put a pipeline's name before another one."""
MODULES = [path for path in sorted((ROOT / "services").rglob("*.py")) if "cache" not in str(path)]


def steps() -> Iterator[tuple[str, type]]:
    for path in sorted((ROOT / "services").glob("*/step.py")):
        module = importlib.import_module(f"services.{path.parent.name}.step")
        for kind in vars(module).values():
            own = isinstance(kind, type) and kind.__module__ == module.__name__
            if own and kind.__name__.endswith("Step") and hasattr(kind, "inputs"):
                yield path.parent.name, kind


def test_writers_and_readers_are_services_or_people() -> None:
    named = {writer for topic in CATALOGUE.values() for writer in topic.writer.split(", ")}
    named |= {reader for topic in CATALOGUE.values() for reader in (*topic.readers, *topic.followers)}
    assert named <= {*SERVICES, *OUTSIDE}


def test_every_service_on_the_loop_has_dead_letters() -> None:
    assert {f"deadletters.{service}" for service in TRANSACTIONAL} <= set(CATALOGUE)


def test_compacted_topics_have_one_partition() -> None:
    assert [t.name for t in CATALOGUE.values() if t.cleanup == "compact" and t.partitioned] == []


@pytest.mark.parametrize(("service", "step"), list(steps()), ids=lambda value: getattr(value, "__name__", value))
def test_a_step_reads_what_the_catalogue_gives_to_its_service(service: str, step: type) -> None:
    inputs, log = step.inputs, step.log  # type: ignore[attr-defined]
    own = {topic.name for topic in CATALOGUE.values() if service in topic.writer.split(", ")}
    # what it tells itself it reads where a pipeline asks for that
    assert set(inputs_of(service)) - own <= set(inputs) <= set(inputs_of(service))
    assert set(log) <= {*inputs, *own}


@pytest.mark.parametrize(("service", "step"), list(steps()), ids=lambda value: getattr(value, "__name__", value))
def test_the_inputs_of_a_step_are_partitioned_alike(service: str, step: type) -> None:
    partitioned = {CATALOGUE[topic].partitioned for topic in (*step.inputs, *step.log)}  # type: ignore[attr-defined]
    assert len(partitioned) == 1, service


def _topics_read(definition: ast.AST, readers: Mapping[str, set[str]]) -> set[str]:
    """Topics that a class or function names and reads, or reads by other readers, which name them."""
    calls = (node.func for node in ast.walk(definition) if isinstance(node, ast.Call))
    used = {call.id for call in calls if isinstance(call, ast.Name)}
    constants = (node.value for node in ast.walk(definition) if isinstance(node, ast.Constant))
    named = {str(value) for value in constants if value in CATALOGUE} if used & {"read_topic", "TopicReader"} else ()
    return set[str]().union(named, *(readers[name] for name in used & set(readers)))


def _definitions(path: Path) -> Iterator[ast.ClassDef | ast.FunctionDef]:
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node


def test_a_service_reads_beside_its_inputs_what_the_catalogue_lets_it_read() -> None:
    """Or what it writes itself. Programs are started by people, and ingestion plays streams for people: both read as
    these do."""
    own = [node for path in sorted((ROOT / "services/chassis").glob("*.py")) for node in _definitions(path)]
    readers = {node.name: _topics_read(node, {}) for node in own}
    wrong, found = [], set()
    for path in MODULES:
        service = path.relative_to(ROOT / "services").parts[0]
        is_program = path.stem != "__main__" and '"__main__"' in path.read_text()
        if service not in SERVICES or service == "ingestion" or is_program:
            continue
        for topic in (CATALOGUE[name] for node in _definitions(path) for name in _topics_read(node, readers)):
            found.add((service, topic.name))
            may = {*topic.readers, *topic.followers, *topic.writer.split(", ")}
            if may.isdisjoint({service, "every service"}):
                wrong.append(f"{path.relative_to(ROOT)}: {topic.name}")
    assert wrong == []
    assert {("registry", "runs"), ("lake", "requests"), ("inference", "models")} <= found


def _prefixed(tree: ast.AST) -> Iterator[int]:
    """Lines of formatted strings that put a pipeline before a dot, outside the functions that may."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef) and node.name in NAMING:
            continue
        if isinstance(node, ast.JoinedStr):
            for part, after in zip(node.values, node.values[1:], strict=False):
                named = isinstance(part, ast.FormattedValue) and "pipeline" in ast.unparse(part)
                if named and isinstance(after, ast.Constant) and str(after.value) == ".":
                    yield node.lineno
        yield from _prefixed(node)


def test_no_topic_name_is_put_together_by_hand() -> None:
    found = [f"{path.relative_to(ROOT)}:{line}" for path in MODULES for line in _prefixed(ast.parse(path.read_text()))]
    assert found == []


def _outputs(path: Path) -> Iterator[tuple[str, str | None]]:
    """Topic and record of every Output whose topic is written out."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Output":
            topic, *rest = [argument.value if isinstance(argument, ast.Constant) else None for argument in node.args]
            if isinstance(topic, str):
                kind = rest[1] if len(rest) > 1 else None
                yield topic, kind if isinstance(kind, str) else None


def test_services_write_the_records_of_their_own_topics() -> None:
    wrong = []
    for path in MODULES:
        service = path.relative_to(ROOT / "services").parts[0]
        for name, kind in _outputs(path):
            topic = CATALOGUE.get(name)
            fits = topic is not None and service in topic.writer.split(", ") and (kind is None or kind in topic.records)
            if not fits:
                wrong.append(f"{path.relative_to(ROOT)}: {kind} to {name}")
    assert wrong == []
