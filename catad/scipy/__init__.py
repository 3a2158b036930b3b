"""The SciPy handshake: compiled functions and their exact derivatives in the forms that SciPy's solvers want.

    objective    fun, jac, hess, hessp, hess_sparse           scipy.optimize.minimize
    residuals    fun, jac, jac_sparse, jac_operator, hess     scipy.optimize.least_squares, root, NonlinearConstraint
    ode          fun, jac, jac_sparse of (t, y)               scipy.integrate.solve_ivp
    low_level    a LowLevelCallable of native code            scipy.integrate.quad, nquad
"""

from __future__ import annotations

from catad.scipy.integrals import low_level
from catad.scipy.objective import Objective, objective
from catad.scipy.ode import RightHandSide, ode
from catad.scipy.residuals import Residuals, residuals

__all__ = ["Objective", "Residuals", "RightHandSide", "low_level", "objective", "ode", "residuals"]
