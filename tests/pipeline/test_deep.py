"""Chains of `else if` have no limit, and cost what they are long."""

import threading

import catad


def chain(n: int) -> catad.Function:
    arms = " else ".join(f"if x < {i}.0 then x * {i}.0" for i in range(n))
    return catad.compile(f"def f (x : f64) : f64 = {arms} else 0.0", entry="f")


def test_a_chain_deeper_than_pythons_limit() -> None:
    """Fails when a pass recurses outside of `deep`, or hashes a bubble anew in each bubble around it (minutes)."""
    f = chain(1500)
    assert f(700.5) == 700.5 * 701
    assert f.ops()["lt"] == 1500


def test_passes_in_several_threads() -> None:
    """Fails when the thread that ends first takes the depth away from the others."""
    found: dict[int, float] = {}

    def compile_and_call(n: int) -> None:
        found[n] = chain(n)(30.5)

    threads = [threading.Thread(target=compile_and_call, args=(n,)) for n in (100, 1100, 1200)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert found == dict.fromkeys((100, 1100, 1200), 30.5 * 31)
