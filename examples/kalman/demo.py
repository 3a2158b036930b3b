"""Structural time series by Kalman's filter: the Nile, and airline passengers.

    python examples/kalman/demo.py [--out DIR]

Fits a wandering level to the flow of the Nile and a trend with seasons to the airline series, by Newton's method on the
exact diffuse likelihood. Checks estimates that are published, likelihood and smoothing against dense Gaussians, the
gradient against differences, and a forecast of the last year against what happened.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from problem import (
    HERE,
    Fit,
    Vector,
    airline,
    components,
    dense,
    differences,
    filter_by_hand,
    fit,
    level_objective,
    matrices,
    nile,
    seasonal_objective,
)

import catad
from catad.scipy import Objective

sys.path.insert(0, str(HERE.parent))
from report import Report, arguments, best_time, duration, plots


def the_nile(report: Report, program: Any, y: Vector) -> tuple[Fit, Vector, Vector]:
    """The local level: published estimates, dense witnesses, and what the smoother says."""
    found = fit(level_objective(y))
    noise, wander = found.variances()["irregular"], found.variances()["level"]
    # 15099 and 1469.1: Durbin and Koopman 2012, section 2.10
    report.check("Nile: variance of the noise", f"{noise:.1f}, published 15099", abs(noise - 15099) < 1)
    report.check("Nile: variance of the level", f"{wander:.2f}, published 1469.1", abs(wander - 1469.1) < 0.2)
    report.row("Nile: standard errors of log σ", ", ".join(f"{x} {e:.3f}" for x, e in found.errors.items()))
    likelihood, mean, variance = dense(0, found.logs, y)
    report.below("Nile: log likelihood against a dense Gaussian", abs(found.likelihood / likelihood - 1), 1e-12)
    level, uncertain = program.smoothed_level(found.logs, y)
    report.below("Nile: smoothed level, from a gradient", float(np.abs(level / mean - 1).max()), 1e-12)
    report.below("Nile: its variance, from a Hessian", float(np.abs(uncertain / variance - 1).max()), 1e-10)
    report.row("Nile: Newton's method", f"{found.steps} steps, gradient {found.slope:.1g}")
    return found, level, uncertain


def the_airline(report: Report, program: Any, y: Vector) -> tuple[Objective, Fit, Vector, Vector]:
    """Trend and seasons: the same witnesses, and a year of forecasts that the fit has not seen."""
    o = seasonal_objective(y)
    found = fit(o)
    at = o.flat(found.logs) + 0.1
    report.below("airline: gradient against differences, relative",
                 float(np.abs(o.jac(at) / differences(o.fun, at) - 1).max()), 1e-7)
    likelihood, mean, _ = dense(12, found.logs, y)
    report.below("airline: log likelihood against a dense Gaussian", abs(found.likelihood / likelihood - 1), 1e-10)
    trend, season = components(12, found.logs, y)
    report.below("airline: trend + season, from one gradient", float(np.abs(trend + season - mean).max()), 1e-10)
    report.row("airline: standard deviations", ", ".join(
        f"{name} {np.exp(x):.4f} (± {100 * found.errors[name]:.0f} %)" for name, x in found.logs.items()))
    seen = y[:-12]
    means, variances = program.forecast(12, 12, fit(seasonal_objective(seen)).logs, seen)
    inside = int((np.abs(y[-12:] - means) < 1.96 * np.sqrt(variances)).sum())
    report.check("airline: 1960 forecast from 1949–1959", f"{inside} of 12 months within 95 %", inside >= 10)
    return o, found, means, variances


def in_jax(y: Vector) -> Callable[[], object]:
    """Value and gradient by JAX: a scan, compiled. Both sides of the `where`s must be kept from dividing by 0."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    z, t, _, _ = map(jnp.array, matrices(12, {"irregular": 0.0, "level": 0.0, "season": 0.0}))

    def step(q: jax.Array, h: jax.Array, state: Any, value: jax.Array) -> tuple[Any, None]:
        a, p, far, seen = state
        pz, fz = p @ z, far @ z
        miss, f, g = value - z @ a, z @ pz + h, z @ fz
        diffuse = g > 1e-9
        k = jnp.where(diffuse, fz / jnp.where(diffuse, g, 1.0), pz / f)
        p = jnp.where(diffuse, p - jnp.outer(k, pz) - jnp.outer(pz, k) + f * jnp.outer(k, k), p - f * jnp.outer(k, k))
        far = jnp.where(diffuse, far - g * jnp.outer(k, k), far)
        gain = jnp.where(diffuse, jnp.log(jnp.where(diffuse, g, 1.0)), jnp.log(2 * jnp.pi * f) + miss**2 / f)
        return (t @ (a + k * miss), t @ p @ t.T + q, t @ far @ t.T, seen - 0.5 * gain), None

    def cost(v: jax.Array) -> jax.Array:
        h, level, season = jnp.exp(2 * v)
        q = jnp.zeros((13, 13)).at[0, 0].set(level).at[2, 2].set(season)
        start = (jnp.zeros(13), jnp.zeros((13, 13)), jnp.eye(13), jnp.array(0.0))
        return -jax.lax.scan(lambda s, x: step(q, h, s, x), start, jnp.array(y))[0][3]

    compiled = jax.jit(jax.value_and_grad(cost))
    return lambda: jax.block_until_ready(compiled(jnp.array([-4.0, -4.0, -4.0])))


def compare(report: Report, y: Vector, o: Objective) -> None:
    """The airline likelihood (144 steps, 13 states), in turn."""
    logs = o.structured(o.x0)
    report.row("airline: likelihood", f"catad {duration(best_time(lambda: o.fun(o.x0)))}, "
                                      f"NumPy {duration(best_time(lambda: filter_by_hand(12, logs, y)))}")
    times = [f"catad {duration(best_time(lambda: o.fun_and_jac(o.x0)))}"]
    if importlib.util.find_spec("jax"):
        both = in_jax(y)
        times.append(f"JAX {duration(best_time(both))}")
    report.row("airline: with gradient", ", ".join(times))
    report.row("airline: Hessian", f"catad {duration(best_time(lambda: o.hess(o.x0)))}")


def picture(years: Vector, level: Vector, uncertain: Vector, y: Vector, fitted: Fit, means: Vector, variances: Vector,
            path: Path) -> None:
    """The Nile with its level; the airline series with its trend and forecast; its seasons."""
    plt = plots()
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(15, 4.6))
    left.plot(np.arange(1871, 1971), years, ".", color="0.5", markersize=4)
    left.plot(np.arange(1871, 1971), level, color="C0")
    band = 1.645 * np.sqrt(uncertain)
    left.fill_between(np.arange(1871, 1971), level - band, level + band, color="C0", alpha=0.25, linewidth=0)
    left.set(title="Flow of the Nile, its level and 90 % of it", ylabel="10⁸ m³ a year")
    months = 1949 + np.arange(len(y)) / 12
    trend, season = components(12, fitted.logs, y)
    middle.plot(months, np.exp(y), color="0.5", linewidth=1, label="passengers (thousands)")
    middle.plot(months, np.exp(trend), color="C0", label="trend")
    middle.plot(months[-12:], np.exp(means), color="C1", label="forecast from 1959")
    band = 1.96 * np.sqrt(variances)
    middle.fill_between(months[-12:], np.exp(means - band), np.exp(means + band), color="C1", alpha=0.3, linewidth=0)
    middle.set(title="Airline passengers")
    middle.legend()
    right.plot(months, 100 * (np.exp(season) - 1), color="C2", linewidth=1)
    right.set(title="Their seasons", ylabel="percent of the trend")
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main(argv: list[str] | None = None) -> int:
    options = arguments(__doc__).parse_args(argv)
    report = Report("State space models by maximum likelihood")
    program = catad.load(HERE / "kalman.cad")
    years, months = nile(), airline()
    _, level, uncertain = the_nile(report, program, years)
    o, fitted, means, variances = the_airline(report, program, months)
    compare(report, months, o)
    options.out.mkdir(parents=True, exist_ok=True)
    picture(years, level, uncertain, months, fitted, means, variances, options.out / "kalman.png")
    return report.finish(options.out / "kalman.png")


if __name__ == "__main__":
    sys.exit(main())
