"""The passes over nets: from the table that elaboration made to one that back ends accept.

    prepare = bind ∘ simplify ∘ unfold ∘ normalise          each is the identity on what it has nothing to do with
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from catad.functors.coefficients import has_series, has_series_outside, unfold
from catad.functors.custom import check_linear
from catad.functors.expand import Expander
from catad.functors.kit import Kit, standard_kit
from catad.net.build import Builder
from catad.net.net import BindSize, Call, Entry, Guard, Net, Table, Wire
from catad.net.sizes import require_told
from catad.rewrite.normalise import Normaliser, Value
from catad.rewrite.unchecked import checked
from catad.source import error
from catad.source.deep import deep
from catad.types.size import Size
from catad.types.type import I64, Type, array, dims, flatten, holds_function, leaf

__all__ = ["check_rules", "normalised", "prepare"]


def _tidy(net: Net, nets: Mapping[str, Net], *, selects: bool = True, thorough: bool = False) -> Net:
    from catad.rewrite.simplify import simplify
    return simplify(net, nets, selects=selects, thorough=thorough)


def _tidy_before(net: Net, nets: Mapping[str, Net]) -> Net:
    """What may be differentiated later keeps its branches: nothing leaks from the one not taken."""
    return _tidy(net, nets, selects=False)


def normalised(table: Table, name: str, *, tidy: bool = True, kit: Kit | None = None,
               last: bool = True) -> dict[str, Net]:
    """The net of an entry with functions and derivative operators gone, and the nets it calls.

    The entry itself stays untidied unless `last`, which says that no pass comes after this one.
    """
    nets: dict[str, Net] = {}
    clean = partial(_tidy_before, nets=nets) if tidy else checked
    with deep():
        expander = Expander(nets, clean, kit, table.rules)
        normaliser = Normaliser(table, expander, clean)
        normaliser.nets = nets
        normaliser.normal(name, tidied=last)
        return reachable(nets, name)


def prepare(table: Table, name: str, *, kit: Kit | None = None, tidy: bool = True) -> Table:
    """A table whose net `name` is closed, first-order, free of series, and optimised unless `tidy` is off."""
    kit = standard_kit() if kit is None else kit
    entry = table.entries.get(name)
    if entry is not None:
        _first_order(name, entry)
    nets = normalised(table, name, tidy=tidy, kit=kit, last=False)
    with deep():
        if tidy and has_series(nets[name]):
            nets[name] = _tidy_before(nets[name], nets)       # coefficients of what is left only
        done: dict[str, Net] = {}
        for key in list(nets):
            if not has_series_outside(nets[key]):             # else its callers call its coefficients instead
                done[key] = unfold(nets[key], nets, kit.coefficients, kit.rules)
        done = reachable({**nets, **done}, name)
        clean = partial(_tidy, nets=done) if tidy else checked
        done = {key: _tidy(net, done, thorough=True) if tidy and key == name else clean(net)
                for key, net in done.items()}
        done = reachable(done, name)
        if table.rules:
            done = reachable(_unfolded(done, name, clean), name)
        if entry is not None:
            done[name] = bind(done[name], entry)
            require_told(name, done[name], entry.span)
    return Table(done, {name: entry} if entry is not None else {})


def _unfolded(nets: dict[str, Net], name: str, clean: Callable[[Net], Net]) -> dict[str, Net]:
    """Calls that waited for derivatives are unfolded as others were."""
    normaliser = Normaliser(Table(nets), _no_derivative, clean)
    normaliser.normal(name)
    return normaliser.nets


def _no_derivative(*_: object) -> list[Value]:
    raise AssertionError("a derivative that was not expanded")


def check_rules(table: Table) -> None:
    """Raise E0405 for a declared derivative that is not linear."""
    for name, rule in table.rules.items():
        nets = normalised(table, rule)
        net = table.nets[name]
        check_linear(nets[rule], nets, len(net.inputs) + len(net.outputs))


def _first_order(name: str, entry: Entry) -> None:
    for x, t in (*entry.params, ("the result", entry.result)):
        if holds_function(t):
            raise error("E0402", f"`{name}` takes or returns a function", entry.span, f"{x} : {t}",
                        help=["define an entry that gives it the function: def main (x : f64) : f64 = …"])


def reachable(nets: Mapping[str, Net], name: str) -> dict[str, Net]:
    """The nets that `name` calls, callees first."""
    found: dict[str, Net] = {}

    def visit(key: str) -> None:
        if key in found:
            return
        for callee in calls(nets[key]):
            visit(callee)
        found[key] = nets[key]

    visit(name)
    return found


def calls(net: Net) -> list[str]:
    """The names that a net calls, bubbles included."""
    names: dict[str, None] = {}
    for box in net.boxes:
        if isinstance(box.op, Call):
            names[box.op.name] = None
        for bubble in box.bubbles:
            names.update(dict.fromkeys(calls(bubble)))
    return list(names)


def bind(net: Net, entry: Entry) -> Net:
    """Bind the sizes that come as i64 parameters.

    One that is also a dimension of another parameter is checked against it instead.
    """
    wires: list[tuple[str, int]] = []
    position = 0
    for x, t in entry.params:
        if t == I64 and x in entry.sizes:
            wires.append((x, position))
        position += len(list(flatten(t)))
    if not wires:
        return net
    b = Builder()
    alone = {s.variable for t in net.source for s in dims(t)}
    late = {x for x, _ in wires if x not in alone}            # known only after a number has been read
    inputs = [b.input(_measured(t, f"{k}$", late)) for k, t in enumerate(net.source)]
    args = list(inputs)
    b.sizes.extend(x for x in net.sizes if x in alone)
    b.sizes.extend(given.variable for t, w in zip(net.source, inputs, strict=True)
                   for s, given in zip(dims(t), dims(b.type(w)), strict=True) if s != given and given.variable)
    for x, k in wires:
        if x in alone:
            _check(b, x, inputs[k], args, entry)
        else:
            b.box(BindSize(x, False), [inputs[k]], [], span=entry.span)
    for k, t in enumerate(net.source):
        if t != b.type(inputs[k]):
            guard = Guard(tuple((g, s) for g, s in zip(dims(b.type(inputs[k])), dims(t), strict=True) if g != s))
            args[k] = b.box(guard, [args[k]], [t], span=entry.span)[0]
    return b.net(*b.splice(net, args))


def _measured(t: Type, name: str, late: set[str]) -> Type:
    """The type with names of their own for dimensions that mention a size that is bound later."""
    sizes = (Size.var(f"{name}{j}") if late & {*s.variables} else s for j, s in enumerate(dims(t)))
    return array(tuple(sizes), leaf(t))


def _check(b: Builder, x: str, w: Wire, args: list[Wire], entry: Entry) -> None:
    given = f"{x}$given"
    b.box(BindSize(given, False), [w], [], span=entry.span)
    k = next(k for k, a in enumerate(args) if any(s.variable == x for s in dims(b.type(a))))
    guard = Guard(((Size.var(given), Size.var(x)),))
    args[k] = b.box(guard, [args[k]], [b.type(args[k])], span=entry.span)[0]
