"""Small programs in two spellings, catad and JAX, for comparisons of compile time and of gradients.

    Program(name, text, entry, arguments, jax)       the gradient is with respect to the first argument

`jax` makes the same function from the modules jax and jax.numpy, written as a user of JAX would: whole arrays, lax
loops.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Make = Callable[[Any, Any], Callable[..., Any]]


@dataclass(frozen=True)
class Program:
    name: str
    text: str
    arguments: Callable[[np.random.Generator], tuple[Any, ...]]
    jax: Make
    entry: str = "f"


def scalar(jax: Any, jnp: Any) -> Callable[..., Any]:
    return lambda x: jnp.sin(x * jnp.exp(-x)) + jnp.log1p(x * x) * jnp.tanh(x)


def polynomial(jax: Any, jnp: Any) -> Callable[..., Any]:
    def f(x: Any) -> Any:
        y = x
        for i in range(40):
            y = jnp.sin(y) * x + 0.01 * i * y
        return y
    return f


def rosenbrock(jax: Any, jnp: Any) -> Callable[..., Any]:
    return lambda x: jnp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def logsumexp(jax: Any, jnp: Any) -> Callable[..., Any]:
    return lambda x: jax.scipy.special.logsumexp(x)


def regression(jax: Any, jnp: Any) -> Callable[..., Any]:
    def f(w: Any, x: Any, y: Any) -> Any:
        z = x @ w
        return jnp.mean(jnp.logaddexp(0.0, z) - y * z) + 0.01 * jnp.sum(w * w)
    return f


def mlp(jax: Any, jnp: Any) -> Callable[..., Any]:
    def f(p: Any, x: Any, y: Any) -> Any:
        h = jnp.tanh(jnp.tanh(x @ p["a"].T + p["b"]) @ p["c"].T + p["d"])
        return jnp.mean((h @ p["w"] - y) ** 2)
    return f


def ode(jax: Any, jnp: Any) -> Callable[..., Any]:
    def f(p: Any) -> Any:
        def slope(s: Any) -> Any:
            return jnp.stack([s[1], p[0] * (1.0 - s[0] * s[0]) * s[1] - p[1] * s[0]])

        def step(s: Any, _: Any) -> Any:
            h = 0.05
            k1 = slope(s)
            k2 = slope(s + h / 2 * k1)
            k3 = slope(s + h / 2 * k2)
            k4 = slope(s + h * k3)
            return s + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4), None
        s, _ = jax.lax.scan(step, jnp.array([1.0, 0.0]), None, length=200)
        return s[0] * s[0] + s[1]
    return f


def clusters(jax: Any, jnp: Any) -> Callable[..., Any]:
    return lambda c, x: jnp.sum(jnp.min(jnp.sum((x[:, None, :] - c[None]) ** 2, axis=2), axis=1))


def attention(jax: Any, jnp: Any) -> Callable[..., Any]:
    def f(q: Any, k: Any, v: Any) -> Any:
        return jnp.sum(jax.nn.softmax(q @ k.T / 4.0, axis=1) @ v)
    return f


def network(rng: np.random.Generator) -> tuple[Any, ...]:
    d, h = 8, 32
    p = {"a": rng.standard_normal((h, d)) / 3, "b": rng.standard_normal(h), "c": rng.standard_normal((h, h)) / 6,
         "d": rng.standard_normal(h), "w": rng.standard_normal(h) / 6}
    return p, rng.standard_normal((64, d)), rng.standard_normal(64)


PROGRAMS = (
    Program("scalar", "def f (x : f64) : f64 = sin (x * exp (-x)) + log1p (x * x) * tanh x\n",
            lambda rng: (0.7,), scalar),
    Program("straight line, 40 steps", "def f (x : f64) : f64 =\n  let y0 = x in\n" + "".join(
                f"  let y{i + 1} = sin y{i} * x + 0.01 * {float(i)} * y{i} in\n" for i in range(40)) + "  y40\n",
            lambda rng: (0.3,), polynomial),
    Program("rosenbrock n=100", """
def f [n] (x : [n]f64) : f64 = sum (for i < n - 1 -> 100.0 * (x[i + 1] - x[i]^2)^2 + (1.0 - x[i])^2)
""", lambda rng: (rng.standard_normal(100),), rosenbrock),
    Program("logsumexp n=1000", "def f [n] (x : [n]f64) : f64 = logsumexp x\n",
            lambda rng: (rng.standard_normal(1000),), logsumexp),
    Program("logistic regression 500×20", """
def f [n, d] (w : [d]f64) (x : [n, d]f64) (y : [n]f64) : f64 =
  mean (for i < n -> let z = dot x[i] w in softplus z - y[i] * z) + 0.01 * dot w w
""", lambda rng: (rng.standard_normal(20), rng.standard_normal((500, 20)), rng.integers(0, 2, 500).astype(np.float64)),
            regression),
    Program("network 8-32-32-1, 64 points", """
def layer [n, m] (w : [m, n]f64) (b : [m]f64) (x : [n]f64) : [m]f64 = for i < m -> tanh (b[i] + dot w[i] x)
def f [n, d, h] (p : {a : [h, d]f64, b : [h]f64, c : [h, h]f64, d : [h]f64, w : [h]f64}) (x : [n, d]f64) (y : [n]f64)
    : f64 =
  mean (for i < n -> (dot p.w (layer p.c p.d (layer p.a p.b x[i])) - y[i])^2)
""", network, mlp),
    Program("ODE, 200 steps of RK4", """
def slope (p : [2]f64) (x : f64, y : f64) : (f64, f64) = (y, p[0] * (1.0 - x * x) * y - p[1] * x)
def f (p : [2]f64) : f64 =
  let h = 0.05 in
  let (x, y) =
    loop (x, y) = (1.0, 0.0) for i < 200 do
      let (a1, b1) = slope p (x, y) in
      let (a2, b2) = slope p (x + h / 2 * a1, y + h / 2 * b1) in
      let (a3, b3) = slope p (x + h / 2 * a2, y + h / 2 * b2) in
      let (a4, b4) = slope p (x + h * a3, y + h * b3) in
      (x + h / 6 * (a1 + 2 * a2 + 2 * a3 + a4), y + h / 6 * (b1 + 2 * b2 + 2 * b3 + b4))
  in x * x + y
""", lambda rng: (np.array([1.5, 1.0]),), ode),
    Program("clusters 10 of 500×4", """
def f [n, k, d] (c : [k, d]f64) (x : [n, d]f64) : f64 =
  sum (for i < n -> minimum (for j < k -> sum (for l < d -> (x[i, l] - c[j, l])^2)))
""", lambda rng: (rng.standard_normal((10, 4)), rng.standard_normal((500, 4))), clusters),
    Program("attention 64×16", """
def f [n, m, d, e] (q : [n, d]f64) (k : [m, d]f64) (v : [m, e]f64) : f64 =
  sum (for i < n ->
    let a = softmax (for j < m -> dot q[i] k[j] / 4.0) in
    sum (for l < e -> sum (for j < m -> a[j] * v[j, l])))
""", lambda rng: tuple(rng.standard_normal((64, 16)) for _ in range(3)), attention),
)
BY_NAME = {p.name: p for p in PROGRAMS}
