"""Influenza in a boarding school, 1978: an epidemic's equation fitted to 14 counts, and what they leave open.

    python examples/epidemic/demo.py [--draws N] [--out DIR]

Finds the mode of the posterior by Newton's method through the solver of the equation, approximates it by a normal
density, and samples it by Hamiltonian Monte Carlo, which is native code too. Checks solution, density and gradient
against SciPy with tangent equations by hand, and the posterior against what is published.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from problem import (
    COUNTS,
    HERE,
    PEOPLE,
    START,
    Posterior,
    Vector,
    chains,
    constant,
    density,
    laplace,
    predicted,
    sensitivities,
    split_r_hat,
)

import catad

sys.path.insert(0, str(HERE.parent))
from report import Report, arguments, best_time, duration, plots


def witnesses(report: Report, program: Any) -> None:
    """Solution, density and gradient against SciPy."""
    ill, slopes = sensitivities(1.7, 0.5, len(COUNTS))
    ours, jacobian = program.course(len(COUNTS), 4, 1.7, 0.5, PEOPLE), catad.jacobian(program.course, ("beta", "gamma"))
    report.below("course against SciPy, relative", float(np.abs(ours / ill - 1).max()), 1e-8)
    there = np.array(list(jacobian(len(COUNTS), 4, 1.7, 0.5, PEOPLE)))
    gap = np.abs(there - slopes).max() / np.abs(slopes).max()
    report.below("its derivatives against tangent equations", float(gap), 1e-8)
    value, gradient = density(START)
    f, g = catad.value_and_grad(program.log_posterior, argnums="x")(PEOPLE, COUNTS, START)
    report.below("log posterior against SciPy", abs(f + constant() - value), 1e-7)
    report.below("its gradient, relative", float(np.abs(g / gradient - 1).max()), 1e-7)


def posterior(report: Report, draws: int) -> tuple[Posterior, Vector]:
    """The normal approximation, and samples."""
    normal = laplace()
    ratio, low, high = normal.ratio()
    report.row("mode", f"{normal.steps} Newton steps; R₀ = {ratio:.2f}, "
                       f"95 % of the normal approximation {low:.2f}–{high:.2f}")
    chains(normal, 10)
    start = time.perf_counter()
    samples, accepted = chains(normal, draws)
    spent = time.perf_counter() - start
    report.row("Hamiltonian Monte Carlo", f"4 chains of {draws} draws, 6 gradients each, in {duration(spent)}; "
                                          f"{100 * accepted:.0f} % accepted")
    worst = max(split_r_hat(samples[:, :, k]) for k in range(3))
    report.check("split R̂", f"{worst:.4f}", worst < 1.02)
    beta, gamma, size = np.exp(samples.reshape(-1, 3)).T
    # Grinsztajn, Semenova, Margossian, Riou 2021: means 1.73, 0.54, 3.22
    for name, x, published in (("β", beta, 1.73), ("γ", gamma, 0.54), ("R₀", beta / gamma, 3.22)):
        low, high = np.quantile(x, [0.025, 0.975])
        report.check(name, f"{x.mean():.3f}, 95 % {low:.2f}–{high:.2f}; published mean {published}",
                     abs(x.mean() - published) < 0.02)
    report.row("days ill, 1/γ", f"{(1 / gamma).mean():.2f}; dispersion 1/size {(1 / size).mean():.3f}")
    return normal, samples


def in_jax() -> Callable[[], object]:
    """Value and gradient of the log posterior by JAX: RK4 with four steps a day in a scan, compiled."""
    import jax
    import jax.numpy as jnp
    from jax.scipy.special import gammaln

    jax.config.update("jax_enable_x64", True)
    counts = jnp.array(COUNTS, dtype=float)

    def right(p: Any, y: jax.Array) -> jax.Array:
        ill = p[0] * y[0] * y[1] / PEOPLE
        return jnp.array([-ill, ill - p[1] * y[1]])

    def step(p: Any, y: jax.Array, h: float = 0.25) -> jax.Array:
        a = right(p, y)
        b = right(p, y + h / 2 * a)
        c = right(p, y + h / 2 * b)
        return y + h / 6 * (a + 2 * b + 2 * c + right(p, y + h * c))

    def f(x: jax.Array) -> jax.Array:
        p = jnp.exp(x)

        def day(y: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
            for _quarter in range(4):
                y = step(p, y)
            return y, y[1]

        m = jax.lax.scan(day, jnp.array([PEOPLE - 1, 1.0]), None, length=len(COUNTS))[1]
        s = p[2]
        like = gammaln(counts + s) - gammaln(s) - gammaln(counts + 1) - s * jnp.log1p(m / s) - counts * jnp.log1p(s / m)
        return like.sum() - 0.5 * (p[0] - 2)**2 - 2 * (p[1] - 0.4)**2 - 5 / s + x[0] + x[1] - x[2]

    compiled = jax.jit(jax.value_and_grad(f))
    return lambda: jax.block_until_ready(compiled(START))


def compare(report: Report, program: Any) -> None:
    both = catad.value_and_grad(program.log_posterior, argnums="x")
    times = [f"catad {duration(best_time(lambda: both(PEOPLE, COUNTS, START)))}"]
    if importlib.util.find_spec("jax"):
        times.append(f"JAX, RK4 {duration(best_time(in_jax()))}")
    times.append(f"SciPy, tangent equations {duration(best_time(lambda: density(START, 1e-6)))}")
    report.row("density and gradient", ", ".join(times))


def picture(normal: Posterior, samples: Vector, path: Path) -> None:
    """Counts with what is predicted; R₀; the two rates."""
    plt = plots()
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(15, 4.6))
    courses, counts = predicted(samples)
    days = np.arange(1, len(COUNTS) + 1)
    low, high = np.quantile(counts, [0.05, 0.95], axis=0)
    left.fill_between(days, low, high, color="C0", alpha=0.25, linewidth=0, label="90 % of counts")
    low, high = np.quantile(courses, [0.05, 0.95], axis=0)
    left.fill_between(days, low, high, color="C0", alpha=0.6, linewidth=0, label="90 % of courses")
    left.plot(days, COUNTS, "ko", markersize=4, label="boys in bed")
    left.set(title="Influenza, 22 January to 4 February 1978", xlabel="day")
    left.legend()
    logs = samples.reshape(-1, 3)
    ratio = np.exp(logs[:, 0] - logs[:, 1])
    middle.hist(ratio, 60, density=True, color="C0", alpha=0.7, label="samples")
    r = np.linspace(ratio.min(), ratio.max(), 200)
    e = np.array([1.0, -1.0, 0.0])
    spread = np.sqrt(e @ normal.covariance @ e)
    z = (np.log(r) - e @ normal.mode) / spread
    middle.plot(r, np.exp(-0.5 * z**2) / (np.sqrt(2 * np.pi) * spread * r), color="C1", label="normal in logarithms")
    middle.set(title="R₀ = β / γ")
    middle.legend()
    right.plot(*np.exp(logs[::2, :2]).T, ".", markersize=2, color="C0", alpha=0.4)
    right.set(title="Samples of both rates", xlabel="β, infections per ill boy and day", ylabel="γ, recoveries per day")
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main(argv: list[str] | None = None) -> int:
    parser = arguments(__doc__)
    parser.add_argument("--draws", type=int, default=1000, help="draws of each chain (default: 1000)")
    options = parser.parse_args(argv)
    report = Report(f"{len(COUNTS)} counts of {COUNTS.sum()} days in bed among {PEOPLE:.0f} boys")
    program = catad.load(HERE / "epidemic.cad")
    witnesses(report, program)
    normal, samples = posterior(report, options.draws)
    compare(report, program)
    options.out.mkdir(parents=True, exist_ok=True)
    picture(normal, samples, options.out / "epidemic.png")
    return report.finish(options.out / "epidemic.png")


if __name__ == "__main__":
    sys.exit(main())
