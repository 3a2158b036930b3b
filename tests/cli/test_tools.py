"""`catad repl`, `doc`, `cache`, `completion`."""

from __future__ import annotations

import io
import pathlib
import re
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest

from catad.cli import main
from catad.cli.arguments import COMMANDS
from catad.cli.completion import script
from catad.cli.session import Leave, Session, incomplete
from catad.source import CatadError


def test_a_session() -> None:
    s = Session()
    assert s.reply("let a = [1.0, 2.0]") == "a : [2]f64"
    assert s.reply("def f [n] (x : [n]f64) : f64 =\n  sum (for i < n -> x[i]^2)") == "f : [n]f64 -> f64"
    assert s.reply("f a") == "5.0 : f64"
    assert s.reply("(f a, true)") == "[5.0, true] : (f64, bool)"
    assert s.reply("grad f a") == "[2.0, 4.0] : [2]f64"
    assert s.reply("let b = 2.0 in b * b") == "4.0 : f64"
    assert s.reply("-- nothing") == "" == s.reply("  ")
    assert s.reply(":t f") == "[n]f64 -> f64"
    assert s.reply(":type 1 + 2") == "i64"
    assert s.reply("map") == "a function : (a -> b) -> [n]a -> [n]b"
    assert s.reply("\\x -> x + 1.0") == "a function : f64 -> f64"
    assert "def grad_f [n]" in s.reply(":grad f")
    assert "loop" in s.reply(":net f") and "define" in s.reply(":llvm f a") and "ret" in s.reply(":asm f")
    assert re.search(r"(s|ms|µs|ns), after .* from text to value", s.reply(":time f a"))
    assert s.reply("def f (x : f64) = x") == "f : f64 -> f64"            # replaces
    assert s.reply(":list") == "a : [2]f64\nf : f64 -> f64"
    s.reply(":clear")
    assert s.reply(":list") == ""
    with pytest.raises(Leave):
        s.reply(":q")


@pytest.mark.parametrize(("text", "code"), [
    ("1 + true", "E02"), ("f (", "E01"), ("nosuch", "E02"), ("[1.0][3]", "E0501"), (":foo", "E0618"), (":", "E0618"),
    (":grad nosuch", "E02"), (":load nosuch.cad", "E0601"), (":explain E9", "E0618"), (":draw f", "E0618"),
    (":type", "E0618"), (":net", "E0618"), ("def f (x : f64) : i64 = x", "E02"), ("import \"nosuch.cad\"", "E0"),
    ("\x00", "E01"), (":grad map", "E0"), (":time map", "E0"), ("def", "E01"), ("it", "E0"), (":grad", "E0"),
    (":time", "E0"),
])
def test_a_mistake_has_a_code_and_changes_nothing(text: str, code: str) -> None:
    s = Session()
    s.reply("def f (x : f64) : f64 = x")
    with pytest.raises(CatadError) as caught:
        s.reply(text)
    assert caught.value.code.startswith(code), caught.value
    assert s.reply("f 2.0") == "2.0 : f64"


def test_files_are_loaded_and_drawn(tmp_path: pathlib.Path) -> None:
    (tmp_path / "lib.cad").write_text("def two : f64 = 2.0\n")
    (tmp_path / "m.cad").write_text('import "lib.cad" as lib\n\n-- Doubles.\ndef g (x : f64) : f64 = x * lib.two\n')
    s = Session()
    assert s.reply(f":load {tmp_path / 'm.cad'}").startswith("1 entry from")
    assert s.reply("g 3.0") == "6.0 : f64"
    assert s.reply(f":draw g {tmp_path / 'g.svg'}").startswith("wrote")
    assert (tmp_path / "g.svg").read_text().startswith("<svg")


def test_lines_go_on_while_something_must_follow() -> None:
    assert all(map(incomplete, ("def f x =", "[1.0,", "f (x", "let a = 1 in", "if true then", "1 +", "\\x ->")))
    assert not any(map(incomplete, ("f x", "[1.0]", ":grad f", "1 -- (", "def f (x : f64) = x")))


def repl(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], text: str, *argv: str) -> SimpleNamespace:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    code = main(["repl", *argv])
    out, err = capfd.readouterr()
    return SimpleNamespace(code=code, out=out, err=err)


def test_the_repl_survives_errors(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    r = repl(monkeypatch, capfd, "1 + true\ndef f (x : f64) =\n  x * x\n\nf 3.0\n")
    assert "error[E0206]" in r.err and "9.0 : f64" in r.out and r.code == 1
    r = repl(monkeypatch, capfd, "2.0\n:quit\n3.0\n")
    assert r.out == "2.0 : f64\n" and r.code == 0


def test_the_repl_survives_our_mistakes(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    def broken(self: Session, text: str) -> str:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(Session, "_value", broken)
    r = repl(monkeypatch, capfd, "1.0\n:type 1.0\n")
    assert "error[E0901]" in r.err and r.out == "f64\n"


def test_doc(tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "m.cad"
    path.write_text("-- What it is about.\n\n-- Doubles.\ndef g (x : f64) : f64 = x + x\n\n-- > g 2.0\n-- = 4.0\n\n"
                    "def h x = g x\n")
    assert main(["doc", str(path)]) == 0
    assert capfd.readouterr().out == (
        "# m.cad\n\nWhat it is about.\n\n## g\n\n```\ng (x : f64) : f64\n```\n\nDoubles.\n\nExamples:\n\n"
        "```\n> g 2.0\n= 4.0\n```\n\n## h\n\n```\nh (x : f64) : f64\n```\n")
    assert main(["doc", str(tmp_path / "none.cad")]) == 1


def test_doc_and_fmt_agree_on_whose_tests_these_are(tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Right above a definition they are its own, as the formatter shows them."""
    path = tmp_path / "m.cad"
    path.write_text("def g (x : f64) : f64 = x + x\n-- > h 2.0\n-- = 3.0\ndef h (x : f64) : f64 =\n  let y = x in\n"
                    "  y + 1\n-- > k 1.0\n-- = 1.0\ndef k (x : f64) : f64 = x\n\n-- > k 2.0\n-- = 2.0\n\n"
                    "def l (x : f64) : f64 = x\n")
    for _ in range(2):
        assert main(["doc", str(path)]) == 0
        examples = [(part.split("\n")[0], [x for x in part.split("\n") if x.startswith("> ")])
                    for part in capfd.readouterr().out.split("## ")[1:]]
        assert examples == [("g", []), ("h", ["> h 2.0"]), ("k", ["> k 1.0", "> k 2.0"]), ("l", [])]
        assert main(["fmt", str(path)]) == 0
        capfd.readouterr()


def test_doc_of_a_module_of_the_library(capfd: pytest.CaptureFixture[str]) -> None:
    """Its tests stand in the comments of the definitions, and belong to these."""
    assert main(["doc", "std/poly.cad"]) == 0
    text = capfd.readouterr().out
    assert text.startswith("# poly.cad\n\nPolynomials as arrays of coefficients")
    assert "by Horner's rule.\n\nExamples:\n\n```\n> eval [1.0, 2.0, 3.0] 2.0\n= 17.0\n```\n\n## eval_both\n" in text
    assert main(["doc", "std/none.cad"]) == 1


def test_cache(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    import catad
    monkeypatch.setenv("CATAD_CACHE", str(tmp_path / "kept"))
    catad.compile("def f (x : f64) : f64 = x * 7.25", entry="f")(1.0)
    assert main(["cache"]) == 0 and re.search(r"kept: [12] programs?, 0\.0 MB", capfd.readouterr().out)
    assert main(["cache", "dir"]) == 0 and capfd.readouterr().out == f"{tmp_path / 'kept'}\n"
    assert main(["cache", "size"]) == 0 and int(capfd.readouterr().out) > 0
    assert main(["cache", "clear"]) == 0 and capfd.readouterr().out.startswith("removed")
    assert not list((tmp_path / "kept").iterdir())
    monkeypatch.setenv("CATAD_CACHE", "off")
    assert main(["cache", "dir"]) == 1


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_every_command(shell: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    text = capfd.readouterr().out
    assert all(re.search(rf"\b{name}\b", text) for name in COMMANDS)
    if program := shutil.which(shell):
        subprocess.run([program, "-n"], input=text, text=True, check=True)


def test_bash_completes() -> None:
    if not (bash := shutil.which("bash")):
        pytest.skip("no bash")
    ask = script("bash") + '\nCOMP_WORDS=(catad build --em); COMP_CWORD=2; _catad; echo "${COMPREPLY[@]}"\n' \
        'COMP_WORDS=(catad re); COMP_CWORD=1; _catad; echo "${COMPREPLY[@]}"\n'
    assert subprocess.run([bash, "-c", ask], capture_output=True, text=True, check=True).stdout == "--emit\nrepl\n"
