"""Files that appear as a whole."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> None:
    """Writes aside and then renames, so that a reader never meets half of the file; an older one is replaced.

    Raises:
        OSError: it cannot be written; then nothing is left behind.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        aside.write_bytes(content.encode() if isinstance(content, str) else content)
        aside.replace(path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None  # the name that the caller knows
    finally:
        aside.unlink(missing_ok=True)
