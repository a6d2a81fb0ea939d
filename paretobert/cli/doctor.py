"""`doctor`: what is installed here, what is missing, and how to get it."""

from __future__ import annotations

from typing import Annotated

import typer

from paretobert.output import print_json, results


def doctor(json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False) -> None:
    """Check what a study needs here, and say what is missing and how to get it; status 1 if something needed is."""
    from rich.table import Table

    from paretobert.diagnosis import diagnose

    findings = diagnose()
    if json:
        print_json(findings)
    else:
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
        for finding in findings:
            remedy = f"\n{finding.remedy}" if finding.remedy else ""
            table.add_row(finding.state, finding.name, f"{finding.detail}{remedy}")
        results().print(table)
    if any(finding.state == "missing" for finding in findings):
        raise typer.Exit(1)
