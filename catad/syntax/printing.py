"""Types, patterns and expressions as documents. Nodes are visited in the order of the text, so that each word can
take the comments that stand around it with it.

The tree keeps its parentheses; none are added here. Where a tree has a form that brackets mark (an annotated
parameter, an ascription), they are printed with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from catad.syntax import tree as t
from catad.syntax.comments import Comments
from catad.syntax.layout import EMPTY, HARD, LINE, Doc, cat, group, nest, text

__all__ = ["Printer"]

T = TypeVar("T")
_STEP = 2
_TIGHT = frozenset({"^"})
_LEVELS = (("|>",), ("||",), ("&&",), ("==", "!=", "<", "<=", ">", ">="), ("+", "-"), ("*", "/", "div", "mod"), ("@",),
           ("^",), ("<<",), (">>",))
_LEVEL = {op: i for i, ops in enumerate(_LEVELS) for op in ops}
_HANGING = (t.Lambda, t.For, t.Loop, t.Accumulate)


class Printer:
    """Prints nodes; the cursor of its comments advances with every word."""

    def __init__(self, comments: Comments) -> None:
        self.comments = comments

    def word(self, s: str) -> Doc:
        """A token, with the comments before and behind it."""
        before, behind = self.comments.take(s)
        return cat(*before, text(s), *behind) if before or behind else text(s)

    def words(self, *tokens: str) -> Doc:
        """Tokens with blanks between."""
        docs: list[Doc] = []
        for s in tokens:
            docs += [text(" "), self.word(s)]
        return cat(*docs[1:])

    def listed(self, items: Iterable[T], show: Callable[[T], Doc]) -> Doc:
        """Items parted by commas, a line each if they do not fit on one."""
        docs: list[Doc] = []
        for i, item in enumerate(items):
            if i:
                docs += [self.word(","), LINE]
            docs.append(show(item))
        return cat(*docs)

    def wrapped(self, left: str, items: Sequence[T], show: Callable[[T], Doc], right: str) -> Doc:
        """Items in brackets."""
        opening = self.word(left)
        if not items:
            return cat(opening, self.word(right))
        inner = nest(len(left), self.listed(items, show))
        return group(opening, inner, self.word(right))

    # ── types ──────────────────────────────────────────────────────────────────────────────────────────────────

    def type(self, node: t.TypeExpr) -> Doc:
        self.comments.sync(node.span.start)
        match node:
            case t.TName(_, name):
                return self._type_name(name)
            case t.TTangent():
                return self._tangent(node)
            case t.TProd(_, items):
                return self.wrapped("(", items, self.type, ")")
            case t.TRecord(_, fields):
                return self.wrapped("{", fields, self._type_field, "}")
            case t.TArray(_, sizes, item):
                return cat(self.wrapped("[", sizes, self.expr, "]"), self.type(item))
            case t.TFun(_, arg, result):
                return group(self.type(arg), text(" "), self.word("->"), LINE, self.type(result))
            case t.TApp(_, name, args, sizes):
                docs = [self._type_name(name)]
                for arg in args:
                    docs.append(nest(_STEP, LINE, self.type(arg)))
                if sizes:
                    docs += [text(" "), self.wrapped("[", sizes, self.expr, "]")]
                return group(*docs)
            case t.TParen(_, item):
                opening = self.word("(")
                return cat(opening, nest(1, self.type(item)), self.word(")"))
        raise TypeError(node)

    def _tangent(self, node: t.TTangent) -> Doc:
        primes, item = 1, node.item
        while isinstance(item, t.TTangent):
            primes, item = primes + 1, item.item
        if isinstance(item, t.TName):
            return self._type_name(item.name + "'" * primes)
        docs = [self.type(item)]
        docs += [self.word("'") for _ in range(primes)]
        return cat(*docs)

    def _type_name(self, name: str) -> Doc:
        """A name, or one of an import, which is two tokens."""
        alias, point, member = name.partition(".")
        return cat(self.word(alias), self.word(point + member)) if point else self.word(name)

    def _type_field(self, field: tuple[str, t.TypeExpr]) -> Doc:
        return cat(self.words(field[0], ":"), text(" "), self.type(field[1]))

    # ── patterns ───────────────────────────────────────────────────────────────────────────────────────────────

    def pattern(self, node: t.Pattern) -> Doc:
        """A pattern where only a bracketed one may stand."""
        if not isinstance(node, (t.PAnn, t.PCon)):  # its span is within the parentheses
            self.comments.sync(node.span.start)
        match node:
            case t.PVar(_, name):
                return self.word(name)
            case t.PTuple(_, items):
                return self.wrapped("(", items, self.annotated, ")")
            case t.PRecord(_, fields):
                return self.wrapped("{", fields, self._pattern_field, "}")
            case t.PAnn() | t.PCon():
                return self.wrapped("(", (node,), self.annotated, ")")
        raise TypeError(node)

    def annotated(self, node: t.Pattern) -> Doc:
        """A pattern where its type may follow without parentheses."""
        if isinstance(node, t.PAnn):
            return cat(self.pattern(node.item), text(" "), self.word(":"), text(" "), nest(_STEP, self.type(node.type)))
        if isinstance(node, t.PCon):
            return cat(self.word(node.name), text(" "), self.pattern(node.item))
        return self.pattern(node)

    def _pattern_field(self, field: tuple[str, t.Pattern]) -> Doc:
        name, node = field
        match node:
            case t.PVar(name=same) | t.PAnn(item=t.PVar(name=same)) if same == name:
                return self.annotated(node)
        bare = self.annotated if isinstance(node, t.PCon) else self.pattern
        return cat(self.words(name, "="), text(" "), bare(node))

    def spaced(self, nodes: Sequence[t.Pattern]) -> Doc:
        """Parameters, each after a blank."""
        docs: list[Doc] = []
        for node in nodes:
            docs += [LINE, self.pattern(node)]
        return cat(*docs)

    # ── expressions ────────────────────────────────────────────────────────────────────────────────────────────

    def expr(self, node: t.Expr) -> Doc:
        self.comments.sync(node.span.start)
        show = getattr(self, f"_{type(node).__name__.lower()}")
        doc: Doc = show(node)
        return doc

    def _num(self, e: t.Num) -> Doc:
        return self.word(e.text)

    def _bool(self, e: t.Bool) -> Doc:
        return self.word("true" if e.value else "false")

    def _name(self, e: t.Name) -> Doc:
        return self.word(e.name)

    def _paren(self, e: t.Paren) -> Doc:
        opening = self.word("(")
        hangs = isinstance(e.item, _HANGING)            # its body is indented from the line, not from the parenthesis
        return cat(opening, nest(0 if hangs else 1, self.expr(e.item)), self.word(")"))

    def _ascribe(self, e: t.Ascribe) -> Doc:
        opening = self.word("(")
        inner = cat(self.expr(e.item), text(" "), self.word(":"), text(" "), self.type(e.type))
        return cat(opening, nest(1, inner), self.word(")"))

    def _tuple(self, e: t.Tuple) -> Doc:
        return self.wrapped("(", e.items, self._item, ")")

    def _item(self, e: t.Expr) -> Doc:
        """An item of a tuple: its type may follow without parentheses."""
        if isinstance(e, t.Ascribe):
            return cat(self.expr(e.item), text(" "), self.word(":"), text(" "), nest(_STEP, self.type(e.type)))
        return self.expr(e)

    def _arraylit(self, e: t.ArrayLit) -> Doc:
        return self.wrapped("[", e.items, self.expr, "]")

    def _rec(self, e: t.Rec) -> Doc:
        return self.wrapped("{", e.fields, self._field_value, "}")

    def _field_value(self, field: tuple[str, t.Expr]) -> Doc:
        name, value = field
        if isinstance(value, t.Name) and value.name == name:
            return self.word(name)
        return cat(self.words(name, "="), text(" "), nest(_STEP, self._item(value)))

    def _proj(self, e: t.Proj) -> Doc:
        return cat(self._before_point(e.item), self.word(f".{e.index}"))

    def _field(self, e: t.Field) -> Doc:
        return cat(self._before_point(e.item), self.word(f".{e.name}"))

    def _before_point(self, item: t.Expr) -> Doc:
        """`1 .0` is a component of 1, and `1.0` is a number."""
        return cat(self.expr(item), text(" ")) if isinstance(item, t.Num) else self.expr(item)

    def _index(self, e: t.Index) -> Doc:
        item = self.expr(e.item)
        return cat(item, self.wrapped("[", e.indices, self._one_index, "]"))

    def _one_index(self, e: t.Expr | t.Range) -> Doc:
        if isinstance(e, t.Expr):
            return self.expr(e)
        docs = [] if e.low is None else [self.expr(e.low)]
        docs.append(self.word(".."))
        return cat(*docs) if e.high is None else cat(*docs, self.expr(e.high))

    def _update(self, e: t.Update) -> Doc:
        updates: list[t.Update] = []
        item: t.Expr = e
        while isinstance(item, t.Update):
            updates.append(item)
            item = item.item
        docs = [self.expr(item)]
        for u in reversed(updates):
            with_ = cat(self.word("with"), text(" "), self.wrapped("[", u.indices, self.expr, "]"))
            docs.append(nest(_STEP, LINE, with_, self.after("=", u.value)))
        return group(*docs)

    def _apply(self, e: t.Apply) -> Doc:
        args: list[t.Expr] = []
        fn: t.Expr = e
        while isinstance(fn, t.Apply):
            args.append(fn.arg)
            fn = fn.fn
        args.reverse()
        docs = [self.expr(fn)]
        hug = _hugs(e)
        for arg in args[:-1] if hug else args:
            docs.append(nest(_STEP, text(" ") if hug else LINE, self.expr(arg)))
        return cat(*docs, text(" "), self.expr(args[-1])) if hug else group(*docs)

    def _assert(self, e: t.Assert) -> Doc:
        head = cat(self.word("assert"), text(" "), self.expr(e.cond))
        return group(head, LINE, self.expr(e.body))

    def _trace(self, e: t.Trace) -> Doc:
        return cat(self.word("trace"), text(" "), self.expr(e.item))

    def _unary(self, e: t.Unary) -> Doc:
        op = self.word(e.op)
        twice = e.op == "-" and isinstance(e.item, t.Unary) and e.item.op == "-"       # `--` begins a comment
        return cat(op, text(" "), self.expr(e.item)) if twice else cat(op, self.expr(e.item))

    def _binary(self, e: t.Binary) -> Doc:
        level = _LEVEL[e.op]
        operands, ops = self._chain(e, level)
        tight = e.op in _TIGHT
        docs = [self.expr(operands[0])]
        rest: list[Doc] = []
        for op, operand in zip(ops, operands[1:], strict=True):
            sign = self.word(op)
            rest += [sign, self.expr(operand)] if tight else [LINE, sign, text(" "), self.expr(operand)]
        return group(*docs, nest(_STEP, *rest))

    def _chain(self, e: t.Binary, level: int) -> tuple[list[t.Expr], list[str]]:
        """The operands of a chain of operators of one level, which groups to one side."""
        operands: list[t.Expr] = []
        ops: list[str] = []
        node: t.Expr = e
        right = e.op in ("^", "<<")
        while isinstance(node, t.Binary) and _LEVEL[node.op] == level:
            ops.append(node.op)
            operands.append(node.left if right else node.right)
            node = node.right if right else node.left
        operands.append(node)
        return (operands, ops) if right else (operands[::-1], ops[::-1])

    # ── open forms ─────────────────────────────────────────────────────────────────────────────────────────────

    def after(self, word: str, body: t.Expr) -> Doc:
        """` word body`: the body on the next line when it does not fit, unless it begins a form that can hang."""
        doc = cat(text(" "), self.word(word))
        if isinstance(body, _HANGING):
            return cat(doc, text(" "), self.expr(body))
        return cat(doc, group(nest(_STEP, LINE, self.expr(body))))

    def _lambda(self, e: t.Lambda) -> Doc:
        head = group(self.word("\\"), nest(_STEP, self.pattern(e.params[0]), self.spaced(e.params[1:])))
        return cat(head, self.after("->", e.body))

    def _let(self, e: t.Let) -> Doc:
        word = self.word("let")
        docs = [text(" "), self.annotated(e.pattern), self.spaced(e.params)]
        if e.result is not None:
            docs += [text(" "), self.word(":"), text(" "), self.type(e.result)]
        head = group(word, nest(2 * _STEP, *docs))
        bound = self.after("=", e.bound)
        binding = group(head, bound, LINE if _breaks(e.bound) else text(" "), self.word("in"))
        if self.comments.empty_line():
            return cat(binding, HARD, EMPTY, self.expr(e.body))
        if isinstance(e.body, t.Let) or self.comments.begins_line(e.body.span.start):
            return cat(binding, HARD, self.expr(e.body))
        return group(binding, LINE, self.expr(e.body))

    def _if(self, e: t.If) -> Doc:
        docs: list[Doc] = []
        node: t.Expr = e
        while isinstance(node, t.If):
            docs += [self.word("if"), text(" "), nest(2 * _STEP, self.expr(node.cond)), text(" "), self.word("then")]
            docs += [nest(_STEP, LINE, self.expr(node.then)), LINE, self.word("else")]
            node = node.other
            if isinstance(node, t.If):
                docs.append(text(" "))
        return group(*docs, nest(_STEP, LINE, self.expr(node)))

    def _case(self, e: t.Case) -> Doc:
        docs: list[Doc] = [self.word("case"), text(" "), self.expr(e.item), text(" "), self.word("of")]
        for arm in e.arms:
            docs.append(HARD)
            head = [self.words("|", arm.constructor)]
            if arm.pattern is not None:
                head += [text(" "), self.pattern(arm.pattern)]
            docs += [*head, nest(_STEP, self.after("->", arm.body))]
        return cat(*docs)

    def _binder(self, b: t.Binder) -> Doc:
        return cat(self.words(b.name, "<"), text(" "), self.expr(b.extent))

    def _for(self, e: t.For) -> Doc:
        head = cat(self.word("for"), text(" "), group(nest(2 * _STEP, self.listed(e.binders, self._binder))))
        return cat(head, self.after("->", e.body))

    def _loop(self, e: t.Loop) -> Doc:
        word, docs = self.word("loop"), [text(" ")]
        if e.init is None:
            docs.append(self.pattern(e.pattern))
        else:
            docs += [self.annotated(e.pattern), text(" "), self.word("="), text(" "), self.expr(e.init)]
        if e.binder is not None:
            docs += [LINE, self.word("for"), text(" "), self._binder(e.binder)]
        if e.cond is not None:
            docs += [LINE, self.word("while"), text(" "), self.expr(e.cond)]
        return cat(group(word, nest(2 * _STEP, *docs)), self.after("do", e.body))

    def _accumulate(self, e: t.Accumulate) -> Doc:
        word = self.word("accumulate")
        docs = [text(" "), self.expr(e.init), LINE, self.word("for"), text(" ")]
        docs.append(self.listed(e.binders, self._binder))
        return cat(group(word, nest(2 * _STEP, *docs)), self.after("do", e.body))


def _breaks(e: t.Expr) -> bool:
    """Does a bound expression look better with its `in` on a line of its own, once it is broken?"""
    return isinstance(e, (t.Let, t.Case, t.If, *_HANGING)) or _hugs(e)


def _hugs(e: t.Expr) -> bool:
    """Is this a call whose last argument opens on the line of the call: `sum (for …`?"""
    return isinstance(e, t.Apply) and isinstance(e.arg, t.Paren) and isinstance(e.arg.item, _HANGING)
