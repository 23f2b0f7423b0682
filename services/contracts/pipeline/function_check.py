"""Checks features.py by reading it, without running it: that it is Python, and fits the row features that call it."""

import ast
import sys

from services.contracts.pipeline.context import Context
from services.contracts.pipeline.document import MAX_SIZE
from services.contracts.pipeline.features import RowCall
from services.contracts.pipeline.mistake import Mistake

FILE = "features.py"

LIBRARIES = sys.stdlib_module_names | {"numpy"}
"""What every service can import."""

_ANY = sys.maxsize


def check_functions(context: Context, source: str | None) -> None:
    """Report what is wrong with the file and with the calls of its functions."""
    calls = {name: row for name, row in context.specification.features.row.items() if isinstance(row, RowCall)}
    if not calls:
        return
    if source is None:
        first = ("features", "row", next(iter(calls)), "function")
        context.report.add(first, f"there is no file '{FILE}' beside it")
    elif (tree := _parsed(context, source)) is not None:
        _check_imports(context, tree)
        functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        for name, call in calls.items():
            _check_call(context, name, call, functions)


def _parsed(context: Context, source: str) -> ast.Module | None:
    try:
        if len(source) > MAX_SIZE:
            raise SyntaxError(f"longer than {MAX_SIZE} characters")
        return ast.parse(source, FILE)
    except SyntaxError as error:
        mistake = Mistake(FILE, error.lineno or 1, error.offset or 1, "", f"isn't Python: {error.msg}")
    except (ValueError, RecursionError, MemoryError) as error:
        mistake = Mistake(FILE, 1, 1, "", f"isn't Python: {error}")
    context.report.mistakes.append(mistake)
    return None


def _check_imports(context: Context, tree: ast.Module) -> None:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        of_module = [f"{'.' * node.level}{node.module or ''}"] if isinstance(node, ast.ImportFrom) else []
        for name in of_module or [alias.name for alias in node.names]:
            if name.split(".")[0] not in LIBRARIES:
                place = (FILE, node.lineno, node.col_offset + 1)
                expected = "numpy and the standard library, which every service has"
                context.report.mistakes.append(Mistake(*place, "", f"imports '{name}'", expected))


def _check_call(context: Context, name: str, call: RowCall, functions: dict[str, ast.FunctionDef]) -> None:
    loc = ("features", "row", name)
    function = functions.get(call.function)
    if function is None:
        context.report.unknown((*loc, "function"), f"{FILE} has no function '{call.function}'", functions)
        return
    fewest, most = _takes(function)
    if not fewest <= len(call.of) <= most:
        expected = str(fewest) if fewest == most else f"at least {fewest}" if most == _ANY else f"{fewest} to {most}"
        message = f"gives {len(call.of)} columns to '{call.function}' of {FILE}:{function.lineno}"
        context.report.add((*loc, "of"), message, expected)


def _takes(function: ast.FunctionDef) -> tuple[int, int]:
    """How few and how many columns it takes by position; none fit where it needs more by name."""
    arguments = function.args
    most = len(arguments.posonlyargs) + len(arguments.args)
    fewest = most - len(arguments.defaults)
    if any(default is None for default in arguments.kw_defaults):
        return _ANY, 0
    return fewest, _ANY if arguments.vararg else most
