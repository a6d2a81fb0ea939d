"""Networks as the latency commands take them: architectures and `.tflite` files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from latency_models import OpGraphBatch
    from search_space import Architecture


@dataclass(frozen=True)
class Network:
    """One network.

    Attributes:
        batch: its graph alone.
        architecture: None for a file.
        file: None for an architecture.
        sequence_length: tokens; None for a file, whose inputs may be anything.
    """

    batch: OpGraphBatch
    architecture: Architecture | None
    file: Path | None
    sequence_length: int | None

    def described(self, **where: str) -> dict[str, Any]:
        """What it is and where it runs, in the documents that the commands print."""
        return {
            "architecture": self.architecture.to_dict() if self.architecture else None,
            **({"file": str(self.file)} if self.file else {}),
            **where,
            "precision": self.batch.precision,
            "sequence_length": self.sequence_length,
        }


def read_network(text: str, sequence_length: int, precision: str) -> Network:
    """The network of an argument; `ValueError` or `OSError` if it is none."""
    from latency_models import OpGraphBatch, check_precision
    from paretobert.architectures import read_architecture

    if text.endswith(".tflite"):
        return Network(OpGraphBatch.from_tflite(text), None, Path(text), None)
    architecture = read_architecture(text)
    batch = OpGraphBatch.from_architectures([architecture], sequence_length, precision=check_precision(precision))
    return Network(batch, architecture, None, sequence_length)
