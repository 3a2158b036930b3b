"""`catad doc FILE`: Markdown of what a file defines, from its types and the comments above.

The comment at the head of the file is the introduction. Tests in comments become the examples of the definition right
below them, or of the one that they follow where an empty line comes between. FILE may be a module of the library:
`catad doc std/linear.cad`.
"""

from __future__ import annotations

import argparse
import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from catad.cli.report import Report
from catad.crash import internal
from catad.source import Source
from catad.source.files import read, root_of, write
from catad.syntax import tree

if TYPE_CHECKING:
    from catad.core.term import Definition

__all__ = ["document", "run"]

_MARKS = ("> ", "= ", "! ")


def run(args: argparse.Namespace, report: Report) -> int:
    from catad.types.library import standard_module, standard_modules
    library = args.file in standard_modules() and not os.path.exists(args.file)
    source = standard_module(args.file) if library else read(args.file)
    write(args.output, document(source, str(root_of(source.name))))
    return 0


def document(source: Source, root: str) -> str:
    """The Markdown of a checked file."""
    from catad import pipeline
    from catad.syntax import parse
    with internal(f"checking {source.name}", [source]):
        module = pipeline.load(source, root=root)
    file = parse(source)
    title = source.name.replace("\\", "/").rsplit("/", 1)[-1]
    parts = [f"# {title}", *_introduction(file)]
    above = [_above(source, decl) for decl in file.decls]
    for k, decl in enumerate(file.decls):
        end = file.decls[k + 1].span.start if k + 1 < len(file.decls) else len(source.text)
        following = _examples(source.text[decl.span.end:end])
        theirs = len(above[k + 1]) if k + 1 < len(file.decls) else 0
        parts += _declaration(decl, module.definitions, [*above[k], *following[:len(following) - theirs]])
    return "\n\n".join(parts) + "\n"


def _introduction(file: tree.File) -> Iterator[str]:
    """The comment that opens the file, where an empty line divides it from the first declaration."""
    lines: list[str] = []
    text, end = file.source.text, 0
    for comment in file.comments:
        gap = text[end:comment.span.start]
        if gap.strip() or (lines and gap.count("\n") > 1):
            break
        lines.append(_words(comment.span.text))
        end = comment.span.end
    following = text[end:]
    if lines and (not following.strip() or following.startswith(("\n\n", "\nimport "))):
        yield "\n".join(lines)


def _declaration(decl: tree.Decl, definitions: Mapping[str, Definition], examples: Sequence[str]) -> Iterator[str]:
    match decl:
        case tree.TypeDecl(name=name, doc=doc):
            yield f"## type {name}"
            yield _code([decl.span.text])
        case tree.Def(name=name, doc=doc):
            yield f"## {name}"
            yield _code([_signature(decl, definitions.get(name))])
        case tree.Derivative(name=name):
            yield f"The derivative of `{name}` is given."
            doc = ""
        case _:
            return
    if text := "\n".join(line for line in doc.splitlines() if not line.lstrip().startswith((">", "=", "!"))).strip():
        yield text
    if examples:
        yield "Examples:"
        yield _code(examples)


def _signature(decl: tree.Def, checked: Definition | None) -> str:
    """As it was written, if it says all types; else with the types that were found."""
    if decl.result is not None and all(map(_annotated, decl.params)):
        return " ".join(decl.span.source.text[decl.name_span.start:decl.result.span.end].split())
    if checked is None:
        return decl.name
    names = {x for x, _ in checked.params}
    sizes = [x for x in checked.sizes if x not in names]
    head = checked.name + (f" [{', '.join(sizes)}]" if sizes else "")
    return " ".join([head, *(f"({x} : {t})" for x, t in checked.params), f": {checked.body.type}"])


def _annotated(p: tree.Pattern) -> bool:
    return isinstance(p, tree.PAnn) or (isinstance(p, tree.PTuple) and all(map(_annotated, p.items)))


def _above(source: Source, decl: tree.Decl) -> list[str]:
    """The tests in the comment right above a definition."""
    if not isinstance(decl, tree.Def):
        return []
    lines = source.text[:decl.span.start].splitlines()
    block = list(itertools.takewhile(lambda line: line.startswith("--"), reversed(lines)))
    return _examples("\n".join(reversed(block)))


def _examples(text: str) -> list[str]:
    """The lines of the tests between two declarations, with their marks."""
    lines = (line.strip() for line in text.splitlines())
    return [words for line in lines if line.startswith("--") and (words := _words(line)).startswith(_MARKS)]


def _words(comment: str) -> str:
    return comment.removeprefix("--").removeprefix(" ").rstrip()


def _code(lines: Sequence[str]) -> str:
    return "\n".join(["```", *lines, "```"])
