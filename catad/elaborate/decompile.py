"""Nets back to .cad text, all boxes together, for people: what `catad grad` prints.

    check ∘ parse (table_to_cad(t, f))  means the same as  f in t          (t first-order and free of series)

Every wire with one use becomes part of the expression that uses it, as long as that stays short; others are
bound by `let`. A loop is written in the narrowest form that fits: `for`, `sum (for …)`, `accumulate`, else `loop`,
whose state then also holds the arrays that it collects. Sums are written as sums even where a loop counts down:
they are order-free in the language.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from catad.elaborate import phrases as p
from catad.elaborate.loops import Finish, write_loop, write_while
from catad.elaborate.naming import Names, legal, size_term, well_named
from catad.elaborate.phrases import Phrase
from catad.elaborate.sums import Sums, holds_sum
from catad.net.net import (
    Assert,
    BindSize,
    Box,
    Call,
    Const,
    Entry,
    Fill,
    Guard,
    IfOp,
    Loop,
    Net,
    Prim,
    SizeValue,
    Table,
    Trace,
    While,
    Wire,
    captured,
)
from catad.source.deep import deep
from catad.types.size import Size
from catad.types.type import (
    BOOL,
    F32,
    I64,
    UNIT,
    Array,
    Data,
    Prod,
    Record,
    Tangent,
    Type,
    dims,
    flatten,
    map_type,
    tangent,
)

__all__ = ["net_to_cad", "table_to_cad"]

_SHORT = 60                          # the longest text that is moved into the expression that uses it
_FUNCTIONS = {"to_f64": "f64", "to_f32": "f32", "to_i64": "i64"}


def table_to_cad(table: Table, name: str, shown: str | None = None) -> str:
    """The definition `name` after those that it calls."""
    order = list(_called(table, name))
    taken = Names()
    names = {n: taken.fresh(legal(shown or name) if n == name else legal(n)) for n in reversed(order)}
    entries = {n: _laid_out(table.entries.get(n) or _flat_entry(table.nets[n])) for n in order}
    sums = Sums(t for e in entries.values() for t in (*(u for _, u in e.params), e.result))
    entries = {n: _renamed(e, sums) for n, e in entries.items()}
    with deep():
        definitions = [_Definition(table.nets[n], entries[n], names, entries, sums).text(names[n]) for n in order]
    return "\n".join(["\n".join([*sums.declarations(), ""]), *definitions] if sums.known else definitions)


def _laid_out(e: Entry) -> Entry:
    """The interface with trees as what they are in a net: a root, and an array of nodes."""
    def arrays(t: Type) -> Type | None:
        match t:
            case Data(size=None):
                return None
            case Data():
                return Prod((I64, map_type(arrays, t.nodes)))
            case Tangent(Data() as tree):
                return tangent(tree)
        return None
    return replace(e, params=tuple((x, map_type(arrays, t)) for x, t in e.params), result=map_type(arrays, e.result))


def _renamed(e: Entry, sums: Sums) -> Entry:
    """The interface with the names that sums have in the text."""
    return replace(e, params=tuple((x, sums.plain(t)) for x, t in e.params), result=sums.plain(e.result))


def net_to_cad(net: Net, entry: Entry, name: str = "f") -> str:
    """One definition; the net makes no calls."""
    return table_to_cad(Table({name: net}, {name: entry}), name)


def _called(table: Table, name: str) -> Iterator[str]:
    """The nets reached from `name`, callees first. A stack, since chains of calls may be long."""
    done: set[str] = set()
    stack: list[tuple[str, Iterator[str]]] = [(name, _calls(table.nets[name]))]
    seen = {name}
    while stack:
        current, rest = stack[-1]
        callee = next(rest, None)
        if callee is None:
            stack.pop()
            done.add(current)
            yield current
        elif callee not in seen:
            seen.add(callee)
            stack.append((callee, _calls(table.nets[callee])))


def _calls(net: Net) -> Iterator[str]:
    for b in net.boxes:
        if isinstance(b.op, Call):
            yield b.op.name
        for inner in b.bubbles:
            yield from _calls(inner)


def _flat_entry(net: Net) -> Entry:
    """An interface for a net that people do not call: one parameter for each wire, and for each size passed along."""
    params = tuple((f"a{k}", t) for k, t in enumerate(net.source))
    free = {s.variable for t in net.source for s in dims(t)}
    bound = {b.op.name: net.inputs.index(b.sources[0]) for b in net.boxes
             if isinstance(b.op, BindSize) and b.sources[0] in net.inputs}
    params = tuple((next((s for s, k in bound.items() if k == i), x), t) for i, (x, t) in enumerate(params))
    passed = tuple((s, I64) for s in net.sizes if s not in free and s not in bound)
    result = net.target[0] if len(net.target) == 1 else Prod(net.target)
    return Entry((*passed, *params), result, net.sizes)


def _plain(t: Type) -> Type:
    """The type without tuples of one, which have no notation."""
    match t:
        case Prod((item,)):
            return _plain(item)
        case Prod(items):
            return Prod(tuple(map(_plain, items)))
        case Record(fields):
            return Record(tuple((x, _plain(f)) for x, f in fields))
        case Array(size, item):
            return Array(size, _plain(item))
    return t


def paths(t: Type, steps: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """How to reach each leaf: "" through an array, ".0" or ".x" through a product; the leaves of a sum have names."""
    match t:
        case Prod(items):
            for k, item in enumerate(items):
                yield from paths(item, (*steps, f".{k}"))
        case Record(fields):
            for x, item in fields:
                yield from paths(item, (*steps, f".{x}"))
        case Array(_, item):
            yield from paths(item, (*steps, ""))
        case Data(size=None):
            yield (*steps, ".tag")
            yield from paths(t.payloads, steps)
        case Data():
            yield (*steps, ".root")
            yield from paths(t.nodes, steps)
        case Tangent(Data() as tree):
            yield from paths(tangent(tree), steps)
        case _:
            yield steps


class _Definition:
    """Writes one net. `env` maps wires of the net at hand to phrases."""

    def __init__(self, net: Net, entry: Entry, functions: Mapping[str, str], entries: Mapping[str, Entry],
                 sums: Sums) -> None:
        self.sums = sums
        self.net, self.entry = well_named(net, entry)
        self.functions, self.entries = functions, entries
        self.names = Names(functions.values())
        self.sizes: dict[str, str] = {}                # sizes bound by a wire, and how to write them
        self.claims: dict[str, Size] = {}              # sizes that must not be negative, by the names bound to them
        self.divided: dict[Size, str] = {}             # sizes with a divisor get a name at the top

    def text(self, name: str) -> str:
        params = [(self.names.fresh(legal(x)), x, _plain(t)) for x, t in self.entry.params]
        numbers = {x for _, x, _ in params}
        named = [s for s in self.entry.sizes if s not in numbers]
        for s in named:
            self.names.take(s)
        self.sizes |= {x: y for y, x, t in params if t == I64 and x != y}
        opened: list[str] = []
        leaves: list[Phrase] = []
        for y, x, t in params:
            if self._is_wire(x):
                leaves += self.opened(Phrase(y), t, opened, y)
        result = _plain(self.entry.result)
        body = self.body(self.net, leaves, lambda out, types: self.assemble(result, iter(out)),
                         keep=not all(_is_leaf(t) for t in (result.items if isinstance(result, Prod) else [result])))
        words = [f"def {name}" + (f" [{', '.join(named)}]" if named else ""),
                 *(f"({y} : {t})" for y, _, t in params), f": {result} ="]
        head = " ".join(words) if sum(map(len, words)) < 110 else "\n    ".join(words)
        doc = "".join(f"-- {line}".rstrip() + "\n" for line in self.entry.doc.splitlines())
        top = [f"let {x} = {size_term(size, self.sizes).text} in\n" for size, x in self.divided.items()]
        top += [line + "\n" for line in opened]
        return f"{doc}{head}\n  {p.indent(''.join(top) + body.text, 2)}\n"

    def opened(self, whole: Phrase, t: Type, lines: list[str], hint: str) -> list[Phrase]:
        """The leaves of a named value."""
        if holds_sum(t):
            return list(self.sums.taken_apart(self, whole, t, (), lines, hint))
        return [p.project(whole, path) for path in paths(t)]

    def _is_wire(self, param: str) -> bool:
        """Sizes that are only passed along have a parameter and no wire."""
        extra = len([w for _, t in self.entry.params for w in flatten(t)]) - len(self.net.inputs)
        return param not in [x for x, _ in self.entry.params[:extra]]

    # ── bodies ─────────────────────────────────────────────────────────────────────────────────────────────────

    def body(self, net: Net, inputs: Sequence[Phrase], finish: Finish, keep: bool = False,
             outputs: Sequence[Wire] | None = None) -> Phrase:
        """`let … in let … in result`; `keep` wants the outputs as names, `outputs` chooses others than the net's."""
        env: dict[Wire, Phrase] = dict(zip(net.inputs, inputs, strict=True))
        outputs = net.outputs if outputs is None else outputs
        uses, held = _uses(net, outputs, keep)
        lines: list[str] = []
        values = {box.targets[0]: box.op.size for box in net.boxes if isinstance(box.op, SizeValue)}
        for box in net.boxes:
            if isinstance(box.op, BindSize):
                self.sizes[box.op.name] = self._extent(box.op, env[box.sources[0]], lines)
                if not box.op.clamp and box.sources[0] in values:
                    self.claims[box.op.name] = values[box.sources[0]]
            elif any(w in uses for w in box.targets):
                results = self.box(box, env, net, lines, [w in uses for w in box.targets])
                if len(outputs) == 1 and box.targets == tuple(outputs) and not keep:     # the result needs no name
                    env[outputs[0]] = results[0]
                else:
                    self._bind(box, results, env, uses, held, lines)
        result = finish([env[w] for w in outputs], net.type_of(outputs))
        if not lines:
            return result
        return Phrase("\n".join([*lines, result.text]), p.OPEN)

    def _bind(self, box: Box, results: list[Phrase], env: dict[Wire, Phrase], uses: Mapping[Wire, int],
              held: frozenset[Wire], lines: list[str]) -> None:
        for w, phrase in zip(box.targets, results, strict=True):
            short = uses.get(w) == 1 and w not in held and len(phrase.text) <= _SHORT and "\n" not in phrase.text
            if phrase.path or phrase.atomic or short or isinstance(box.op, (Const, SizeValue)) or w not in uses:
                env[w] = phrase
                continue
            env[w] = self.let(phrase, lines, _hint(box))

    def let(self, phrase: Phrase, lines: list[str], hint: str = "t") -> Phrase:
        """A name for a phrase; one that has a name already keeps it."""
        if phrase.atomic:
            return phrase
        name = self.names.fresh(hint)
        lines.append(p.block(f"let {name} =", phrase.text, "in") if "\n" in phrase.text or len(phrase.text) > 76
                     else f"let {name} = {phrase.text} in")
        return Phrase(name)

    def spread(self, phrase: Phrase, t: Type, lines: list[str], hint: str) -> list[Phrase]:
        """The leaves of a phrase of type `t`, named first if there are several."""
        if holds_sum(t):
            return self.opened(self.let(phrase, lines, hint), t, lines, hint)
        steps = list(paths(t))
        if steps == [()] or (len(steps) == 1 and not any(steps[0])):
            return [phrase]
        named = self.let(phrase, lines, hint)
        return [p.project(named, path) for path in steps]

    # ── boxes ──────────────────────────────────────────────────────────────────────────────────────────────────

    def box(self, box: Box, env: Mapping[Wire, Phrase], net: Net, lines: list[str],
            wanted: Sequence[bool]) -> list[Phrase]:
        """The phrases of a box's targets, of which only the wanted ones need a name."""
        args = [env[w] for w in box.sources]
        match box.op:
            case Prim(name):
                return [self._prim(name, args, net.type_of(box.sources), lines)]
            case Const(value, t):
                return [_constant(value, t)]
            case SizeValue(size):
                return [self.size(size)]
            case Fill(sizes):
                item = self.let(args[0], lines).text
                with self.names.inner():
                    binders = ", ".join(f"{self.names.fresh('i')} < {self.extent(s)}" for s in sizes)
                return [Phrase(f"for {binders} -> {item}", p.OPEN)] if sizes else args
            case Guard(checks):
                found, new = net.type_of(box.sources), net.type_of(box.targets)
                if found == new:                                 # types do not say what is compared
                    return [self._tested(checks, a, t) for a, t in zip(args, found, strict=True)]
                return [self._guard(*guarded) for guarded in zip(args, found, new, strict=True)]
            case Assert():
                return [p.apply("assert", [args[0], self.plain(args[1], net.wires[box.sources[1]])])]
            case Trace():
                whole = p.apply("trace", [self.group(args, net.type_of(box.sources))])
                return [whole] if len(args) == 1 else self.pattern(whole, wanted, lines)
            case Call(name, sizes):
                return self._call(name, dict(sizes), args, lines)
            case IfOp():
                return self._if(box, args, net, lines, wanted)
            case Loop():
                return write_loop(self, box, args, net, lines, wanted)
            case While():
                return write_while(self, box, args, net, lines, wanted)
        raise TypeError(f"{type(box.op).__name__} has no text: the net is not first-order")

    def plain(self, phrase: Phrase, t: Type) -> Phrase:
        """A value as a whole: a leaf inside an array of products is gathered by a `for`."""
        if not phrase.path:
            return phrase
        last = max(k for k, step in enumerate(phrase.path) if step)
        sizes = dims(t)[:phrase.path[:last].count("")]
        with self.names.inner():
            at = [self.names.fresh("i") for _ in sizes]
            binders = ", ".join(f"{i} < {self.extent(s)}" for i, s in zip(at, sizes, strict=True))
        return Phrase(f"for {binders} -> {p.index(phrase, at).text}", p.OPEN)

    def _prim(self, name: str, args: list[Phrase], types: tuple[Type, ...], lines: list[str]) -> Phrase:
        if name == "index":
            return p.index(args[0], [a.text for a in args[1:]])
        args = [self.plain(a, t) for a, t in zip(args, types, strict=True)]
        match name:
            case "neg" | "not":
                return p.prefix("-" if name == "neg" else "!", args[0])
            case "select":
                return Phrase(f"if {args[0].text} then {args[1].text} else {args[2].text}", p.OPEN)
            case "stack":
                return Phrase(f"[{', '.join(a.text for a in args)}]")
            case "update":
                return _with(args[0], args[1:-1], args[-1])
            case "add_at" if len(args) == 2:
                return p.apply("add", args)
            case "add_at":
                item = self.let(args[0], lines, "acc")
                args = [args[0], *(self.let(a, lines, "k") if a.level == p.APPLIED else a for a in args[1:-1]),
                        args[-1]]
                old = p.index(item, [a.text for a in args[1:-1]])
                scalar = len(dims(types[0])) == len(args) - 2
                new = p.infix("add", old, args[-1]) if scalar else p.apply("add", [old, args[-1]])
                return _with(item, args[1:-1], new)
        if name in p.INFIX:
            return p.infix(name, args[0], args[1])
        return p.apply(_FUNCTIONS.get(name, name), args)

    def _guard(self, phrase: Phrase, found: Type, wanted: Type) -> Phrase:
        if any(x in self.sizes for s in dims(wanted) for x in s.variables):     # a size that types cannot name
            checks = [(a, b) for a, b in zip(dims(found), dims(wanted), strict=True) if a != b]
            return self._tested(checks, phrase, found)
        return phrase if found == wanted else Phrase(f"({self.plain(phrase, found).text} : {wanted})")

    def _tested(self, checks: Sequence[tuple[Size, Size]], phrase: Phrase, t: Type) -> Phrase:
        """`assert (a == b && …) e`"""
        tests = [p.infix("ge", self.size(a), Phrase("0")) if self.claims.get(b.variable or "") == a
                 else p.infix("eq", self.size(a), self.size(b)) for a, b in checks]
        if not tests:
            return phrase
        test = tests[0]
        for other in tests[1:]:
            test = p.infix("and", test, other)
        return Phrase(f"assert ({test.text}) {self.plain(phrase, t).at(p.POSTFIX)}", p.APPLIED)

    def _call(self, name: str, sizes: Mapping[str, Size], args: list[Phrase], lines: list[str]) -> list[Phrase]:
        entry = self.entries[name]
        extra = len([w for _, t in entry.params for w in flatten(t)]) - len(args)
        leaves = iter(args)
        given = [self.size(sizes[x]) if k < extra else self.assemble(_plain(t), leaves)
                 for k, (x, t) in enumerate(entry.params)]
        return self.spread(p.apply(self.functions[name], given), _plain(entry.result), lines, "r")

    def _if(self, box: Box, args: list[Phrase], net: Net, lines: list[str],
            wanted: Sequence[bool]) -> list[Phrase]:
        inside = [a if a.path else self.let(a, lines) for a in args[1:]]
        with self.names.inner():
            then, other = (self.body(n, inside, self.group) for n in box.bubbles)
        if "\n" in then.text + other.text or len(then.text + other.text) > _SHORT:
            otherwise = f" {other.text}" if other.text.startswith("if ") else f"\n  {p.indent(other.text, 2)}"
            text = f"if {args[0].text} then\n  {p.indent(then.text, 2)}\nelse{otherwise}"
        else:
            text = f"if {args[0].text} then {then.text} else {other.text}"
        whole = Phrase(text, p.OPEN)
        return [whole] if len(wanted) == 1 else self.pattern(whole, wanted, lines)

    def pattern(self, whole: Phrase, wanted: Sequence[bool], lines: list[str]) -> list[Phrase]:
        """`let (a, _, …) = whole in`"""
        names = [self.names.fresh("t") if w else "_" for w in wanted]
        lines.append(p.block(f"let ({', '.join(names)}) =", whole.text, "in"))
        return [Phrase(x) for x in names]

    # ── products ───────────────────────────────────────────────────────────────────────────────────────────────

    def group(self, out: Sequence[Phrase], types: Sequence[Type]) -> Phrase:
        """Several wires as one value."""
        items = [self.plain(o, t) for o, t in zip(out, types, strict=True)]
        return items[0] if len(items) == 1 else Phrase(f"({', '.join(i.text for i in items)})")

    def assemble(self, t: Type, leaves: Iterator[Phrase], at: tuple[str, ...] = ()) -> Phrase:
        """The structured value whose leaves come next, each indexed by `at`."""
        match t:
            case Prod(items):
                return Phrase(f"({', '.join(self.assemble(i, leaves, at).text for i in items)})")
            case Record(fields):
                return Phrase("{" + ", ".join(f"{x} = {self.assemble(f, leaves, at).text}" for x, f in fields) + "}")
            case Data():
                tag = self.plain(p.index(next(leaves), at), I64)
                return self.sums.together(t, tag, [self.assemble(u, leaves, at) for _, u in t.payloads.fields])
            case Array(size, item) if not _is_leaf(t):
                with self.names.inner():
                    i = self.names.fresh("i")
                    inner = self.assemble(item, leaves, (*at, i)).text
                return Phrase(f"for {i} < {self.extent(size)} -> {inner}", p.OPEN)
        return self.plain(p.index(next(leaves), at), t)

    def extent(self, size: Size) -> str:
        """A size as the bound of a `for`."""
        return self.size(size).at(p.PIPE)

    def size(self, size: Size) -> Phrase:
        """The value of a size. One with a divisor is no size expression to the checker unless it has a name."""
        whole = all(c.denominator == 1 for _, c in size.terms)
        if whole or any(x in self.sizes for x in size.variables):
            return size_term(size, self.sizes)
        if size not in self.divided:
            self.divided[size] = self.names.lasting("n")
        return Phrase(self.divided[size])

    def _extent(self, op: BindSize, wire: Phrase, lines: list[str]) -> str:
        """How to write a size that a wire gives; where it may be negative, that counts as 0."""
        clamped = p.apply("max", [Phrase("0"), wire]) if op.clamp else wire
        return self.let(clamped, lines, "n").text


def _is_leaf(t: Type) -> bool:
    while isinstance(t, Array):
        t = t.item
    return not isinstance(t, (Prod, Record, Data)) or t == UNIT


def _with(item: Phrase, at: Sequence[Phrase], value: Phrase) -> Phrase:
    return Phrase(f"{item.at(p.UPDATE)} with [{', '.join(a.text for a in at)}] = {value.at(p.PIPE)}", p.UPDATE)


def _constant(value: float | int | bool, t: Type) -> Phrase:
    if t == BOOL:
        return Phrase("true" if value else "false")
    if t == I64:
        return Phrase(str(value)) if value >= 0 else Phrase(str(value), p.PREFIX)
    text = repr(float(value))                                   # nan, inf and -inf are names of the library
    phrase = Phrase(text, p.PREFIX if text.startswith("-") else p.ATOM)
    return p.apply("f32", [phrase]) if t == F32 else phrase


def _uses(net: Net, outputs: Sequence[Wire], keep: bool) -> tuple[dict[Wire, int], frozenset[Wire]]:
    """How often each wire is used on the way to the outputs, and which are used inside a bubble, or as a size,
    where a name is wanted."""
    count = Counter(outputs)
    held: set[Wire] = set(outputs) if keep else set()
    for b in reversed(net.boxes):
        if not (isinstance(b.op, BindSize) or any(w in count for w in b.targets)):
            continue
        count.update(b.sources)
        if isinstance(b.op, BindSize):
            held.update(b.sources)
        elif isinstance(b.op, Loop | While):
            held.update(captured(b))
        elif isinstance(b.op, IfOp):
            held.update(b.sources[1:])
    return dict(count), frozenset(held)


def _hint(box: Box) -> str:
    match box.op:
        case Loop(carries=()):
            return "xs"
        case Prim("add_at" | "update"):
            return "acc"
    return "t"
