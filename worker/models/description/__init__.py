"""What a model says of itself: name, version, manifest, calibration."""
