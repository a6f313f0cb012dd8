"""Models: a verified registry of ONNX files, scoring with a status for every row, plugins, what is fitted offline."""
