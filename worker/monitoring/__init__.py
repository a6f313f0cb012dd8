"""The monitor of the portfolio's risk as a process: decisions in, figures and limits out, exactly once."""
