"""Bundle adjustment: scenes (generated, or read from the files of BAL), the solver, and an independent camera in NumPy.

The solver is Levenberg's and Marquardt's with the points eliminated first (Schur's complement; Triggs, McLauchlan,
Hartley, Fitzgibbon: Bundle Adjustment – A Modern Synthesis, 2000, section 6). Its Jacobian is catad's sparse one.
"""

from __future__ import annotations

import bz2
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import bsr_matrix, csr_matrix

import catad
import catad.scipy
from catad.scipy import Residuals

HERE = Path(__file__).resolve().parent
FRAME = np.array([320.0, 240.0])                   # half the picture, in pixels
NOISE = 0.5                                        # standard deviation of a sighting, in pixels

Vector = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Scene:
    """Who sees what where, `camera`, `point` [p] and `pixel` [p, 2], and a start, `cameras` [n, 9], `points` [m, 3]."""

    camera: Indices
    point: Indices
    pixel: Vector
    cameras: Vector
    points: Vector

    def residuals(self) -> Residuals:
        """bundle.cad at these sightings, as a function of all cameras, then all points."""
        return catad.scipy.residuals(catad.load(HERE / "bundle.cad").misses,
                                     {"cameras": self.cameras, "points": self.points},
                                     self.camera, self.point, self.pixel)

    @property
    def freedom(self) -> int:
        """How many residuals are left when everything but position, turn and scale of the whole is fitted."""
        return self.pixel.size - self.cameras.size - self.points.size + 7


def read_bal(path: Path) -> Scene:
    """A problem in the format of BAL (text, or as they are offered, packed by bzip2)."""
    raw = bz2.decompress(path.read_bytes()) if path.suffix == ".bz2" else path.read_bytes()
    numbers = raw.split()
    n, m, p = map(int, numbers[:3])
    sightings = np.array(numbers[3:3 + 4 * p], dtype=np.float64).reshape(p, 4)
    rest = np.array(numbers[3 + 4 * p:], dtype=np.float64)
    if len(rest) != 9 * n + 3 * m:
        raise ValueError(f"{path}: {n} cameras and {m} points need {9 * n + 3 * m} numbers, not {len(rest)}")
    return Scene(sightings[:, 0].astype(np.int64), sightings[:, 1].astype(np.int64), sightings[:, 2:].copy(),
                 rest[:9 * n].reshape(n, 9), rest[9 * n:].reshape(m, 3))


# ── a scene made up ────────────────────────────────────────────────────────────────────────────────────────────────


def generate(cameras: int = 24, points: int = 1500, seed: int = 7) -> Scene:
    """A house on a meadow, seen on a walk around it: sightings with noise, and a start that is off in everything.

    A camera sees a point of the house when it stands before its wall and the point is in the frame; three in five of
    these are found by the detector. Points with fewer than three sightings are left out, as in BAL.
    """
    rng = np.random.default_rng(seed)
    surface, normals = _house(points, rng)
    turn = np.linspace(0, 1.75 * np.pi, cameras)
    places = np.stack([12 * np.cos(turn), 12 * np.sin(turn), 2 + rng.normal(0, 0.5, cameras)], axis=1)
    true = np.array([_looking(c, np.array([0, 0, 1.5]) + rng.normal(0, 0.5, 3), rng) for c in places])
    seen = np.einsum("nmi,mi->nm", places[:, None] - surface, normals) > 0
    pixel = camera_model(true[:, None, :], surface[None])
    seen &= (np.abs(pixel) < FRAME).all(-1) & (rng.random(seen.shape) < 0.6)
    kept = seen.sum(0) >= 3
    surface, seen, pixel = surface[kept], seen[:, kept], pixel[:, kept]
    camera, point = np.nonzero(seen)
    off = np.array([0.02] * 3 + [0.2] * 3 + [15.0, 0, 0])
    start = true + off * rng.normal(size=true.shape)
    start[:, 7:] = 0
    return Scene(camera, point, pixel[seen] + rng.normal(0, NOISE, (len(camera), 2)), start,
                 surface + rng.normal(0, 0.2, surface.shape))


def _house(count: int, rng: np.random.Generator) -> tuple[Vector, Vector]:
    """Points on the four walls, the two sides of the roof and the ground, and the directions these face."""
    s, t = rng.uniform(-1, 1, (2, count))
    one = np.ones(count)
    up = 1.5 + 1.5 * t
    sides = [((3 * one, 2 * s, up), (1, 0, 0)), ((-3 * one, 2 * s, up), (-1, 0, 0)), ((3 * s, 2 * one, up), (0, 1, 0)),
             ((3 * s, -2 * one, up), (0, -1, 0)), ((3 * s, 1 + t, 3.5 - 0.5 * t), (0, 0.45, 0.89)),
             ((3 * s, -1 + t, 3.5 + 0.5 * t), (0, -0.45, 0.89)), ((6 * s, 6 * t, 0 * one), (0, 0, 1))]
    which = rng.integers(len(sides), size=count)
    places = np.array([np.stack(p, axis=1) for p, _ in sides])
    normals = np.array([n for _, n in sides], dtype=np.float64)
    return places[which, np.arange(count)], normals[which]


def _looking(place: Vector, target: Vector, rng: np.random.Generator) -> Vector:
    """The nine parameters of a camera at a place that looks at a target, its z axis pointing back, x to the right."""
    from scipy.spatial.transform import Rotation

    back = (place - target) / np.linalg.norm(place - target)
    right = np.cross([0, 0, 1.0], back)
    right /= np.linalg.norm(right)
    turn = np.stack([right, np.cross(back, right), back])
    lens = [500 + rng.normal(0, 10), -0.05 + rng.normal(0, 0.01), 0.02 + rng.normal(0, 0.005)]
    return np.concatenate([Rotation.from_matrix(turn).as_rotvec(), -turn @ place, lens])


# ── an independent camera ──────────────────────────────────────────────────────────────────────────────────────────


def camera_model(camera: NDArray[Any], point: NDArray[Any]) -> NDArray[Any]:
    """The same camera in NumPy, real or complex, over arrays of cameras […, 9] and points […, 3]."""
    w, shift = camera[..., :3], camera[..., 3:6]
    angle = np.sqrt((w * w).sum(-1, keepdims=True))
    axis = w / angle
    along = (axis * point).sum(-1, keepdims=True) * axis
    p = np.cos(angle) * (point - along) + np.sin(angle) * np.cross(axis, point) + along + shift
    q = -p[..., :2] / p[..., 2:]
    r2 = (q * q).sum(-1)
    return np.asarray((camera[..., 6] * (1 + camera[..., 7] * r2 + camera[..., 8] * r2 * r2))[..., None] * q)


def complex_step(scene: Scene, v: Vector) -> csr_matrix:
    """The Jacobian by complex steps (Squire and Trapp 1998), which do not cancel: twelve columns for every sighting."""
    n, m = len(scene.cameras), len(scene.points)
    both = np.concatenate([v[:9 * n].reshape(n, 9)[scene.camera], v[9 * n:].reshape(m, 3)[scene.point]], axis=1)
    blocks = np.empty((len(both), 2, 12))
    for k in range(12):
        at = both.astype(np.complex128)
        at[:, k] += 1e-30j
        blocks[:, :, k] = camera_model(at[:, :9], at[:, 9:]).imag / 1e-30
    columns = np.concatenate([9 * scene.camera[:, None] + np.arange(9),
                              9 * n + 3 * scene.point[:, None] + np.arange(3)], axis=1)
    starts = 12 * np.arange(2 * len(both) + 1)
    return csr_matrix((blocks.ravel(), np.repeat(columns, 2, axis=0).ravel(), starts), shape=(2 * len(both), len(v)))


# ── the solver ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Adjusted:
    """What was found: parameters, and half the sum of squares at the start and after each step that was taken."""

    v: Vector
    costs: tuple[float, ...]


def adjust(scene: Scene, r: Residuals, steps: int = 40, tolerance: float = 1e-10) -> Adjusted:
    """Levenberg-Marquardt until a step gains less than a part `tolerance` of the cost."""
    v, damping = r.x0, 1e-4
    miss = r.fun(v)
    costs = [0.5 * float(miss @ miss)]
    jacobian = r.jac_sparse(v)
    for _ in range(steps):
        tried = v - _step(jacobian, miss, damping, 9 * len(scene.cameras))
        miss_there = r.fun(tried)
        cost = 0.5 * float(miss_there @ miss_there)
        if not cost < costs[-1]:
            damping *= 10
            continue
        v, miss, damping = tried, miss_there, damping / 10
        costs.append(cost)
        if costs[-2] - cost < tolerance * cost:
            break
        jacobian = r.jac_sparse(v)
    return Adjusted(v, tuple(costs))


def _step(jacobian: csr_matrix, miss: Vector, damping: float, cut: int) -> Vector:
    """(JᵀJ + λ diag JᵀJ) s = Jᵀ r.   With cameras u and points v:  (U − W V⁻¹ Wᵀ) s_u = g_u − W V⁻¹ g_v."""
    a, b = jacobian[:, :cut], jacobian[:, cut:]
    u = (a.T @ a).toarray()
    v = (b.T @ b).tobsr((3, 3))
    w = (a.T @ b).tocsr()
    g = jacobian.T @ miss
    u[np.diag_indices(cut)] *= 1 + damping
    v.data[:, range(3), range(3)] *= 1 + damping
    inverse = bsr_matrix((np.linalg.inv(v.data), v.indices, v.indptr), shape=v.shape).tocsr()
    eliminate = w @ inverse
    cameras = cho_solve(cho_factor(u - (eliminate @ w.T).toarray()), g[:cut] - eliminate @ g[cut:])
    return np.concatenate([cameras, inverse @ (g[cut:] - w.T @ cameras)])
