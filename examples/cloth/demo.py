"""A cloth is thrown onto a ball, and a film of a cloth tells what it is made of.

    python examples/cloth/demo.py [--size N] [--compare] [--out DIR]

Checks steps and gradient against NumPy, where forces and stiffness are derived by hand and systems are solved directly,
and the mean of a flying cloth against a formula; finds the throw after which the cloth hangs over the ball; and finds
the material of a hanging cloth from a film with noise. With --compare also times NumPy and JAX.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from problem import BALL, HERE, MATERIAL, THROW, Toss, Vector, Weave, by_hand, identify, square

sys.path.insert(0, str(HERE.parent))
from report import Report, arguments, best_time, duration, plots


def witnesses(report: Report) -> None:
    """A small cloth that touches ball and floor, step by step and differentiated, against NumPy."""
    small = Toss(*square(4, away=0.9), h=0.02, steps=30)
    o = small.objective()
    cost, places = by_hand(small, THROW)
    gap = np.abs(small.motion(THROW)["x"][-1] - places).max()
    report.below("small cloth: places after 30 steps, against NumPy", float(gap), 1e-9)
    report.below("small cloth: objective", abs(o.fun(o.x0) / cost - 1), 1e-8)
    h, known = 1e-4, []
    for e in h * np.eye(o.n):
        f = [by_hand(small, o.structured(o.x0 + k * e))[0] for k in (-2, -1, 1, 2)]
        known.append((f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * h))
    report.below("small cloth: gradient, against differences",
                 float(np.abs(o.jac(o.x0) - known).max() / np.abs(known).max()), 1e-6)


def energy_in_jax(w: Weave, x: Any) -> Any:
    import jax.numpy as jnp

    strength = jnp.array([MATERIAL["stretch"], MATERIAL["shear"], MATERIAL["bend"]])[w["kind"]]
    d = jnp.linalg.norm(x[w["a"]] - x[w["b"]], axis=1)
    deep = BALL["radius"] - jnp.linalg.norm(x - BALL["centre"], axis=1)
    solid = jnp.maximum(-x[:, 2], 0)**3 + jnp.maximum(deep, 0)**3
    return 0.5 * (strength * (d - w["rest"])**2).sum() + 9.81 * x[:, 2].sum() + 2e5 * solid.sum()


def in_jax(toss: Toss) -> Callable[[], object]:
    """The same objective and gradient by JAX: grad, jvp of grad, conjugate gradients in a loop, compiled."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    h, drag = toss.h, MATERIAL["drag"]
    slope = jax.grad(lambda x: energy_in_jax(toss.weave, x))

    def step(state: Any, _: None) -> tuple[Any, None]:
        x, v = state

        def stiff(u: jax.Array) -> jax.Array:
            return jax.jvp(slope, (x,), (u,))[1]

        def more(state: Any, _: None) -> tuple[Any, None]:
            u, r, d, rr = state
            q = (1 + h * drag) * d + h * h * stiff(d)
            alpha = rr / (d * q).sum()
            r = r - alpha * q
            return (u + alpha * d, r, r + (r * r).sum() / rr * d, (r * r).sum()), None

        b = -h * (slope(x) + drag * v + h * stiff(v))
        (u, *_), _ = jax.lax.scan(more, (jnp.zeros_like(b), b, b, (b * b).sum()), None, length=24)
        v = v + u
        return (x + h * v, v), None

    def cost(velocity: jax.Array, spin: jax.Array) -> jax.Array:
        x = jnp.array(toss.x)
        start = (x, velocity + jnp.cross(spin, x - x.mean(axis=0)))
        (x, v), _ = jax.lax.scan(step, start, None, length=toss.steps)
        off, speed = x.mean(axis=0) - BALL["centre"], v.mean(axis=0)[:2]
        return off @ off + 0.1 * speed @ speed + 1e-4 * (velocity @ velocity + spin @ spin)

    compiled = jax.jit(jax.value_and_grad(cost, argnums=(0, 1)))
    return lambda: jax.block_until_ready(compiled(THROW["velocity"], THROW["spin"]))


def compare(report: Report, toss: Toss) -> None:
    """The same throw in other ways, in turn."""
    o = toss.objective()
    report.row("objective and gradient: catad", timed(lambda: o.fun_and_jac(o.x0)))
    if importlib.util.find_spec("jax"):
        report.row("objective and gradient: JAX", timed(in_jax(toss)))
    report.row("objective: catad", timed(lambda: o.fun(o.x0)))
    report.row("objective: NumPy, with matrices", timed(lambda: by_hand(toss, THROW)))


def timed(call: Callable[[], object]) -> str:
    start = time.perf_counter()
    call()
    first = time.perf_counter() - start
    return f"{duration(best_time(call, 1.0))}, the first time {duration(first)}"


def throw(report: Report, toss: Toss) -> tuple[Vector, Vector]:
    """From a throw that falls short to one that ends over the ball."""
    before = toss.motion(THROW)
    flying = int(0.2 / toss.h)
    v = np.array([*THROW["velocity"]])
    for _ in range(flying):
        v = (v - toss.h * np.array([0, 0, 9.81])) / (1 + toss.h * MATERIAL["drag"])
    gap = np.abs(before["v"][flying].mean(axis=0) - v).max()
    report.below("mean velocity in flight, against the formula", float(gap), 1e-9)
    found, result = toss.best()
    after = toss.motion(found)
    off = [float(np.hypot(*(way["x"][-1].mean(axis=0) - BALL["centre"])[:2])) for way in (before, after)]
    touched = float((BALL["radius"] - np.linalg.norm(after["x"][-1] - BALL["centre"], axis=1)).max())
    report.row("throw", f"velocity {np.round(found['velocity'], 3)}, spin {np.round(found['spin'], 3)}; "
                        f"{result.nfev} gradients")
    report.check("beside the ball", f"{100 * off[1]:.2f} cm, before {100 * off[0]:.0f} cm", 4 * off[1] < off[0])
    report.check("it lies on the ball", f"touches within {1000 * abs(touched):.0f} mm", -0.01 < touched < 0.05)
    return before["x"], after["x"]


def material(report: Report) -> None:
    found = identify()
    for name, log in found.logs.items():
        true, value, error = MATERIAL[name], float(np.exp(log)), found.errors[name]
        report.check(f"film: {name}", f"{value:.4g} ± {100 * error:.1f} %, true {true:g}",
                     abs(log - np.log(true)) < 4 * error)
    report.check("film: χ²", f"{found.chi2:.0f} for {found.freedom} degrees of freedom, {found.evaluations} steps",
                 abs(found.chi2 - found.freedom) < 4 * np.sqrt(2 * found.freedom))


def picture(size: int, before: Vector, after: Vector, path: Path) -> None:
    """Frames of both throws."""
    plt = plots()
    figure = plt.figure(figsize=(15, 5))
    u, v = np.mgrid[0:2 * np.pi:24j, 0:np.pi:12j]
    sphere = BALL["centre"][:, None, None] + 0.97 * BALL["radius"] * np.stack(
        [np.cos(u) * np.sin(v), np.sin(u) * np.sin(v), np.cos(v)])
    for row, (way, name) in enumerate(((before, "before"), (after, "after"))):
        for column, k in enumerate(np.linspace(0, len(way) - 1, 5).astype(int)):
            axes = figure.add_subplot(2, 5, 5 * row + column + 1, projection="3d", computed_zorder=False)
            axes.plot_surface(*sphere, color="C1", linewidth=0, alpha=0.9)
            axes.plot_surface(*way[k].reshape(size, size, 3).transpose(2, 0, 1), color="C0", edgecolor="0.3",
                              linewidth=0.3, alpha=0.85)
            axes.set(xlim=(-1.9, 0.7), ylim=(-0.9, 0.9), zlim=(0, 1.6), title=f"{name}: step {k}")
            axes.set_box_aspect((2.6, 1.8, 1.6), zoom=1.35)
            axes.view_init(22, -75)
            axes.set_axis_off()
    figure.tight_layout()
    figure.savefig(path, dpi=90)


def main(argv: list[str] | None = None) -> int:
    parser = arguments(__doc__)
    parser.add_argument("--size", type=int, default=9, help="particles along each side (default: 9)")
    parser.add_argument("--compare", action="store_true", help="time NumPy and JAX, too")
    options = parser.parse_args(argv)
    toss = Toss(*square(options.size))
    report = Report(f"{len(toss.x)} particles, {len(toss.weave['a'])} springs, {toss.steps} implicit steps")
    witnesses(report)
    before, after = throw(report, toss)
    material(report)
    if options.compare:
        compare(report, toss)
    options.out.mkdir(parents=True, exist_ok=True)
    picture(options.size, before, after, options.out / "cloth.png")
    return report.finish(options.out / "cloth.png")


if __name__ == "__main__":
    sys.exit(main())
