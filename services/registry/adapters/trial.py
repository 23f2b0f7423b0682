"""A trial of a model file: it is loaded and scores given rows, as inference would do it."""

from itertools import cycle
from typing import Any, TypedDict

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from services.chassis.serving_cost import cost_of, held_at_most
from services.contracts.golden_feed import Feed, GoldenFeed
from services.contracts.manifest import Cost
from services.registry.adapters.graph import problem_of

_SAID = 160


class Question(TypedDict):
    """numbers, categories: names of the inputs. rows: that are to be scored. batches: sizes; greater ones than there
    are rows repeat them. pieces: sizes of batches in which all rows are scored one after the other, again and again.
    output, width: name and columns of the only output, of which the last is the score, or of more than two all are."""

    numbers: list[str]
    categories: list[str]
    number_rows: list[list[float | None]]
    category_rows: list[list[str]]
    batches: list[int]
    pieces: list[int]
    output: str
    width: int


class Answer(TypedDict):
    """problem: why the file can't be served, or empty. scores: of each batch, its first rows, at most as many as there
    are; at last those of the pieces, if there are any. walls: what the process was shut off from, see `walled_off`."""

    problem: str
    scores: list[Any]
    cost: Cost
    walls: list[str]


def tried(content: bytes, question: Question) -> Answer:
    """Load the file and score. For a process that may die of it."""
    problem = problem_of(content)
    if problem:
        return refused(problem)
    before = held_at_most()
    try:
        session = _session(content)
    except Exception as error:
        return refused(f"ONNX Runtime can't load the file: {_short(error)}")
    problem = _contract_problem(session, question)
    if problem:
        return refused(problem)
    names, rows = (question["numbers"], question["categories"]), (question["number_rows"], question["category_rows"])
    try:
        served = _Served(session, question["output"], GoldenFeed(*names, *rows))
        scores = [served.batch(size) for size in question["batches"]]
        scores += [served.in_pieces(question["pieces"])] if question["pieces"] else []
        return {"problem": "", "scores": scores, "cost": cost_of(served.run, served.rows, before), "walls": []}
    except Exception as error:
        return refused(f"ONNX Runtime can't score the rows: {_short(error)}")


def refused(problem: str) -> Answer:
    """The answer about a file that can't be served."""
    cost: Cost = {"alone": 0.0, "alone_p99": 0.0, "together": 0.0, "mib": 0.0}
    return {"problem": problem, "scores": [], "cost": cost, "walls": []}


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


class _Served:
    """A file that answers. rows: what it is asked."""

    def __init__(self, session: ort.InferenceSession, output: str, rows: GoldenFeed) -> None:
        self._session, self._output, self.rows = session, output, rows

    def run(self, feed: Feed) -> NDArray[np.float64]:
        """Scores [rows], of several classes [rows, classes]."""
        found = np.asarray(self._session.run([self._output], dict(feed))[0], np.float64)
        return found if found.shape[1] > 2 else found[:, -1]

    def batch(self, size: int) -> list[Any]:
        """Scores of the first rows."""
        scores: list[Any] = self.run(self.rows.of(np.arange(size)))[: min(size, len(self.rows))].tolist()
        return scores

    def in_pieces(self, sizes: list[int]) -> list[Any]:
        """Scores of all rows, in batches of these sizes one after the other."""
        scores: list[Any] = []
        for size in cycle(sizes):
            if len(scores) == len(self.rows):
                break
            piece = np.arange(len(scores), min(len(scores) + size, len(self.rows)))
            scores += self.run(self.rows.of(piece))[: len(piece)].tolist()
        return scores
