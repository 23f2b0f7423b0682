"""What a model is made with, beside this project's own code."""

import platform
from importlib.metadata import version

_LIBRARIES = ("scikit-learn", "optuna", "numpy", "pandas", "skl2onnx", "onnx", "onnxruntime", "scipy")


def environment() -> dict[str, str]:
    """Versions of Python and the libraries that make a model."""
    return {"python": platform.python_version()} | {name: version(name) for name in _LIBRARIES}
