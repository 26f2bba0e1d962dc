"""Functions of statsmodels, scikit-learn, SciPy (its Python parts), filterpy, transforms3d and more.

The rest are of pyquaternion, pymap3d, ahrs, sgp4, geographiclib, PyAstronomy, lmfit, arviz, emcee, control, psychrolib
and ta.
Chosen for their variety before any was tried: scalar code, array code, branches, dispatch layers, validation
decorators, classes and methods, pandas in and out, convergence loops, callbacks. Entries are never dropped. Each is a
dotted name, a factory of arguments, and the positions to differentiate in (then keyword arguments, where the call
needs some).
"""

from __future__ import annotations

import importlib
import math
from typing import Any

import numpy as np


def _made(name: str, *args: Any, **kwargs: Any) -> Any:
    """An instance of a class by its dotted name."""
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)(*args, **kwargs)


def _normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(5).normal(size=shape)


def _positive(*shape: int) -> np.ndarray:
    return np.random.default_rng(6).uniform(0.3, 2.0, size=shape)


def _simplex(rows: int, columns: int) -> np.ndarray:
    raw = _positive(rows, columns)
    return raw / raw.sum(axis=1, keepdims=True)


def _covariance(n: int) -> np.ndarray:
    raw = _normal(n, n)
    return raw @ raw.T + n * np.eye(n)


def _pendulum(t: float, y: np.ndarray) -> np.ndarray:
    return np.array([y[1], -math.sin(t) - 0.3 * y[1] * y[0]])


def _decay(y: float, x: float) -> float:
    return -0.7 * y * math.cos(x)


def _cubic(x: float, a: float, b: float) -> float:
    return x**3 + a * x - b


def _cubic_slope(x: float, a: float, b: float) -> float:
    return 3.0 * x**2 + a


def _banana(x: np.ndarray) -> np.ndarray:
    return (1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2


def _satellite() -> Any:
    from sgp4.model import Satrec

    return Satrec.twoline2rv(
        "1 25544U 98067A   19343.69339541  .00001764  00000-0  38792-4 0  9991",
        "2 25544  51.6439 211.2001 0007417  17.6667  85.6398 15.50103472202482",
    )


def _in_si(*args: float) -> tuple[float, ...]:
    import psychrolib

    psychrolib.SetUnitSystem(psychrolib.SI)
    return args


def _tableau() -> tuple[Any, ...]:
    from scipy.integrate import RK45

    y = np.array([0.5, -0.2])
    return _pendulum, 0.1, y, _pendulum(0.1, y), 0.05, RK45.A, RK45.B, RK45.C, np.zeros((7, 2))


def _prices() -> Any:
    import pandas as pd

    return pd.Series(100.0 + np.cumsum(_normal(30)), index=pd.date_range("2024-01-01", periods=30, freq="D"))


_QUATERNION = (0.8, 0.3, -0.4, 0.33)

ENTRIES: list[tuple[Any, ...]] = [
    # statsmodels: classes with properties and inheritance, masks, recursions, callbacks
    (
        "statsmodels.genmod.families.links.Logit.inverse",
        lambda: (_made("statsmodels.genmod.families.links.Logit"), _normal(5)),
        1,
    ),
    (
        "statsmodels.genmod.families.links.CLogLog.__call__",
        lambda: (_made("statsmodels.genmod.families.links.CLogLog"), _simplex(4, 2)[:, 0]),
        1,
    ),
    (
        "statsmodels.genmod.families.family.Poisson.deviance",
        lambda: (_made("statsmodels.genmod.families.family.Poisson"), np.array([0.0, 1.0, 3.0]), _positive(3)),
        2,
    ),
    (
        "statsmodels.genmod.families.family.Gamma.loglike",
        lambda: (_made("statsmodels.genmod.families.family.Gamma"), _positive(4), _positive(4)[::-1].copy()),
        2,
    ),
    (
        "statsmodels.genmod.families.family.Gaussian.resid_dev",
        lambda: (_made("statsmodels.genmod.families.family.Gaussian"), _normal(4), _positive(4)),
        (1, 2),
    ),
    (
        "statsmodels.robust.norms.HuberT.rho",
        lambda: (_made("statsmodels.robust.norms.HuberT"), np.array([-3.0, 0.4, 1.1, 2.2])),
        1,
    ),
    (
        "statsmodels.robust.norms.Hampel.rho",
        lambda: (_made("statsmodels.robust.norms.Hampel"), np.array([-9.0, -3.0, 0.4, 1.1, 5.0])),
        1,
    ),
    (
        "statsmodels.robust.norms.TukeyBiweight.__call__",
        lambda: (_made("statsmodels.robust.norms.TukeyBiweight"), np.array([-5.0, 0.4, 1.1, 2.2])),
        1,
    ),
    ("statsmodels.tools.eval_measures.rmse", lambda: (_normal(6), _positive(6)), (0, 1)),
    ("statsmodels.tsa.tsatools._ar_transparams", lambda: (np.array([0.3, -0.2, 0.5]),), 0),
    ("statsmodels.stats.moment_helpers.mvsk2mc", lambda: ((0.5, 1.2, 0.3, 0.4),), 0),
    ("statsmodels.stats.moment_helpers.cov2corr", lambda: (_covariance(3),), 0),
    (
        "statsmodels.distributions.copula.archimedean.ClaytonCopula.pdf",
        lambda: (_made("statsmodels.distributions.copula.archimedean.ClaytonCopula", 1.3), _simplex(4, 2)),
        1,
    ),
    ("statsmodels.tools.numdiff.approx_fprime", lambda: (np.array([0.7, 0.2]), _banana), 0),
    ("statsmodels.stats.stattools.durbin_watson", lambda: (_normal(8),), 0),
    # scikit-learn: validation decorators, array namespaces, input checks
    ("sklearn.metrics.mean_squared_error", lambda: (_normal(6), _positive(6)), 1),
    ("sklearn.metrics.log_loss", lambda: (np.array([0, 1, 1, 0]), _simplex(4, 2)), 1),
    ("sklearn.metrics.r2_score", lambda: (_normal(6), _positive(6)), 1),
    ("sklearn.metrics.mean_tweedie_deviance", lambda: (_positive(5), _positive(5)[::-1].copy()), 1, {"power": 1.5}),
    ("sklearn.metrics.pairwise.rbf_kernel", lambda: (_normal(3, 2), _positive(4, 2), 0.7), (0, 1)),
    ("sklearn.metrics.pairwise.polynomial_kernel", lambda: (_positive(3, 2), _positive(4, 2)), (0, 1)),
    ("sklearn.metrics.pairwise.cosine_similarity", lambda: (_normal(3, 2), _positive(4, 2)), (0, 1)),
    ("sklearn.utils.extmath.softmax", lambda: (_normal(3, 4),), 0),
    (
        "sklearn.gaussian_process.kernels.DotProduct.__call__",
        lambda: (_made("sklearn.gaussian_process.kernels.DotProduct", 0.8), _normal(3, 2), _positive(4, 2)),
        (1, 2),
    ),
    # SciPy written in Python: callbacks, storage arrays, solvers
    ("scipy.integrate._ivp.rk.rk_step", _tableau, (2, 3, 4)),
    ("scipy.optimize._numdiff.approx_derivative", lambda: (_banana, np.array([0.7, 0.2])), 1),
    ("scipy.optimize._zeros_py.newton", lambda: (_cubic, 1.1, _cubic_slope, (0.7, 2.0)), 3),
    ("scipy.optimize._linesearch._cubicmin", lambda: (0.1, 1.0, -1.0, 0.5, 0.8, 1.2, 1.1), (0, 1, 3)),
    (
        "scipy.optimize._dcsrch.dcstep",
        lambda: (0.0, 1.0, -1.0, 0.0, 1.0, -1.0, 0.6, 0.8, 0.4, False, 0.0, 5.0),
        (1, 2, 7),
    ),
    ("scipy.optimize.rosen", lambda: (_positive(5),), 0),
    # filterpy: filters as functions and as objects
    ("filterpy.common.runge_kutta4", lambda: (1.2, 0.3, 0.1, _decay), (0, 2)),
    ("filterpy.kalman.predict", lambda: (_normal(2), _covariance(2), np.array([[1.0, 0.1], [0.0, 1.0]])), (0, 1)),
    (
        "filterpy.kalman.update",
        lambda: (_normal(2), _covariance(2), np.array([0.3]), np.array([[0.5]]), np.array([[1.0, 0.0]])),
        (0, 1),
    ),
    (
        "filterpy.kalman.MerweScaledSigmaPoints.sigma_points",
        lambda: (_made("filterpy.kalman.MerweScaledSigmaPoints", 2, 0.1, 2.0, 1.0), _normal(2), _covariance(2)),
        (1, 2),
    ),
    (
        "filterpy.kalman.unscented_transform.unscented_transform",
        lambda: (_normal(5, 2), _positive(5), _positive(5)),
        (0, 1, 2),
    ),
    ("filterpy.stats.gaussian", lambda: (0.4, 0.1, 1.3), (0, 1, 2)),
    ("filterpy.common.Q_discrete_white_noise", lambda: (2, 0.1, 1.7), (1, 2)),
    ("filterpy.gh.GHFilter.update", lambda: (_made("filterpy.gh.GHFilter", 1.0, 0.2, 0.1, 0.6, 0.3), 1.1), 1),
    # transforms3d, pyquaternion, ahrs: rotations
    ("transforms3d.euler.euler2mat", lambda: (0.3, -0.5, 1.1, "rzyx"), (0, 1, 2)),
    ("transforms3d.quaternions.quat2mat", lambda: (np.array(_QUATERNION),), 0),
    ("transforms3d.quaternions.rotate_vector", lambda: (_normal(3), np.array(_QUATERNION), False), (0, 1)),
    ("transforms3d.axangles.axangle2mat", lambda: (np.array([1.0, 2.0, 0.5]), 0.7), (0, 1)),
    ("transforms3d._gohlketransforms.quaternion_slerp", lambda: (_normal(4), _positive(4), 0.3), (0, 1, 2)),
    (
        "pyquaternion.Quaternion.slerp",
        lambda: (_made("pyquaternion.Quaternion", *_QUATERNION), _made("pyquaternion.Quaternion", 1, 0, 0.2, 0), 0.3),
        2,
    ),
    ("pyquaternion.Quaternion.rotate", lambda: (_made("pyquaternion.Quaternion", *_QUATERNION), _normal(3)), 1),
    ("ahrs.common.orientation.q_prod", lambda: (np.array(_QUATERNION), _positive(4)), (0, 1)),
    ("ahrs.common.orientation.q2R", lambda: (np.array(_QUATERNION),), 0),
    ("ahrs.common.orientation.slerp", lambda: (np.array(_QUATERNION), _positive(4), np.array([0.2, 0.7])), (0, 1)),
    ("ahrs.common.frames.geodetic2enu", lambda: (46.017, 7.75, 1673.0, 45.976, 7.658, 4531.0), (0, 1, 2)),
    # pymap3d, geographiclib, sgp4, PyAstronomy: geodesy and orbits
    ("pymap3d.geodetic2ecef", lambda: (46.017, 7.75, 1673.0), (0, 1, 2)),
    ("pymap3d.ecef2geodetic", lambda: (660930.192, -4701424.222, 4246579.604), (0, 1, 2)),
    ("pymap3d.vincenty.vdist", lambda: (10.0, 20.0, 32.0, 55.0), (0, 1, 2, 3)),
    ("pymap3d.lox.meridian_arc", lambda: (12.0, 35.0), (0, 1)),
    ("pymap3d.aer2geodetic", lambda: (33.0, 70.0, 1e3, 42.0, -82.0, 200.0), (0, 1, 2)),
    ("pymap3d.latitude.geodetic2isometric", lambda: (np.array([10.0, 45.0, 80.0]),), 0),
    ("geographiclib.geodesic.Geodesic.WGS84.Inverse", lambda: (-41.32, 174.81, 40.96, -5.5), (0, 1, 2, 3)),
    ("geographiclib.geodesic.Geodesic.WGS84.Direct", lambda: (32.06, -118.74, 225.0, 20000e3), (0, 1, 2, 3)),
    ("geographiclib.geomath.Math.sincosd", lambda: (127.3,), 0),
    ("sgp4.ext.newtonnu", lambda: (0.3, 1.2), (0, 1)),
    ("sgp4.ext.rv2coe", lambda: ([6524.8, 6862.8, 6448.3], [4.9013, 5.5337, -1.9763], 398600.44), (0, 1)),
    ("sgp4.propagation.gstime", lambda: (2458827.362605,), 0),
    ("sgp4.propagation.sgp4", lambda: (_satellite(), 35.0), 1),
    ("PyAstronomy.pyasl.MarkleyKESolver.getE", lambda: (_made("PyAstronomy.pyasl.MarkleyKESolver"), 2.1, 0.3), (1, 2)),
    (
        "PyAstronomy.pyasl.KeplerEllipse.xyzPos",
        lambda: (_made("PyAstronomy.pyasl.KeplerEllipse", 1.0, 10.0, e=0.3, i=30.0, w=20.0), 2.7),
        1,
    ),
    ("PyAstronomy.pyasl.airmassSpherical", lambda: (73.0, 2635.0), (0, 1)),
    ("PyAstronomy.pyasl.lambertPhaseFunction", lambda: (np.array([0.3, 1.2, 2.4]),), 0),
    ("PyAstronomy.pyasl.getAngDist", lambda: (10.0, 30.0, 40.0, -20.0), (0, 1, 2, 3)),
    # lmfit, arviz, emcee, control: formulas of many parameters, sums in logarithms, transforms
    ("lmfit.lineshapes.voigt", lambda: (np.linspace(-2, 3, 6), 2.0, 0.4, 0.8), (0, 1, 2, 3)),
    ("lmfit.lineshapes.doniach", lambda: (np.linspace(-2, 3, 6), 2.0, 0.4, 0.8, 0.1), (0, 1, 2, 3, 4)),
    ("lmfit.lineshapes.step", lambda: (np.linspace(-2, 3, 6), 2.0, 0.4, 0.8, "logistic"), (0, 1, 2, 3)),
    ("lmfit.lineshapes.thermal_distribution", lambda: (np.linspace(1, 3, 6), 2.0, 0.4, 0.8, "fermi"), (0, 1, 2, 3)),
    ("lmfit.lineshapes.pearson7", lambda: (np.linspace(-2, 3, 6), 2.0, 0.4, 0.8, 1.7), (0, 1, 2, 3)),
    ("arviz.stats.stats_utils.logsumexp", lambda: (_normal(3, 4),), 0, {"axis": 1}),
    ("arviz.stats.density_utils._vonmises_pdf", lambda: (np.array([0.2, 1.4]), 0.3, 1.9), (0, 1, 2)),
    ("arviz.stats.density_utils._kappa_mle", lambda: (_normal(8),), 0),
    ("arviz.stats.diagnostics._bfmi", lambda: (_normal(2, 7),), 0),
    ("emcee.autocorr.function_1d", lambda: (_normal(9),), 0),
    ("control.mag2db", lambda: (_positive(4),), 0),
    ("control.unwrap", lambda: (np.array([0.1, 2.0, 5.5, 9.0, 2.0]),), 0),
    ("statsmodels.nonparametric.kernels.gaussian", lambda: (0.7, _normal(4), 0.2), (0, 1, 2)),
    # psychrolib: scalar code with unit systems, bisection and Newton loops
    ("psychrolib.GetSatVapPres", lambda: _in_si(25.0), 0),
    ("psychrolib.GetMoistAirEnthalpy", lambda: _in_si(30.0, 0.02), (0, 1)),
    ("psychrolib.GetTDewPointFromVapPres", lambda: _in_si(25.0, 1500.0), 1),
    ("psychrolib.GetTWetBulbFromHumRatio", lambda: _in_si(25.0, 0.009, 101325.0), (0, 1)),
    ("psychrolib.GetStandardAtmPressure", lambda: _in_si(1200.0), 0),
    # ta: indicators on pandas
    ("ta.others.cumulative_return", lambda: (_prices(),), 0),
    ("ta.volatility.bollinger_hband", lambda: (_prices(),), 0, {"window": 5}),
]
