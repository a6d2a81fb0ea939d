"""`paretobert latency devices`: the device profiles, and where their constants are from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from latency_models import DeviceProfile


def devices(
    profiles: Annotated[
        list[str] | None, typer.Argument(metavar="[DEVICE]...", help="A name or the path of a profile; all by default.")
    ] = None,
    sources: Annotated[bool, typer.Option("--sources", help="Show every constant and where it is from.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List the devices that latency is predicted for, or check profiles of your own."""
    from latency_models import DEVICES, DeviceProfile
    from paretobert.output import print_json

    known = [DeviceProfile.load(name) for name in profiles or DEVICES]
    if json:
        print_json(known)
        return
    _print_table(known)
    if sources:
        for profile in known:
            _print_sources(profile)


def _print_table(known: list[DeviceProfile]) -> None:
    from rich import box
    from rich.table import Table

    from paretobert.output import results

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in ("device", "what it is", "peak (multiply-adds/s)", "latency models"):
        table.add_column(heading, overflow="fold")
    for profile in known:
        peaks = ", ".join(
            f"{peak:.3g} {precision}" for precision, peak in profile.peak_multiply_adds_per_second.items()
        )
        table.add_row(profile.name, profile.description, peaks, ", ".join(profile.tables))
    results().print(table)


def _print_sources(profile: DeviceProfile) -> None:
    from rich import box
    from rich.table import Table

    from paretobert.output import results

    for model, constants in profile.tables.items():
        table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, title=f"{profile.name}, {model}")
        for heading in ("constant", "value", "source"):
            table.add_column(heading, overflow="fold")
        table.add_row("peak", "", profile.peak_source)
        if profile.watts is not None:
            table.add_row("watts", f"{profile.watts:g}", profile.watts_source)
        for name, value in constants.values.items():
            free = " (free)" if name in constants.free else ""
            table.add_row(name + free, f"{value:.6g}", constants.sources[name])
        results().print(table)
