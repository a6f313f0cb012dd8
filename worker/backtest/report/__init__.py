"""`report.html`: one file without network that shows a run."""

from __future__ import annotations

from worker.backtest.report.page import REPORT_FILE, render

__all__ = ["REPORT_FILE", "render"]
