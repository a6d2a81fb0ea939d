"""`paretobert latency calibrate`: fits a device profile to what was measured on the device."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from latency_models import Calibration


def calibrate(
    profile: Annotated[str, typer.Argument(metavar="PROFILE", help="A device, or the path of a profile.")],
    measurements: Annotated[Path, typer.Option(metavar="CSV", help="Architectures and their measured latencies.")],
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The new profile; by default PROFILE-calibrated.toml, if there is none yet."),
    ] = None,
    unit: Annotated[str, typer.Option(metavar="ms|s", help="Of the measured latencies.")] = "ms",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Fit the free constants of a device profile to measured latencies, and write the profile anew."""
    from latency_models import DeviceProfile, calibrate
    from paretobert.cli.latency.reading import read_measurements
    from paretobert.files import write_whole
    from paretobert.output import messages, print_json

    known = DeviceProfile.load(profile)
    target = output or Path(f"{Path(profile).name.removesuffix('.toml')}-calibrated.toml")
    if output is None and target.exists():
        raise ValueError(f"{target} exists already: name the new profile with --output")
    measured = read_measurements(measurements, unit)
    batches = list(measured.batches())
    found = calibrate(
        known,
        [(batch, measured.latency_ms[rows]) for rows, batch in batches],
        f"latencies of architectures ({measurements.name})",
    )
    write_whole(target, found.profile.to_toml())
    if json:
        print_json(
            {
                "profile": str(target),
                "measurements": len(measured),
                "constants": found.profile.constants,
                "unused": found.unused,
                "mean_error": found.errors.mean(),
                "held_out_mean_error": found.held_out_errors.mean(),
                "held_out_largest_error": found.held_out_errors.max(),
            }
        )
    else:
        _print_table(found, str(target))
        messages().print(f"to use it: paretobert search --device {target}")


def _print_table(found: Calibration, target: str) -> None:
    from rich import box
    from rich.table import Table

    from paretobert.output import results

    errors, held_out = found.errors, found.held_out_errors
    table = Table(
        box=box.SIMPLE_HEAD,
        title=f"{target}: fitted to {len(errors)} measurements",
        caption=f"mean error {errors.mean():.1%}; "
        f"of ranges left out {held_out.mean():.1%}, largest {held_out.max():.1%}",
    )
    table.add_column("constant")
    table.add_column("value", justify="right")
    for constants in found.profile.tables.values():
        for name in constants.free:
            table.add_row(name, f"{constants.values[name]:.6g}")
    for name in found.unused:
        table.add_row(name, "costs nothing: left out")
    results().print(table)
