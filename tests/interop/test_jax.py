"""Functions in JAX against the same written in JAX: jit, gradients of every order, vmap, records, whole numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest

import catad

jax = pytest.importorskip("jax")
jnp = jax.numpy

PROGRAM = catad.compile("""
def f (x : f64) (y : f64) : f64 = x^3 * sin y
def g [n] (p : {a : f64, k : i64}) (x : [n]f64) : (f64, {s : [n]f64, n : i64}) =
  (p.a^p.k * sum x, {s = scale p.a x, n = n})
def h (n : i64) (y : f64) : [n]f64 = for i < n -> f64 i * y^2
def pairs [n] (x : [n](f64, f64)) : f64 = sum (for i < n -> x[i].0 * x[i].1^2)
def half [n] (x : [n]f64) : i64 = n div 2
type shape = Circle f64 | Dot
def area (s : shape) : f64 = case s of | Circle r -> r * r | Dot -> 0.0
""")


@pytest.fixture(autouse=True)
def _double() -> Iterator[None]:
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", False)


def wrapped(name: str) -> Any:
    from catad.interop.jax import jax_function
    return jax_function(PROGRAM[name])


def test_values_and_derivatives_of_every_order() -> None:
    f = wrapped("f")
    g = lambda x, y: x**3 * jnp.sin(y)                                                             # noqa: E731
    for make in (lambda f: f, jax.grad, lambda f: jax.grad(f, 1), lambda f: jax.grad(jax.grad(f), 1),
                 lambda f: jax.grad(jax.grad(jax.grad(f)))):
        assert jax.jit(make(f))(1.3, 0.7) == pytest.approx(float(make(g)(1.3, 0.7)), rel=1e-12)
    assert jax.value_and_grad(f, (0, 1))(2.0, 0.5)[1][0] == pytest.approx(12 * np.sin(0.5))
    assert f(x=2.0, y=0.5) == pytest.approx(8 * np.sin(0.5)) and f.__name__ == "f"


def test_vmap() -> None:
    xs = jnp.linspace(0.0, 1.0, 5)
    np.testing.assert_allclose(jax.vmap(wrapped("f"), (0, None))(xs, 1.0), xs**3 * np.sin(1.0), rtol=1e-12)
    slopes = jax.vmap(jax.grad(wrapped("f")), (0, None))(xs, 1.0)
    np.testing.assert_allclose(slopes, 3 * xs**2 * np.sin(1.0), rtol=1e-12)


class P(NamedTuple):
    a: Any
    k: Any


def test_records_and_whole_numbers() -> None:
    g, x = wrapped("g"), jnp.arange(3.0)
    value, rest = g({"a": 2.0, "k": 3}, x)
    assert value == 24.0 and rest["n"] == 3
    np.testing.assert_allclose(rest["s"], 2 * x)

    def loss(a: Any, x: Any) -> Any:
        value, rest = g(P(a, 3), x)
        return value + (rest["s"]**2).sum()

    slope, by_x = jax.jit(jax.grad(loss, (0, 1)))(2.0, x)
    assert slope == pytest.approx(3 * 4 * 3 + 2 * 2 * 5)
    np.testing.assert_allclose(by_x, 8 + 2 * 4 * x)
    found = jax.grad(lambda p, x: g(p, x)[0], allow_int=True)(P(2.0, 3), x)
    assert isinstance(found, P) and found.a == pytest.approx(36.0)


def test_arrays_of_products_and_results_without_derivatives() -> None:
    a, b = jnp.array([1.0, 2.0]), jnp.array([3.0, 4.0])
    found = jax.grad(wrapped("pairs"))((a, b))
    np.testing.assert_allclose(found[0], b**2)
    np.testing.assert_allclose(found[1], 2 * a * b)
    assert wrapped("half")(jnp.zeros(5)) == 2


def test_sizes_that_are_numbers_stay_python_s() -> None:
    h = wrapped("h")
    np.testing.assert_allclose(h(3, 2.0), [0.0, 4.0, 8.0])
    np.testing.assert_allclose(jax.jacobian(h, 1)(3, 2.0), [0.0, 4.0, 8.0])
    np.testing.assert_allclose(jax.jit(h, static_argnums=0)(3, 2.0), [0.0, 4.0, 8.0])
    with pytest.raises(catad.CatadError) as e:
        jax.jit(h)(3, 2.0)
    assert e.value.code == "E0607"


def test_refusals() -> None:
    with pytest.raises(catad.CatadError) as e:
        wrapped("area")
    assert e.value.code == "E0603"


def test_single_precision_is_jax_s_own_choice() -> None:
    jax.config.update("jax_enable_x64", False)
    assert jax.grad(wrapped("f"))(2.0, 0.5) == pytest.approx(12 * np.sin(0.5), rel=1e-6)
