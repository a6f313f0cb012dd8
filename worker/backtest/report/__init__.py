"""`report.html`: one self-contained file that shows a run."""

from __future__ import annotations

from worker.backtest.report.page import REPORT_FILE, render

__all__ = ["REPORT_FILE", "render"]
