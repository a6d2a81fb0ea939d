"""`paretobert latency`: what networks cost on a device, predicted and measured, and how well a prediction holds."""

from __future__ import annotations

import typer

from paretobert.cli.latency.calibrate import calibrate
from paretobert.cli.latency.devices import devices
from paretobert.cli.latency.evaluate import evaluate
from paretobert.cli.latency.inspect import inspect
from paretobert.cli.latency.measure import measure
from paretobert.cli.latency.predict import predict
from paretobert.cli.latency.train import train
from paretobert.cli.latency.validate import validate

app = typer.Typer(no_args_is_help=True, help="Predict latency, measure it, and see how well predictions hold.")
for command in (predict, inspect, measure, train, evaluate, devices, calibrate, validate):
    app.command()(command)
