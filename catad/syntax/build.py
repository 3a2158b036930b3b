"""From the rules of the grammar to the tree: the method named as an alias in `cad.lark` builds its node.

Each method gets the values of the symbols on the rule's right side: a `Token`, a node, or a list. The span of a
node runs from its first token to its last; parentheses belong to the `Paren`, not to what is in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from catad.source import Diagnostic, Label, Source, Span
from catad.syntax import tree as t
from catad.syntax.lexing import Token

__all__ = ["Builder", "Malformed"]

Field = tuple[str, t.Node]
Operands = tuple[tuple[t.TypeExpr, ...], tuple[t.Expr, ...], Token | t.Node]     # types, sizes, and the last of them


class Malformed(Exception):
    """The text fits the grammar but cannot mean anything."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.title)
        self.diagnostic = diagnostic


class Builder:
    """Builds the nodes of one source."""

    def __init__(self, source: Source) -> None:
        self.source = source

    # ── spans ──────────────────────────────────────────────────────────────────────────────────────────────────

    def at(self, token: Token) -> Span:
        return Span(self.source, token.start, token.end)

    def between(self, first: Token | t.Node, last: Token | t.Node) -> Span:
        start = first.start if isinstance(first, Token) else first.span.start
        return Span(self.source, start, last.end if isinstance(last, Token) else last.span.end)

    def refuse(self, title: str, span: Span, text: str = "", help: str = "") -> NoReturn:
        raise Malformed(Diagnostic("E0106", title, (Label(span, text),), help=(help,) if help else ()))

    # ── lists and options ──────────────────────────────────────────────────────────────────────────────────────

    def empty(self) -> list[object]:
        return []

    def first(self, item: object) -> list[object]:
        return [item]

    def both(self, item: object, comma: Token, other: object) -> list[object]:
        return [item, other]

    def more(self, items: list[object], item: object) -> list[object]:
        items.append(item)
        return items

    def next(self, items: list[object], comma: Token, item: object) -> list[object]:
        items.append(item)
        return items

    def inner(self, left: Token, items: list[object], right: Token) -> list[object]:
        return items

    def no(self) -> bool:
        return False

    def yes(self, token: Token) -> bool:
        return True

    def nothing(self) -> None:
        return None

    def second(self, token: Token, item: object) -> object:
        return item

    def pair(self, name: Token, separator: Token, item: t.Node) -> Field:
        return name.text, item

    # ── types ──────────────────────────────────────────────────────────────────────────────────────────────────

    def t_name(self, name: Token) -> t.TypeExpr:
        return self._primed(name, name, "")

    def t_name_of(self, alias: Token, name: Token) -> t.TypeExpr:
        return self._primed(alias, name, alias.text)

    def _primed(self, first: Token, name: Token, before: str) -> t.TypeExpr:
        """A name of a type, in an import or not, and its tangents, which the lexer takes for a part of it."""
        bare = name.text.rstrip("'")
        end = name.start + len(bare)
        node: t.TypeExpr = t.TName(Span(self.source, first.start, end), before + bare)
        for k in range(end + 1, name.end + 1):
            node = t.TTangent(Span(self.source, first.start, k), node)
        return node

    def t_tangent(self, item: t.TypeExpr, prime: Token) -> t.TTangent:
        return t.TTangent(self.between(item, prime), item)

    def t_fun(self, arg: t.TypeExpr, arrow: Token, result: t.TypeExpr) -> t.TFun:
        return t.TFun(self.between(arg, result), arg, result)

    def t_array(self, left: Token, sizes: list[t.Expr], right: Token, item: t.TypeExpr) -> t.TArray:
        return t.TArray(self.between(left, item), tuple(sizes), item)

    def operands(self, args: list[t.TypeExpr], left: Token | None = None, sizes: Sequence[t.Expr] = (),
                 right: Token | None = None) -> Operands:
        return tuple(args), tuple(sizes), right or args[-1]

    def only_sizes(self, left: Token, sizes: list[t.Expr], right: Token) -> Operands:
        return (), tuple(sizes), right

    def t_app(self, name: Token, operands: Operands) -> t.TApp:
        if name.text.endswith("'"):
            self.refuse("a tangent type takes no arguments", self.at(name),
                        help=f"for the tangent of an applied type write  ({name.text.rstrip(chr(39))} …)'")
        args, sizes, last = operands
        return t.TApp(self.between(name, last), name.text, args, sizes)

    def t_app_of(self, alias: Token, name: Token, operands: Operands) -> t.TApp:
        inner = self.t_app(name, operands)
        return t.TApp(self.between(alias, operands[-1]), alias.text + inner.name, inner.args, inner.sizes)

    def t_unit(self, left: Token, right: Token) -> t.TProd:
        return t.TProd(self.between(left, right), ())

    def t_paren(self, left: Token, item: t.TypeExpr, right: Token) -> t.TParen:
        return t.TParen(self.between(left, right), item)

    def t_prod(self, left: Token, items: list[t.TypeExpr], right: Token) -> t.TProd:
        return t.TProd(self.between(left, right), tuple(items))

    def t_record(self, left: Token, fields: list[tuple[str, t.TypeExpr]], right: Token) -> t.TRecord:
        return t.TRecord(self.between(left, right), tuple(fields))

    # ── patterns ───────────────────────────────────────────────────────────────────────────────────────────────

    def p_var(self, name: Token) -> t.PVar:
        return t.PVar(self.at(name), name.text)

    def p_unit(self, left: Token, right: Token) -> t.PTuple:
        return t.PTuple(self.between(left, right), ())

    def p_paren(self, left: Token, item: t.Pattern, right: Token) -> t.Pattern:
        return item

    def p_tuple(self, left: Token, items: list[t.Pattern], right: Token) -> t.PTuple:
        return t.PTuple(self.between(left, right), tuple(items))

    def p_ann(self, item: t.Pattern, colon: Token, type: t.TypeExpr) -> t.PAnn:
        return t.PAnn(self.between(item, type), item, type)

    def p_con(self, name: Token, item: t.Pattern) -> t.PCon:
        return t.PCon(self.between(name, item), name.text, item)

    def pair_con(self, field: Token, equal: Token, name: Token, item: t.Pattern) -> Field:
        return field.text, self.p_con(name, item)

    def p_pun(self, name: Token, colon: Token | None = None, type: t.TypeExpr | None = None) -> Field:
        variable = self.p_var(name)
        return name.text, variable if type is None else t.PAnn(self.between(name, type), variable, type)

    def p_record(self, left: Token, fields: list[tuple[str, t.Pattern]], right: Token) -> t.PRecord:
        return t.PRecord(self.between(left, right), tuple(fields))

    # ── expressions: atoms, application, operators ─────────────────────────────────────────────────────────────

    def name(self, token: Token) -> t.Name:
        return t.Name(self.at(token), token.text)

    def number(self, token: Token) -> t.Num:
        return t.Num(self.at(token), token.text, token.kind == "FLOAT")

    def boolean(self, token: Token) -> t.Bool:
        return t.Bool(self.at(token), token.kind == "TRUE")

    def unit(self, left: Token, right: Token) -> t.Tuple:
        return t.Tuple(self.between(left, right), ())

    def ascribe_item(self, item: t.Expr, colon: Token, type: t.TypeExpr) -> t.Ascribe:
        return t.Ascribe(self.between(item, type), item, type)

    def ascribe(self, left: Token, item: t.Expr, colon: Token, type: t.TypeExpr, right: Token) -> t.Ascribe:
        return t.Ascribe(self.between(left, right), item, type)

    def paren(self, left: Token, item: t.Expr, right: Token) -> t.Paren:
        return t.Paren(self.between(left, right), item)

    def tuple_(self, left: Token, items: list[t.Expr], right: Token) -> t.Tuple:
        return t.Tuple(self.between(left, right), tuple(items))

    def array(self, left: Token, *rest: list[t.Expr] | Token) -> t.ArrayLit:
        items = rest[0] if isinstance(rest[0], list) else []
        last = rest[-1]
        assert isinstance(last, Token)
        return t.ArrayLit(self.between(left, last), tuple(items))

    def pun(self, name: Token) -> Field:
        return name.text, self.name(name)

    def record(self, left: Token, fields: list[tuple[str, t.Expr]], right: Token) -> t.Rec:
        return t.Rec(self.between(left, right), tuple(fields))

    def proj(self, item: t.Expr, index: Token) -> t.Proj:
        if index.end - index.start > 10:
            self.refuse("there is no such component", self.at(index))
        return t.Proj(self.between(item, index), item, int(index.text[1:]))

    def field(self, item: t.Expr, name: Token) -> t.Field:
        return t.Field(self.between(item, name), item, name.text[1:])

    def index(self, item: t.Expr, left: Token, indices: list[t.Expr | t.Range], right: Token) -> t.Index:
        return t.Index(self.between(item, right), item, tuple(indices))

    def range_all(self, dots: Token) -> t.Range:
        return t.Range(self.at(dots), None, None)

    def range_to(self, dots: Token, high: t.Expr) -> t.Range:
        return t.Range(self.between(dots, high), None, high)

    def range_from(self, low: t.Expr, dots: Token) -> t.Range:
        return t.Range(self.between(low, dots), low, None)

    def range(self, low: t.Expr, dots: Token, high: t.Expr) -> t.Range:
        return t.Range(self.between(low, high), low, high)

    def apply(self, fn: t.Expr, arg: t.Expr) -> t.Apply:
        return t.Apply(self.between(fn, arg), fn, arg)

    def unary(self, op: Token, item: t.Expr) -> t.Unary:
        return t.Unary(self.between(op, item), op.text, item)

    def binary(self, left: t.Expr, op: Token, right: t.Expr) -> t.Binary:
        return t.Binary(self.between(left, right), op.text, left, right)

    def assert_that(self, word: Token, cond: t.Expr, body: t.Expr) -> t.Assert:
        return t.Assert(self.between(word, body), cond, body)

    def trace(self, word: Token, item: t.Expr) -> t.Trace:
        return t.Trace(self.between(word, item), item)

    def update(self, item: t.Expr, with_: Token, left: Token, indices: list[t.Expr], right: Token, equal: Token,
               value: t.Expr) -> t.Update:
        return t.Update(self.between(item, value), item, tuple(indices), value)

    # ── expressions: open forms ────────────────────────────────────────────────────────────────────────────────

    def lambda_(self, word: Token, first: t.Pattern, rest: list[t.Pattern], arrow: Token, body: t.Expr) -> t.Lambda:
        return t.Lambda(self.between(word, body), (first, *rest), body)

    def let(self, word: Token, pattern: t.Pattern, params: list[t.Pattern], result: t.TypeExpr | None, equal: Token,
            bound: t.Expr, in_: Token, body: t.Expr) -> t.Let:
        span = self.between(word, body)
        if params:
            if not isinstance(pattern, t.PVar):
                self.refuse("a function begins with its name", pattern.span, "this is a pattern, not a name",
                            "write  let f x = …  for a function, or  let (x, y) = …  to take a value apart")
            return t.Let(span, pattern, tuple(params), result, bound, body)
        return t.Let(span, self._annotated(pattern, result), (), None, bound, body)

    def _annotated(self, pattern: t.Pattern, type: t.TypeExpr | None) -> t.Pattern:
        return pattern if type is None else t.PAnn(self.between(pattern, type), pattern, type)

    def if_(self, word: Token, cond: t.Expr, then_: Token, then: t.Expr, else_: Token, other: t.Expr) -> t.If:
        return t.If(self.between(word, other), cond, then, other)

    def case(self, word: Token, item: t.Expr, of: Token, arms: list[t.Arm]) -> t.Case:
        return t.Case(self.between(word, arms[-1]), item, tuple(arms))

    def arm(self, bar: Token, name: Token, *rest: t.Pattern | Token | t.Expr) -> t.Arm:
        body = rest[-1]
        assert isinstance(body, t.Expr)
        pattern = rest[0] if isinstance(rest[0], t.Pattern) else None
        return t.Arm(self.between(bar, body), name.text, pattern, body)

    def binder(self, name: Token, less: Token, extent: t.Expr) -> t.Binder:
        return t.Binder(self.between(name, extent), name.text, extent)

    def for_(self, word: Token, binders: list[t.Binder], arrow: Token, body: t.Expr) -> t.For:
        return t.For(self.between(word, body), tuple(binders), body)

    def loop_for(self, word: Token, pattern: t.Pattern, type: t.TypeExpr | None, equal: Token, init: t.Expr,
                 for_: Token, binder: t.Binder, do: Token, body: t.Expr) -> t.Loop:
        return t.Loop(self.between(word, body), self._annotated(pattern, type), init, binder, None, body)

    def loop_while(self, word: Token, pattern: t.Pattern, type: t.TypeExpr | None, equal: Token, init: t.Expr,
                   while_: Token, cond: t.Expr, do: Token, body: t.Expr) -> t.Loop:
        return t.Loop(self.between(word, body), self._annotated(pattern, type), init, None, cond, body)

    def loop_short(self, word: Token, pattern: t.Pattern, for_: Token, binder: t.Binder, do: Token,
                   body: t.Expr) -> t.Loop:
        return t.Loop(self.between(word, body), pattern, None, binder, None, body)

    def accumulate(self, word: Token, init: t.Expr, for_: Token, binders: list[t.Binder], do: Token,
                   body: t.Expr) -> t.Accumulate:
        return t.Accumulate(self.between(word, body), init, tuple(binders), body)

    # ── the start symbols ──────────────────────────────────────────────────────────────────────────────────────

    def file(self, decls: list[t.Decl]) -> list[t.Decl]:
        return decls

    def expression(self, item: t.Expr) -> t.Expr:
        return item

    def type_expression(self, item: t.TypeExpr) -> t.TypeExpr:
        return item

    # ── declarations ───────────────────────────────────────────────────────────────────────────────────────────

    def import_file(self, word: Token, path: Token, as_: Token | None = None, alias: Token | None = None) -> t.Import:
        return t.Import(self.between(word, alias or path), path.text[1:-1], self.at(path),
                        None if alias is None else alias.text)

    def definition(self, word: Token, rec: bool, name: Token, sizes: list[Token], params: list[t.Pattern],
                   result: t.TypeExpr | None, equal: Token, body: t.Expr) -> t.Def:
        return t.Def(self.between(word, body), name.text, self.at(name), rec, tuple(s.text for s in sizes),
                     tuple(params), result, body, "")

    def derivative(self, word: Token, name: Token, left: Token, params: list[Token], right: Token, equal: Token,
                   result: Token, colon: Token, tangent: Token, other: Token, body: t.Expr) -> t.Derivative:
        if tangent.text != f"{result.text}'":
            self.refuse(f"the equation must give {result.text}', the tangent of the result", self.at(tangent),
                        f"this should be {result.text}'")
        return t.Derivative(self.between(word, body), name.text, self.at(name), tuple(p.text for p in params),
                            result.text, body, word.kind == "PRIMITIVE")

    def barred(self, bar: Token, first: t.TypeExpr) -> list[object]:
        return [bar, first]

    def type_decl(self, word: Token, name: Token, params: list[Token], sizes: list[Token], equal: Token,
                  alternatives: list[Token | t.TypeExpr]) -> t.TypeDecl:
        types = [a for a in alternatives if isinstance(a, t.TypeExpr)]
        span, at = self.between(word, types[-1]), self.at(name)
        names, dims = tuple(p.text for p in params), tuple(s.text for s in sizes)
        if len(alternatives) == 1 and not _is_constructor(types[0]):
            return t.TypeDecl(span, name.text, at, names, dims, (), types[0], "", ())
        constructors = tuple(map(self._constructor, types))
        places = tuple(Span(self.source, a.span.start, a.span.start + len(x))
                       for a, (x, _) in zip(types, constructors, strict=True))
        return t.TypeDecl(span, name.text, at, names, dims, constructors, None, "", places)

    def _constructor(self, type: t.TypeExpr) -> tuple[str, t.TypeExpr | None]:
        match type:
            case t.TName(name=name) if "." not in name:
                return name, None
            case t.TApp(name=name, args=(payload,), sizes=()) if "." not in name:
                return name, payload
            case t.TApp(name=name, args=args, sizes=sizes) if "." not in name and sizes:
                span, title, text = type.span, "a constructor takes no sizes", "these are sizes"
                inner = type.span.text[len(name):].strip()
                help = f"a declared type as payload stands in parentheses:  {name} ({inner})" if args else \
                    f"the payload is a type:  {name} {inner}f64"
            case t.TApp(name=name, args=args) if "." not in name:
                span = self.between(args[0], args[-1])
                title, text = "a constructor holds one value", "these are several"
                help = f"make it a tuple:  {type.name} ({', '.join(a.span.text for a in args)})"
            case _:
                span, title, text = type.span, "a constructor begins with its name", "this is a type"
                help = "write  Name type,  for instance  Circle f64"
        return self.refuse(title, span, text, help)


def _is_constructor(type: t.TypeExpr) -> bool:
    """Does a declaration of one alternative declare a sum? Constructors are written with a capital."""
    return isinstance(type, t.TName | t.TApp) and type.name[:1].isupper() and "." not in type.name
