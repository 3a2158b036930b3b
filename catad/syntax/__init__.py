"""Text to surface tree and back.

    parse(Source("f.cad", text))    the tree of a file, or a CatadError with every syntax error in it
    parse_expression, parse_type    the tree of one expression, of one type
    parse_recovering                the declarations that are sound, and the diagnostics of the others
"""

from __future__ import annotations

from catad.syntax.reading import parse, parse_expression, parse_recovering, parse_type

__all__ = ["parse", "parse_expression", "parse_recovering", "parse_type"]
