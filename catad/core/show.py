"""The typed core as text, for `--emit core`: close to the surface language, with sizes and types made visible.

    def dot [n] (x : [n]f64) (y : [n]f64) : f64 =
      reduce add i < n -> mul x[i] y[i]
"""

from __future__ import annotations

from catad.core import term as t
from catad.source.deep import deep
from catad.types.type import Data, Record, Type

__all__ = ["show", "show_definition", "show_term"]

_INFIX = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">",
    "ge": ">=", "idiv": "div", "imod": "mod", "pow": "^", "powi": "^", "ipow": "^",
}


def show(module: t.Module, imported: bool = False) -> str:
    """The file's own definitions; with `imported`, all of them."""
    keys = module.definitions if imported else module.own
    return "\n".join(show_definition(module.definitions[k]) for k in keys)


def show_definition(d: t.Definition) -> str:
    types = "".join(f" {x}" for x in d.type_params)
    forall = f"-- for all{types}\n" if types else ""
    sizes = [x for x in d.sizes if not any(x == p for p, _ in d.params)]
    head = f"def {'rec ' if d.recursion else ''}{d.name}" + (f" [{', '.join(sizes)}]" if sizes else "")
    head += "".join(f" ({x} : {p})" for x, p in d.params)
    return f"{forall}{head} : {d.body.type} =\n  {show_term(d.body, 2)}\n"


def show_term(e: t.Term, indent: int = 0) -> str:
    """One term; continuation lines are indented by so many columns."""
    with deep():
        return _Printer().show(e, indent)


def _constructor(u: Type, k: int) -> str:
    assert isinstance(u, Data)
    return u.cases[k][0]


class _Printer:
    def show(self, e: t.Term, n: int) -> str:
        """Open position: nothing follows."""
        pad = "\n" + " " * n
        match e:
            case t.Let() | t.BindSize():
                return self.bindings(e, n)
            case t.Lam(param=x, body=body):
                return f"\\({x} : {e.fun.arg}) -> {self.show(body, n)}"
            case t.If(cond=c, then=a, other=b):
                deeper = n + 2
                return (f"if {self.show(c, deeper)}{pad}then {self.show(a, deeper)}{pad}"
                        f"else {self.show(b, n if isinstance(b, t.If) else deeper)}")
            case t.For(index=i, size=s, body=body):
                return f"for {i} < {s} ->{pad}  {self.show(body, n + 2)}"
            case t.Reduce(monoid=m, index=i, size=s, body=body):
                return f"reduce {m} {i} < {s} -> {self.show(body, n + 2)}"
            case t.Loop(state=x, init=z, index=i, size=s, body=body) | \
                 t.Scan(state=x, init=z, index=i, size=s, body=body):
                word = "loop" if isinstance(e, t.Loop) else "scan"
                return f"{word} {x} = {self.show(z, n + 2)} for {i} < {s} do{pad}  {self.show(body, n + 2)}"
            case t.Case(item=item, arms=arms, other=other):
                cases = [f"| {_constructor(item.type, k)} {x} -> {self.show(body, n + 4)}" for k, x, body in arms]
                cases += [] if other is None else [f"| _ -> {self.show(other, n + 4)}"]
                return f"case {self.show(item, n + 2)} of{pad}" + pad.join(cases)
            case t.While(state=x, init=z, cond=cond, body=body):
                head = f"loop {x} = {self.show(z, n + 2)} while {self.show(cond, n + 2)} do"
                return f"{head}{pad}  {self.show(body, n + 2)}"
            case t.Accumulate(init=z, index=indices, sizes=sizes, body=body):
                trips = ", ".join(f"{i} < {s}" for i, s in zip(indices, sizes, strict=True))
                return f"accumulate {self.atom(z, n)} for {trips} do{pad}  {self.show(body, n + 2)}"
        return self.infix(e, n)

    def bindings(self, e: t.Term, n: int) -> str:
        lines: list[str] = []
        while isinstance(e, (t.Let, t.BindSize)):
            if isinstance(e, t.Let):
                lines.append(f"let {e.name} : {e.bound.type} = {self.show(e.bound, n + 2)} in")
            else:
                how = "clamp " if e.clamp else ""
                lines.append(f"size {e.name} = {how}{self.show(e.extent, n + 2)} in")
            e = e.body
        return ("\n" + " " * n).join([*lines, self.show(e, n)])

    def infix(self, e: t.Term, n: int) -> str:
        match e:
            case t.Op(name=name, args=(a, b)) if name in _INFIX:
                return f"{self.atom(a, n)} {_INFIX[name]} {self.atom(b, n)}"
            case t.Op(name=name, args=args) if args:
                return " ".join([name, *[self.atom(a, n) for a in args]])
            case t.Derive(kind=kind, args=args, order=k):
                name = f"{kind}@{k}" if kind == "jet" else kind
                return " ".join([name, *[self.atom(a, n) for a in args]])
            case t.Assert(cond=cond, item=item):
                return f"assert {self.atom(cond, n)} {self.atom(item, n)}"
            case t.Trace(item=item):
                return f"trace {self.atom(item, n)}"
            case t.Inject(index=k, item=item) if item is not None:
                return f"{_constructor(e.type, k)} {self.atom(item, n)}"
            case t.App():
                return self.application(e, n)
            case t.Update(item=item, indices=indices, value=v):
                return f"{self.atom(item, n)} with [{self.several(indices, n)}] = {self.show(v, n)}"
            case t.Guard(checks=checks, item=item):
                pairs = ", ".join(f"{a} = {b}" for a, b in checks)
                return f"guard [{pairs}] {self.atom(item, n)}"
            case t.Pad(item=item):
                return f"pad {self.atom(item, n)}"
        return self.atom(e, n)

    def application(self, e: t.Term, n: int) -> str:
        args: list[str] = []
        while isinstance(e, t.App):
            args.append(self.atom(e.arg, n))
            e = e.fn
        return " ".join([self.atom(e, n), *reversed(args)])

    def several(self, es: tuple[t.Term, ...], n: int) -> str:
        return ", ".join([self.show(e, n) for e in es])

    def atom(self, e: t.Term, n: int) -> str:
        """Closed position: in parentheses unless it ends by itself."""
        match e:
            case t.Var(name=x):
                return x
            case t.Lit(value=v):
                text = str(v).lower() if isinstance(v, bool) else repr(v)
                return f"({text})" if text.startswith("-") else text
            case t.Inject(index=k, item=None):
                return _constructor(e.type, k)
            case t.SizeOf(size=s):
                return f"<{s}>"
            case t.Global(name=x, types=types, sizes=sizes):
                at = [f"{a}={b}" for a, b in (*types, *sizes)]
                return x + (f"@[{', '.join(at)}]" if at else "")
            case t.Op(name=name, args=()):
                return f"{name}@[{e.type}]"
            case t.Tuple(items=items):
                if isinstance(e.type, Record):
                    fields = zip(e.type.fields, items, strict=True)
                    return "{" + ", ".join([f"{x} = {self.show(i, n)}" for (x, _), i in fields]) + "}"
                return f"({self.several(items, n)})"
            case t.Proj(item=item, index=k):
                name = item.type.fields[k][0] if isinstance(item.type, Record) else str(k)
                return f"{self.atom(item, n)}.{name}"
            case t.Index(item=item, indices=indices):
                return f"{self.atom(item, n)}[{self.several(indices, n)}]"
            case t.ArrayLit(items=items):
                return f"[{self.several(items, n)}]"
        return f"({self.show(e, n + 1)})"
