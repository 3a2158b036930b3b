"""What `trace` says, in every backend: where, what, and the values, as one line on the error stream.

    f.cad:3:9: x + 1.0 = 2.5
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from catad.source import Span

__all__ = ["show"]


def show(span: Span | None, values: Sequence[Any]) -> None:
    """Write the line; arrays as NumPy prints them."""
    head = "" if span is None else f"{span!r}: {' '.join(span.text.split())} = "
    print(head + ", ".join(map(str, values)), file=sys.stderr)
