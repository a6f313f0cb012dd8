"""Tests of the container image, the compose file and the worker in containers."""
