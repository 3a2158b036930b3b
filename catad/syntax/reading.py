"""A source to its tree, one declaration at a time.

A declaration begins with its keyword in column 0, and nothing else does; so a mistake in one hides no other.
For a text without mistakes this reads the same as parsing the file as a whole would, because the keyword of a
declaration cannot stand within another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from catad.source import CatadError, Diagnostic, Source, Span
from catad.syntax import tree as t
from catad.syntax.build import Malformed
from catad.syntax.depth import too_deep
from catad.syntax.lexing import Token, lex
from catad.syntax.messages import lexical, unexpected
from catad.syntax.parser import Unexpected, run

__all__ = ["parse", "parse_expression", "parse_recovering", "parse_type", "read_declaration"]

_HEADS = frozenset({"DEF", "TYPE", "IMPORT", "DERIVATIVE", "PRIMITIVE"})


def parse(source: Source) -> t.File:
    """The tree of a file. Raises CatadError with a diagnostic for each declaration that is broken."""
    file, diagnostics = parse_recovering(source)
    if diagnostics:
        raise CatadError(diagnostics)
    return file


def parse_recovering(source: Source) -> tuple[t.File, tuple[Diagnostic, ...]]:
    """The declarations that can be read, and what is wrong with the others."""
    tokens, comments = lex(source)
    decls: list[t.Node] = []
    diagnostics: list[Diagnostic] = []
    for chunk in _chunks(source, tokens):
        found, wrong = _read(source, chunk, "file")
        decls += found or ()
        diagnostics += wrong
    documented = _documented(source, decls, comments)
    return t.File(source, documented, tuple(comments)), tuple(diagnostics)


def read_declaration(source: Source, start: int, end: int) -> t.Decl:
    """The declaration that begins at `start` and ends before `end`, as `parse` reads it."""
    begin = _block_above(source.text, start)
    tokens, comments = lex(source, begin, end)
    found, wrong = _read(source, tokens, "file")
    if wrong or found is None:
        raise CatadError(wrong)
    (decl,) = _documented(source, found, comments)
    return decl


def parse_expression(source: Source) -> t.Expr:
    """The tree of a text that is one expression."""
    node = _only(source, "expression")
    assert isinstance(node, t.Expr)
    return node


def parse_type(source: Source) -> t.TypeExpr:
    """The tree of a text that is one type."""
    node = _only(source, "type_expression")
    assert isinstance(node, t.TypeExpr)
    return node


def _only(source: Source, start: str) -> t.Node:
    tokens, _ = lex(source)
    found, wrong = _read(source, tokens, start)
    if wrong or found is None:
        raise CatadError(wrong)
    return found[0]


def _chunks(source: Source, tokens: list[Token]) -> list[list[Token]]:
    """Cut before each keyword of a declaration that stands at the beginning of a line."""
    chunks: list[list[Token]] = []
    text = source.text
    for token in tokens:
        head = token.kind in _HEADS and (token.start == 0 or text[token.start - 1] in "\n\r\ufeff")
        if head or not chunks:
            chunks.append([])
        chunks[-1].append(token)
    return chunks


def _read(source: Source, tokens: list[Token], start: str) -> tuple[Sequence[t.Node] | None, list[Diagnostic]]:
    """The nodes of a text for a start symbol (several for a file), or what is wrong with it."""
    bad = lexical(source, tokens)
    if bad:
        return None, bad
    end = tokens[-1].end if tokens else len(source.text)
    try:
        found = run(source, tokens, end, start)
    except Unexpected as failure:
        return None, [unexpected(source, tokens, failure)]
    except Malformed as failure:
        return None, [failure.diagnostic]
    nodes: list[t.Node] = found if isinstance(found, list) else [found]
    deep = [d for d in map(too_deep, nodes) if d is not None]
    return (None, deep) if deep else (nodes, [])


# ── documentation ──────────────────────────────────────────────────────────────────────────────────────────────

def _documented(source: Source, decls: Sequence[t.Node], comments: Sequence[t.Comment]) -> tuple[t.Decl, ...]:
    """Attach to each definition and type the block of comment lines right above it."""
    lines = {}
    for comment in comments:
        begin = source.text.rfind("\n", 0, comment.span.start) + 1
        if not source.text[begin:comment.span.start].strip():
            lines[begin] = comment
    out: list[t.Decl] = []
    for decl in decls:
        assert isinstance(decl, t.Decl)
        if isinstance(decl, t.Def | t.TypeDecl):
            doc = _doc(source, decl.span, lines)
            out.append(replace(decl, doc=doc) if doc else decl)
        else:
            out.append(decl)
    return tuple(out)


def _doc(source: Source, span: Span, lines: dict[int, t.Comment]) -> str:
    found: list[str] = []
    text = source.text
    begin = text.rfind("\n", 0, span.start) + 1
    while begin > 0:
        begin = text.rfind("\n", 0, begin - 1) + 1
        comment = lines.get(begin)
        if comment is None:
            break
        line = comment.text[2:]
        if line.split(maxsplit=1)[:1] not in ([">"], ["="], ["!"]):
            found.append(line.removeprefix(" "))
    return "\n".join(reversed(found)).strip("\n")


def _block_above(text: str, start: int) -> int:
    """Where the block of comment lines right above a line begins."""
    while start > 0:
        line = text.rfind("\n", 0, start - 1) + 1
        if not text[line:start].lstrip().startswith("--"):
            break
        start = line
    return start
