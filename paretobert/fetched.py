"""Where fetched data sets are kept, and a configuration that finds them there."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_cache_path

from paretobert.config import Configuration


def default_squad_folder() -> Path:
    """Where `paretobert data fetch squad` keeps its files when no folder is named."""
    return user_cache_path("paretobert") / "squad"


def with_fetched_data(configuration: Configuration) -> Configuration:
    """The configuration, with SQuAD where it was fetched to if the task is SQuAD and no folder is named."""
    options = configuration.evaluator_options
    folder = default_squad_folder()
    if options.get("task") != "squad" or "squad_dir" in options or not folder.is_dir():
        return configuration
    return configuration.model_copy(update={"evaluator_options": {**options, "squad_dir": str(folder)}})
