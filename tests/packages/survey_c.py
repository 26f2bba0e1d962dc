"""Functions of packages on maps, optics, rotations, weather, images, time series, hidden states and orbits.

These are utm, haversine, geopy, tmm, trimesh, pytransform3d, spatialmath-python, thermofeel, refet, pyet, windpowerlib,
scikit-image, arch, pykalman, hmmlearn, quantecon, skyfield, opensimplex and Python's colorsys. Chosen before any was
tried; entries are never dropped. Each is a dotted name, a factory of arguments, and the positions to differentiate in.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.packages.survey_b import _covariance, _made, _normal, _positive


def _image(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.05, 0.95, size=(4, 5, 3))


def _lab(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(10.0, 60.0, size=(6, 3))


def _unit(*x: float) -> np.ndarray:
    return np.array(x) / np.linalg.norm(x)


def _garch(n: int) -> tuple[Any, ...]:
    resids = _normal(n)
    bounds = np.column_stack([np.full(n, 1e-6), np.full(n, 1e6)])
    return np.array([0.1, 0.15, 0.7]), np.abs(resids) ** 2, np.sign(resids), np.zeros(n), 1, 0, 1, n, 0.8, bounds


ENTRIES: list[tuple[Any, ...]] = [
    ("utm.from_latlon", lambda: (48.137154, 11.576124), (0, 1)),
    ("utm.to_latlon", lambda: (691607.0, 5334760.0, 32, "U"), (0, 1)),
    ("haversine.haversine.haversine", lambda: ((45.7597, 4.8422), (48.8567, 2.3508)), (0, 1)),
    ("haversine.inverse_haversine", lambda: ((45.7597, 4.8422), 32.0, 0.7), (0, 1, 2)),
    (
        "haversine.haversine_vector",
        lambda: (np.array([[45.76, 4.84], [40.7, -73.9]]), np.array([[48.86, 2.35], [51.5, -0.1]])),
        (0, 1),
    ),
    (
        "geopy.distance.great_circle.measure",
        lambda: (_made("geopy.distance.great_circle"), (52.2, 20.9), (50.1, 14.4)),
        (1, 2),
    ),
    ("geopy.distance.lonlat", lambda: (20.9, 52.2), (0, 1)),
    ("tmm.interface_r", lambda: ("p", 1.0, 1.5 + 0.0j, 0.3, 0.198), (3, 4)),
    ("tmm.interface_R", lambda: ("s", 1.0, 1.5, 0.3, 0.198), (1, 2, 3)),
    ("tmm.snell", lambda: (1.0, 1.5, 0.4), (0, 1, 2)),
    ("tmm.list_snell", lambda: (np.array([1.0, 1.5, 2.2]), 0.4), (0, 1)),
    ("trimesh.transformations.rotation_matrix", lambda: (0.4, [0.3, 0.5, -0.2]), 0),
    ("trimesh.transformations.euler_matrix", lambda: (0.1, 0.2, 0.3, "syxz"), (0, 1, 2)),
    ("trimesh.transformations.euler_from_matrix", lambda: (np.linalg.qr(_normal(3, 3))[0], "rxyz"), 0),
    ("trimesh.transformations.quaternion_matrix", lambda: (np.array([0.8, 0.3, -0.4, 0.2]),), 0),
    (
        "trimesh.transformations.quaternion_slerp",
        lambda: (_unit(0.9, 0.1, 0.3, -0.2), _unit(0.4, 0.6, -0.1, 0.5), 0.3),
        (0, 1, 2),
    ),
    ("trimesh.transformations.angle_between_vectors", lambda: (_normal(3), _positive(3)), (0, 1)),
    ("trimesh.triangles.normals", lambda: (_normal(4, 3, 3),), 0),
    ("trimesh.triangles.area", lambda: (_normal(4, 3, 3),), 0),
    ("pytransform3d.rotations.matrix_from_axis_angle", lambda: (np.array([*_unit(0.4, 0.5, -0.7), 0.8]),), 0),
    ("pytransform3d.rotations.quaternion_from_axis_angle", lambda: (np.array([*_unit(0.4, 0.5, -0.7), 0.8]),), 0),
    ("pytransform3d.rotations.concatenate_quaternions", lambda: (_unit(1, 2, -1, 3), _unit(2, 1, 1, -1)), (0, 1)),
    ("pytransform3d.transformations.exponential_coordinates_from_screw_axis", lambda: (_made_screw(), 0.7), 1),
    ("spatialmath.base.qqmul", lambda: (_unit(1, 2, -1, 3), _unit(2, 1, 1, -1)), (0, 1)),
    ("spatialmath.base.rotx", lambda: (0.3,), 0),
    ("spatialmath.base.rpy2r", lambda: (0.1, 0.2, 0.3), (0, 1, 2)),
    ("spatialmath.base.qslerp", lambda: (_unit(1, 2, -1, 3), _unit(2, 1, 1, 1), 0.3), (0, 1, 2)),
    ("thermofeel.calculate_relative_humidity_percent", lambda: (300.0 + _positive(5), 290.0 + _positive(5)), (0, 1)),
    ("thermofeel.calculate_heat_index_adjusted", lambda: (303.0 + _positive(5), 294.0 + _positive(5)), (0, 1)),
    ("thermofeel.calculate_wbt", lambda: (300.0 + _positive(4), 40.0 + 10.0 * _positive(4)), (0, 1)),
    ("thermofeel.calculate_bgt", lambda: (300.0 + _positive(4), 310.0 + _positive(4), _positive(4)), (0, 1, 2)),
    ("refet.calcs.es_slope", lambda: (np.array([12.0, 25.0]), "refet"), 0),
    ("refet.calcs.ra_daily", lambda: (np.array([0.6, 0.7]), np.array([182.0, 40.0]), "asce"), 0),
    ("refet.calcs.rnl_hourly", lambda: (_positive(3) * 10.0, _positive(3), _positive(3) * 0.4), (0, 1, 2)),
    ("pyet.meteo_utils.calc_e0", lambda: (15.0 + _positive(4),), 0),
    ("pyet.meteo_utils.calc_press", lambda: (100.0 * _positive(4),), 0),
    ("windpowerlib.wind_speed.hellman", lambda: (5.0 * _positive(4), 10.0, 80.0), (0, 1, 2)),
    ("windpowerlib.power_output.power_coefficient_curve", lambda: _turbine(), (0, 4)),
    ("skimage.metrics.normalized_root_mse", lambda: (_image(1), _image(2)), (0, 1)),
    ("skimage.metrics.mean_squared_error", lambda: (_image(1), _image(2)), (0, 1)),
    ("skimage.color.rgb2lab", lambda: (_image(3),), 0),
    ("skimage.color.rgb2hsv", lambda: (_image(4),), 0),
    ("skimage.color.deltaE_ciede2000", lambda: (_lab(1), _lab(2)), (0, 1)),
    ("skimage.color.rgb2ycbcr", lambda: (_image(5),), 0),
    ("arch.univariate.recursions_python.garch_recursion_python", lambda: _garch(30), (0, 1)),
    ("arch.univariate.Normal.loglikelihood", lambda: (_made_normal(), (), _normal(9), _positive(9)), (2, 3)),
    ("pykalman.standard._filter_correct", lambda: _correction(), (0, 1, 3, 4, 5)),
    ("pykalman.unscented.points2moments", lambda: (_points(),), 0),
    ("hmmlearn.stats.log_multivariate_normal_density", lambda: _hidden(), (0, 1, 2)),
    ("hmmlearn._kl_divergence.kl_dirichlet", lambda: (_positive(4), _positive(4) + 0.3), (0, 1)),
    ("quantecon.var_quadratic_sum", lambda: _linear_process(), (0, 1, 2, 4)),
    ("quantecon.solve_discrete_lyapunov", lambda: (0.1 * _positive(3, 3), _covariance(3)), (0, 1)),
    ("quantecon.gini_coefficient", lambda: (_positive(6),), 0),
    ("skyfield.functions.to_spherical", lambda: (_normal(3),), 0),
    ("skyfield.keplerlib.eccentric_anomaly", lambda: (0.2, 0.7), (0, 1)),
    ("skyfield.earthlib.refraction", lambda: (20.0, 12.0, 1005.0), (0, 1, 2)),
    ("opensimplex.internals._noise2", lambda: _noise(), (0, 1)),
    ("colorsys.rgb_to_hls", lambda: (0.2, 0.5, 0.35), (0, 1, 2)),
    ("colorsys.hsv_to_rgb", lambda: (0.2, 0.5, 0.35), (0, 1, 2)),
]  # fmt: skip


def _made_screw() -> np.ndarray:
    return np.array([*_unit(0.3, -0.5, 0.8), 0.2, 0.1, -0.4])


def _turbine() -> tuple[Any, ...]:
    speeds = np.linspace(3.0, 15.0, 7)
    return np.array([4.2, 7.7, 9.1]), speeds, 0.3 + 0.02 * np.sin(speeds), 80.0, np.array([1.2, 1.21, 1.19])


def _made_normal() -> Any:
    return _made("arch.univariate.Normal")


def _correction() -> tuple[Any, ...]:
    return _normal(2, 3), _covariance(2), _normal(2), _normal(3), _covariance(3), _positive(2)


def _points() -> Any:
    from pykalman.unscented import SigmaPoints

    return SigmaPoints(_normal(7, 3), np.full(7, 1 / 7), np.full(7, 1 / 7))


def _noise() -> tuple[Any, ...]:
    from opensimplex.internals import _init

    return 1.3, -0.4, _init(1234)[0]


def _hidden() -> tuple[Any, ...]:
    return _normal(5, 2), _positive(3, 2), _positive(3, 2)


def _linear_process() -> tuple[Any, ...]:
    return 0.3 * np.eye(2), np.eye(2), _covariance(2), 0.9, _normal(2)
