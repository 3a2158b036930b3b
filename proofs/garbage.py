"""Garbage in, a diagnostic out: whatever a text holds, the compiler says what is wrong and never dies or hangs.

    bytes       bytes at random                         truncated   a valid program, cut anywhere
    words       words of the language at random         mutated     a valid program, changed in a few places

    answer(kind, seed) = None, or what went wrong

Each input goes through checking, formatting, the parser that recovers, the read-eval-print loop and the command line;
what still is a program is compiled. Law: every door answers within `SECONDS` of computing, with a result or with
diagnostics that have a known code other than that of an internal error, and whose places lie in the text.
"""

from __future__ import annotations

import contextlib
import io
import json
import random
import signal
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from catad.proofs.choice import Seeded
from catad.proofs.generate import Program, program

from catad import pipeline
from catad.source import CatadError, Diagnostic, Source
from catad.source.deep import deep

__all__ = ["KINDS", "SECONDS", "answer", "feed", "text_of"]

SECONDS = 20
INTERNAL = "E09"


class Late(BaseException):
    """An input took longer than it may."""


# ── inputs

def bytes_(rng: random.Random) -> bytes:
    length = rng.choice((0, 1, 5, 40, 300))
    if rng.random() < 0.5:
        return rng.randbytes(length)
    return bytes(rng.choice(b" \n\t()[]{}\\|<>=+-*/^@.,:;'\"!&%$#~`?_azAZ019\xc3\xa9\x00\xef") for _ in range(length))


def words(rng: random.Random) -> bytes:
    from catad.syntax.tables import tables
    fixed = [t.literal for t in tables().terminals if t.literal is not None]
    pool = [*fixed, "x", "f", "n", "a", "f64", "i64", "sin", "grad", "0", "1", "2.5", "1e400", "9" * 30, ".0", "--",
            "'", '"a"', "\n", "\ndef f x ="]
    return " ".join(rng.choice(pool) for _ in range(rng.choice((1, 3, 10, 60)))).encode()


def valid(rng: random.Random) -> Program:
    seed = rng.randrange(10**6)
    return program(Seeded(seed), kinks=True, size=rng.choice((2, 6, 12)))


def truncated(rng: random.Random) -> bytes:
    text = valid(rng).text
    return text[:rng.randrange(len(text))].encode()


def mutated(rng: random.Random) -> bytes:
    """A few words of a program lost, doubled, swapped or replaced, or single characters changed."""
    text = valid(rng).text
    for _ in range(rng.choice((1, 1, 2, 4))):
        text = rng.choice((_character, _word))(text, rng)
    return text.encode("utf-8", "replace")


def _character(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text))
    new = rng.choice(("", text[at] * 2, rng.choice("()[]{}.,:=<>-+*^'0aπ\n")))
    return text[:at] + new + text[at + 1:]


def _word(text: str, rng: random.Random) -> str:
    parts = text.split(" ")
    i, j = rng.randrange(len(parts)), rng.randrange(len(parts))
    match rng.randrange(4):
        case 0:
            parts[i], parts[j] = parts[j], parts[i]
        case 1:
            parts[i] = parts[j]
        case 2:
            del parts[i]
        case _:
            parts.insert(i, parts[j])
    return " ".join(parts)


KINDS = MappingProxyType({"bytes": bytes_, "words": words, "truncated": truncated, "mutated": mutated})


def text_of(kind: str, seed: int) -> bytes:
    """The input that a seed stands for."""
    return KINDS[kind](random.Random(f"{kind} {seed}"))


# ── answers

def feed(first: int, count: int) -> int:
    """Inputs first … first + count - 1 of each kind; how many were answered badly, each shown."""
    failed = 0
    for kind in KINDS:
        for seed in range(first, first + count):
            if (wrong := answer(kind, seed)) is not None:
                failed += 1
                print(f"{kind} {seed}: {wrong}\n{text_of(kind, seed)!r}", file=sys.stderr)
        print(f"{kind}: {count} inputs", file=sys.stderr)
    return failed


def answer(kind: str, seed: int) -> str | None:
    """What went wrong with an input, or None."""
    data = text_of(kind, seed)
    source = Source("<garbage>", data.decode("utf-8", "replace"))
    doors: list[tuple[str, Callable[[], object]]] = [
        ("check", lambda: _checked(source)), ("fmt", lambda: _formatted(source)),
        ("recover", lambda: _recovered(source))]
    if seed % 4 == 0:
        doors += [("repl", lambda: _replied(source)), ("command line", lambda: _commanded(data, seed))]
    for name, door in doors:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                with _limited(), deep():
                    said = door()
            except CatadError as e:
                said = _sound(e.diagnostics, source if name != "repl" else None)
            except Late:
                said = f"more than {SECONDS} s"
            except Exception as e:
                said = f"{type(e).__name__}: {e}"
        if isinstance(said, str) and said:
            return f"{name}: {said}"
    return None


@contextlib.contextmanager
def _limited() -> Iterator[None]:
    """An alarm after so much time of the processor, where the machine has one and this is the main thread."""
    def late(*_: object) -> None:
        raise Late
    try:
        before = signal.signal(signal.SIGVTALRM, late)
    except (AttributeError, ValueError):
        yield
        return
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _sound(found: Sequence[Diagnostic], source: Source | None) -> str:
    """What is wrong with these diagnostics."""
    from catad.source.codes import explain
    from catad.source.render import render, to_json
    if not found:
        return "an error without diagnostics"
    for d in found:
        if d.code.startswith(INTERNAL):
            return f"{d.code} {d.title} {' '.join(d.notes)}"
        if explain(d.code) is None:
            return f"{d.code} is not a code"
        for label in d.labels:
            if source is not None and label.span.source.name == source.name \
                    and not 0 <= label.span.start <= label.span.end <= len(source.text):
                return f"{d.code} points outside of the text"
        if "Traceback" in render(d, width=100):
            return f"{d.code} shows a traceback"
        json.dumps(to_json(d))
    return ""


def _checked(source: Source) -> None:
    """Check, and compile what is a program."""
    from catad.backends import llvm
    from catad.backends.llvm.engine import Options
    table = pipeline.elaborate(pipeline.load(source))
    for name in list(table.entries)[-1:]:
        if table.entries[name].params and name in table.nets:
            with contextlib.suppress(CatadError):
                llvm.compile(pipeline.prepare(table, name), name, options=Options(codegen=0, cached=False))


def _formatted(source: Source) -> str:
    from catad.syntax import parse
    from catad.syntax.format import format_file
    once = format_file(parse(source))
    return "" if format_file(parse(Source("<formatted>", once))) == once else "formatting twice is not formatting once"


def _recovered(source: Source) -> str:
    from catad.syntax import parse_recovering
    _, found = parse_recovering(source)
    return _sound(found, source) if found else ""


def _replied(source: Source) -> None:
    from catad.cli.session import Leave, Session
    if source.text.lstrip().startswith(":"):
        return                                          # commands read and write files
    with contextlib.suppress(Leave):
        Session().reply(source.text)


def _commanded(data: bytes, seed: int) -> str:
    """`catad check`, `fmt` or `run` on a file with these bytes: a known exit code, nothing but messages."""
    from catad.cli import main
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input.cad"
        path.write_bytes(data)
        words = (["check", str(path)], ["check", "--json", str(path)], ["fmt", str(path)],
                 ["run", str(path), "f", *_arguments()])[seed // 4 % 4]
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(words)
    said = out.getvalue() + err.getvalue()
    if code not in (0, 1) or "Traceback" in said:
        return f"{words[0]} ends with {code}: {said[-800:]}"
    return "" if code == 0 or said.strip() else f"{words[0]} fails without a word"


def _arguments() -> list[str]:
    values: dict[str, Any] = {"x": [0.5, -0.25], "a": 0.5, "b": 1.5, "p": [0.5, 0.75], "r": {"u": 0.25, "v": 0.5},
                              "k": 2, "w": [[0.5, 1.0], [0.25, -0.5]]}
    return [f"{x}={json.dumps(v)}" for x, v in values.items()]
