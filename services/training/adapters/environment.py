"""What a model is made with, beside this project's own code."""

from importlib.metadata import version

_LIBRARIES = ("scikit-learn", "optuna", "numpy", "pandas", "skl2onnx", "onnx", "onnxruntime", "scipy")


def environment() -> dict[str, str]:
    """Versions of the libraries that make a model."""
    return {name: version(name) for name in _LIBRARIES}
