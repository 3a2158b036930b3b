"""What the command line accepts: one parser for each command, each naming the module that runs it.

`protect` lets values that look like flags (`-1e5`, `-inf`) and bare optional flags (`--grad`) through argparse.
"""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

__all__ = ["parse_arguments", "parsers"]

COMMANDS = (
    "check", "run", "eval", "repl", "grad", "build", "draw", "fmt", "test", "prove", "explain", "doc", "cache",
    "stubgen", "completion",
)
EMIT = ("core", "net", "schedule", "llvm", "asm", "obj", "so", "header")
KINDS = ("grad", "value_and_grad", "vjp", "jvp", "jet", "jacobian", "hessian", "hvp")

_BACKENDS = "llvm (default), strict, reference, check-nan, check-inf, exact, mp:DIGITS, mod:PRIME or symbolic"
_NEGATIVE = re.compile(r"-(\d|\.\d|inf|nan|Infinity|NaN)")


def protect(argv: Sequence[str]) -> list[str]:
    """Arguments as argparse should see them.

    >>> protect(["run", "f.cad", "-1e5", "--grad"])
    ['run', 'f.cad', ' -1e5', '--grad=']
    """
    return [f" {a}" if _NEGATIVE.match(a) else "--grad=" if a == "--grad" else a for a in argv]


class Parser(argparse.ArgumentParser):
    """Says what was probably meant."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"formatter_class": argparse.RawDescriptionHelpFormatter, "allow_abbrev": False, **kwargs})

    def error(self, message: str) -> NoReturn:
        hint = self._hint(message) if "\n" not in message else ""
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: {message}{hint}\n")

    def _hint(self, message: str) -> str:
        if match := re.search(r"invalid choice: '([^']*)' \(choose from (.*)\)", message):
            known = re.findall(r"[\w-]+", match[2])
            words = [match[1]]
        elif message.startswith("unrecognized arguments:"):
            words = [w.split("=")[0] for w in message.split(": ", 1)[1].split() if w.startswith("-")]
            known = list(self._option_string_actions)
        else:
            return ""
        best = [b for w in words for b in difflib.get_close_matches(w, known, 1)]
        return f"\ndid you mean {' '.join(best)}?" if best else ""


def parse_arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Parse; leaves the process with exit code 2 (or 0 for --help) like argparse."""
    parser, commands = _parsers()
    args, rest = parser.parse_known_args(protect(argv))
    for name, default in (("color", "auto"), ("json", False)):       # not argparse's: subcommands would reset them
        if not hasattr(args, name):
            setattr(args, name, default)
    if args.version:
        return args
    if args.command is None:
        parser.error("which command? (catad --help lists them)")
    if rest and not _taken(args, rest):
        words = [r.strip() for r in rest]
        bare = getattr(args, "grad", None) == "" and not words[0].startswith("-")
        meant = f"\ndid you mean --grad={words[0]}?" if bare else ""
        commands[args.command].error(f"unrecognized arguments: {' '.join(words)}{meant}")
    return args


def _taken(args: argparse.Namespace, rest: list[str]) -> bool:
    """Words after a flag, which argparse leaves over: `run f.cad --grad loss 1.0`."""
    if any(r.startswith("-") and r != "-" for r in rest):
        return False
    for name in ("arguments", "files", "entries"):
        if hasattr(args, name):
            getattr(args, name).extend(rest)
            return True
    if len(rest) == 1 and getattr(args, "entry", "") is None:
        args.entry = rest[0]
        return True
    return False


def _parsers() -> tuple[Parser, dict[str, Parser]]:
    common = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--color", choices=("auto", "always", "never"),
                        help="colour of messages (auto: on a terminal, unless NO_COLOR is set)")
    common.add_argument("--json", action="store_true", help="diagnostics as JSON")
    parser = Parser(prog="catad", parents=[common], description=_describe())
    parser.add_argument("--version", action="store_true", help="print versions and leave")
    sub = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    commands: dict[str, Parser] = {}

    def command(name: str, help: str, epilog: str | None = None) -> Parser:
        commands[name] = sub.add_parser(name, help=help, description=help, epilog=epilog, parents=[common])
        return commands[name]

    _looking(command)
    _running(command)
    _making(command)
    return parser, commands


def parsers() -> dict[str, Parser]:
    """The parser of each command."""
    return _parsers()[1]


def _describe() -> str:
    return ("A differentiable programming language.\n\n"
            "  catad check model.cad\n  catad run model.cad loss '[1, 2]' n=3\n  catad run model.cad loss --grad x=2\n")


def _files(p: Parser) -> None:
    p.add_argument("files", nargs="+", metavar="FILE", help="a .cad file, or - for standard input")


def _program(p: Parser) -> None:
    p.add_argument("file", metavar="FILE", help="a .cad file, or - for standard input")
    p.add_argument("entry", nargs="?", metavar="ENTRY", help="the definition (default: main, or the only one)")


def _gradient(p: Parser) -> None:
    p.add_argument("--grad", metavar="PARAMS", help="the gradient; --grad=x,y for these parameters only")


def _backend(p: Parser) -> None:
    p.add_argument("--backend", metavar="NAME", help=_BACKENDS)
    p.add_argument("--strict", action="store_true", help="no sum is regrouped, nothing is contracted")
    p.add_argument("--check", choices=("nan", "inf"), help="stop at the operation that makes the first NaN (inf: or "
                   "infinity), by the reference backend")


def _output(p: Parser) -> None:
    p.add_argument("-o", "--output", metavar="OUT", help="the file to write (default: standard output)")


def _looking(command: Any) -> None:
    _files(command("check", "parse and check types"))
    p = command("fmt", "format files in place (standard input to standard output)")
    _files(p)
    p.add_argument("--check", action="store_true", help="change nothing; exit 1 when a file would change")
    p = command("test", "run the tests in comments, natively and by the reference",
                "Tests are lines  -- > expression  followed by  -- = value  or  -- ! CODE")
    _files(p)
    p = command("prove", "check the laws of the derivatives of a file's definitions")
    p.add_argument("file", metavar="FILE", help="a .cad file, or - for standard input")
    p.add_argument("entries", nargs="*", default=[], metavar="ENTRY", help="these definitions only")
    p.add_argument("--samples", type=int, default=5, metavar="N", help="how many arguments to try (default: 5)")
    p.add_argument("--seed", type=int, default=0, metavar="N", help="the choice of arguments (default: 0)")
    p = command("doc", "Markdown from the types and comments of a file")
    p.add_argument("file", metavar="FILE", help="a .cad file, or - for standard input")
    _output(p)
    p = command("stubgen", "the types of a program for editors and type checkers, as a .pyi file beside it",
                "For programs that are imported as modules: catad.interop.importer.install()")
    p.add_argument("file", metavar="FILE", help="a .cad file, or - for standard input")
    _output(p)
    p = command("cache", "the compiled code kept on disk: where, how much; clear it")
    p.add_argument("action", nargs="?", choices=("dir", "size", "clear"), help="default: where and how much")
    p = command("completion", "the completion script for a shell", "  bash, zsh   source <(catad completion bash)\n"
                "  fish        catad completion fish | source")
    p.add_argument("shell", choices=("bash", "zsh", "fish"))
    p = command("explain", "the long text of a diagnostic code")
    p.add_argument("code", nargs="?", metavar="CODE", help="such as E0213; without one, all are listed")


def _running(command: Any) -> None:
    p = command("run", "call a definition and print its value as JSON",
                "Arguments are JSON, or @file.json, @file.npy, @file.npz, in order or as name=value.\n"
                "NaN and infinities are written \"nan\", \"inf\", \"-inf\"; records are objects, tuples arrays.")
    p.add_argument("file", metavar="FILE", help="a .cad file, or - for standard input")
    p.add_argument("arguments", nargs="*", default=[], metavar="[ENTRY] ARG",
                   help="the definition (default: main, or the only one) and its arguments")
    _gradient(p)
    p.add_argument("--jet", type=int, metavar="N", help="Taylor coefficients up to order N")
    p.add_argument("--along", metavar="PARAMS", help="with --jet: the parameters that move, at unit speed in every "
                   "entry (default: the first that can)")
    _backend(p)
    p = command("eval", "the value of an expression")
    p.add_argument("expression", metavar="EXPR")
    p.add_argument("-f", "--file", metavar="FILE", help="a file whose definitions are in scope")
    _backend(p)


    p = command("repl", "type expressions and definitions, see values, types, nets, gradients, machine code")
    p.add_argument("file", nargs="?", metavar="FILE", help="a .cad file whose definitions are there from the start")


def _making(command: Any) -> None:
    p = command("grad", "print a derivative as a .cad program")
    _program(p)
    p.add_argument("--wrt", metavar="PARAMS", help="with respect to these parameters (default: all that can)")
    p.add_argument("--kind", choices=KINDS, default="grad", help="which derivative (default: grad)")
    p.add_argument("--order", type=int, default=1, metavar="N", help="the order, for --kind jet")
    p = command("build", "print or write a compiled form")
    _program(p)
    p.add_argument("--emit", choices=EMIT, default="so", help="the form (default: so, a shared library)")
    p.add_argument("--strict", action="store_true", help="no sum is regrouped, nothing is contracted")
    _gradient(p)
    _output(p)
    p = command("draw", "the string diagram of a definition, as SVG")
    _program(p)
    _gradient(p)
    _output(p)
