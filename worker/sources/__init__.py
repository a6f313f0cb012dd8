"""Where bars come from: files, bundled data sets and the simulator, all as records of `ticks.raw`."""
