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


def test_a_chain_of_definitions() -> None:
    """Each is called once, so all are one net. Fails when each is unfolded into the next (the square of the length)."""
    n = 1500
    lines = ["def f0 (x : f64) : f64 = x", *(f"def f{k} (x : f64) : f64 = f{k - 1} x + {k}.0" for k in range(1, n))]
    f = catad.compile("\n".join(lines), entry=f"f{n - 1}")
    assert list(f.prepared.nets) == [f"f{n - 1}"]
    assert f.reference(0.5) == 0.5 + n * (n - 1) / 2


def test_what_is_called_twice_stays_a_call() -> None:
    """Doubling thirty times, in few boxes: also when a function is around the calls, or a derivative."""
    lines = ["def g0 (x : f64) : f64 = 0.5 * sin x", *(
        f"def g{k} (x : f64) : f64 = let h y = g{k - 1} y in h (h x) + {k}.0" for k in range(1, 30))]
    f = catad.compile("\n".join([*lines, "def main (x : f64) : f64 = grad g29 x"]), entry="main")
    assert sum(len(net.boxes) for net in f.prepared.nets.values()) < 20_000
