"""std/random: Philox against its published vectors, the same bits in every backend, the samples against their laws."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from catad.backends import exact, llvm, symbolic
from scipy import stats

import catad
from catad.ops.samples import SAMPLES

PROGRAM = catad.compile("""
    import "std/random.cad" as random
    def philox (c : (i64, i64, i64, i64)) (k : (i64, i64)) : (i64, i64, i64, i64) = random.philox c k
    def bits (k : i64) (n : i64) : [n]i64 = for i < n -> random.bits k i
    def uniform (k : i64) (n : i64) : [n]f64 = for i < n -> random.uniform k i
    def normal (k : i64) (n : i64) : [n]f64 = for i < n -> random.normal k i
    def exponential (k : i64) (n : i64) : [n]f64 = for i < n -> random.exponential k i
    def integer (k : i64) (m : i64) (n : i64) : [n]i64 = for i < n -> random.integer k i m
    def split (k : i64) (n : i64) : [n]i64 = random.split k n
    def permutation (k : i64) (n : i64) : [n]i64 = random.permutation k n
    def block (k : i64) (i : i64) (j : i64) : (i64, i64) = random.block k i j
    def noisy (s : f64) (x : f64) : f64 = (x + s * random.normal 3 0)^2
    def one (k : i64) (i : i64) : (f64, f64, f64) = (random.uniform k i, random.normal k i, random.exponential k i)
""")
MASK = 2**64 - 1


def wrapped(n: int) -> int:
    return (n + 2**63) % 2**64 - 2**63


def philox(counter: list[int], key: list[int]) -> list[int]:
    """Philox 4x32-10, as the paper's section 4.3 tells it, in Python's whole numbers."""
    (a, b, c, d), (k, l) = counter, key
    for _ in range(10):
        p, q = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = q >> 32 ^ b ^ k, q % 2**32, p >> 32 ^ d ^ l, p % 2**32
        k, l = (k + 0x9E3779B9) % 2**32, (l + 0xBB67AE85) % 2**32
    return [a, b, c, d]


# kat_vectors of Random123: counter, key, result
KNOWN = [
    ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
    ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
    ([0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344], [0xA4093822, 0x299F31D0],
     [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]),
]


@pytest.mark.parametrize(("counter", "key", "want"), KNOWN)
def test_known_answers(counter: list[int], key: list[int], want: list[int]) -> None:
    assert list(PROGRAM.philox(tuple(counter), tuple(key))) == want == philox(counter, key)
    assert list(PROGRAM.philox.reference(tuple(counter), tuple(key))) == want


def test_blocks_count_the_words() -> None:
    """Key, draw and block fill the words from the low end; negative ones are their 64 bits."""
    rng = np.random.default_rng(1)
    for k, i, j in [*rng.integers(-(2**63), 2**63 - 1, (20, 3)).tolist(), [-1, -2, -3], [2**63 - 1, 2**32, 1]]:
        words = [(x & MASK) >> s & 0xFFFFFFFF for x in (i, j) for s in (0, 32)]
        a, b, c, d = philox(words, [k & 0xFFFFFFFF, (k & MASK) >> 32])
        assert PROGRAM.block(k, i, j) == (wrapped(b << 32 | a), wrapped(d << 32 | c))


@pytest.mark.parametrize("lanes", [1, 2, 4, 8])
@pytest.mark.parametrize("name", ["bits", "uniform", "normal", "exponential"])
def test_lanes_make_no_difference(name: str, lanes: int) -> None:
    f = PROGRAM[name]
    native = llvm.compile(f.prepared, f.key, lanes=lanes)
    np.testing.assert_array_equal(native.function(-77, 133), f.reference(-77, 133), strict=True)


def test_every_backend_gives_the_same_numbers() -> None:
    f = PROGRAM.one
    for k, i in ((0, 0), (42, 7), (-1, 2**40), (2**62, -5)):
        native = f(k, i)
        assert native == f.reference(k, i)
        assert tuple(map(Fraction, native)) == f.exact(k, i)
        assert native == tuple(map(float, exact.run(f.prepared, f.key, (k, i), digits=40)))
        assert native == tuple(map(float, symbolic.run(f.prepared, f.key, (k, i))))


def test_draws_are_constants_to_derivatives() -> None:
    """(x + s z)² has the derivatives 2 (x + s z) z in s and 2 (x + s z) in x."""
    z = PROGRAM.normal(3, 1)[0]
    s, x = 0.7, 1.3
    ds, dx = catad.grad(PROGRAM.noisy, (0, 1))(s, x)
    assert ds == pytest.approx(2 * (x + s * z) * z, rel=1e-15)
    assert dx == pytest.approx(2 * (x + s * z), rel=1e-15)


def test_uniform_numbers_are_the_upper_bits() -> None:
    bits = PROGRAM.bits(9, 1000).tolist()
    want = [((b & MASK) >> 11) / 2**53 for b in bits]
    np.testing.assert_array_equal(PROGRAM.uniform(9, 1000), want)


def quantile(u: Any) -> Any:
    """Φ⁻¹(u) to many digits."""
    if u > 0.5:
        return -quantile(1 - u)
    if u > 1e-4:
        return mpmath.sqrt(2) * mpmath.erfinv(2 * u - 1)
    start = -mpmath.sqrt(-mpmath.log(u)) * 0.95
    return mpmath.sqrt(2) * mpmath.findroot(lambda y: mpmath.log(mpmath.erfc(-y)) - mpmath.log(2 * u), start)


def test_the_sequences_are_accurate() -> None:
    """Within the stated units in the last place, at the ends and in the middle too."""
    rng = np.random.default_rng(2)
    ks = [0, 1, 2**52 - 1, 2**51 - 1, 2**51, *rng.integers(0, 2**52, 150).tolist(),
          *(2**51 + (2**51 >> rng.integers(1, 51, 40)) - 1).tolist(), *(2**52 >> rng.integers(1, 51, 40)).tolist(),
          *(2**52 - (2**52 >> rng.integers(1, 51, 40))).tolist()]
    with mpmath.workdps(40):
        for k in ks:
            u = mpmath.mpf(2 * k + 1) / 2**53
            for name, exact_value, bound in (("exponential_of_bits", -mpmath.log(u), 3),
                                             ("normal_of_bits", quantile(u), 6)):
                got = SAMPLES[name](wrapped(k << 12))
                assert abs(got - exact_value) <= bound * math.ulp(float(exact_value)), (name, k)


def test_whole_numbers_are_the_product_of_128_bits() -> None:
    for m in (1, 2, 10, 2**31, 2**32 + 5, 3**39, 2**63 - 1):
        got = PROGRAM.integer(4, m, 50).tolist()
        for i, g in enumerate(got):
            b, a = (x & MASK for x in PROGRAM.block(4, i, 0))
            assert g == (a << 64 | b) * m >> 128


@pytest.mark.parametrize(("name", "law"), [("uniform", "uniform"), ("normal", "norm"), ("exponential", "expon")])
def test_samples_follow_their_laws(name: str, law: str) -> None:
    assert stats.kstest(PROGRAM[name](12, 20000), law).pvalue > 1e-3


def test_keys_and_draws_do_not_depend_on_each_other() -> None:
    """Correlations of neighbours, of keys that differ by one, of a key with its children; frequencies of dice."""
    n = 20000
    x = PROGRAM.normal(1, n)
    children = PROGRAM.split(1, 3).tolist()
    assert len({1, *children}) == 4
    others = [PROGRAM.normal(k, n) for k in (2, 1 + 2**32, *children)]
    for y in (np.roll(x, 1), *others):
        assert abs(np.corrcoef(x, y)[0, 1]) < 4 / math.sqrt(n)
    dice = np.bincount(PROGRAM.integer(7, 6, n), minlength=6)
    assert stats.chisquare(dice).pvalue > 1e-3


def test_permutations() -> None:
    assert sorted(PROGRAM.permutation(3, 50).tolist()) == list(range(50))
    seen = np.bincount([int(PROGRAM.permutation(k, 3) @ np.array([9, 3, 1])) for k in range(600)])
    assert stats.chisquare(seen[seen > 0]).pvalue > 1e-3 and (seen > 0).sum() == 6
