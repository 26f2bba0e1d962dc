"""Functions on robots, quaternions, rocks, networks, Mie spheres, splines, speech, colours, curves, equations of state.

These are modern_robotics, rowan, scikit-rf, miepython, bruges, geomdl, python_speech_features, colorspacious, nmrglue,
chempy, thermo, ASE, hydroeval, similaritymeasures, scikit-fuzzy, pysolar, PyKrige, blackscholes,
nelson-siegel-svensson, astropy, and more of SciPy's and NumPy's own Python. Chosen before any was tried; entries are
never dropped. Each is a dotted name, a factory of arguments, and the positions to differentiate in (then keyword
arguments, where the call needs some). What is used through objects is called by the functions at the top, as the
package's documentation does.
"""

from __future__ import annotations

import datetime
import math
from typing import Any

import numpy as np

from tests.packages.survey_b import _banana, _covariance, _normal, _positive


def call_price(spot: float, strike: float, years: float, rate: float, volatility: float) -> float:
    from blackscholes import BlackScholesCall

    return BlackScholesCall(spot, strike, years, rate, volatility).price()


def put_greeks(spot: float, volatility: float) -> dict[str, float]:
    from blackscholes import BlackScholesPut

    return BlackScholesPut(S=spot, K=50.0, T=1.0, r=0.0025, sigma=volatility, q=0.01).get_core_greeks()


def straddle_vega(spot: float, volatility: float) -> float:
    from blackscholes import BlackScholesStraddleLong

    return BlackScholesStraddleLong(S=spot, K=50.0, T=1.0, r=0.01, sigma=volatility).vega()


def zero_rates(level: float, slope: float, curvature: float, tau: float) -> np.ndarray:
    from nelson_siegel_svensson import NelsonSiegelCurve

    return NelsonSiegelCurve(level, slope, curvature, tau)(np.array([0.5, 1.0, 4.0, 10.0]))


def forward_rates(betas: np.ndarray, tau1: float, tau2: float) -> np.ndarray:
    from nelson_siegel_svensson import NelsonSiegelSvenssonCurve

    return NelsonSiegelSvenssonCurve(*betas, tau1, tau2).forward(np.array([0.5, 1.0, 4.0, 10.0]))


def bezier_point(points: list[list[float]], u: float) -> list[float]:
    from geomdl import BSpline

    curve = BSpline.Curve()
    curve.degree = 2
    curve.ctrlpts = points
    curve.knotvector = [0.0, 0.0, 0.0, 0.5, 1.0, 1.0, 1.0]
    return curve.evaluate_single(u)


def peng_robinson_pressure(temperature: float, volume: float) -> float:
    from thermo.eos import PR

    return PR(Tc=507.6, Pc=3025000.0, omega=0.2975, T=temperature, V=volume).P


def lennard_jones_energy(positions: np.ndarray) -> float:
    from ase import Atoms
    from ase.calculators.lj import LennardJones

    atoms = Atoms("Ar3", positions=positions, calculator=LennardJones())
    return atoms.get_potential_energy()


def _screws() -> np.ndarray:
    """The screw axes of a small arm, one per column."""
    return np.array([[0, 0, 1, 4.0, 0, 0], [0, 0, 0, 0, 1, 0], [0, 0, -1, -6, 0, -0.1]], dtype=float).T


def _home() -> np.ndarray:
    return np.array([[-1.0, 0, 0, 0], [0, 1, 0, 6], [0, 0, -1, 2], [0, 0, 0, 1]])


def _links() -> list[np.ndarray]:
    heights = [(0, 0, 0.089159), (0.28, 0.13585, 0.0), (0, -0.1197, 0.395), (0.1, 0, 0.14225)]
    turns = [np.eye(3), np.array([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]]), np.eye(3), np.eye(3)]
    return [np.vstack([np.column_stack([r, p]), [0, 0, 0, 1.0]]) for r, p in zip(turns, heights)]


def _inertias() -> list[np.ndarray]:
    return [
        np.diag(d)
        for d in (
            [0.010267, 0.010267, 0.00666, 3.7, 3.7, 3.7],
            [0.22689, 0.22689, 0.0151074, 8.393, 8.393, 8.393],
            [0.0494433, 0.0494433, 0.004095, 2.275, 2.275, 2.275],
        )
    ]


def _dynamics(*first: np.ndarray) -> tuple[Any, ...]:
    screws = np.array([[1, 0, 1, 0, 1.0, 0], [0, 1, 0, -0.089, 0, 0], [0, 1, 0, -0.089, 0, 0.425]]).T
    return *first, np.array([0, 0, -9.8]), np.ones(6), _links(), _inertias(), screws


def _pose() -> np.ndarray:
    from modern_robotics import MatrixExp6, VecTose3

    return MatrixExp6(VecTose3(np.array([0.3, -0.2, 0.5, 1.0, 0.4, -0.6])))


def _quaternions(seed: int, n: int = 2) -> np.ndarray:
    raw = np.random.default_rng(seed).normal(size=(n, 4))
    return raw / np.linalg.norm(raw, axis=1, keepdims=True)


def _scattering() -> np.ndarray:
    rng = np.random.default_rng(11)
    return 0.3 * (rng.normal(size=(3, 2, 2)) + 1j * rng.normal(size=(3, 2, 2)))


def _signal(n: int) -> np.ndarray:
    t = np.arange(n) / 1000.0
    return np.sin(2 * np.pi * 60.0 * t) + 0.5 * np.cos(2 * np.pi * 170.0 * t) + 0.01 * _normal(n)


def _spectrum() -> np.ndarray:
    rng = np.random.default_rng(12)
    return rng.normal(size=(2, 8)) + 1j * rng.normal(size=(2, 8))


def _noon() -> datetime.datetime:
    return datetime.datetime(2024, 6, 1, 12, 30, tzinfo=datetime.UTC)


def _curve(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.column_stack([np.linspace(0.0, 1.0, 6) + 0.02 * rng.normal(size=6), rng.normal(size=6)])


def _scored(name: str) -> tuple[Any, ...]:
    import hydroeval

    return getattr(hydroeval, name), _normal(8), _positive(8)


def _rocks() -> tuple[float, ...]:
    return 2350.0, 1130.0, 2360.0, 2970.0, 1750.0, 2420.0


ENTRIES: list[tuple[Any, ...]] = [
    # modern_robotics: screws, exponentials and logarithms with case distinctions, dynamics in loops
    ("modern_robotics.MatrixExp3", lambda: (np.array([[0, -3.0, 2], [3, 0, -1], [-2, 1, 0]]),), 0),
    ("modern_robotics.MatrixLog3", lambda: (_pose()[:3, :3].copy(),), 0),
    ("modern_robotics.MatrixLog6", lambda: (_pose(),), 0),
    ("modern_robotics.FKinSpace", lambda: (_home(), _screws(), np.array([math.pi / 2, 3.0, 0.4])), (0, 1, 2)),
    ("modern_robotics.JacobianSpace", lambda: (_screws(), np.array([0.2, 1.1, 0.1])), (0, 1)),
    (
        "modern_robotics.InverseDynamics",
        lambda: _dynamics(_normal(3), _positive(3), np.array([2.0, 1.5, 1])),
        (0, 1, 2),
    ),
    ("modern_robotics.QuinticTimeScaling", lambda: (2.0, 0.6), (0, 1)),
    ("modern_robotics.EulerStep", lambda: (_normal(3), _positive(3), np.array([2.0, 1.5, 1]), 0.1), (0, 1, 2, 3)),
    # rowan: quaternions by broadcasting
    ("rowan.multiply", lambda: (_quaternions(1), _quaternions(2)), (0, 1)),
    ("rowan.rotate", lambda: (_quaternions(1), _normal(2, 3)), (0, 1)),
    ("rowan.from_euler", lambda: (0.3, np.array([0.5, -0.8]), 1.2, "xyz", "extrinsic"), (0, 1, 2)),
    ("rowan.to_euler", lambda: (_quaternions(3),), 0),
    ("rowan.power", lambda: (_quaternions(1), 0.4), (0, 1)),
    ("rowan.interpolate.slerp", lambda: (_quaternions(1), _quaternions(2), 0.3), (0, 1, 2)),
    # scikit-rf: complex matrices
    ("skrf.network.s2t", lambda: (_scattering(),), 0),
    ("skrf.network.s2z", lambda: (_scattering(), 50.0), 0),
    ("skrf.network.a2s", lambda: (_scattering() + np.eye(2), 50.0), 0),
    ("skrf.network.connect_s", lambda: (_scattering(), 1, _scattering()[::-1].copy(), 0), (0, 2)),
    ("skrf.mathFunctions.complex_2_db", lambda: (_scattering()[0],), 0),
    ("skrf.mathFunctions.unwrap_rad", lambda: (np.array([0.1, 2.0, 5.5, 9.0, 2.0]),), 0),
    ("skrf.tlineFunctions.zl_2_zin", lambda: (50.0, 75.0 + 10.0j, 0.3 + 1.2j), (0, 1, 2)),
    # miepython, bruges: complex recurrences, physics of waves
    ("miepython.efficiencies_mx", lambda: (1.5 - 0.1j, 2.3), 1),
    ("miepython.i_unpolarized", lambda: (1.4 - 0.05j, 1.7, np.array([-0.5, 0.2, 0.9])), 1),
    ("bruges.reflection.zoeppritz_rpp", lambda: (*_rocks(), np.array([0.0, 10.0, 20.0])), (0, 1, 2, 3, 4, 5)),
    ("bruges.reflection.shuey", lambda: (*_rocks(), np.array([5.0, 15.0])), (0, 1, 2, 3, 4, 5)),
    ("bruges.rockphysics.youngs", lambda: (2350.0, 1130.0, 2360.0), (0, 1, 2)),
    ("bruges.reflection.akirichards", lambda: (*_rocks(), 12.0), (0, 1, 2, 3, 4, 5, 6)),
    ("bruges.rockphysics.smith_gassmann", lambda: (37e9, 12e9, 2.8e9, 0.22), (0, 1, 2, 3)),
    ("bruges.filters.ricker", lambda: (0.032, 0.004, 25.0), 2),
    # geomdl: lists of numbers
    ("geomdl.helpers.basis_function", lambda: (2, [0.0, 0.0, 0.0, 0.5, 1.0, 1.0, 1.0], 3, 0.7), 3),
    ("geomdl.linalg.vector_cross", lambda: ([0.3, -0.5, 1.1], [0.7, 0.2, 0.9]), (0, 1)),
    ("geomdl.linalg.lu_solve", lambda: (_covariance(3).tolist(), [[0.3], [0.7], [-0.4]]), (0, 1)),
    ("tests.packages.survey_d.bezier_point", lambda: ([[0.0, 0.1], [0.4, 1.0], [1.1, 0.6], [1.5, -0.2]], 0.3), (0, 1)),
    # python_speech_features, nmrglue: frames, windows, spectra
    ("python_speech_features.mfcc", lambda: (_signal(200), 1000), 0, {"winlen": 0.064, "winstep": 0.032, "nfft": 64}),
    ("python_speech_features.delta", lambda: (_normal(6, 3), 2), 0),
    ("python_speech_features.base.hz2mel", lambda: (440.0,), 0),
    ("python_speech_features.sigproc.logpowspec", lambda: (_normal(2, 16), 16), 0),
    ("nmrglue.proc_base.ps", lambda: (_spectrum(), 12.0, -30.0), (0, 1, 2)),
    ("nmrglue.proc_base.em", lambda: (_spectrum(), 0.1), (0, 1)),
    ("nmrglue.proc_base.zf_size", lambda: (_spectrum(), 16), 0),
    ("nmrglue.proc_base.gm", lambda: (_spectrum(), 0.05, 0.1, 0.2), (0, 1, 2, 3)),
    # colorspacious: graphs of conversions, colour appearance
    ("colorspacious.cspace_convert", lambda: (np.array([0.3, 0.5, 0.2]), "sRGB1", "CIELab"), 0),
    (
        "colorspacious.deltaE",
        lambda: (np.array([120.0, 30.0, 60.0]), np.array([90.0, 50.0, 70.0])),
        (0, 1),
        {"input_space": "sRGB255"},
    ),
    ("colorspacious.basics.XYZ_to_xyY", lambda: (np.array([0.3, 0.5, 0.2]),), 0),
    # chempy, thermo, ASE: correlations, mixtures, equations of state, atoms
    ("chempy.properties.water_density_tanaka_2001.water_density", lambda: (298.15,), 0),
    ("chempy.properties.water_permittivity_bradley_pitzer_1979.water_permittivity", lambda: (298.15, 2e5), (0, 1)),
    ("chempy.electrolytes.davies_log_gamma", lambda: (0.1, 2, 0.51), (0, 2)),
    ("chempy.kinetics.arrhenius.arrhenius_equation", lambda: (1e10, 42e3, 273.15), (0, 1, 2)),
    ("chempy.kinetics.eyring.eyring_equation", lambda: (4e4, -7.0, 298.15), (0, 1, 2)),
    ("thermo.wilson.Wilson_gammas", lambda: ([0.252, 0.748], [[1.0, 0.154], [0.888, 1.0]]), (0, 1)),
    (
        "thermo.nrtl.NRTL_gammas",
        lambda: ([0.252, 0.748], [[0.0, -0.178], [1.963, 0.0]], [[0.0, 0.2974], [0.2974, 0.0]]),
        (0, 1),
    ),
    ("thermo.eos_volume.volume_solution_polish", lambda: (0.0002, 299.0, 1e6, 1.2e-4, 2.4e-4, -1.4e-8, 2.8), (1, 2, 6)),
    ("tests.packages.survey_d.peng_robinson_pressure", lambda: (299.0, 0.0012), (0, 1)),
    ("ase.eos.birchmurnaghan", lambda: (np.array([11.0, 12.0, 13.5]), -3.0, 1.2, 4.5, 12.2), (0, 1, 2, 3, 4)),
    ("ase.geometry.get_dihedrals", lambda: (_normal(2, 3), _positive(2, 3), _normal(4, 3)[2:]), (0, 1, 2)),
    (
        "tests.packages.survey_d.lennard_jones_energy",
        lambda: (np.array([[0, 0, 0.0], [1.1, 0, 0.1], [0.3, 1.2, 0]]),),
        0,
    ),
    # hydroeval, similaritymeasures, scikit-fuzzy: scores, curves, membership
    ("hydroeval.evaluator", lambda: _scored("nse"), (1, 2)),
    ("hydroeval.evaluator", lambda: _scored("kge"), (1, 2)),
    ("similaritymeasures.pcm", lambda: (_curve(1), _curve(2)), (0, 1)),
    ("similaritymeasures.frechet_dist", lambda: (_curve(1), _curve(2)), (0, 1)),
    ("similaritymeasures.dtw", lambda: (_curve(1), _curve(2)), (0, 1)),
    ("similaritymeasures.area_between_two_curves", lambda: (_curve(1), _curve(2)[:5].copy()), (0, 1)),
    ("skfuzzy.gbellmf", lambda: (np.linspace(0.1, 5.0, 6), 1.5, 2.0, 2.3), (1, 2, 3)),
    ("skfuzzy.trapmf", lambda: (np.linspace(0.1, 5.0, 9), [0.5, 1.4, 2.9, 4.2]), 1),
    ("skfuzzy.defuzz", lambda: (np.linspace(0.0, 5.0, 7), _positive(7), "centroid"), 1),
    # pysolar, PyKrige, blackscholes, nelson-siegel-svensson: dates, classes, finance
    ("pysolar.solar.get_altitude", lambda: (42.2, -71.4, _noon()), (0, 1)),
    ("pysolar.solar.get_refraction_correction", lambda: (101325.0, 288.15, 12.5), (0, 1, 2)),
    ("pysolar.radiation.get_radiation_direct", lambda: (_noon(), 35.0), 1),
    (
        "pykrige.variogram_models.spherical_variogram_model",
        lambda: ([1.2, 3.0, 0.1], np.array([0.5, 2.0, 4.5])),
        (0, 1),
    ),
    (
        "pykrige.core.great_circle_distance",
        lambda: (10.0, 45.0, np.array([12.0, 60.0]), np.array([-30.0, 50.0])),
        (0, 1, 2, 3),
    ),
    ("tests.packages.survey_d.call_price", lambda: (55.0, 50.0, 1.0, 0.0025, 0.15), (0, 1, 2, 3, 4)),
    ("tests.packages.survey_d.put_greeks", lambda: (55.0, 0.15), (0, 1)),
    ("tests.packages.survey_d.straddle_vega", lambda: (55.0, 0.15), (0, 1)),
    ("tests.packages.survey_d.zero_rates", lambda: (0.028, -0.03, -0.04, 1.1), (0, 1, 2, 3)),
    ("tests.packages.survey_d.forward_rates", lambda: (np.array([0.028, -0.03, -0.04, -0.015]), 1.1, 4.0), (0, 1, 2)),
    (
        "nelson_siegel_svensson.calibrate.errorfn_ns_ols",
        lambda: (2.0, np.array([0.5, 1, 2, 4, 9.0]), _positive(5)),
        (0, 2),
    ),
    # astropy: angles, robust statistics, models
    ("astropy.coordinates.angular_separation", lambda: (0.2, 0.4, 1.3, -0.6), (0, 1, 2, 3)),
    ("astropy.stats.circstats.circcorrcoef", lambda: (_normal(7), _positive(7)), (0, 1)),
    ("astropy.stats.biweight_location", lambda: (_normal(9),), 0),
    ("astropy.stats.circstats.circvar", lambda: (_normal(7),), 0),
    ("astropy.modeling.functional_models.Moffat1D.evaluate", lambda: (_normal(5), 2.0, 0.3, 1.4, 2.2), (0, 1, 2, 3, 4)),
    ("astropy.modeling.functional_models.Sersic1D.evaluate", lambda: (_positive(4), 1.2, 0.9, 4.0), (0, 1, 2, 3)),
    # SciPy and NumPy: what they wrote in Python
    ("scipy.optimize._optimize.approx_fprime", lambda: (np.array([0.7, 0.2]), _banana, 1e-6), 0),
    ("scipy.signal.bilinear", lambda: (np.array([0.3, 1.0]), np.array([1.2, 0.7, 1.0]), 2.0), (0, 1)),
    ("scipy.signal.zpk2tf", lambda: (np.array([0.5, -0.3]), np.array([0.2, 0.9, -0.6]), 1.7), (0, 1, 2)),
    ("scipy.signal.detrend", lambda: (_normal(7),), 0),
    ("scipy.spatial.distance.mahalanobis", lambda: (_normal(3), _positive(3), _covariance(3)), (0, 1, 2)),
    ("scipy.stats.variation", lambda: (_positive(6),), 0),
    ("scipy.stats.gmean", lambda: (_positive(6),), 0),
    ("scipy.interpolate.pade", lambda: ([1.0, 1.0, 0.5, 1 / 6, 1 / 24], 2), 0),
    ("numpy.polynomial.chebyshev.chebder", lambda: (_normal(5),), 0),
    ("numpy.polynomial.legendre.legval", lambda: (_normal(3), _positive(5)), (0, 1)),
    ("numpy.polynomial.hermite.hermmul", lambda: (_normal(3), _positive(4)), (0, 1)),
    ("numpy.cov", lambda: (_normal(3, 6),), 0),
    ("numpy.polyfit", lambda: (np.linspace(0.0, 1.0, 6), _normal(6), 2), 1),
]
