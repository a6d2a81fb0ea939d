"""What holds for every test."""

from evaluators.small_networks import suit_small_networks

suit_small_networks()  # before any test imports TensorFlow, so that all processes compute alike, to the last bit
