"""A double pendulum from its Lagrangian alone: the equations of motion are derivatives that the compiler takes.

    d/dt ∂L/∂v = ∂L/∂q        so        M(q, v) v′ = ∂L/∂q - (∂²L/∂v∂q) v,        M = ∂²L/∂v²

Everything is one Python function under `@catad.function`: Hessians inside of a Runge-Kutta step inside of a loop,
compiled to native code. `textbook` has the same equations by hand.
"""

from __future__ import annotations

import numpy as np

import catad

__all__ = ["acceleration", "energy", "last_angle", "swing", "textbook"]

GRAVITY = 9.81


def kinetic(q, v):
    """Two masses of 1 on two rods of length 1; angles from below."""
    return v[0]**2 + 0.5 * v[1]**2 + v[0] * v[1] * np.cos(q[0] - q[1])


def potential(q):
    return -GRAVITY * (2 * np.cos(q[0]) + np.cos(q[1]))


@catad.function
def energy(q: "[2]f64", v: "[2]f64") -> catad.f64:  # noqa: F722
    """The sum of kinetic and potential energy, which stays what it is."""
    return kinetic(q, v) + potential(q)


@catad.function
def acceleration(q: "[2]f64", v: "[2]f64") -> "[2]f64":  # noqa: F722
    """v′, from the Lagrangian."""
    def lagrangian(q, v):
        return kinetic(q, v) - potential(q)

    mass = catad.hessian(lambda v: lagrangian(q, v))(v)
    force = catad.grad(lambda q: lagrangian(q, v))(q)
    momentum = catad.jvp(lambda q: catad.grad(lambda v: lagrangian(q, v))(v))(q, v)[1]
    return np.linalg.solve(mass, force - momentum)


@catad.function
def swing(q: "[2]f64", v: "[2]f64", steps: int, h: float = 0.001):  # noqa: F722
    """Positions and velocities after a number of Runge-Kutta steps of length h."""
    def rate(s):
        return s[1], acceleration(s[0], s[1])

    def moved(s, k, t):
        return s[0] + t * k[0], s[1] + t * k[1]

    def step(_, s):
        k1 = rate(s)
        k2 = rate(moved(s, k1, h / 2))
        k3 = rate(moved(s, k2, h / 2))
        k4 = rate(moved(s, k3, h))
        total = [a + 2 * b + 2 * c + d for a, b, c, d in zip(k1, k2, k3, k4, strict=True)]
        return moved(s, total, h / 6)

    return catad.loop(steps, step, (q, v))


@catad.function
def last_angle(q: "[2]f64", steps: int) -> float:  # noqa: F722
    """The angle of the lower rod after some steps from rest."""
    return swing(q, np.zeros_like(q), steps)[0][1]


def textbook(q, v):
    """The accelerations by hand, in NumPy."""
    (a, b), (p, r) = q, v
    mass = np.array([[2.0, np.cos(a - b)], [np.cos(a - b), 1.0]])
    return np.linalg.solve(mass, [-r * r * np.sin(a - b) - 2 * GRAVITY * np.sin(a),
                                  p * p * np.sin(a - b) - GRAVITY * np.sin(b)])
