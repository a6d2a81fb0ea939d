"""What TensorFlow says of itself, kept off the terminal.

What it says of missing CUDA drivers while it is imported goes to standard error before any of its settings are read,
so the file descriptor itself is turned away until the import is over. Messages of an import that fails are shown.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from tempfile import TemporaryFile
from types import ModuleType

_PACKAGE = "tensorflow"


def quiet_tensorflow() -> None:
    """Lets TensorFlow, whenever it is imported, start without a word."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # what it reports later, when it looks for devices
    sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != _PACKAGE:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader(Loader):
    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader  # the package's own, for whoever reads its data files
        with without_standard_error():
            self._loader.exec_module(module)


@contextmanager
def without_standard_error() -> Iterator[None]:
    """Within, what libraries write to standard error is not shown, unless something ends that no user could expect."""
    sys.stderr.flush()
    with TemporaryFile() as said:
        shown = os.dup(2)
        os.dup2(said.fileno(), 2)
        try:
            yield
        except (ValueError, OSError, KeyboardInterrupt):
            raise
        except BaseException:
            said.seek(0)
            os.write(shown, said.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(shown, 2)
            os.close(shown)
