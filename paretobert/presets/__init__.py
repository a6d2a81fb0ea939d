"""Configurations to start from, one TOML file a preset."""
