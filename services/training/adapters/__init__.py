"""What training reads and writes: the rows of a dataset, ONNX files and their scores."""
