"""A pipeline's `source.py`: a program of the pipeline's owner that makes or maps its events and labels."""

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path

import pandas as pd


def read_source(
    program: Path, data: Path | None, seed: int, options: Mapping[str, str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Events and labels by the program's `read(data, seed=…, options=…)`. Raises ValueError when it can't be had."""
    if data is not None and not data.is_file():
        raise ValueError(f"there is no file {data}")
    name = f"driftmill_source_{program.parent.name}"
    spec = importlib.util.spec_from_file_location(name, program)
    if not program.is_file() or spec is None or spec.loader is None:
        raise ValueError(f"there is no program {program}")
    module = importlib.util.module_from_spec(spec)
    # dataclasses look their module up
    sys.modules[name] = module
    spec.loader.exec_module(module)
    if not hasattr(module, "read"):
        raise ValueError(f"{program} has no function read(data, *, seed, options)")
    events, labels = module.read(data, seed=seed, options=options)
    return events, labels
