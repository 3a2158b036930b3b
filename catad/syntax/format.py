"""A tree as text, the way everybody's programs look.

    parse(format_file(f)) = f  up to spans,        format_file(parse(format_file(f))) = format_file(f)

Every comment stays with its token. A chain of `let`s has one binding a line; what does not fit into the page
breaks at its outermost operator, separator or keyword.
"""

from __future__ import annotations

from collections.abc import Sequence

from catad.source import Source
from catad.source.deep import deep
from catad.syntax import tree as t
from catad.syntax.comments import Comments
from catad.syntax.layout import HARD, LINE, Doc, cat, group, lines, nest, text
from catad.syntax.printing import Printer

__all__ = ["format_expression", "format_file", "format_type"]

WIDTH = 100


def format_file(file: t.File, *, width: int = WIDTH) -> str:
    """The text of a file; it ends in a newline unless it is empty."""
    comments = Comments(file.source, file.comments)
    printer = _Declarations(comments)
    out: list[str] = []
    last = ""
    with deep():
        for i, decl in enumerate(file.decls):
            before = comments.start(decl.span.start)
            printed = lines(printer.declaration(decl), width)
            if i and ("\n" in last + printed or not _joined(file.decls[i - 1], decl, before, file.source)):
                out.append("")
            out += _above(comments, before)
            if before and comments.after_blank(decl.span.start):
                out.append("")
            if not before and isinstance(decl, t.Def | t.TypeDecl) and decl.doc:
                out += [f"-- {line}".rstrip() for line in decl.doc.split("\n")]
            out.append(printed)
            last = printed
    rest = comments.rest()
    if rest and file.decls and comments.after_blank(rest[0].span.start):
        out.append("")
    out += _above(comments, rest)
    return "\n".join(out) + "\n" if out else ""


def format_expression(e: t.Expr, *, width: int = WIDTH) -> str:
    with deep():
        return lines(Printer(_none(e)).expr(e), width)


def format_type(e: t.TypeExpr, *, width: int = WIDTH) -> str:
    with deep():
        return lines(Printer(_none(e)).type(e), width)


def _none(node: t.Node) -> Comments:
    return Comments(node.span.source, ())


def _joined(last: t.Decl, decl: t.Decl, before: Sequence[t.Comment], source: Source) -> bool:
    """May these stand on adjacent lines? Only declarations of a line each, if they did so before."""
    between = source.text[last.span.end:before[0].span.start if before else decl.span.start].split("\n")
    return type(last) is type(decl) and len(between) == 2 and not between[1].strip()


def _above(comments: Comments, found: Sequence[t.Comment]) -> list[str]:
    """Comments on lines of their own, with the empty lines between them."""
    out: list[str] = []
    for i, comment in enumerate(found):
        if i and comments.after_blank(comment.span.start):
            out.append("")
        out.append(comment.text)
    return out


class _Declarations(Printer):
    """Prints declarations."""

    def declaration(self, d: t.Decl) -> Doc:
        match d:
            case t.Import():
                alias = () if d.alias is None else ("as", d.alias)
                return self.words("import", f'"{d.path}"', *alias)
            case t.Def():
                return self._definition(d)
            case t.TypeDecl():
                return self._type(d)
            case t.Derivative():
                return self._derivative(d)
        raise TypeError(d)

    def _definition(self, d: t.Def) -> Doc:
        docs = [self.words("def", "rec", d.name) if d.rec else self.words("def", d.name)]
        if d.sizes:
            docs += [text(" "), self.wrapped("[", d.sizes, self.word, "]")]
        docs.append(self.spaced(d.params))
        if d.result is not None:
            docs += [text(" "), self.word(":"), text(" "), self.type(d.result)]
        head = group(nest(4, *docs), text(" "), self.word("="))
        broken = self.comments.begins_line(d.body.span.start) or isinstance(d.body, t.Let | t.Case)
        if not broken and isinstance(d.body, t.Lambda | t.For | t.Loop | t.Accumulate):
            return cat(head, text(" "), self.expr(d.body))
        return cat(head, group(nest(2, HARD if broken else LINE, self.expr(d.body))))

    def _type(self, d: t.TypeDecl) -> Doc:
        docs = [self.words("type", d.name, *d.params)]
        if d.sizes:
            docs += [text(" "), self.wrapped("[", d.sizes, self.word, "]")]
        if d.alias is not None:
            return group(*docs, text(" "), self.word("="), nest(2, LINE, self.type(d.alias)))
        plain = len(d.constructors) == 1 and not d.constructors[0][0][:1].isupper()     # `= | a` is not `= a`
        for i, (name, payload) in enumerate(d.constructors):
            docs += [LINE, self.words("=", "|") if plain else self.word("|" if i else "="), text(" "), self.word(name)]
            if payload is not None:
                docs += [text(" "), self.type(payload)]
        return group(nest(2, *docs))

    def _derivative(self, d: t.Derivative) -> Doc:
        head = cat(self.words("primitive" if d.primitive else "derivative", d.name), text(" "),
                   self.wrapped("(", d.params, self.word, ")"), text(" "),
                   self.words("=", d.result, ":", f"{d.result}'"))
        return group(head, self.after("=", d.equation))
