"""The report of a study: one page that opens anywhere, without a network, or follows a running study from a server."""

from paretobert.report.document import page_document, report_document
from paretobert.report.page import render_page, write_report

__all__ = ["page_document", "render_page", "report_document", "write_report"]
