"""What operators see: the metric catalogue, logs and health."""
