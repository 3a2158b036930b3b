"""The grammar that editors use to colour a program (TextMate form), made from the terminals of `cad.lark`.

    python -m catad.syntax.editor > grammar/cad.tmLanguage.json
"""

from __future__ import annotations

import json
import re
from typing import Any

from catad.syntax.tables import tables

__all__ = ["textmate"]

_CONSTANTS = frozenset({"TRUE", "FALSE"})
_WORD_OPERATORS = frozenset({"DIV", "MOD"})
_DECLARATIONS = frozenset({"DEF", "REC", "IMPORT", "AS", "TYPE", "DERIVATIVE", "PRIMITIVE", "LET", "IN"})
_BRACKETS = frozenset({"LPAR", "RPAR", "LSQB", "RSQB", "LBRACE", "RBRACE", "COMMA"})
_DERIVATIVES = ("jvp", "vjp", "grad", "jac", "hess", "hvp", "linearize", "dagger", "jet", "jet_derivs")


def textmate() -> dict[str, Any]:
    """The grammar as data."""
    words = {t.name: t.literal for t in tables().terminals if t.literal is not None and t.word}
    signs = sorted((t.literal for t in tables().terminals
                    if t.literal is not None and not t.word and t.name not in _BRACKETS),
                   key=lambda s: (-len(s), s))
    patterns = {t.name: t.regexp for t in tables().terminals}
    plain = set(words) - _CONSTANTS - _WORD_OPERATORS - _DECLARATIONS
    return {
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "catad",
        "scopeName": "source.cad",
        "fileTypes": ["cad"],
        "patterns": [
            _rule("comment.line.double-dash.cad", patterns["COMMENT"]),
            _rule("string.quoted.double.cad", patterns["STRING"]),
            {"match": r"\b(def)(?:\s+(rec))?\s+([A-Za-z_][A-Za-z0-9_]*'*)",
             "captures": {"1": {"name": "keyword.declaration.cad"}, "2": {"name": "keyword.declaration.cad"},
                          "3": {"name": "entity.name.function.cad"}}},
            {"match": r"\b(type)\s+([A-Za-z_][A-Za-z0-9_]*)",
             "captures": {"1": {"name": "keyword.declaration.cad"}, "2": {"name": "entity.name.type.cad"}}},
            _rule("keyword.declaration.cad", _any(words[k] for k in _DECLARATIONS)),
            _rule("keyword.control.cad", _any(words[k] for k in plain)),
            _rule("constant.language.boolean.cad", _any(words[k] for k in _CONSTANTS)),
            _rule("keyword.operator.word.cad", _any(words[k] for k in _WORD_OPERATORS)),
            _rule("storage.type.cad", _any(("f64", "f32", "i64", "bool"))),
            _rule("support.function.derivative.cad", _any(_DERIVATIVES)),
            _rule("constant.numeric.cad", rf"\b(?:{patterns['FLOAT']}|{patterns['INT']})"),
            _rule("variable.other.member.cad", f"{patterns['FIELD']}|{patterns['PROJ']}"),
            _rule("entity.name.tag.constructor.cad", r"\b[A-Z][A-Za-z0-9_]*\b"),
            _rule("keyword.operator.cad", "|".join(re.escape(s) for s in signs)),
        ],
    }


def _rule(name: str, match: str) -> dict[str, str]:
    return {"name": name, "match": match}


def _any(words: Any) -> str:
    return rf"\b(?:{'|'.join(sorted(words))})(?![A-Za-z0-9_'])"


if __name__ == "__main__":
    print(json.dumps(textmate(), indent=2))
