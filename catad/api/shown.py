"""What a function shows of itself: the stages of the compiler, its diagram, its formula.

`Function` is one; these need nothing of it but the program and its name in it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterator
from typing import Any

from catad.crash import internal
from catad.net.net import Entry, Net, Table
from catad.source import Source

__all__ = ["Shown"]


class Shown:
    """The stages, pictures and formulas of a function."""

    __name__: str
    _table: Table
    _name: str
    _entry: Entry
    _sources: tuple[Source, ...]

    @property
    @abstractmethod
    def signature(self) -> str:
        """The declaration."""

    @property
    def entry(self) -> Entry:
        """Parameter names and structured types."""
        return self._entry

    @property
    def table(self) -> Table:
        """The program this function is a net of."""
        return self._table

    @property
    def key(self) -> str:
        """The name of the function's net in `table`."""
        return self._name

    @property
    def sources(self) -> tuple[Source, ...]:
        """The texts that the function was made from."""
        return self._sources

    @property
    @abstractmethod
    def backend(self) -> str:
        """What runs it."""

    @property
    @abstractmethod
    def prepared(self) -> Table:
        """The program as backends get it: closed, first-order, optimised."""

    @property
    def net(self) -> Net:
        """The optimised, closed, first-order net that is compiled."""
        return self.prepared.nets[self._name]

    @property
    def source(self) -> str:
        """The optimised function, written back as a .cad program."""
        from catad.elaborate.decompile import table_to_cad
        with internal(f"printing {self.__name__}", self._sources):
            return table_to_cad(self.prepared, self._name, shown=self.__name__)

    def stage(self, kind: str) -> str:
        """The text of one stage: "source-net", "net", "schedule", "kernel", "llvm" or "asm"."""
        from catad import pipeline
        with internal(f"printing {self.__name__} as {kind}", self._sources):
            return pipeline.stage(self._table, self._name, kind, strict=self.backend == "strict")

    def llvm_ir(self) -> str:
        """The LLVM IR of the compiled function."""
        return self.stage("llvm")

    def assembly(self) -> str:
        """The machine code, as assembly."""
        return self.stage("asm")

    def ops(self) -> dict[str, int]:
        """How many boxes of each kind the optimised net has, loop bodies counted once.

        >>> import catad
        >>> f = catad.compile("def f (x : f64) : f64 = sin x * sin x", entry="f")
        >>> f.ops()["sin"]
        1
        """
        from catad.net.net import Prim
        net = self.net
        with internal(f"counting the operations of {self.__name__}", self._sources):
            count = Counter(b.op.name if isinstance(b.op, Prim) else type(b.op).__name__.lower() for b in _boxes(net))
        return dict(sorted(count.items()))

    def draw(self) -> str:
        """The string diagram of the optimised net, as SVG."""
        from catad import draw
        with internal(f"drawing {self.__name__}", self._sources):
            return draw.draw(self.net, self.signature, names=list(_leaf_names(self._entry)))

    def _repr_svg_(self) -> str:
        return self.draw()

    # ── formulas ───────────────────────────────────────────────────────────────────────────────────────────────

    def symbolic(self, **known: int) -> Any:
        """The formula of the function as SymPy expressions; sizes and whole numbers are given by name.

        >>> import catad
        >>> f = catad.compile("def f [n] (x : [n]f64) : f64 = sum (for i < n -> x[i]^2)", entry="f")
        >>> f.symbolic(n=2)
        x_0**2 + x_1**2
        """
        from catad.api.meanings import symbolic
        with internal(f"writing {self.__name__} as a formula", self._sources):
            return symbolic(self, known)

    def to_sympy(self, **known: int) -> Any:
        """The formula of the function: `symbolic`, with matrices and arrays of SymPy.

        Symbols are real and named after the parameters (`x_0`, `line_slope`); sizes and whole numbers are given by
        name. Loops are unrolled, branches become Piecewise. Tuples are tuples, records dictionaries, matrices `Matrix`,
        other arrays `Array`. Raises E0712 where the formula depends on a number that is not known, such as the trips
        of a `while`, E0713 where a size is not given.

        >>> import catad
        >>> f = catad.compile("def f [n] (x : [n]f64) : [n, n]f64 = for i < n, j < n -> x[i] * x[j]", entry="f")
        >>> f.to_sympy(n=2).tolist()
        [[x_0**2, x_0*x_1], [x_0*x_1, x_1**2]]
        """
        from catad.api.meanings import structured, symbolic
        with internal(f"writing {self.__name__} as a formula", self._sources):
            return structured(symbolic(self, known))

    def latex(self, **known: int) -> str:
        r"""The function as a formula in LaTeX; sizes and whole numbers are given by name, as for `to_sympy`.

        >>> import catad
        >>> print(catad.compile("def f (x : f64) : f64 = sqrt x / 2", entry="f").latex())
        f(x) = \frac{\sqrt{x}}{2}
        """
        from catad.api.meanings import latex
        with internal(f"writing {self.__name__} as a formula", self._sources):
            return latex(self, known)

    def _repr_latex_(self) -> str | None:
        """A formula for notebooks, where it is short."""
        from catad.api.meanings import short_latex
        return short_latex(self)


def _leaf_names(entry: Entry) -> Iterator[str]:
    """`p.0`, `p.1`, `b.w` … in the order of the net's inputs."""
    from catad.elaborate.decompile import paths
    for x, t in entry.params:
        for path in paths(t):
            yield x + "".join(path)


def _boxes(net: Net) -> Iterator[Any]:
    for b in net.boxes:
        yield b
        for inner in b.bubbles:
            yield from _boxes(inner)
