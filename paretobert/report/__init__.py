"""The report of a study: one page that opens anywhere, without a network."""

from paretobert.report.page import render_page, write_report

__all__ = ["render_page", "write_report"]
