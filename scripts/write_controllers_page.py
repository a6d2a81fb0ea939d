"""Writes what `benchmark_controllers.py` measured into docs/controllers.md: a table a problem, and a picture.

    python scripts/benchmark_controllers.py --json > report.json
    python scripts/write_controllers_page.py report.json

Only what stands between the page's two marks is rewritten, and docs/controllers.svg beside it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from draw_controllers import MARKS, draw

PAGE = Path(__file__).parents[1] / "docs" / "controllers.md"
BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"
TITLES = {
    "nas-bench-bert": "NAS-Bench-BERT",
    "proxy-table": "The table of this project's own small space",
}

Report = Mapping[str, Any]
Row = Mapping[str, Any]


def rewritten(page: str, report: Report, picture: str) -> str:
    """A page with what a report says between its marks; `ValueError` if it has none."""
    before, begins, rest = page.partition(BEGIN)
    _, ends, after = rest.partition(END)
    if not begins or not ends:
        raise ValueError(f"the page has no {BEGIN.strip()!r} or, after it, no {END.strip()!r}")
    return f"{before}{BEGIN}{measured(report, picture)}{END}{after}"


def measured(report: Report, picture: str) -> str:
    """The Markdown of a report: its picture, a table a problem, and what was asked of it."""
    rows = [row for row in report["rows"] if row["what"] == "controller"]
    seconds = sum(row["ms_a_proposal"] * row["evaluations"] for row in report["rows"] if row["what"] == "run") / 1e3
    machine = f"{report['machine']['logical_cores']} cores of {report['machine']['processor']}"
    parts = [
        f"On {machine}; {seconds / 3600:.1f} hours of proposals. Medians of the seeds, and quartiles in brackets.",
        f"![Hypervolume of every controller and peer after 50 to 400 evaluations]({picture})",
    ]
    for problem in dict.fromkeys(row["problem"] for row in rows):
        of_problem = [row for row in rows if row["problem"] == problem]
        parts += [f"### {TITLES.get(problem, problem)}", _table(ranked(of_problem))]
        if verdict := _verdict([row for row in report["rows"] if row["what"] == "comparison"], problem):
            parts.append(verdict)
    asked = [f"| {t['name']} | {t['value']:.3f} | {_bound(t)} | {_holds(t)} |" for t in report["targets"]]
    if asked:
        parts += ["### What was asked", "\n".join(["| | measured | asked | |", "|---|---|---|---|", *asked])]
    return "\n\n".join(parts) + "\n"


def ranked(rows: Sequence[Row]) -> list[Row]:
    """Rows of controllers, those first that find most in the evaluations that all of them made."""
    common = max((mark for mark in MARKS if all(row[f"median_{mark}"] is not None for row in rows)), default=MARKS[0])
    return sorted(rows, key=lambda row: -row[f"median_{common}"])


def _table(rows: Sequence[Row]) -> str:
    marks = [mark for mark in MARKS if any(row[f"median_{mark}"] is not None for row in rows)]
    head = ["controller", *(f"{mark} evaluations" for mark in marks), "ms a proposal", "seeds"]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for row in rows:
        cells = [row["controller"], *(_cell(row, mark) for mark in marks)]
        lines.append(f"| {' | '.join(cells)} | {row['ms_a_proposal']:.3g} | {row['seeds']} |")
    return "\n".join(lines)


def _cell(row: Row, mark: int) -> str:
    low, median, high = (row[f"{part}_{mark}"] for part in ("lower", "median", "upper"))
    return "" if median is None else f"{median:.3f} ({low:.3f}–{high:.3f})"  # noqa: RUF001 (a dash of a range)


def _verdict(comparisons: Sequence[Row], problem: str) -> str:
    """Whom the recommended controller is not sure to beat, by the intervals of the paired differences."""
    of_peers = [row for row in comparisons if row["problem"] == problem and row["peer"]]
    if not of_peers:
        return ""
    said = {
        "Ahead of the recommended controller beyond the 95 % interval": [r for r in of_peers if r["high"] < 0],
        "Neither is ahead beyond the 95 % interval": [r for r in of_peers if r["low"] <= 0 <= r["high"]],
    }
    parts = [
        text + ": " + ", ".join(f"{row['controller']} at {row['evaluations']}" for row in rows) + "."
        for text, rows in said.items()
        if rows
    ]
    if not parts:
        return "Beyond the 95 % interval, the recommended controller is ahead of every peer, everywhere."
    return " ".join([*parts, "Everywhere else the recommended controller is ahead of the peers."])


def _bound(target: Mapping[str, Any]) -> str:
    return f"at least {target['at_least']:g}" if "at_least" in target else f"at most {target['at_most']:g}"


def _holds(target: Mapping[str, Any]) -> str:
    return "holds" if target["holds"] else "**missed**"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=Path, help="what benchmark_controllers.py --json printed")
    parser.add_argument("--page", type=Path, default=PAGE, help="instead of docs/controllers.md")
    options = parser.parse_args()
    report = json.loads(options.report.read_text(encoding="utf-8"))
    picture = options.page.with_suffix(".svg")
    try:
        page = rewritten(options.page.read_text(encoding="utf-8"), report, picture.name)
    except ValueError as error:
        parser.error(f"{options.page}: {error}")
    rows = [row for row in report["rows"] if row["what"] == "controller"]
    problems = dict.fromkeys(row["problem"] for row in rows)
    panels = {TITLES.get(name, name): ranked([row for row in rows if row["problem"] == name]) for name in problems}
    picture.write_text(draw(panels), encoding="utf-8")
    options.page.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
