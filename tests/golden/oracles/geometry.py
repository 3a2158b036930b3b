"""Geometry: the values in `geometry_*.cad`, one list for each program, in the order of its tests."""

from __future__ import annotations

from typing import Any

import numpy as np


def geometry_polygon() -> list[Any]:
    p = np.array([(0.0, 0.0), (2.0, 0.0), (2.0, 1.0), (1.0, 2.0), (0.0, 1.0)])
    n, b = np.roll(p, -1, 0), np.roll(p, 1, 0)
    # a square of side 2 by 1 with centre (1, 1/2), and a triangle of area 1 with centre (1, 4/3)
    return [(3.0, np.linalg.norm(n - p, axis=1).sum()), (1.0, (2 * 0.5 + 1 * 4 / 3) / 3),
            (0.5 * (n[:, 1] - b[:, 1]), 0.5 * (b[:, 0] - n[:, 0]))]


def geometry_rotation() -> list[Any]:
    from scipy.spatial.transform import Rotation as R
    axis = np.array([1.0, 2.0, -1.0])
    return [R.from_rotvec(0.8 * axis / np.linalg.norm(axis)).apply([0.3, -0.2, 0.9]),
            (R.from_rotvec([0, 0, 0.5]) * R.from_rotvec([0.3, 0, 0])).apply([1.0, 1.0, 1.0]), [-2.0, 1.0, 0.0]]


def geometry_bezier() -> list[Any]:
    from scipy.interpolate import BPoly
    p = np.array([[0.0, 0.0], [1.0, 2.0], [3.0, 1.0], [4.0, -1.0]])
    c = BPoly(p[:, None, :], [0, 1])
    v, a = c.derivative()(0.3), c.derivative(2)(0.3)
    return [c(0.3), v, (v[0] * a[1] - v[1] * a[0]) / np.hypot(*v) ** 3]


def geometry_distance_fields() -> list[Any]:
    h = np.hypot(0.5, 0.75)
    d, r = np.hypot(1.5, 1.25), np.hypot(0.5, 0.25)
    return [[d - 1, 1.25 + 2, h], (0.5 / h, 0.75 / h), (r - 1, (-0.5 / r, 0.25 / r)),
            {"x": 1.5 / d, "y": -1.25 / d, "r": -1.0}]


def geometry_great_circle() -> list[Any]:
    def xyz(lat, lon):
        return np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    def angle(a, b):
        return np.arccos(xyz(*a) @ xyz(*b))
    a, b = (0.9, 0.1), (0.7, -1.3)
    c = angle(a, b)
    north = -(xyz(*a) @ [-np.sin(0.7) * np.cos(-1.3), -np.sin(0.7) * np.sin(-1.3), np.cos(0.7)]) / np.sin(c)
    east = -(xyz(*a) @ [-np.cos(0.7) * np.sin(-1.3), np.cos(0.7) * np.cos(-1.3), 0.0]) / np.sin(c)
    return [c, (north, east), angle((0, 0), (0.5, 0.5)) + angle((0.5, 0.5), (1.0, 0.0))]
