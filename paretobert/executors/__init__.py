"""Runs a study in several processes: here, or wherever its database can be reached."""
