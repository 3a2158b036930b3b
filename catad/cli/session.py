"""What `catad repl` remembers and does: declarations so far, and a reply to each input. No terminal in here.

    Session.reply : input → text to show          an input that fails changes nothing
"""

from __future__ import annotations

import pathlib
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from catad.cli.literals import show
from catad.crash import internal
from catad.source import CatadError, Source, error
from catad.source.files import read, root_of, write
from catad.types.type import Fun

if TYPE_CHECKING:
    from catad.api.function import Function
    from catad.api.program import Program
    from catad.core.term import Definition

__all__ = ["HELP", "Leave", "Session", "incomplete"]

HELP = """\
  2 * sin 1.0                an expression: its value and type
  def f (x : f64) = x * x    a definition (also type, import, derivative); a new one of a name replaces the old
  let a = [1.0, 2.0]         a value with a name

  :type EXPR     the type                       :grad NAME [PARAM,…]   the gradient, as a program
  :net EXPR      the optimised net              :source EXPR           it, written back as a program
  :asm EXPR      the machine code               :llvm EXPR             the LLVM text
  :time EXPR     how long it takes              :draw EXPR FILE.svg    the string diagram
  :load FILE     the definitions of a file      :list                  what is defined
  :clear         forget everything              :explain CODE          a diagnostic code at length
  :help          this                           :quit                  leave (also Ctrl-D)

Lines go on while brackets are open or something must follow; an empty line ends them.
"""
_IT = "it"
_DECLARED = re.compile(r"\s*(def(?:\s+rec)?|type|derivative|import|let)\s+(\"[^\"]*\"|[A-Za-z_][A-Za-z0-9_]*'*)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*'*")
_OPEN = re.compile(r"(?:[-+*/^@=,(\[{|&<>\\:]|->|\b(?:in|let|then|else|if|do|with|for|case|of|while|loop|accumulate|div"
                   r"|mod|def|type))\s*$")


class Leave(Exception):
    """The user wants to go."""


def incomplete(text: str) -> bool:
    """Must something follow? Brackets are open, or the last word wants a right-hand side.

    >>> incomplete("def f (x : f64) ="), incomplete("[1.0, 2.0"), incomplete("f 2.0")
    (True, True, False)
    """
    if text.lstrip().startswith(":"):
        return False
    bare = re.sub(r'"[^"\n]*"', '""', re.sub(r"--.*", "", text))
    depth = sum(bare.count(c) for c in "([{") - sum(bare.count(c) for c in ")]}")
    return depth > 0 or bool(_OPEN.search(bare))


class Session:
    """The declarations entered so far, by name."""

    def __init__(self) -> None:
        self.declared: dict[str, str] = {}
        self.root = pathlib.Path.cwd()
        self._commands: dict[str, Callable[[str], str]] = {
            "type": self._type, "grad": self._grad, "time": self._time, "draw": self._draw, "load": self.load,
            "list": self._list, "clear": self._clear, "explain": self._explain, "help": lambda _: HELP, "quit": _leave,
            "net": lambda e: self._function(e).stage("net"), "asm": lambda e: self._function(e).assembly(),
            "llvm": lambda e: self._function(e).llvm_ir(), "source": lambda e: self._function(e).source}

    def reply(self, text: str) -> str:
        """What to show for an input. Raises CatadError for mistakes, Leave at the end."""
        text = text.strip()
        if not text or all(line.lstrip().startswith("--") for line in text.splitlines()):
            return ""
        if text.startswith(":"):
            return self._command(text[1:])
        if found := _DECLARED.match(text):
            if found[1] != "let":
                return self._declare(found[2], text)
            if not re.search(r"\bin\b", text):               # with one, it is an expression
                return self._declare(found[2], "def" + text.removeprefix("let"))
        return self._value(text)

    def names(self) -> list[str]:
        """Everything that may be completed."""
        return sorted([*self.declared, *(f":{c}" for c in self._commands)])

    # ── programs ───────────────────────────────────────────────────────────────────────────────────────────────

    def _text(self) -> str:
        """Imports first, the rest in order."""
        parts = sorted(self.declared.values(), key=lambda d: not d.lstrip().startswith("import"))
        return "".join(f"{p}\n\n" for p in parts)

    @property
    def source(self) -> Source:
        """Everything declared so far."""
        return self._source()

    def _source(self, expression: str | None = None) -> Source:
        more = "" if expression is None else f"def {_IT} =\n  " + expression.replace("\n", "\n  ") + "\n"
        return Source("<input>", self._text() + more)

    def _program(self, expression: str | None = None) -> Program:
        from catad.api.program import Program
        return Program(self._source(expression), root=self.root)

    def _definition(self, expression: str) -> Definition:
        from catad import pipeline
        source = self._source(expression)
        with internal("checking what was entered", [source]):
            return pipeline.load(source, root=str(self.root)).definitions[_IT]

    def _function(self, expression: str) -> Function:
        """The definition of that name, or the expression as a definition."""
        if not expression:
            raise _wanted("an expression or the name of a definition")
        if _NAME.fullmatch(expression) and expression in (program := self._program()):
            return program[expression]
        return self._program(expression)[_IT]

    # ── inputs ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _declare(self, name: str, text: str) -> str:
        before = dict(self.declared)
        kind = "derivative of " if text.startswith("derivative") else ""
        self.declared[kind + name] = text
        try:
            definition = self._definition_of(kind + name)
        except BaseException:
            self.declared = before
            raise
        return "" if definition is None else f"{name} : {definition.type}"

    def _definition_of(self, name: str) -> Definition | None:
        """What is defined under a name, here or in the prelude."""
        from catad import pipeline
        source = self._source()
        with internal("checking what was entered", [source]):
            known = pipeline.load(source, root=str(self.root)).definitions
        return known.get(name) or known.get(f"prelude.{name}")

    def _value(self, text: str) -> str:
        if _NAME.fullmatch(text) and (named := self._definition_of(text)) and isinstance(named.type, Fun):
            return f"a function : {named.type}"
        definition = self._definition(text)
        program = self._program(text)
        if _IT not in program or program[_IT].entry.params:
            return f"a function : {definition.type}"
        f = program[_IT]
        return f"{show(f())} : {f.entry.result}"

    def _command(self, text: str) -> str:
        word, _, rest = text.strip().partition(" ")
        found = [c for c in self._commands if c.startswith(word)]       # the first that it may be short for
        if not word or not found:
            raise error("E0618", f"there is no command `:{word}`", help=[":help lists them"])
        return self._commands[found[0]](rest.strip())

    # ── commands ───────────────────────────────────────────────────────────────────────────────────────────────

    def _type(self, text: str) -> str:
        if not text:
            raise _wanted("an expression")
        if _NAME.fullmatch(text) and (named := self._definition_of(text)):
            return str(named.type)
        return str(self._definition(text).type)

    def _grad(self, text: str) -> str:
        from catad.api import transforms
        name, *params = re.split(r"[\s,]+", text)
        f = self._function(name)
        wanted = params or [x for x, t in f.entry.params if transforms.differentiable(t)]
        if not wanted:
            raise error("E0609", f"no parameter of {f.__name__} carries a derivative")
        return transforms.grad(f, wanted[0] if len(wanted) == 1 else wanted).source

    def _time(self, text: str) -> str:
        """Compiling, and the best of many calls within half a second."""
        start = time.perf_counter()
        f = self._program(text)[_IT] if text else self._function(text)
        f()
        compiled = time.perf_counter() - start
        best, end = float("inf"), time.perf_counter() + 0.5
        while time.perf_counter() < end:
            start = time.perf_counter()
            f()
            best = min(best, time.perf_counter() - start)
        return f"{_seconds(best)}, after {_seconds(compiled)} from text to value"

    def _draw(self, text: str) -> str:
        expression, _, path = text.rpartition(" ")
        if not expression or not path.endswith(".svg"):
            raise _wanted("an expression or a name, and a file that ends in .svg")
        write(path, self._function(expression.strip()).draw())
        return f"wrote {path}"

    def load(self, path: str) -> str:
        """Take the declarations of a file; those of the same name are replaced."""
        from catad.syntax import parse, tree
        if not path:
            raise _wanted("a file")
        source, before, root = read(path), dict(self.declared), self.root
        file = parse(source)
        self.root = root_of(path)
        try:
            for d in file.decls:
                name = d.path if isinstance(d, tree.Import) else str(getattr(d, "name", ""))
                kind = {tree.Derivative: "derivative of ", tree.Import: '"'}.get(type(d), "")
                self.declared[kind + name] = d.span.text
            program = self._program()
        except BaseException:
            self.declared, self.root = before, root
            raise
        return f"{len(program)} {'entry' if len(program) == 1 else 'entries'} from {source.name}"

    def _list(self, _: str) -> str:
        from catad import pipeline
        source = self._source()
        with internal("checking what was entered", [source]):
            module = pipeline.load(source, root=str(self.root))
        return "\n".join(f"{x} : {module.definitions[x].type}" for x in module.own)

    def _clear(self, _: str) -> str:
        self.declared.clear()
        return ""

    def _explain(self, code: str) -> str:
        from catad.source.codes import explain
        text = explain(code)
        if text is None:
            raise error("E0618", f"there is no code `{code}`", help=["a code looks like E0213"])
        return text


def _leave(_: str) -> str:
    raise Leave


def _wanted(what: str) -> CatadError:
    return error("E0618", f"this command needs {what}", help=[":help shows how"])


def _seconds(t: float) -> str:
    for scale, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if t >= scale:
            return f"{t / scale:.3g} {unit}"
    return f"{t * 1e9:.3g} ns"
