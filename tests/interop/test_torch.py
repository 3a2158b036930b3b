"""Functions in PyTorch, where it is installed."""

from __future__ import annotations

import pytest

import catad

torch = pytest.importorskip("torch")

PROGRAM = catad.compile("""
def f (x : f64) (y : f64) : f64 = x^3 * sin y
def g [n] (p : {a : f64, k : i64}) (x : [n]f64) : (f64, {s : [n]f64, n : i64}) =
  (p.a^p.k * sum x, {s = scale p.a x, n = n})
""")


def test_gradients_pass_the_check() -> None:
    from catad.interop.torch import torch_function
    f, g = torch_function(PROGRAM.f), torch_function(PROGRAM.g)
    x, y = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (1.3, 0.7))
    v = torch.linspace(0, 1, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(f, (x, y)) and torch.autograd.gradgradcheck(f, (x, y))
    assert torch.autograd.gradcheck(lambda a, v: g({"a": a, "k": 3}, v)[1]["s"], (x, v))
    value, rest = g({"a": x, "k": 2}, v)
    value.backward()
    assert x.grad.item() == pytest.approx(2 * 1.3 * v.sum().item()) and int(rest["n"]) == 4
