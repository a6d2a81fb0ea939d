"""Data and code inside a page's script elements, where HTML's own escapes mean nothing."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def json_for_script(data: Any) -> Markup:
    """JSON that can end no script element, open no comment and break no line of JavaScript, and reads back the same.

    Raises:
        ValueError: a number is not finite.
    """
    return Markup(json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")).translate(_ESCAPES))


@dataclass(frozen=True)
class Script:
    """Code of our own or of a library, never a user's.

    Attributes:
        text: stands between `<script>` and `</script>` exactly as it is.
        source: names it in a Content-Security-Policy, so that a browser runs this code and no other.
    """

    text: Markup
    source: str

    @classmethod
    def of(cls, code: str) -> Script:
        """The code as a script element's content.

        Raises:
            ValueError: the code holds what HTML reads as the end of a script or the beginning of a comment.
        """
        lowered = code.lower()
        for marker in ("</script", "<script", "<!--"):
            if marker in lowered:
                raise ValueError(f"the code holds {marker!r}, which cannot stand inside a script element")
        text = code.replace("\r\n", "\n").replace("\r", "\n")  # as an HTML parser does before the hash is taken
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        return cls(Markup(text), f"'sha256-{digest}'")
