"""Documents as programs: their fenced blocks, and what running these has to show.

Law: numbers in a document agree with those found within 1e-9, everything else exactly, blanks apart; a line `…` stands
for lines left out.
"""

from __future__ import annotations

import doctest
import io
import math
import pathlib
import re
import shlex
import shutil
import subprocess
from typing import Any

import pytest

from catad.cli import main

ROOT = pathlib.Path(__file__).resolve().parent.parent

_NUMBER = re.compile(r"(?<![\w.])-?\d+\.\d*(?:e[+-]?\d+)?")
_COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a Markdown text in one language ("" for none), in order."""
    fences = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [body for name, body in fences if name == language]


def agree(shown: str, found: str) -> bool:
    """Is it the same text, up to blanks and the last digits of numbers with a point?"""
    if " ".join(_NUMBER.sub("#", shown).split()) != " ".join(_NUMBER.sub("#", found).split()):
        return False
    pairs = zip(_NUMBER.findall(shown), _NUMBER.findall(found), strict=True)
    return all(math.isclose(float(a), float(b), rel_tol=1e-9, abs_tol=1e-12) for a, b in pairs)


def shows(shown: str, found: str) -> bool:
    """Do the lines shown occur in the lines found, in order, and all of them unless `…` leaves some out?"""
    wanted = [x for x in shown.splitlines() if x.strip() and x.strip() != "…"]
    there = [x for x in found.splitlines() if x.strip()]
    if not any(x.strip() == "…" for x in shown.splitlines()):
        return agree("\n".join(wanted), "\n".join(there))
    rest = iter(there)
    return all(any(agree(x, y) for y in rest) for x in wanted)


def run_session(text: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the `$ ` lines of a block: catad here, other commands by the shell where a C compiler exists."""
    commands = _COMMAND.findall(text)
    assert commands
    for command, shown in commands:
        words = shlex.split(command)
        with monkeypatch.context() as patch:
            patch.setenv("COLUMNS", "100")                     # messages are cut to the width of the terminal
            while "=" in words[0]:
                name, _, value = words.pop(0).partition("=")
                patch.setenv(name, value)
            if words[0] == "catad":
                main(words[1:])
                result = capsys.readouterr()
                found = result.out + result.err
            elif words[0] == "cc" and shutil.which("cc"):
                found = subprocess.run(command, shell=True, capture_output=True, text=True, check=True).stdout
            else:
                continue
        assert shows(shown, found), f"$ {command}\n{found}"


class _Checker(doctest.OutputChecker):
    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        return shows(want, got)


def run_python(text: str, scope: dict[str, Any]) -> None:
    """Run a `>>>` block as a doctest, in a scope that later blocks share."""
    test = doctest.DocTestParser().get_doctest(text, scope, "block", None, 0)
    assert test.examples
    runner, report = doctest.DocTestRunner(_Checker()), io.StringIO()
    runner.run(test, out=report.write, clear_globs=False)
    scope.update(test.globs)                              # the test has a copy
    assert runner.failures == 0, report.getvalue()
