"""Description of a model: name, version, manifest, calibration."""
