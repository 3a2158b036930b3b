"""Is a recursive definition structural? Each call must be on a part of what a parameter holds.

    def rec f … (t : tree) … = … f … (a child of t) …

Then it ends, and can be computed from the leaves to the root. The other arguments either stay as they are, or they
are inherited: then they must be known before the calls return, and a child may be called with one value only.
A definition that makes a tree must make one node for each node that it is called on.
"""

from __future__ import annotations

from collections.abc import Sequence

from catad.core import term as core
from catad.core.recursion import Call, Calls, Part, alike, branches, mentions, spine, subterms
from catad.source import CatadError, Span, error
from catad.types.type import Data, holds_function

__all__ = ["structural"]

LOOP = "repetition that does not follow a tree is written with `loop`"


def structural(d: core.Definition, span: Span) -> core.Definition:
    """The definition with what is known of its recursion, and the type of its result. Raises E0208."""
    calls = Calls(d)
    if calls.bare:
        raise _error(f"`{_name(d)}` is not a function inside itself", calls.bare[0],
                     f"needs all of its {len(d.params)} arguments here")
    if not calls.calls:
        return d
    tree = _tree(d, calls, span)
    inherited = tuple(k for k, (x, _) in enumerate(d.params) if k != tree and not all(
        calls.is_parameter(call.args[k], x) for call in calls.calls))
    for k in inherited:
        for call in calls.calls:
            _inherited(d, calls, k, call)
    if inherited:
        _once(d, calls, d.body, inherited)
    result = d.body.type
    if isinstance(result, Data) and result.size is not None:
        _nodewise(d, calls, d.body)
        t = d.params[tree][1]
        assert isinstance(t, Data)
        result = result.resized(t.nodes.size)
    body = core.Pad(result, d.body.span, d.body) if result != d.body.type else d.body
    return core.Definition(d.name, d.type_params, d.sizes, d.params, body, d.span, d.doc,
                           core.Recursion(tree, inherited))


def _name(d: core.Definition) -> str:
    return d.name[d.name.rfind(".") + 1:]


def _error(title: str, span: Span, text: str, *, others: Sequence[tuple[Span, str]] = (),
           help: Sequence[str] = ()) -> CatadError:
    return error("E0208", title, span, text, others=others, help=help or [LOOP])


# ── what gets smaller

def _tree(d: core.Definition, calls: Calls, span: Span) -> int:
    """The parameter that gets smaller in every call."""
    trees = [k for k, (_, t) in enumerate(d.params) if isinstance(t, Data) and t.size is not None]
    if not trees:
        raise _error(f"`{_name(d)}` calls itself, but takes no tree", span, "recursion follows the structure of a tree",
                     others=[(calls.calls[0].span, "here")])
    for k in trees:
        if all(_smaller(d, calls, k, call) for call in calls.calls):
            return k
    best = max(trees, key=lambda k: sum(_smaller(d, calls, k, call) for call in calls.calls))
    call = next(call for call in calls.calls if not _smaller(d, calls, best, call))
    x, arg = d.params[best][0], call.args[best]
    part = calls.part(arg)
    text = f"this is `{x}` itself" if part is not None and part.param == x else f"not a part of `{x}`"
    raise _error(f"`{_name(d)}` is called on something that is not smaller than `{x}`", arg.span, text,
                 help=[f"call it on what `case {x} of` gives, by name: `| Node p -> … p.l …`", LOOP])


def _smaller(d: core.Definition, calls: Calls, k: int, call: Call) -> bool:
    part = calls.part(call.args[k])
    return part is not None and part.param == d.params[k][0] and part.held is None and bool(part.steps)


# ── what changes on the way

def _inherited(d: core.Definition, calls: Calls, k: int, call: Call) -> None:
    """A parameter that changes is known before any call returns."""
    x, t = d.params[k]
    arg = call.args[k]
    title = f"`{x}` changes from call to call"
    if x in d.sizes:
        raise _error(title, arg.span, "it is a size", help=["a size stays the same in all calls"])
    if holds_function(t):
        raise _error(title, arg.span, "it holds a function", help=["a function stays the same in all calls"])
    if isinstance(t, Data) and t.size is not None:
        part = calls.part(arg)
        if part is None or part.param != x or part.held is not None:
            raise _error(title, arg.span, f"this is not a part of `{x}`",
                         help=["a tree beside the one that is followed may get smaller too, but not become another"])
    if mentions(arg, calls.dependent, d.name):
        raise _error(title, arg.span, "this depends on the result of a call",
                     help=["what is passed down may depend on the node and on what was passed to it"])
    if call.inside:
        raise _error(title, call.span, "this call is inside a function or a repetition",
                     help=["make the call before, with `let`"])
    part = calls.part(call.args[_followed(d, calls, call)])
    assert part is not None
    if len(part.steps) > 1:
        raise _error(title, call.span, "this call skips a generation",
                     help=["where an argument changes, call the definition on the children themselves"])


def _followed(d: core.Definition, calls: Calls, call: Call) -> int:
    return next(k for k, _ in enumerate(d.params) if _smaller(d, calls, k, call))


Seen = dict[tuple[tuple[int, int], ...], list[Call]]


def _once(d: core.Definition, calls: Calls, e: core.Term, inherited: tuple[int, ...]) -> Seen:
    """The calls that a run of `e` may make, by child; raises E0208 where a child may be called in two ways."""
    seen: Seen = {}
    while isinstance(e, (core.Let, core.BindSize)):
        first = e.bound if isinstance(e, core.Let) else e.extent
        _add(seen, _once(d, calls, first, inherited), inherited)
        e = e.body
    fn, args = spine(e)
    if isinstance(fn, core.Global) and fn.name == d.name:
        call = Call(args, e.span, False)
        _add(seen, {_steps(d, calls, call): [call]}, inherited)
    elif isinstance(e, (core.If, core.Case)):
        first = e.cond if isinstance(e, core.If) else e.item
        _add(seen, _once(d, calls, first, inherited), inherited)
        _branches(seen, [_once(d, calls, b, inherited) for b in branches(e)],
                  mentions(first, calls.dependent, d.name), inherited)
    else:
        for x in subterms(e):
            _add(seen, _once(d, calls, x, inherited), inherited)
    return seen


def _branches(seen: Seen, made: Sequence[Seen], depends: bool, inherited: tuple[int, ...]) -> None:
    """One of the branches runs; where the condition depends on results, all are visited."""
    before = {steps: list(found) for steps, found in seen.items()}
    for more in made:
        if depends:
            _add(seen, more, inherited)
            continue
        _add({steps: list(found) for steps, found in before.items()}, more, inherited)
        for steps, found in more.items():
            seen.setdefault(steps, []).extend(found)


def _steps(d: core.Definition, calls: Calls, call: Call) -> tuple[tuple[int, int], ...]:
    part = calls.part(call.args[_followed(d, calls, call)])
    assert isinstance(part, Part)
    return part.steps


def _add(seen: Seen, more: Seen, inherited: tuple[int, ...]) -> None:
    for steps, made in more.items():
        for call in made:
            for other in seen.get(steps, ()):
                if not all(alike(call.args[k], other.args[k]) for k in inherited):
                    raise _error("one child is called in two ways", call.span, "here with other arguments",
                                 others=[(other.span, "called here first")],
                                 help=["where an argument changes, a child is called with one value of it; return a "
                                       "tuple of what is needed of the child"])
        seen.setdefault(steps, []).extend(made)


# ── what is made

def _nodewise(d: core.Definition, calls: Calls, e: core.Term) -> None:
    """The result is one node for each node: a constructor over results of calls, or the result of a call."""
    stack = [e]
    while stack:
        e = stack.pop()
        match e:
            case core.Let(bound=first, body=body) | core.BindSize(extent=first, body=body):
                _no_calls(d, first)
                stack.append(body)
            case core.Pad(item=item) | core.Guard(item=item) | core.Trace(item=item):
                stack.append(item)
            case core.Assert(cond=first, item=item):
                _no_calls(d, first)
                stack.append(item)
            case core.If(cond=first, then=a, other=b):
                _no_calls(d, first)
                stack += [a, b]
            case core.Case(item=first, arms=arms, other=other):
                _no_calls(d, first)
                stack += [*(b for _, _, b in arms), *([other] if other is not None else [])]
            case core.Inject(item=item, type=t):
                assert isinstance(t, Data)
                if item is not None:
                    used: list[tuple[tuple[int, int], ...]] = []
                    _payload(d, calls, item, used)
            case _ if _is_call(d, e):
                for arg in spine(e)[1]:
                    _no_calls(d, arg)
            case _:
                raise _error(f"`{_name(d)}` makes a tree that does not follow the one it takes", e.span,
                             "this is no constructor and no result of a call", help=_NODES)


_NODES = ["a recursive definition makes one node for each node it is called on: `Node {l = f p.l, r = f p.r}`"]


def _is_call(d: core.Definition, e: core.Term) -> bool:
    fn, _ = spine(e)
    return isinstance(fn, core.Global) and fn.name == d.name


def _payload(d: core.Definition, calls: Calls, e: core.Term, used: list[tuple[tuple[int, int], ...]]) -> None:
    """Children are results of calls, each of another child; the rest holds no call."""
    while isinstance(e, (core.Guard, core.Pad)):
        e = e.item
    if isinstance(e, core.Tuple):
        for item in e.items:
            _payload(d, calls, item, used)
    elif _is_call(d, e):
        for arg in spine(e)[1]:
            _no_calls(d, arg)
        steps = _steps(d, calls, Call(spine(e)[1], e.span, False))
        if steps in used:
            raise _error("the result of a call is used twice in one node", e.span, "this is a child already",
                         help=["make two definitions, or two calls on different children"])
        used.append(steps)
    elif isinstance(e.type, Data) and e.type.size is not None and e.type.name == _made(d):
        raise _error(f"`{_name(d)}` makes a tree that does not follow the one it takes", e.span,
                     "a child that is not the result of a call", help=_NODES)
    else:
        _no_calls(d, e)


def _made(d: core.Definition) -> str:
    t = d.body.type
    assert isinstance(t, Data)
    return t.name


def _no_calls(d: core.Definition, e: core.Term) -> None:
    stack = [e]
    while stack:
        e = stack.pop()
        if isinstance(e, core.Global) and e.name == d.name:
            raise _error(f"a result of `{_name(d)}` is looked into", e.span, "it is a tree that is still being made",
                         help=["results of calls may stand as children of a constructor, or as the result", *_NODES])
        stack += subterms(e)
