"""The concrete syntax: `cad.lark` defines it, and everything else that knows syntax is made from it."""

from __future__ import annotations

from importlib.resources import files

__all__ = ["grammar_text"]


def grammar_text() -> str:
    """The text of `cad.lark`."""
    return files(__name__).joinpath("cad.lark").read_text(encoding="utf-8")
