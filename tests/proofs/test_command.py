"""`catad prove`: what it says of right and of wrong programs."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

from catad.proofs.command import prove_file, prove_table

from catad import pipeline
from catad.functors.kit import standard_kit
from catad.source import Source

TEXT = """
def apply (g : f64 -> f64) (x : f64) : f64 = g x
def count (n : i64) : i64 = n + 1
def near [n] (x : [n]f64) (c : f64) : f64 = sum (for i < n -> (x[i] - c)^2) + apply sin c
def fails (x : f64) : f64 = [x, x][7]
def single (x : f32) : f32 = x * exp x
"""


def prove(tmp_path: Path, text: str, **options: object) -> tuple[int, str]:
    path = tmp_path / "program.cad"
    path.write_text(text, encoding="utf-8")
    out = io.StringIO()
    return prove_file(str(path), samples=2, out=out, **options), out.getvalue()     # type: ignore[arg-type]


def test_says_what_held_and_what_does_not_apply(tmp_path: Path) -> None:
    code, said = prove(tmp_path, TEXT)
    assert code == 0, said
    assert "apply: not examined, it takes or returns a function" in said
    assert "count: not examined, no parameter holds floats" in said
    assert "fails: not examined, it stops at every sample tried: E0501" in said
    assert "reverse is the adjoint of forward" in said and "FAILED" not in said
    assert "`sin` has no exact meaning" in said


def test_json(tmp_path: Path) -> None:
    code, said = prove(tmp_path, TEXT, json=True, entries=["near"])
    rows = [json.loads(line) for line in said.splitlines()]
    assert code == 0
    assert {r["entry"] for r in rows} == {"near"} and len(rows) == 6
    assert {r["verdict"] for r in rows} == {"held", "skipped"}


def test_a_wrong_rule_is_found_and_shrunk() -> None:
    """With a wrong equation for sin, quotients disagree, at a small sample of round numbers."""
    kit = replace(standard_kit(), rules=standard_kit().rules.changed("primitive sin (x) = y : y' = -(cos x) * x'"))
    table = pipeline.elaborate(pipeline.load(Source("<test>", TEXT)))
    found = {f.check: f for f in prove_table(table, "near", samples=2, kit=kit, native=False)}
    assert found["adjoint"].verdict == "held"                          # the axioms cannot see it
    wrong = found["difference quotient"]
    assert wrong.verdict == "failed" and wrong.at is not None
    assert dict(wrong.at.sizes) == {"n": 1}
    assert wrong.at.values[0].tolist() == [1.0] and wrong.at.values[1] == 1.0


def test_unknown_entry(tmp_path: Path) -> None:
    code, said = prove(tmp_path, TEXT, entries=["nothing"])
    assert code == 1 and "no entry of this name" in said


def test_trees_are_made(tmp_path: Path) -> None:
    """Samples of trees are trees: no sample stops, in arrays of them and beside other things too."""
    code, said = prove(tmp_path, """
type tree = Leaf f64 | Node {l : tree, r : tree}
type list = Nil | Cons (f64, list)
def rec total (t : tree) : f64 = case t of | Leaf x -> x * x | Node {l, r} -> total l + total r
def rec scaled (k : f64) (t : tree) : tree =
  case t of | Leaf x -> Leaf (k * x) | Node {l, r} -> Node {l = scaled k l, r = scaled k r}
def sums [k] (ts : [k](tree, f64)) : [k]f64 = for i < k -> total ts[i].0 * ts[i].1
def pair (p : {c : list, n : list}) : f64 = case p.c of | Nil -> 0 | Cons (x, r) -> (case p.n of | Nil -> x | _ -> -x)
""")
    assert code == 0, said
    assert "not examined" not in said and "FAILED" not in said, said
