"""Reads a pipeline's Python files without running them: that they are Python, what they import, and their functions."""

import ast
import sys
from collections.abc import Set as AbstractSet

from services.contracts.pipeline.context import Context
from services.contracts.pipeline.document import MAX_SIZE
from services.contracts.pipeline.mistake import Mistake

LIBRARIES = sys.stdlib_module_names | {"numpy", "PIL"}
"""What every service can import."""

ANY = sys.maxsize

Functions = dict[str, ast.FunctionDef]


def functions_in(
    context: Context, file: str, source: str, libraries: AbstractSet[str], expected: str
) -> Functions | None:
    """The functions of a file by name, None where it isn't Python; reports that, and imports of other libraries.

    expected: what may be imported, in words.
    """
    tree = _parsed(context, file, source)
    if tree is None:
        return None
    _check_imports(context, file, tree, libraries, expected)
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def takes(function: ast.FunctionDef) -> tuple[int, int]:
    """How few and how many arguments it takes by position; none fit where it needs more by name."""
    arguments = function.args
    most = len(arguments.posonlyargs) + len(arguments.args)
    fewest = most - len(arguments.defaults)
    if any(default is None for default in arguments.kw_defaults):
        return ANY, 0
    return fewest, ANY if arguments.vararg else most


def _parsed(context: Context, file: str, source: str) -> ast.Module | None:
    try:
        if len(source) > MAX_SIZE:
            raise SyntaxError(f"longer than {MAX_SIZE} characters")
        return ast.parse(source, file)
    except SyntaxError as error:
        mistake = Mistake(file, error.lineno or 1, error.offset or 1, "", f"isn't Python: {error.msg}")
    except (ValueError, RecursionError, MemoryError) as error:
        mistake = Mistake(file, 1, 1, "", f"isn't Python: {error}")
    context.report.mistakes.append(mistake)
    return None


def _check_imports(context: Context, file: str, tree: ast.Module, libraries: AbstractSet[str], expected: str) -> None:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        of_module = [f"{'.' * node.level}{node.module or ''}"] if isinstance(node, ast.ImportFrom) else []
        for name in of_module or [alias.name for alias in node.names]:
            if name.split(".")[0] not in libraries:
                place = (file, node.lineno, node.col_offset + 1)
                context.report.mistakes.append(Mistake(*place, "", f"imports '{name}'", expected))
