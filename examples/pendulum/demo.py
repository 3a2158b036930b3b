"""A double pendulum from its Lagrangian alone, written in Python.

    python examples/pendulum/demo.py [--out DIR]

Checks the accelerations against those of the textbook, the energy over five seconds of swinging, and the gradient of
the last angle through a thousand steps against differences.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from problem import acceleration, energy, last_angle, swing, textbook

import catad

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from report import Report, arguments, plots

START, REST = np.array([2.0, 1.0]), np.zeros(2)


def differences(steps: int) -> np.ndarray:
    """The gradient of the last angle, by central differences."""
    moves = 1e-6 * np.eye(2)
    return np.array([(last_angle(START + d, steps) - last_angle(START - d, steps)) / 2e-6 for d in moves])


def picture(folder: Path) -> Path:
    """The way of the lower mass."""
    plt = plots()
    angles = np.array([swing(START, REST, k)[0] for k in range(0, 10_001, 20)])
    x, y = np.cumsum(np.sin(angles), axis=1), -np.cumsum(np.cos(angles), axis=1)
    figure, axes = plt.subplots(figsize=(4, 4))
    axes.plot(x[:, 1], y[:, 1], linewidth=0.8)
    axes.plot([0.0, *x[0]], [0.0, *y[0]], "o-", color="black")
    axes.set_aspect("equal")
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "pendulum.png", dpi=100)
    return folder / "pendulum.png"


def main() -> int:
    options = arguments(__doc__).parse_args()
    report = Report("A double pendulum from its Lagrangian")
    rng = np.random.default_rng(0)
    worst = max(float(np.abs(acceleration(q, v) / textbook(q, v) - 1).max()) for q, v in rng.normal(size=(50, 2, 2)))
    report.below("accelerations, against those by hand", worst, 1e-9)
    q, v = swing(START, REST, 5000)
    report.below("energy after 5 s, 5000 steps", abs(energy(q, v) / energy(START, REST) - 1), 1e-8)
    gradient = catad.grad(last_angle)(START, 1000)
    report.below("gradient through 1000 steps, against differences",
                 float(np.abs(gradient / differences(1000) - 1).max()), 1e-6)
    report.row("operations of one acceleration", str(sum(acceleration.ops().values())))
    report.row("picture", str(picture(options.out)))
    return report.finish()


if __name__ == "__main__":
    raise SystemExit(main())
