"""Forms with derivatives inside. Their magnitude is not known, so they are damped."""

from __future__ import annotations

from catad.proofs.forms.writer import Num, Writer

__all__ = ["DERIVATIVES", "gradient"]


def _of_vector(w: Writer, v: Num) -> str:
    u = w.name("v")
    with w.bind(vec=[Num(u, v.bound)]):
        body = w.num()
    return f"(\\{u} -> {body.text})"


def diff(w: Writer) -> Num:
    x = w.num()
    return w.derived(f"(diff {w.function(x.bound)[0]} {x.text})")


def second(w: Writer) -> Num:
    x = w.num()
    return w.derived(f"(diff (diff {w.function(x.bound)[0]}) {x.text})")


def grad(w: Writer) -> Num:
    v = w.vec()
    return w.derived(f"((grad {_of_vector(w, v)} {v.text})[{w.position()}])")


def grad_pair(w: Writer) -> Num:
    x, y, p, q = w.num(), w.num(), w.name("p"), w.name("q")
    with w.bind(num=[Num(p, x.bound), Num(q, y.bound)]):
        body = w.num()
    return w.derived(f"((grad (\\({p}, {q}) -> {body.text}) ({x.text}, {y.text})).{w.c.pick(2)})")


def grad_record(w: Writer) -> Num:
    x, v, r = w.num(), w.vec(), w.name("r")
    with w.bind(num=[Num(f"{r}.s", x.bound)], vec=[Num(f"{r}.v", v.bound)]):
        body = w.num()
    g = f"(grad (\\{r} -> {body.text}) {{s = {x.text}, v = {v.text}}})"
    return w.derived(w.c.of([f"({g}.s)", f"({g}.v[{w.position()}])"]))


def jvp(w: Writer) -> Num:
    x, dx = w.num(), w.num()
    return w.derived(f"((jvp {w.function(x.bound)[0]} {x.text} {dx.text}).1)")


def vjp(w: Writer) -> Num:
    x, dy = w.num(), w.num()
    return w.derived(f"((vjp {w.function(x.bound)[0]} {x.text}).1 {dy.text})")


def pullback_twice(w: Writer) -> Num:
    """A pullback is a function that can be used many times."""
    x, pull = w.num(), w.name("pull")
    return w.derived(f"(let {pull} = (vjp {w.function(x.bound)[0]} {x.text}).1 in {pull} 1.0 - {pull} {x.text})")


def vjp_array(w: Writer) -> Num:
    """The pullback of a function from arrays to arrays."""
    v, dy, u = w.vec(), w.vec(), w.name("v")
    with w.bind(vec=[Num(u, v.bound)]):
        body = w.vec()
    return w.derived(f"(((vjp (\\{u} -> {body.text}) {v.text}).1 {dy.text})[{w.position()}])")


def jet(w: Writer) -> Num:
    x, dx = w.num(), w.num()
    f, j = w.function(x.bound)[0], w.c.pick(2)
    return w.derived(f"(({w.c.of(['jet', 'jet_derivs'])} {f} ({x.text}, [{dx.text}, 0.5])).1[{j}])")


def jet_array(w: Writer) -> Num:
    v, i = w.vec(), w.name("i")
    f = _of_vector(w, v)
    return w.derived(f"((jet {f} ({v.text}, [x, (for {i} < n -> 0.25)])).1[{w.c.pick(2)}])")


def hessian(w: Writer) -> Num:
    v = w.vec()
    f = _of_vector(w, v)
    return w.derived(w.c.of([f"((hvp {f} {v.text} x)[{w.position()}])",
                             f"((hess {f} {v.text})[{w.position()}, {w.position()}])"]))


def linear(w: Writer) -> Num:
    x, f = w.num(), w.name("f")
    g = w.function(x.bound)[0]
    return w.derived(w.c.of([f"((linearize {g} {x.text}).1 0.5)",
                             f"(let {f} = linearize {g} {x.text} in dagger {f}.1 0.75)"]))


def gradient(w: Writer) -> Num:
    """A whole gradient, as an array of n."""
    v, i, g = w.vec(), w.name("i"), w.name("g")
    damp = "0.0625 * " if w.ring else "sin "
    return Num(f"(let {g} = grad {_of_vector(w, v)} {v.text} in for {i} < n -> {damp}{g}[{i}])", 6)


DERIVATIVES = (diff, grad, jvp, vjp, jet, grad_pair, grad_record, pullback_twice, vjp_array, second, jet_array, hessian,
               linear)
