"""A function of a program, as Python sees it: typed, named parameters, compiled when it is first called.

    Function = (table, name, entry)          catad.grad and the others make new ones of the same kind

Calls go straight to the native entry point, which checks its arguments itself, through a few subscripts where there are
tuples and dictionaries (`plan.py`). When it refuses them, or for anything else, the general way packs, checks and
unpacks, and is the one that speaks to the user.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from inspect import Parameter
from inspect import Signature as PythonSignature
from typing import TYPE_CHECKING, Any

from catad.api.plan import Misfit, straight
from catad.api.shown import Shown
from catad.api.stored import frozen, stored
from catad.api.values import Packing, callable_type, simple, unpack
from catad.crash import internal
from catad.net.net import Entry, Table
from catad.source import CatadError, Source, error
from catad.tracing.active import running, traced
from catad.types.size import is_hidden
from catad.types.type import I64, Data, Prod, Tangent, within

if TYPE_CHECKING:
    from catad.api.engine import Engine
    from catad.api.memory import Memory
    from catad.tracing.modules import Module

__all__ = ["Function", "signature_text"]

# What the native entry says of arguments that it does not take; it does not know their names and types.
_REFUSALS = frozenset({"E0502", "E0506", "E0604", "E0605", "E0606", "E0607"})


def signature_text(name: str, entry: Entry) -> str:
    """`f [n] (x : [n]f64) : f64`, as it would be declared."""
    sizes = [s for s in entry.sizes if s not in {x for x, _ in entry.params} and not is_hidden(s)]
    head = name + (f" [{', '.join(sizes)}]" if sizes else "")
    return " ".join([head, *(f"({x} : {t})" for x, t in entry.params), f": {entry.result}"])


class Function(Shown):
    """A callable definition. Made by `catad.compile`, `catad.load` and the transforms; never by hand.

    >>> import catad
    >>> f = catad.compile("def f (x : f64) (y : f64) : f64 = x * y", entry="f")
    >>> f(2.0, 3.0), f(y=1.5, x=2)
    (6.0, 3.0)
    >>> f.signature
    'f (x : f64) (y : f64) : f64'
    """

    _origin: Callable[[], Module] | None

    def __init__(self, table: Table, name: str, *, backend: str = "llvm", sources: tuple[Source, ...] = (),
                 shown: str | None = None, origin: Callable[[], Module] | None = None) -> None:
        self.prepare_empty(shown or name, table.entries[name].doc or None)
        self._backend, self._origin = backend, origin
        self.become(table, name, sources)

    def prepare_empty(self, shown: str, doc: str | None) -> None:
        """What is there before the program is known."""
        self._backend = "llvm"
        self._origin = None
        self.defaults: Mapping[str, Any] = {}             # of parameters that need not be given
        self._lock = threading.RLock()
        self._derived: dict[Any, Function] = {}
        self._engine: Engine | None = None
        self._fast: Callable[..., Any] | None = None
        self.__name__ = self.__qualname__ = shown
        self.__doc__ = doc

    def become(self, table: Table, name: str, sources: tuple[Source, ...]) -> None:
        """The program. Raises E0603 when it cannot be called from outside."""
        self._table, self._name, self._sources = table, name, sources
        self._entry = table.entries[name]
        _check_entry(self.__name__, self._entry)

    # ── calling ────────────────────────────────────────────────────────────────────────────────────────────────

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        fast = self._fast
        if fast is not None and not kwargs:
            try:
                return fast(*args)
            except (Misfit, TypeError):
                pass
            except CatadError as exc:
                if exc.code not in _REFUSALS and running.get() is None:
                    raise                                # else the general way converts, or says what is wrong
        return self._general(args, kwargs)

    def _general(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        if running.get() is not None and traced([*args, *kwargs.values()]):
            from catad.tracing.calls import call
            return call(self.module(), self.__name__, self.bind(*args, **kwargs))
        packing = self.pack(self.bind(*args, **kwargs))
        run = (self._engine or self._compile()).run
        try:
            flat = run(packing.flat)
        except (CatadError, MemoryError):
            raise
        except Exception:
            with internal(f"running {self.__name__}", self._sources):
                raise
        return unpack(self._entry.result, iter(flat), packing.classes, packing.shapes())

    def pack(self, values: Sequence[Any], packing: Packing | None = None) -> Packing:
        """The flat arguments for one value of each parameter, checked; what the engine takes."""
        entry = self._entry
        packing = self.packing() if packing is None else packing
        for (name, t), value in zip(entry.params, values, strict=True):
            packing.add(t, value, name)
            if t == I64 and name in entry.sizes:
                packing.bind(name, packing.flat[-1], name)
        packing.check_sizes()
        return packing

    def convert(self, name: str, value: Any) -> Any:
        """A value of the parameter `name`, checked and converted once, for any number of calls.

        It may be given wherever a value of that type is taken: to this function, to its derivatives, to others.
        Trees, sums and nested lists gain most; data without sums become arrays of their own. Raises E0604 where
        there is no such parameter, and what a call raises where the value does not fit.

        >>> import catad
        >>> f = catad.compile("def f [n] (x : [n]f64) : f64 = sum (for i < n -> x[i]^2)").f
        >>> x = f.convert("x", [1.0, 2.0, 3.0])
        >>> f(x), catad.grad(f)(x)
        (14.0, array([2., 4., 6.]))
        """
        types = dict(self._entry.params)
        if name not in types:
            raise self._argument_error(f"it has no parameter `{name}`", _close(name, list(types)))
        t = types[name]
        if any(isinstance(part, Tangent) for part in within(t)):
            raise self._argument_error(f"`{name}` holds the tangent of a tree, which is known with its tree only",
                                       "give it to the call as it is")
        packing = self.packing()
        packing.add(t, value, name)
        packing.check_sizes(partly=True)
        if any(isinstance(part, Data) for part in within(t)):
            return stored(packing, t)
        return unpack(t, map(frozen, packing.flat), packing.classes)        # plain data, which calls take fastest

    def packing(self) -> Packing:
        """What checks and flattens arguments, for the numbers of the backend."""
        from catad.api.engine import ordinary
        if ordinary(self._backend):
            return Packing(self)
        from catad.api.meanings import FormulaPacking, NumberPacking
        return (FormulaPacking if self._backend == "symbolic" else NumberPacking)(self)

    def bind(self, *args: Any, **kwargs: Any) -> list[Any]:
        """One value for each parameter, in order; a diagnostic when the arguments do not match."""
        names = [x for x, _ in self._entry.params]
        if len(args) > len(names):
            raise self._argument_error(f"{_count(len(args))} given, but it takes {len(names)}",
                                       _spread_help(self, args))
        values = dict(zip(names, args, strict=False))
        for x, v in kwargs.items():
            if x not in names:
                raise self._argument_error(f"it has no parameter `{x}`", _close(x, names))
            if x in values:
                raise self._argument_error(f"`{x}` is given twice")
            values[x] = v
        values = {**{x: v for x, v in self.defaults.items() if x in names}, **values}
        missing = [x for x in names if x not in values]
        if missing:
            raise self._argument_error(f"{', '.join(f'`{x}`' for x in missing)} not given",
                                       "a call needs every argument")
        return [values[x] for x in names]

    def _argument_error(self, what: str, help: str | None = None) -> CatadError:
        return error("E0604", f"{self.__name__}: {what}", notes=[f"the function is  {self.signature}"],
                     help=[help] if help else [])

    def _compile(self) -> Engine:
        from catad.api.engine import engine
        with self._lock:
            if self._engine is None:
                table = self.prepared
                with internal(f"compiling {self.__name__} for {self._backend}", self._sources):
                    self._engine = engine(self._backend, table, self._name)
                native = self._engine.entry
                if self._direct or native is None:
                    self._fast = native
                elif (bind := straight(self._entry)) is not None:
                    self._fast = bind(native)
            return self._engine

    @property
    def engine(self) -> Engine:
        """What runs the function on flat values; compiled when first asked for."""
        return self._engine or self._compile()

    @property
    def _direct(self) -> bool:
        """Is the flat form of arguments and result the structured form?"""
        result = self._entry.result
        parts = result.items if isinstance(result, Prod) and len(result.items) >= 2 else (result,)
        return all(simple(t) for _, t in self._entry.params) and all(map(simple, parts))

    @cached_property
    def prepared(self) -> Table:
        """The program as backends get it: closed, first-order, optimised."""
        from catad import pipeline
        with self._lock, internal(f"preparing {self.__name__}", self._sources):
            # a check looks at the operations that were written: branches stay, constants are not folded
            return pipeline.prepare(self._table, self._name, tidy=not self._backend.startswith("check-"))

    # ── the function as an object ──────────────────────────────────────────────────────────────────────────────

    @property
    def signature(self) -> str:
        """The declaration, `f [n] (x : [n]f64) : f64`."""
        return signature_text(self.__name__, self._entry)

    @property
    def __signature__(self) -> PythonSignature:
        """For `inspect.signature` and editors; empty when a name is no Python identifier."""
        kind = Parameter.POSITIONAL_OR_KEYWORD
        names = [(x if x.isidentifier() else x.replace("'", "_prime"), t) for x, t in self._entry.params]
        return PythonSignature([Parameter(x, kind, annotation=str(t)) for x, t in names],
                               return_annotation=str(self._entry.result))

    @property
    def compiled(self) -> Callable[..., Any]:
        """The native entry point: flat values in, flat values out, no Python in between.

        Scalars are floats, ints and bools; arrays are C-contiguous and of the exact dtype.
        """
        entry = self._compile().entry
        if entry is None:
            raise error("E0611", f"the {self._backend} backend has no native entry point")
        return entry

    fast = compiled

    def with_backend(self, name: str) -> Function:
        """The same function run by another backend: what its floats are, `catad.api.engine` lists.

        "llvm" is native code; "strict" native code in which no sum is regrouped and no multiplication contracted with
        an addition, so that + - * / and sqrt give the bits of the "reference" (NumPy and Python floats); "check-nan"
        and "check-inf" are the reference, stopping with E0510 where the first NaN (or infinity) is made. "exact" gives
        rationals, "mp:50" 50 digits, "mod:65537" residues, "symbolic" formulas of SymPy. Derivatives of the result are
        run by it too. Raises E0611 for another name; calls raise E0711 where an operation has no such meaning.

        >>> import catad
        >>> f = catad.compile("def f (x : f64) : f64 = x * x / 3", entry="f")
        >>> f.with_backend("strict")(3.0), f.with_backend("mod:7")(3), catad.grad(f.with_backend("exact"))(1)
        (3.0, 3, Fraction(2, 3))
        >>> f.with_backend("mp:30")(2)
        mpf('1.333333333333333333333333333333333333333341')
        >>> g = catad.compile("def g (x : f64) : f64 = x * log x", entry="g").with_backend("check-inf")
        >>> try: catad.grad(g)(0.0)
        ... except catad.CatadError as e: print(e.diagnostics[0].title, "·", e.diagnostics[0].labels[0].text)
        an infinity is made here · log 0.0 is -inf
        """
        from catad.api.engine import check_backend
        return _restore(self._table, self._name, check_backend(name), self._sources, self.__name__, self.defaults)

    def memory(self, *args: Any, **kwargs: Any) -> Memory:
        """The bytes that a call with these arguments will take, known before it runs; of a gradient, its tape."""
        from catad.api.memory import memory
        return memory(self, self.bind(*args, **kwargs), self._name)

    def reference(self, *args: Any, **kwargs: Any) -> Any:
        """The value by the reference backend, which defines what a program means."""
        return self._derive(("reference",), lambda: self.with_backend("reference"))(*args, **kwargs)

    def exact(self, *args: Any, **kwargs: Any) -> Any:
        """The value in rational numbers: for programs of arithmetic, comparison and whole powers.

        Floats stand for the rationals they are; Fractions may be given too.

        >>> import catad
        >>> from fractions import Fraction
        >>> f = catad.compile("def f (x : f64) : f64 = x^2 + x / 3", entry="f")
        >>> f.exact(Fraction(1, 2)), catad.grad(f).exact(1)
        (Fraction(5, 12), Fraction(7, 3))
        """
        return self._derive(("exact",), lambda: self.with_backend("exact"))(*args, **kwargs)

    def module(self) -> Module:
        """The definition as a tree that traced functions import."""
        from catad.syntax import parse
        from catad.tracing.modules import Module
        if self._origin is not None:
            return self._origin()
        with self._lock:
            if "_text" not in self.__dict__:
                from catad.elaborate.naming import legal
                self._text = Module(parse(Source(f"<{self.__name__}>", self.source)), legal(self.__name__))
            return self._text

    def __reduce__(self) -> tuple[Any, ...]:
        """Functions travel to other processes; each compiles them anew (or finds the code on disk)."""
        return _restore, (self._table, self._name, self._backend, self._sources, self.__name__, self.defaults)

    def _derive(self, key: Any, make: Callable[[], Function]) -> Function:
        """One derived function for each key, made once."""
        with self._lock:
            if key not in self._derived:
                self._derived[key] = make()
            return self._derived[key]

    # ── looking inside ─────────────────────────────────────────────────────────────────────────────────────────

    @property
    def backend(self) -> str:
        """What runs it, as in `with_backend`."""
        return self._backend

    def __repr__(self) -> str:
        return f"<catad function {self.signature}>"


def _restore(table: Table, name: str, backend: str, sources: tuple[Source, ...], shown: str,
             defaults: Mapping[str, Any]) -> Function:
    made = Function(table, name, backend=backend, sources=sources, shown=shown)
    made.defaults = defaults
    return made


def _check_entry(name: str, entry: Entry) -> None:
    for x, t in (*entry.params, ("the result", entry.result)):
        if not callable_type(t):
            where = x if x == "the result" else f"`{x}`"
            raise error("E0603", f"{name} cannot be called from outside: {where} has type {t}", entry.span,
                        "holds functions or sums" if entry.span else "",
                        help=["write a definition that fixes the function arguments, and call that"])


def _count(n: int) -> str:
    return "1 argument" if n == 1 else f"{n} arguments"


def _close(name: str, names: Sequence[str]) -> str | None:
    import difflib
    best = difflib.get_close_matches(str(name), names, 1)
    return f"did you mean `{best[0]}`?" if best else None


def _spread_help(f: Function, args: tuple[Any, ...]) -> str | None:
    params = f.entry.params
    if len(params) == 1 and isinstance(params[0][1], Prod) and len(params[0][1].items) == len(args):
        return f"it takes one tuple: {f.__name__}(({', '.join(['…'] * len(args))}))"
    return None
