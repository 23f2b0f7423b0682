"""ONNX Runtime and the topic that names the champion."""
