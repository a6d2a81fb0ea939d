"""The published models that a search is held against.

Sources: MobileBERT, Sun et al. 2020 (table 1); MobileBERT-EdgeTPU XXS, XS, S and M, the model configurations of
the TensorFlow Model Garden (`official/projects/edgetpu/nlp/experiments`). All share hidden size 512, 4 heads,
embedding 128, a vocabulary of 30,522, 512 positions, relu, NoNorm and the key-query-shared bottleneck.
"""

from __future__ import annotations

from search_space.architecture import Architecture, Stage


def _published(num_blocks: int, bottleneck_size: int, intermediate_size: int, num_feedforward: int) -> Architecture:
    return Architecture(512, (Stage(num_blocks, 4, bottleneck_size, intermediate_size, num_feedforward),))


PUBLISHED: dict[str, Architecture] = {
    "mobilebert": _published(24, 128, 512, 4),
    "mobilebert-edgetpu-xxs": _published(6, 128, 1024, 2),
    "mobilebert-edgetpu-xs": _published(8, 256, 1024, 4),
    "mobilebert-edgetpu-s": _published(12, 256, 1024, 4),
    "mobilebert-edgetpu-m": _published(12, 256, 1024, 6),
}
