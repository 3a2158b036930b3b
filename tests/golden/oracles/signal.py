"""Signals: the values in `signal_*.cad`, one list for each program, in the order of its tests."""

from __future__ import annotations

from typing import Any

import numpy as np


def signal_fourier() -> list[Any]:
    x = np.array([1.0, 2.0, 0.5, -1.0, 3.0])
    f = np.fft.fft(x)
    return [(f.real, f.imag), 5 * (x**2).sum(),
            2 * (f[1] * np.exp(2j * np.pi * np.arange(5) / 5)).real]


def signal_fast_fourier() -> list[Any]:
    i = np.arange(8)
    x = np.sin(i * i) + 1j * np.cos(3 * i)
    w = np.exp(-2j * np.pi * 3 * i / 8)
    f = np.fft.fft(x)
    return [(f.real, f.imag), (w.imag, w.real)]


def signal_filter() -> list[Any]:
    from scipy.signal import lfilter
    x = np.array([1.0, 0.5, -0.25, 2.0, 0.0])
    b, a = [0.2, 0.4, 0.2], [1.0, -0.3, 0.1]
    y = lfilter(b, a, x)
    # the derivative by a coefficient is the output, late by k and filtered once more by 1/a, with its sign changed
    late = [-lfilter([0.0] * k + [1.0], a, y)[4] for k in (1, 2)]
    return [y, lfilter(b, a, [1.0, 0, 0, 0, 0, 0]), late]


def signal_correlation() -> list[Any]:
    x = np.array([1.0, 3.0, -2.0, 0.5])
    u, v = np.array([0.0, 0.1, 1.0, 2.0, 0.9, 0.0]), np.array([1.0, 2.0, 1.0, 0.0, 0.1, 0.0])
    return [np.correlate(x, x, "full")[3:], int(np.correlate(u, v, "full")[5:].argmax()),
            np.convolve(x, [1, 0, 1], "same")]
