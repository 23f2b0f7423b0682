import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from services.kernel.compiled import compiled

_WARM_UP = """
import json
from services.kernel import fold
from services.kernel.plan import compile_plan
from services.kernel.update import warm_up
warm_up(compile_plan([]))
print(json.dumps([sum(fold.run.stats.cache_hits.values()), sum(fold.run.stats.cache_misses.values())]))
"""


def _hits_and_misses(cache: Path) -> str:
    environment = os.environ | {"NUMBA_CACHE_DIR": str(cache)}
    done = subprocess.run([sys.executable, "-c", _WARM_UP], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_second_process_finds_the_code_of_the_first(tmp_path: Path) -> None:
    assert _hits_and_misses(tmp_path) == "[0, 1]"
    assert _hits_and_misses(tmp_path) == "[1, 0]"


def test_a_function_that_cannot_be_cached_is_compiled_all_the_same() -> None:
    # without a source file numba finds no place for its cache, as where no directory can be written
    scope: dict[str, Any] = {}
    exec("def plus_one(x):\n    return x + 1", scope)
    assert compiled(scope["plus_one"])(2) == 3
