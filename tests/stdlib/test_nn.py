"""std/nn against the formulas of the papers, at 60 digits: values and gradients, in the middle and at the ends."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import catad

EXP = mp.exp


def sigmoid(x: Any) -> Any:
    return 1 / (1 + EXP(-x))


def softplus(x: Any) -> Any:
    return mp.log(1 + EXP(x))


def normal_cdf(x: Any) -> Any:
    return mp.erfc(-x / mp.sqrt(2)) / 2 if abs(x) < 1e6 else mp.mpf(x > 0)        # beyond, mpmath overflows


SELU = (mp.mpf("1.0507009873554804934193349852946"), mp.mpf("1.6732632423543772848170429916717"))
TANH_ARG = (mp.sqrt(2 / mp.pi), mp.mpf("0.044715"))

# name → the arguments before x, the formula
ELEMENTWISE: dict[str, tuple[tuple[float, ...], Callable[[Any], Any]]] = {
    "leaky_relu": ((0.01,), lambda x: x if x >= 0 else mp.mpf(0.01) * x),
    "elu": ((1.5,), lambda x: x if x > 0 else mp.mpf(1.5) * (EXP(x) - 1)),
    "celu": ((1.5,), lambda x: x if x > 0 else mp.mpf(1.5) * (EXP(x / mp.mpf(1.5)) - 1)),
    "selu": ((), lambda x: SELU[0] * (x if x > 0 else SELU[1] * (EXP(x) - 1))),
    "gelu": ((), lambda x: x * normal_cdf(x)),
    "gelu_tanh": ((), lambda x: x / 2 * (1 + mp.tanh(TANH_ARG[0] * (x + TANH_ARG[1] * x**3)))),
    "gelu_quick": ((), lambda x: x * sigmoid(mp.mpf(1.702) * x)),
    "silu": ((), lambda x: x * sigmoid(x)),
    "swish": ((0.3,), lambda x: x * sigmoid(mp.mpf(0.3) * x)),
    "mish": ((), lambda x: x * mp.tanh(softplus(x))),
    "softsign": ((), lambda x: x / (1 + abs(x))),
    "squareplus": ((4.0,), lambda x: (x + mp.sqrt(x * x + 4)) / 2),
    "tanh_shrink": ((), lambda x: x - mp.tanh(x)),
    "log_sigmoid": ((), lambda x: -softplus(-x)),
    "pseudo_huber": ((2.0,), lambda x: 4 * (mp.sqrt(1 + (x / 2) ** 2) - 1)),
    "log_cosh": ((), lambda x: mp.log(mp.cosh(x))),
    "huber": ((2.0,), lambda x: x * x / 2 if abs(x) <= 2 else 2 * (abs(x) - 1)),
    "smooth_l1": ((2.0,), lambda x: x * x / 4 if abs(x) < 2 else abs(x) - 1),
    "pinball": ((0.75,), lambda x: mp.mpf(0.75) * x if x >= 0 else mp.mpf(-0.25) * x),
    "hard_swish": ((), lambda x: x * min(max(x / 6 + mp.mpf(0.5), 0), 1)),
    "hard_shrink": ((0.7,), lambda x: x if abs(x) > 0.7 else mp.mpf(0)),
    "soft_shrink": ((0.7,), lambda x: mp.sign(x) * max(abs(x) - mp.mpf(0.7), 0)),
}
POINTS = [*np.linspace(-9.7, 9.7, 24), 1e-9, -1e-9, 0.2001, 0.19, 35.0, -35.0, 720.0, -720.0, 1e5, -1e5, 1e30, -1e30]
FAR = [1e200, -1e200]


def program() -> catad.Program:
    lines = ['import "std/nn.cad" as nn']
    for name, (given, _) in ELEMENTWISE.items():
        arguments = " ".join(f"({a!r})" for a in given)
        lines.append(f"def {name} (x : f64) : f64 = nn.{name} {arguments} x")
        lines.append(f"def all_{name} [n] (x : [n]f64) : ([n]f64, [n]f64) = "
                     f"(map {name} x, for i < n -> diff {name} x[i])")
    return catad.compile("\n".join(lines))


NN = program()


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_activations_and_losses_of_one_error(name: str) -> None:
    """Fails for `1 + tanh` in gelu_tanh, `x + softplus (-2 x)` in log_cosh, squares that overflow, 0·∞ in gradients."""
    formula = ELEMENTWISE[name][1]
    quadratic = name in ("huber", "smooth_l1")
    points = np.array(POINTS if quadratic else POINTS + FAR)
    values, slopes = NN[f"all_{name}"](points)
    for x, y, dy in zip(points, values, slopes, strict=True):
        with mp.workdps(60 + (int(abs(x)) if abs(x) < 1000 else 3 * int(math.log10(abs(x))))):
            exact, slope = formula(mp.mpf(float(x))), _slope(formula, float(x))
        assert y == pytest.approx(float(exact), rel=2e-13, abs=1e-290), x
        assert dy == pytest.approx(float(slope), rel=2e-13, abs=1e-290), x


def _slope(formula: Callable[[Any], Any], x: float) -> Any:
    h = mp.mpf(max(abs(x), 1)) * mp.mpf(10) ** (-mp.mp.dps // 3)
    return (formula(x + h) - formula(x - h)) / (2 * h)


LOSSES = catad.compile("""
    import "std/nn.cad" as nn
    def log_softmax [n] (x : [n]f64) : [n]f64 = nn.log_softmax x
    def cross_entropy [n] (x : [n]f64) (k : i64) : f64 = nn.cross_entropy x k
    def soft_cross_entropy [n] (x : [n]f64) (p : [n]f64) : f64 = nn.soft_cross_entropy x p
    def smoothed [n] (e : f64) (x : [n]f64) (k : i64) : f64 = nn.smoothed_cross_entropy e x k
    def binary (x : f64) (p : f64) : f64 = nn.binary_cross_entropy x p
    def focal (g : f64) (x : f64) (y : bool) : f64 = nn.focal g x y
    def kl_of_logits [n] (p : [n]f64) (q : [n]f64) : f64 = nn.kl_of_logits p q
    def kl_divergence [n] (p : [n]f64) (q : [n]f64) : f64 = nn.kl_divergence p q
    def poisson_nll (l : f64) (k : i64) : f64 = nn.poisson_nll l k
    def gaussian_nll (m : f64) (l : f64) (x : f64) : f64 = nn.gaussian_nll m l x
    def triplet [n] (a : [n]f64) (p : [n]f64) (q : [n]f64) : f64 = nn.triplet 0.5 a p q
    def cosine [n] (x : [n]f64) (y : [n]f64) : f64 = nn.cosine_distance x y
    def multiclass [n] (x : [n]f64) (k : i64) : f64 = nn.multiclass_hinge x k
    def ctc [t, c, l] (f : [t, c]f64) (k : [l]i64) : f64 = nn.ctc f k
    def ctc_of_logits [t, c, l] (f : [t, c]f64) (k : [l]i64) : f64 = nn.ctc (map nn.log_softmax f) k
    def dropout [n] (k : i64) (r : f64) (x : [n]f64) : [n]f64 = nn.dropout k r x
    def he (k : i64) (n : i64) (m : i64) : [n, m]f64 = nn.he k n m
    def glorot (k : i64) (n : i64) (m : i64) : [n, m]f64 = nn.glorot k n m
""")
LOGITS = [np.array([0.3, -1.0, 2.0]), np.array([1000.0, -1000.0, 0.0]), np.array([-745.0, 700.0, 699.0])]


@pytest.mark.parametrize("x", LOGITS, ids=["middle", "far", "near"])
def test_losses_of_logits(x: Any) -> None:
    with mp.workdps(60):
        z = [mp.mpf(float(v)) for v in x]
        s = [EXP(v) / mp.fsum(map(EXP, z)) for v in z]
        logs = [mp.log(v) for v in s]
    close = {"rtol": 1e-14, "atol": 1e-14}
    np.testing.assert_allclose(LOSSES.log_softmax(x), [float(v) for v in logs], **close)
    p = np.array([0.2, 0.0, 0.8])
    for k in range(3):
        onehot = np.eye(3)[k]
        np.testing.assert_allclose(LOSSES.cross_entropy(x, k), float(-logs[k]), **close)
        np.testing.assert_allclose(catad.grad(LOSSES.cross_entropy)(x, k), [float(v) for v in s] - onehot, **close)
        want = -0.9 * logs[k] - mp.fsum(logs) * 0.1 / 3
        np.testing.assert_allclose(LOSSES.smoothed(0.1, x, k), float(want), **close)
    np.testing.assert_allclose(LOSSES.soft_cross_entropy(x, p), float(-logs[0] * 0.2 - logs[2] * 0.8), **close)
    np.testing.assert_allclose(catad.grad(LOSSES.soft_cross_entropy)(x, p), [float(v) for v in s] - p, **close)
    y = np.array([0.1, 0.2, -0.3])
    with mp.workdps(60):
        t = [mp.mpf(float(v)) - mp.log(mp.fsum(EXP(mp.mpf(float(u))) for u in y)) for v in y]
        want = mp.fsum(a * (b - c) for a, b, c in zip(s, logs, t, strict=True))
    np.testing.assert_allclose(LOSSES.kl_of_logits(x, y), float(want), **close)


@pytest.mark.parametrize("x", [0.0, 1.5, -2.5, 40.0, -40.0, 700.0, -700.0, 1e5, -1e5])
def test_losses_of_one_logit(x: float) -> None:
    with mp.workdps(60):
        z = mp.mpf(x)
        for p in (0.0, 0.3, 1.0):
            value, slope = (1 - mp.mpf(p)) * z + softplus(-z), sigmoid(z) - mp.mpf(p)
            assert LOSSES.binary(x, p) == pytest.approx(float(value), rel=1e-15, abs=1e-300)
            assert catad.grad(LOSSES.binary)(x, p) == pytest.approx(float(slope), rel=1e-15, abs=1e-300)
        for gamma, label in itertools.product((0.0, 0.5, 2.0), (True, False)):
            def loss(v: Any, gamma: float = gamma, label: bool = label) -> Any:
                q = sigmoid(v if label else -v)
                return -(1 - q) ** mp.mpf(gamma) * mp.log(q)
            with mp.workdps(int(abs(x)) + 60 if abs(x) < 1000 else 60):
                if abs(x) < 1000:
                    value, slope = loss(z), mp.diff(loss, z)
                else:
                    right = (x > 0) == label
                    value, slope = (mp.mpf(0), mp.mpf(0)) if right else (abs(z), mp.sign(z))
            assert LOSSES.focal(gamma, x, label) == pytest.approx(float(value), rel=1e-12, abs=1e-300)
            assert catad.grad(LOSSES.focal, 1)(gamma, x, label) == pytest.approx(float(slope), rel=1e-12, abs=1e-300)


def test_likelihoods_and_distances() -> None:
    from scipy import stats
    assert LOSSES.poisson_nll(0.7, 3) == pytest.approx(-stats.poisson.logpmf(3, math.exp(0.7)), rel=1e-14)
    want = -stats.norm.logpdf(2.0, 0.5, math.exp(0.35))
    assert LOSSES.gaussian_nll(0.5, 0.7, 2.0) == pytest.approx(want, rel=1e-14)
    a, p, q = np.array([1.0, 2.0]), np.array([4.0, 6.0]), np.array([1.0, 3.0])
    assert LOSSES.triplet(a, p, q) == 4.5 and LOSSES.triplet(a, q, p) == 0.0
    np.testing.assert_array_equal(catad.grad(LOSSES.triplet)(a, a, a), [0.0, 0.0])     # the norm has slope 0 at 0
    assert LOSSES.cosine(a, p) == pytest.approx(1 - 16 / math.sqrt(5 * 52), rel=1e-14)
    assert LOSSES.multiclass([1.0, 0.5, 3.0], 0) == 3.0
    assert LOSSES.kl_divergence([0.5, 0.5, 0.0], [0.25, 0.5, 0.25]) == pytest.approx(0.5 * math.log(2), rel=1e-15)


def spelt(path: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(k for k, _ in itertools.groupby(path) if k)


@pytest.mark.parametrize("labels", [(), (1,), (2, 1), (1, 1), (1, 2, 1), (1, 1, 1)])
def test_ctc_counts_all_alignments(labels: tuple[int, ...]) -> None:
    """Against the sum over all paths of the frames, and its gradient by differences."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(4, 3))
    k = np.array(labels, dtype=np.int64)

    def brute(x: Any) -> float:
        logs = x - np.log(np.exp(x).sum(axis=1, keepdims=True))
        paths = [p for p in itertools.product(range(3), repeat=4) if spelt(p) == labels]
        total = sum(math.exp(sum(logs[t, s] for t, s in enumerate(p))) for p in paths)
        return -math.log(total) if total else math.inf
    value = LOSSES.ctc_of_logits(x, k)
    assert value == pytest.approx(brute(x), rel=1e-13)
    if math.isfinite(value):
        gradient = catad.grad(LOSSES.ctc_of_logits)(x, k)
        for i, j in np.ndindex(4, 3):
            d = np.zeros((4, 3))
            d[i, j] = 1e-5
            assert gradient[i, j] == pytest.approx((brute(x + d) - brute(x - d)) / 2e-5, rel=1e-6, abs=1e-8)


def test_dropout_and_initial_weights() -> None:
    x = np.ones(4000)
    y = LOSSES.dropout(5, 0.25, x)
    assert set(np.unique(y)) == {0.0, 1 / 0.75} and abs((y == 0).mean() - 0.25) < 0.03
    w = LOSSES.he(1, 60, 50)
    assert abs(w.std() / math.sqrt(2 / 50) - 1) < 0.05 and abs(w.mean()) < 0.02
    g = LOSSES.glorot(1, 60, 50)
    assert np.abs(g).max() <= math.sqrt(6 / 110) and abs(g.std() / math.sqrt(2 / 110) - 1) < 0.05
