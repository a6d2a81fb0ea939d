"""A site of the studies in a folder, for this machine's browser: it reads and changes nothing."""

from paretobert.browse.server import serve
from paretobert.browse.site import site

__all__ = ["serve", "site"]
