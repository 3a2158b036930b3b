"""Flights with an event at their end: the landing problem for SciPy; witnesses by formulas and by SciPy's events."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.optimize import fsolve, minimize

import catad
import catad.scipy
from catad.scipy import Residuals

HERE = Path(__file__).resolve().parent
ENGINE = {"thrust": 45000.0, "exhaust": 3050.0, "gravity": 1.62}         # about those of the Apollo lunar module
START = {"x": -1500.0, "z": 1500.0, "vx": 60.0, "vz": -40.0, "mass": 15000.0}
ABOVE = START | {"x": 0.0, "vx": 0.0}
LEAST = 0.1                                                              # throttle
GOAL = np.array([0.0, 0.0, -1.0])                                        # place, speed along, speed up
SCALE = np.array([100.0, 10.0, 10.0])

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Landing:
    """Controls that use the least fuel, one each `step` seconds."""

    step: float
    throttle: Vector
    tilt: Vector
    fuel: float
    missed: float
    duration: float
    evaluations: int


def residuals(start: dict[str, float], count: int, step: float, throttle: float, tilt: float) -> Residuals:
    controls = {"throttle": np.full(count, throttle), "tilt": np.full(count, tilt)}
    return catad.scipy.residuals(catad.load(HERE / "control.cad").landing, ENGINE, step, start, controls,
                                 argnums="controls")


def optimal(start: dict[str, float], count: int, step: float, throttle: float = 0.55, tilt: float = -0.3,
            upright: bool = False) -> Landing:
    """Least fuel for a soft landing, by sequential quadratic programming with exact gradients."""
    r = residuals(start, count, step, throttle, 0.0 if upright else tilt)
    rows = [2] if upright else [0, 1, 2]
    last: dict[bytes, Vector] = {}

    def jac(v: Vector) -> Vector:
        if v.tobytes() not in last:
            last.clear()
            last[v.tobytes()] = r.jac(v)
        return last[v.tobytes()]

    constraint = {"type": "eq", "fun": lambda v: ((r.fun(v)[1:] - GOAL) / SCALE)[rows],
                  "jac": lambda v: (jac(v)[1:] / SCALE[:, None])[rows]}
    bounds = [(LEAST, 1.0)] * count + [(0.0, 0.0) if upright else (-1.3, 1.3)] * count
    found = minimize(lambda v: r.fun(v)[0] / 100, r.x0, jac=lambda v: jac(v)[0] / 100, bounds=bounds, method="SLSQP",
                     constraints=constraint, options={"maxiter": 500, "ftol": 1e-9})
    controls, end = r.structured(found.x), r.fun(found.x)
    _, duration = catad.load(HERE / "control.cad").land(ENGINE, step, start, controls)
    return Landing(step, controls["throttle"], controls["tilt"], float(end[0]),
                   float(np.abs((end[1:] - GOAL)[rows]).max()), float(duration), int(found.nfev))


# ── witnesses ──────────────────────────────────────────────────────────────────────────────────────────────────────


def straight_down() -> tuple[float, float, float]:
    """Fuel, ignition time and duration of the best landing from `ABOVE`: coast, then full thrust (Meditch 1964).

    With constant thrust speed and height have formulas (Tsiolkovsky's), and the two times solve two equations.
    """
    def after(t: float, throttle: float, z: float, v: float, m: float) -> tuple[float, float, float]:
        c, g, flow = ENGINE["exhaust"], ENGINE["gravity"], throttle * ENGINE["thrust"] / ENGINE["exhaust"]
        ratio = 1 - flow * t / m
        rise = c * (t + (m / flow) * ratio * np.log(ratio))
        return z + v * t - 0.5 * g * t**2 + rise, v - g * t - c * np.log(ratio), m * ratio

    def end(times: Vector) -> tuple[float, float, float]:
        return after(times[1], 1.0, *after(times[0], LEAST, ABOVE["z"], ABOVE["vz"], ABOVE["mass"]))

    times = fsolve(lambda t: np.array(end(t)[:2]) - [0, GOAL[2]], [10.0, 35.0], xtol=1e-13)
    return float(ABOVE["mass"] - end(times)[2]), float(times[0]), float(times.sum())


def range_without_air(restitution: float, contacts: int, speed: float, angle: float) -> tuple[float, Vector]:
    """Where a ball touches the ground for the last time, and the derivatives by speed and angle, by formula."""
    factor = sum(restitution**k for k in range(contacts)) / 9.81
    return factor * speed**2 * np.sin(2 * angle), factor * np.array(
        [2 * speed * np.sin(2 * angle), 2 * speed**2 * np.cos(2 * angle)])


def bounce_by_scipy(drag: float, restitution: float, contacts: int, speed: float, angle: float) -> tuple[float, float]:
    """The same ball in air by SciPy, which looks for its events itself."""
    def right(t: float, y: Vector) -> list[float]:
        r = drag * np.hypot(y[2], y[3])
        return [y[2], y[3], -r * y[2], -9.81 - r * y[3]]

    def ground(t: float, y: Vector) -> float:
        return float(y[1])

    ground.terminal, ground.direction = True, -1                         # type: ignore[attr-defined]
    y, t = np.array([0.0, 0.0, speed * np.cos(angle), speed * np.sin(angle)]), 0.0
    for _ in range(contacts):
        flight = solve_ivp(right, (0, 100), y, events=ground, method="DOP853", rtol=1e-12, atol=1e-12)
        y, t = flight.y[:, -1] * [1, 0, 1, -restitution], t + float(flight.t[-1])
    return float(y[0]), t


def landing_by_scipy(v: Vector, step: float, start: dict[str, float], tolerance: float = 1e-12) -> Vector:
    """Fuel, place, speed along and speed up at the ground, under controls v = (throttle, tilt), by SciPy."""
    throttle, tilt = v.reshape(2, -1)
    y = np.array([start[name] for name in ("x", "z", "vx", "vz", "mass")])

    def ground(t: float, y: Vector, *_: Any) -> float:
        return float(y[1])

    ground.terminal, ground.direction = True, -1                         # type: ignore[attr-defined]
    for k in range(1000):
        now = min(k, len(throttle) - 1)
        force, angle = throttle[now] * ENGINE["thrust"], tilt[now]

        def right(t: float, y: Vector, force: float = force, angle: float = angle) -> list[float]:
            up, along = force * np.cos(angle) / y[4] - ENGINE["gravity"], force * np.sin(angle) / y[4]
            return [y[2], y[3], along, up, -force / ENGINE["exhaust"]]

        part = solve_ivp(right, (0, step), y, events=ground, method="DOP853", rtol=tolerance, atol=tolerance)
        y = part.y[:, -1]
        if part.status == 1:
            break
    return np.array([start["mass"] - y[4], y[0], y[2], y[3]])
