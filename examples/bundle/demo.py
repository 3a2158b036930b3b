"""Bundle adjustment: find cameras and points from where points were seen in pictures.

    python examples/bundle/demo.py [PROBLEM] [--out DIR]

PROBLEM is a file of BAL (grail.cs.washington.edu/projects/bal), as it is or packed by bzip2; without one a scene is
generated. Checks the sparse Jacobian against complex steps in NumPy, solves by Levenberg-Marquardt with the points
eliminated, checks what is left against the noise that went in, and compares times with NumPy, SciPy and JAX.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from problem import NOISE, Adjusted, Scene, Vector, adjust, camera_model, complex_step, generate, read_bal
from scipy.optimize import least_squares

from catad.scipy import Residuals

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from report import Report, arguments, best_time, duration, plots


def in_numpy(scene: Scene) -> Callable[[Vector], Vector]:
    """The residuals by hand."""
    n = scene.cameras.size

    def misses(v: Vector) -> Vector:
        seen = camera_model(v[:n].reshape(-1, 9)[scene.camera], v[n:].reshape(-1, 3)[scene.point])
        return (seen - scene.pixel).ravel()

    return misses


def jax_blocks(scene: Scene) -> Callable[[], object]:
    """The Jacobian of each sighting by JAX: dense blocks of 2 × 12, compiled, forward mode."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def project(c: jax.Array, x: jax.Array) -> jax.Array:
        w, t = c[:3], c[:3] @ c[:3]
        once = jnp.cross(w, x)
        p = x + jnp.sin(jnp.sqrt(t)) / jnp.sqrt(t) * once + (1 - jnp.cos(jnp.sqrt(t))) / t * jnp.cross(w, once) + c[3:6]
        q = -p[:2] / p[2]
        r2 = q @ q
        return c[6] * (1 + c[7] * r2 + c[8] * r2**2) * q

    blocks = jax.vmap(jax.jacfwd(project, argnums=(0, 1)))
    compiled = jax.jit(lambda c, x: blocks(c[scene.camera], x[scene.point]))
    cameras, points = jnp.array(scene.cameras), jnp.array(scene.points)
    return lambda: jax.block_until_ready(compiled(cameras, points))


def compare(report: Report, scene: Scene, r: Residuals) -> None:
    """The same Jacobian made in other ways, in turn; then SciPy's own solver with both kinds."""
    by_hand = in_numpy(scene)
    report.row("residuals", f"catad {duration(best_time(lambda: r.fun(r.x0)))}, "
                            f"NumPy {duration(best_time(lambda: by_hand(r.x0)))}")
    times = [f"catad {duration(best_time(lambda: r.jac_sparse(r.x0)))}",
             f"NumPy, complex steps {duration(best_time(lambda: complex_step(scene, r.x0)))}"]
    if importlib.util.find_spec("jax"):
        blocks = jax_blocks(scene)
        times.append(f"JAX, dense blocks {duration(best_time(blocks))}")
    report.row("sparse Jacobian", ", ".join(times))
    start = time.perf_counter()
    exact = least_squares(r.fun, r.x0, jac=r.jac_sparse, x_scale="jac", ftol=1e-10)
    middle = time.perf_counter()
    rough = least_squares(by_hand, r.x0, jac_sparsity=r.sparsity, x_scale="jac", ftol=1e-10)
    end = time.perf_counter()
    report.row("least_squares of SciPy", f"exact Jacobian {duration(middle - start)} ({exact.njev} Jacobians), "
                                         f"NumPy and differences {duration(end - middle)} ({rough.njev})")


def errors(miss: Vector) -> Vector:
    return np.asarray(np.hypot(*miss.reshape(-1, 2).T))


def picture(scene: Scene, r: Residuals, found: Adjusted, path: Path) -> None:
    """Errors before and after; the scene from above before and after; the pattern of some of the Jacobian."""
    plt = plots()
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(15, 4.8))
    before, after = errors(r.fun(r.x0)), errors(r.fun(found.v))
    bins = np.geomspace(0.02, max(before.max(), 1.0), 70)
    left.hist(before, bins, color="C1", alpha=0.8, label=f"before, median {np.median(before):.3g} px")
    left.hist(after, bins, color="C0", alpha=0.8, label=f"after, median {np.median(after):.3g} px")
    left.set(xscale="log", xlabel="distance from where it was seen, pixels", ylabel="sightings", title="Misses")
    left.legend()
    for v, color, name in ((r.x0, "C1", "before"), (found.v, "C0", "after")):
        scene_at = r.structured(v)
        places = np.array([-_turn(c).T @ c[3:6] for c in scene_at["cameras"]])
        middle.scatter(*scene_at["points"][:, :2].T, s=2, color=color, alpha=0.6, linewidths=0, label=f"points {name}")
        middle.plot(*places[:, :2].T, "^", color=color, markersize=6, alpha=0.8)
    middle.set(title="Points and cameras (triangles) from above", aspect="equal")
    middle.legend(loc="lower right", markerscale=4)
    some = np.sort(np.random.default_rng(0).choice(len(scene.camera), min(400, len(scene.camera)), replace=False))
    rows = np.stack([2 * some, 2 * some + 1], axis=1).ravel()
    right.spy(r.sparsity[rows], markersize=0.7, color="0.2", aspect="auto")
    right.set(title=f"Jacobian: {len(rows)} of its {2 * len(scene.camera)} rows, {int(r.colors.max()) + 1} colours")
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def _turn(camera: Vector) -> Vector:
    from scipy.spatial.transform import Rotation

    return np.asarray(Rotation.from_rotvec(camera[:3]).as_matrix())


def main(argv: list[str] | None = None) -> int:
    parser = arguments(__doc__)
    parser.add_argument("problem", nargs="?", type=Path, help="a problem of BAL")
    options = parser.parse_args(argv)
    scene = read_bal(options.problem) if options.problem else generate()
    report = Report(f"{len(scene.cameras)} cameras, {len(scene.points)} points, {len(scene.camera)} sightings")

    start = time.perf_counter()
    r = scene.residuals()
    jacobian = r.jac_sparse(r.x0)
    report.row("text to first Jacobian", duration(time.perf_counter() - start))
    report.row("pattern", f"{jacobian.shape[0]} × {jacobian.shape[1]}, {jacobian.nnz} entries that may not be 0, "
                          f"{int(r.colors.max()) + 1} colours")
    other = complex_step(scene, r.x0)
    size = np.abs(other).max(axis=0).toarray().ravel()
    report.below("Jacobian against complex steps, relative",
                 float((np.abs(jacobian - other).max(axis=0).toarray().ravel() / size).max()), 1e-9)

    start = time.perf_counter()
    found = adjust(scene, r)
    spent = time.perf_counter() - start
    report.row("Levenberg-Marquardt", f"{len(found.costs) - 1} steps in {duration(spent)}, half the squares from "
                                      f"{found.costs[0]:.6g} to {found.costs[-1]:.8g}")
    if options.problem is None:
        variance = 2 * found.costs[-1] / scene.freedom
        report.check("noise that is left", f"{np.sqrt(variance):.4f} px of {NOISE} that went in",
                     abs(variance / NOISE**2 - 1) < 4 * np.sqrt(2 / scene.freedom))
        slope = float(np.abs(r.jac_sparse(found.v).T @ r.fun(found.v) / size).max())
        report.below("gradient at the end, per scaled parameter", slope, 1e-3)
        compare(report, scene, r)
    options.out.mkdir(parents=True, exist_ok=True)
    picture(scene, r, found, options.out / "bundle.png")
    return report.finish(options.out / "bundle.png")


if __name__ == "__main__":
    sys.exit(main())
