"""Calibrate Heston's model to a surface of option quotes; Greeks to order six; no arbitrage.

    python examples/options/demo.py [--out DIR]

Checks prices, Jacobian and derivatives to order six against NumPy, that the calibration finds what made the quotes
within its own standard errors, that implied volatility and price are inverse to each other, that the density of the
spot is the same from prices and from volatilities, and that the surface is free of arbitrage.
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
    HERE,
    MATURITIES,
    NAMES,
    START,
    TRUE,
    Calibrated,
    Quotes,
    Vector,
    calibrate,
    generate,
    in_numpy,
    parameter_derivatives,
    witness,
)
from scipy.integrate import trapezoid

import catad
from catad.scipy import Residuals

sys.path.insert(0, str(HERE.parent))
from report import Report, arguments, best_time, duration, plots


def prices(report: Report, program: Any, quotes: Quotes, r: Residuals) -> None:
    """Against the witness: prices, their Jacobian, and six derivatives by the strike."""
    exact = witness(TRUE, quotes.k, quotes.t)
    report.below("prices against NumPy", float(np.abs(program.prices(TRUE, quotes.k, quotes.t) - exact).max()), 1e-9)
    other = parameter_derivatives(START, quotes.k, quotes.t) / quotes.spread[:, None]
    size = np.abs(other).max(axis=0)
    gap = float((np.abs(r.jac(r.x0) - other) / size).max())
    report.below("Jacobian against Cauchy's integrals, relative", gap, 1e-8)
    k, t = 0.05, 0.5
    _, ours = catad.jet(program.price, 6, argnums="k")(128, TRUE, k, t, np.eye(6)[0])
    factorials = np.cumprod(np.arange(1.0, 7.0))
    worst = max(abs(ours[m - 1] * factorials[m - 1] / witness(TRUE, k, t, m) - 1) for m in range(1, 7))
    report.below("jet of order 6 by the strike, relative", float(worst), 1e-8)


def surface(report: Report, program: Any, model: dict[str, float]) -> tuple[Vector, Vector]:
    """The two densities, and both kinds of arbitrage, on a grid of strikes and maturities."""
    k = np.stack([np.linspace(-0.7, 0.45, 116) * np.sqrt(t) for t in MATURITIES])
    t = np.repeat(np.array(MATURITIES)[:, None], k.shape[1], axis=1)

    def everywhere(f: Any) -> Vector:
        return np.asarray(catad.vmap(f, in_axes=(None, 0, 0))(model, k.ravel(), t.ravel()).reshape(k.shape))

    density, other = everywhere(program.density), everywhere(program.density_of_surface)
    gap = np.abs(density - other).max() / density.max()
    report.below("density from prices and from volatilities", float(gap), 1e-7)
    total, mean = (trapezoid(density * np.exp(power * k), k, axis=1) for power in (0, 1))
    report.row("density: mass and mean of S/F on the grid", f"{total.min():.5f}, {mean.min():.5f} at least")
    butterfly, calendar = everywhere(program.durrleman).min(), everywhere(program.calendar).min()
    report.check("no butterfly arbitrage", f"Durrleman's function is at least {butterfly:.3f}", butterfly > 0)
    report.check("no calendar arbitrage", f"∂(total variance)/∂t is at least {calendar:.4f}", calendar > 0)
    return k, density


def jax_misses(quotes: Quotes) -> Callable[[Vector], object]:
    """The Jacobian of the same residuals by JAX, compiled: forward mode, as parameters are few."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    x = -3.3 + 9.8 / 128 * (np.arange(128) + 0.5)
    u = np.exp(x - np.exp(-x))
    weight = 9.8 / 128 * u * (1 + np.exp(-x)) / (u * u + 0.25)
    wave, z, t = np.exp((0.5 - 1j * u) * quotes.k[:, None]), u - 0.5j, quotes.t[:, None]

    def misses(v: jax.Array) -> jax.Array:
        correlation, level, now, reversion, vol = v
        a = reversion - 1j * z * correlation * vol
        d = jnp.sqrt(a * a + vol**2 * (1j * z + z * z))
        g, decay = (a - d) / (a + d), jnp.exp(-d * t)
        long = (a - d) * t - 2 * jnp.log((1 - g * decay) / (1 - g))
        short = (a - d) * (1 - decay) / (1 - g * decay)
        both = jnp.real(wave * jnp.exp((reversion * level * long + now * short) / vol**2)) @ weight
        return (1 - both / jnp.pi - quotes.price) / quotes.spread

    compiled = jax.jit(jax.jacfwd(misses))
    return lambda v: jax.block_until_ready(compiled(v))


def compare(report: Report, quotes: Quotes, r: Residuals, ours: Calibrated, spent: float) -> None:
    """Times of the same work by hand, in turn."""
    by_hand = in_numpy(quotes)
    start = time.perf_counter()
    differences = calibrate(r, by_hand)
    theirs = time.perf_counter() - start
    report.row("calibration", f"exact Jacobian {duration(spent)}, {ours.evaluations} steps; NumPy and differences "
                              f"{duration(theirs)}, {differences.evaluations} steps")
    report.row("prices of all quotes", f"catad {duration(best_time(lambda: r.fun(r.x0)))}, "
                                       f"NumPy {duration(best_time(lambda: by_hand(r.x0)))}")
    times = [f"catad {duration(best_time(lambda: r.jac(r.x0)))}"]
    if importlib.util.find_spec("jax"):
        jacobian = jax_misses(quotes)
        times.append(f"JAX {duration(best_time(lambda: jacobian(r.x0)))}")
    report.row("their Jacobian", ", ".join(times))


def picture(program: Any, quotes: Quotes, found: Calibrated, k: Vector, density: Vector, path: Path) -> None:
    """Quotes and fitted volatilities; the densities; Greeks along the spot."""
    plt = plots()
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(15, 4.8))
    implied = catad.vmap(program.implied)
    volatility = implied(quotes.price, quotes.k, quotes.t)
    for i, t in enumerate(MATURITIES):
        at = quotes.t == t
        left.plot(quotes.k[at], 100 * volatility[at], ".", color=f"C{i}", label=f"{12 * t:.0f} months")
        line = np.linspace(quotes.k[at].min(), quotes.k[at].max(), 60)
        model = program.prices(found.model, line, np.full(60, t))
        left.plot(line, 100 * implied(model, line, np.full(60, t)), color=f"C{i}", linewidth=1)
        middle.plot(k[i], density[i], color=f"C{i}")
    left.set(title="Implied volatilities: quotes and model", xlabel="log (strike / forward)", ylabel="percent")
    left.legend(fontsize=8)
    middle.set(title="Densities of log S/F (second derivatives by the strike)", xlabel="log (S/F)", xlim=(-0.7, 0.5))
    spot = np.linspace(80, 120, 161)
    greeks = catad.vmap(program.greeks, in_axes=(None, None, None, None, 0))(found.model, 100.0, 0.02, 0.25, spot)
    for m, name in enumerate(("delta", "gamma", "speed", "order 4", "order 5", "order 6")):
        right.plot(spot, greeks[:, m] / np.abs(greeks[:, m]).max(), label=name, linewidth=2 - 0.2 * m)
    right.set(title="Derivatives by the spot, scaled (strike 100, 3 months)", xlabel="spot")
    right.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main(argv: list[str] | None = None) -> int:
    options = arguments(__doc__).parse_args(argv)
    quotes = generate()
    report = Report(f"Heston's model and {len(quotes.k)} quotes of {len(MATURITIES)} maturities")
    program = catad.load(HERE / "options.cad")
    r = quotes.residuals()
    prices(report, program, quotes, r)
    volatility = catad.vmap(program.implied)(quotes.price, quotes.k, quotes.t)
    again = catad.vmap(program.black)(quotes.k, volatility**2 * quotes.t)
    report.below("Black's price of the implied volatility", float(np.abs(again / quotes.price - 1).max()), 1e-12)

    calibrate(r)
    start = time.perf_counter()
    found = calibrate(r)
    spent = time.perf_counter() - start
    for name in NAMES:
        miss = abs(found.model[name] - TRUE[name]) / found.errors[name]
        report.check(name, f"{found.model[name]:.5f} ± {found.errors[name]:.5f}, true {TRUE[name]}", miss < 4)
    freedom = len(quotes.k) - len(NAMES)
    report.check("χ² of the quotes", f"{found.chi2:.1f} for {freedom} degrees of freedom",
                 abs(found.chi2 - freedom) < 4 * np.sqrt(2 * freedom))
    compare(report, quotes, r, found, spent)
    k, density = surface(report, program, found.model)
    options.out.mkdir(parents=True, exist_ok=True)
    picture(program, quotes, found, k, density, options.out / "options.png")
    return report.finish(options.out / "options.png")


if __name__ == "__main__":
    sys.exit(main())
