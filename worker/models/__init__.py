"""Models: a verified registry of ONNX files, scoring with a status per row, plugins, offline fits."""
