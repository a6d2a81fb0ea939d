"""Surrogate-assisted search."""

from controllers.surrogate.controller import Surrogate

__all__ = ["Surrogate"]
