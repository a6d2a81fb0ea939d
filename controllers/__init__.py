"""Proposes the next point of a space from the history of a study."""
