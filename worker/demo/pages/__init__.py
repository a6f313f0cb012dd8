"""The pages of the demo: a gateway that can also ask the demo to kill a worker and to start one."""
