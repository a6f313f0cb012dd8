"""The archive: outputs of the fleet as tables, exactly once by the tables' own logs."""
