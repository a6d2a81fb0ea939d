"""The main figure of a study for a paper or a slide: score against latency, beside what was published.

The left panel is the study's. The right one is in the style of the figure of the MobileBERT-EdgeTPU models (TensorFlow
Model Garden, `official/projects/edgetpu/nlp`): F1 on SQuAD v1.1 against latency, with MobileBERT as the baseline and a
line for BERT-base. The two stand apart because a proxy's score is no F1.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from paretobert.files import write_whole
from paretobert.references import SQUAD_F1, published_facts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMATS = (".svg", ".png", ".pdf")
BERT_BASE_F1 = 88.5
"""SQuAD v1.1 F1 (per cent) of BERT-base, uncased, float. Source: Devlin et al. 2019, table 2."""

_BLUE, _ORANGE, _GREEN, _GREY, _FAINT = "#0072b2", "#d55e00", "#009e73", "#5d6470", "#b4bac2"  # Okabe and Ito's
_STYLE: dict[Any, Any] = {
    "font.size": 8.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4df",
    "axes.axisbelow": True,
    "legend.frameon": False,
    "svg.hashsalt": "paretobert",  # the same study gives the same file
}
_INCHES, _DOTS_PER_INCH = (9.0, 3.8), 200


def write_figure(document: Mapping[str, Any], path: Path) -> None:
    """Writes the figure of a study.

    Args:
        document: see `paretobert.document.study_document`.
        path: its ending, .svg, .png or .pdf, says in which format; an older file is replaced.

    Raises:
        ValueError: another ending, or nothing has been scored yet.
        OSError: the file cannot be written.
    """
    if path.suffix not in FORMATS:
        raise ValueError(f"{path}: the name of a figure ends in {', '.join(FORMATS[:-1])} or {FORMATS[-1]}")
    if not (trials := _scored(document["trials"])):
        raise ValueError(f"study {document['study']!r}: no trial has been scored yet, so there is nothing to draw")
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(_STYLE):
        figure = Figure(figsize=_INCHES, layout="constrained")
        ours, published = figure.subplots(1, 2, width_ratios=(1.7, 1))
        _draw_study(ours, document, trials)
        _draw_published(published)
        content = io.BytesIO()
        stamp = {} if path.suffix == ".png" else {"Date" if path.suffix == ".svg" else "CreationDate": None}
        figure.savefig(content, format=path.suffix[1:], dpi=_DOTS_PER_INCH, metadata=stamp)
    write_whole(path, content.getvalue())


def _draw_study(axes: Axes, document: Mapping[str, Any], trials: Sequence[Mapping[str, Any]]) -> None:
    by_number = {trial["number"]: trial for trial in trials}
    front = [by_number[number] for number in document["frontier"]]
    others = [trial for trial in trials if trial["number"] not in set(document["frontier"])]
    references = _scored(document["references"])
    axes.scatter(*_points(others), s=7, color=_FAINT, label="other trials", linewidths=0)
    if sorted(document["objectives"]) == ["max score", "min latency_ms"]:
        axes.step(*_points(front), where="post", color=_BLUE, linewidth=1.2)
    errors = [trial["metrics"].get("score_standard_error") or 0.0 for trial in front]
    axes.errorbar(*_points(front), yerr=errors, fmt="o", color=_BLUE, markersize=5, elinewidth=0.8, label="frontier")
    axes.scatter(*_points(references), s=34, marker="D", color=_ORANGE, label="published models, same proxy", zorder=3)
    for reference in references:
        place = (reference["metrics"]["latency_ms"], reference["metrics"]["score"])
        if reference["name"] == "mobilebert":
            _line(axes, place[1], "MobileBERT, the baseline", "left")
        else:
            _name(axes, reference["name"], place, _ORANGE)
    for size, pick in document["picks"].items():
        if pick is not None:
            place = (pick["metrics"]["latency_ms"], pick["metrics"]["score"])
            axes.scatter(*place, s=110, facecolors="none", edgecolors=_BLUE, linewidths=1)
            axes.annotate(f"pick {size}", place, (0, 9), textcoords="offset points", ha="center", color=_BLUE)
    configuration = document["configuration"]
    source = document["latency_source"] or "predicted"
    axes.set_xlabel(f"{source} latency (ms), {configuration['device']}, {configuration['precision']}", parse_math=False)
    axes.set_ylabel("score of the proxy (fraction)")
    axes.set_title(f"This study: {document['evaluated']} trials", loc="left", fontweight="bold")
    axes.legend(loc="lower right")


def _draw_published(axes: Axes) -> None:
    for precision, color, marker in (("int8", _GREEN, "s"), ("float", _ORANGE, "^")):
        facts = {name: published_facts(name) for name in SQUAD_F1}
        known = [
            (fact["latency_ms"][precision], fact["squad_f1"][precision], name)
            for name, fact in facts.items()
            if fact["latency_ms"][precision] is not None and name != "mobilebert"
        ]
        axes.plot(*zip(*[(x, y) for x, y, _ in known], strict=True), color=color, marker=marker, label=precision)
        for x, y, name in known:
            _name(axes, name, (x, y), color)
    baseline = published_facts("mobilebert")
    place = (baseline["latency_ms"]["int8"], baseline["squad_f1"]["int8"])
    axes.scatter(*place, marker="D", color=_GREY, label="MobileBERT, int8", zorder=3)
    _line(axes, place[1], "MobileBERT, the baseline", "right")
    _line(axes, BERT_BASE_F1, "BERT-base, float", "right")
    axes.margins(y=0.12)
    axes.set_xlabel("measured latency (ms), Edge TPU of the Tensor SoC")
    axes.set_ylabel("SQuAD v1.1 F1 (%)")
    axes.set_title("As published, fully trained", loc="left", fontweight="bold")
    axes.legend(loc="lower right")


def _line(axes: Axes, at: float, name: str, side: Literal["left", "right"]) -> None:
    """A score or an F1 to hold points against."""
    axes.axhline(at, color=_GREY, linewidth=0.8, linestyle="--", zorder=1)
    place = (0 if side == "left" else 1, at)
    x_of_the_panel = axes.get_yaxis_transform()
    axes.annotate(name, place, (0, 2), xycoords=x_of_the_panel, textcoords="offset points", ha=side, color=_GREY)


def _name(axes: Axes, model: str, place: tuple[float, float], color: str) -> None:
    """The size of a published model, below its point."""
    size = model.rpartition("-")[2].upper()
    axes.annotate(size, place, (0, -11), textcoords="offset points", ha="center", color=color)


def _points(trials: Sequence[Mapping[str, Any]]) -> tuple[list[float], list[float]]:
    """Latencies and scores."""
    return [trial["metrics"]["latency_ms"] for trial in trials], [trial["metrics"]["score"] for trial in trials]


def _scored(trials: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those with a place on both axes."""
    complete = (trial for trial in trials if trial["state"] == "complete")
    return [
        trial for trial in complete if None not in (trial["metrics"].get("score"), trial["metrics"].get("latency_ms"))
    ]
