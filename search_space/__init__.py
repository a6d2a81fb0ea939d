"""What can be searched: architectures, their space, the published models, and what their sizes determine."""

from search_space.architecture import Activation, Architecture, Normalization, Stage
from search_space.closed_forms import multiply_add_counts, multiply_adds, parameter_counts, parameters
from search_space.dimensions import Dimensions
from search_space.mobilebert_space import NUM_SLOTS, MobileBertSpace
from search_space.published import PUBLISHED
from search_space.pyglove_dna import DnaMap, dna_map
from search_space.space import Space, Vectors
from search_space.stage_options import StageOptions

__all__ = [
    "NUM_SLOTS",
    "PUBLISHED",
    "Activation",
    "Architecture",
    "Dimensions",
    "DnaMap",
    "MobileBertSpace",
    "Normalization",
    "Space",
    "Stage",
    "StageOptions",
    "Vectors",
    "dna_map",
    "multiply_add_counts",
    "multiply_adds",
    "parameter_counts",
    "parameters",
]
