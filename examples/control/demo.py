"""Gradients through the time of an event: a ball that bounces, and a rocket that lands with the least fuel.

    python examples/control/demo.py [--out DIR]

Checks where a ball touches the ground against formulas and against SciPy's events; throws it so that it hits a mark at
its third contact; lands a rocket softly, straight down against the known optimum, and from the side against what theory
says of the thrust: coast first, then full, turning so that its tangent is a fraction of linear functions of time.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from problem import (
    ABOVE,
    ENGINE,
    HERE,
    START,
    Landing,
    bounce_by_scipy,
    landing_by_scipy,
    optimal,
    range_without_air,
    residuals,
    straight_down,
)
from scipy.optimize import root_scalar

import catad

sys.path.insert(0, str(HERE.parent))
from report import Report, arguments, best_time, duration, plots

DRAG, RESTITUTION, MARK = 0.02, 0.7, 21.0


def the_ball(report: Report, program: Any) -> float:
    """Values and gradients through one to three events; the angle that hits a mark at the third."""
    slopes = catad.jacobian(program.bounce, argnums="throw")
    value, known = range_without_air(RESTITUTION, 3, 12.0, 0.9)
    there = slopes(0.0, RESTITUTION, 3, {"speed": 12.0, "angle": 0.9})["x"]
    ours = program.bounce(0.0, RESTITUTION, 3, {"speed": 12.0, "angle": 0.9})["x"]
    report.below("third contact without air, against the formula", abs(ours / value - 1), 1e-12)
    report.below("its gradient", float(np.abs(np.array([there["speed"], there["angle"]]) / known - 1).max()), 1e-10)
    x, t = bounce_by_scipy(DRAG, RESTITUTION, 3, 12.0, 0.9)
    found = program.bounce(DRAG, RESTITUTION, 3, {"speed": 12.0, "angle": 0.9})
    report.below("third contact in air, against SciPy", max(abs(found["x"] / x - 1), abs(found["t"] / t - 1)), 1e-8)

    def miss(angle: float) -> tuple[float, float]:
        throw = {"speed": 12.0, "angle": angle}
        by = slopes(DRAG, RESTITUTION, 3, throw)["x"]["angle"]
        return program.bounce(DRAG, RESTITUTION, 3, throw)["x"] - MARK, by

    hit = root_scalar(miss, x0=0.9, fprime=True, method="newton", xtol=1e-13)
    report.below(f"thrown at {np.degrees(hit.root):.2f}° (Newton, {hit.iterations} steps): misses {MARK:g} m by",
                 abs(bounce_by_scipy(DRAG, RESTITUTION, 3, 12.0, hit.root)[0] - MARK), 1e-6)
    return float(hit.root)


def gradient(report: Report) -> None:
    """The derivatives of a landing by all controls, against differences of SciPy's events; times."""
    r = residuals(START, 12, 4.0, 0.62, -0.3)
    h, known = 1e-4, []
    for e in np.eye(r.n):
        ends = [landing_by_scipy(r.x0 + k * h * e, 4.0, START) for k in (-2, -1, 1, 2)]
        known.append((ends[0] - 8 * ends[1] + 8 * ends[2] - ends[3]) / (12 * h))
    gap = np.abs(r.jac(r.x0).T - known) / np.abs(known).max(axis=0)
    report.below("Jacobian of a landing, against differences", float(gap.max()), 1e-7)
    scipy = best_time(lambda: landing_by_scipy(r.x0, 4.0, START, 1e-8), 0.1)
    ours = best_time(lambda: r.fun(r.x0))
    report.row("one landing of 12 intervals", f"catad {duration(ours)}, SciPy {duration(scipy)}")
    report.row("its Jacobian", f"catad {duration(best_time(lambda: r.jac(r.x0)))}, "
                               f"differences of SciPy {duration((r.n + 1) * scipy)} (25 landings)")


def the_rocket(report: Report, program: Any) -> Landing:
    fuel, _, time = straight_down()
    down = optimal(ABOVE, 40, 1.25, upright=True)
    report.check("straight down: fuel", f"{down.fuel:.2f} kg, optimum by formula {fuel:.2f} kg",
                 -1e-3 < down.fuel - fuel < 0.1)
    report.row("straight down: duration", f"{down.duration:.2f} s, by formula {time:.2f} s")
    side = optimal(START, 36, 1.5)
    report.below(f"from the side: {side.fuel:.1f} kg, misses by", side.missed, 1e-5)
    inside = (side.throttle > 0.11) & (side.throttle < 0.99)
    flown = np.arange(len(inside)) < int(side.duration / side.step)
    report.check("from the side: bang-bang", f"throttle between least and full in {int((inside & flown).sum())} of "
                                             f"{int(flown.sum())} intervals", int((inside & flown).sum()) <= 1)
    miss = tangent_law(side, flown & (side.throttle > 0.99))
    report.below("from the side: tangent of the thrust, against theory", miss, 2e-3)
    report.row("from the side", f"{side.duration:.2f} s, {side.evaluations} landings")
    return side


def tangent_law(side: Landing, at: NDArray[np.bool_]) -> float:
    """How far the tangent of the thrust is from (a + b t) / (1 + c t) (Lawden 1963) in the middles of intervals."""
    t = (np.arange(len(at)) + 0.5)[at] / len(at)
    y = np.tan(side.tilt[at])
    a, b, c = np.linalg.lstsq(np.stack([np.ones_like(t), t, -t * y], axis=1), y, rcond=None)[0]
    return float(np.abs((a + b * t) / (1 + c * t) - y).max())


def picture(program: Any, angle: float, side: Landing, path: Path) -> None:
    """The ball's way; the rocket's way with its thrust; the controls."""
    plt = plots()
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(15, 4.6))
    for at, color in ((angle - 0.15, "0.75"), (angle + 0.15, "0.75"), (angle, "C0")):
        way = program.flight(DRAG, RESTITUTION, 3, {"speed": 12.0, "angle": at}, 400)
        left.plot(way["x"], way["z"], color=color)
    left.plot(MARK, 0, "rx", markersize=9)
    left.set(title="A ball hits a mark at its third contact", xlabel="m")
    controls = {"throttle": side.throttle, "tilt": side.tilt}
    states = program.path(ENGINE, side.step, START, controls)
    x, z = (np.r_[START[name], states[name]] for name in ("x", "z"))
    flown = int(side.duration / side.step) + 1
    middle.plot(x[:flown], z[:flown], "o-", color="C0", markersize=3)
    push = side.throttle[:flown, None] * np.stack([np.sin(side.tilt), np.cos(side.tilt)], axis=1)[:flown]
    middle.quiver(x[:flown:3], z[:flown:3], *-push[::3].T, color="C1", scale=8, width=0.006)
    middle.plot(0, 0, "rx", markersize=9)
    middle.set(title=f"Landing with {side.fuel:.1f} kg: flame every {3 * side.step} s", xlabel="m",
               xlim=(-1600, 150), ylim=(-150, 1600))
    t = side.step * np.arange(flown + 1)
    right.stairs(side.throttle[:flown], t, color="C1", label="throttle", linewidth=2)
    right.stairs(np.tan(side.tilt[:flown]), t, color="C0", label="tangent of the tilt", linewidth=2, baseline=None)
    right.axvline(side.duration, color="0.6", linestyle=":")
    right.set(title="Controls (dotted: the ground is reached)", xlabel="s")
    right.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main(argv: list[str] | None = None) -> int:
    options = arguments(__doc__).parse_args(argv)
    report = Report("Flights that end with an event")
    program = catad.load(HERE / "control.cad")
    angle = the_ball(report, program)
    gradient(report)
    side = the_rocket(report, program)
    options.out.mkdir(parents=True, exist_ok=True)
    picture(program, angle, side, options.out / "control.png")
    return report.finish(options.out / "control.png")


if __name__ == "__main__":
    sys.exit(main())
