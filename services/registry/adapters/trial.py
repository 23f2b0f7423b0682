"""A trial of a model file: it is loaded and scores given rows, as inference would do it."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from services.chassis import clock
from services.registry.adapters.graph import problem_of

MANY = 2_000
"""Rows in the greatest batch, on which the time is taken too."""
_REPEATS = 3
_SAID = 160


class Question(TypedDict):
    """numbers, categories: names of the inputs. rows: of the golden batch. batches: sizes; greater ones than there are
    rows repeat them. output, width: name and columns of the only output, of which the last is the score, or of more
    than two all are."""

    numbers: list[str]
    categories: list[str]
    number_rows: list[list[float | None]]
    category_rows: list[list[str]]
    batches: list[int]
    output: str
    width: int


class Answer(TypedDict):
    """problem: why the file can't be served, or empty. scores: of each batch, its first rows, at most as many as there
    are golden ones. milliseconds: CPU time for 1,000 rows."""

    problem: str
    scores: list[Any]
    milliseconds: float


def tried(content: bytes, question: Question) -> Answer:
    """Load the file and score. For a process that may die of it."""
    problem = problem_of(content)
    if problem:
        return refused(problem)
    try:
        session = _session(content)
    except Exception as error:
        return refused(f"ONNX Runtime can't load the file: {_short(error)}")
    problem = _contract_problem(session, question)
    if problem:
        return refused(problem)
    try:
        scores = [_scores(session, question, size) for size in question["batches"]]
        return {"problem": "", "scores": scores, "milliseconds": _milliseconds(session, question)}
    except Exception as error:
        return refused(f"ONNX Runtime can't score the golden batch: {_short(error)}")


def refused(problem: str) -> Answer:
    """The answer about a file that can't be served."""
    return {"problem": problem, "scores": [], "milliseconds": 0.0}


def _short(error: Exception) -> str:
    """The beginning says what, the end why; between them are C++ templates."""
    text = " ".join(str(error).split())
    return text if len(text) <= 2 * _SAID else f"{text[:_SAID]} … {text[-_SAID:]}"


def _session(content: bytes) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def _contract_problem(session: ort.InferenceSession, question: Question) -> str:
    """Inputs are one column each, [rows, 1]; the only output is the task's."""
    wanted = [f"{name}: tensor(float) [rows, 1]" for name in question["numbers"]]
    wanted += [f"{name}: tensor(string) [rows, 1]" for name in question["categories"]]
    for what, found, expected in (
        ("inputs", session.get_inputs(), wanted),
        ("outputs", session.get_outputs(), [f"{question['output']}: tensor(float) [rows, {question['width']}]"]),
    ):
        if wrong := sorted(set(map(_said, found)) ^ set(expected)):
            return f"the graph's {what} aren't those of the manifest: {'; '.join(wrong[:4])}"
    return ""


def _said(entry: Any) -> str:
    """A number of rows that the file fixes shows as such; a free one is called rows."""
    rows, *rest = entry.shape or ["none"]
    first = rows if isinstance(rows, int) else "rows"
    return f"{entry.name}: {entry.type} [{', '.join(map(str, (first, *rest)))}]"


def _scores(session: ort.InferenceSession, question: Question, size: int) -> list[Any]:
    """A single row is padded to two, as inference does it."""
    found = _run(session, _feed(question, max(size, 2)), question["output"])[: min(size, len(question["number_rows"]))]
    scores: list[Any] = found.tolist()
    return scores


def _milliseconds(session: ort.InferenceSession, question: Question) -> float:
    feed, times = _feed(question, MANY), []
    for _ in range(_REPEATS):
        started = clock.thread_seconds()
        _run(session, feed, question["output"])
        times.append(clock.thread_seconds() - started)
    return min(times) * 1e3 / (MANY / 1e3)


def _feed(question: Question, rows: int) -> Mapping[str, NDArray[Any]]:
    chosen = np.arange(rows) % len(question["number_rows"])
    numbers = np.array(question["number_rows"], np.float32).reshape(len(question["number_rows"]), -1)[chosen]
    feed: dict[str, NDArray[Any]] = {
        name: np.ascontiguousarray(numbers[:, [place]]) for place, name in enumerate(question["numbers"])
    }
    texts: Sequence[Sequence[str]] = [question["category_rows"][row] for row in chosen]
    for place, name in enumerate(question["categories"]):
        feed[name] = np.array([[row[place]] for row in texts], dtype=object)
    return feed


def _run(session: ort.InferenceSession, feed: Mapping[str, NDArray[Any]], output: str) -> NDArray[np.float64]:
    found = np.asarray(session.run([output], dict(feed))[0], np.float64)
    return found if found.shape[1] > 2 else found[:, -1]
