"""Functions of colour, pvlib, fluids, ht, chemicals, iapws, seawater, py_vollib, numpy-financial and empyrical.

Chosen for their variety before any was tried: scalar code, array code, branches, dispatch on methods and types,
decorators, classes, pandas in and out, convergence loops. Entries are never dropped. Each is a dotted name, a factory
of arguments, and the positions to differentiate in (then keyword arguments, where the call needs some).
"""

from __future__ import annotations

from typing import Any

import numpy as np

XYZ = (0.20654008, 0.12197225, 0.05136952)


def _series(*values: float) -> Any:
    import pandas as pd

    return pd.Series(values, index=pd.date_range("2024-06-01 09:00", periods=len(values), freq="h"))


def _returns() -> np.ndarray:
    return np.random.default_rng(3).normal(0.001, 0.02, 60)


def _daily() -> Any:
    import pandas as pd

    return pd.Series(_returns(), index=pd.date_range("2024-01-01", periods=60, freq="B"))


ENTRIES: list[tuple[Any, ...]] = [
    # colour-science: array code behind dispatch on domains and units
    ("colour.XYZ_to_xyY", lambda: (np.array(XYZ),), 0),
    ("colour.XYZ_to_Lab", lambda: (np.array([XYZ, XYZ[::-1]]),), 0),
    ("colour.Lab_to_XYZ", lambda: (np.array([41.5, 52.6, 26.9]),), 0),
    ("colour.XYZ_to_Luv", lambda: (np.array(XYZ),), 0),
    ("colour.XYZ_to_Oklab", lambda: (np.array(XYZ),), 0),
    ("colour.models.eotf_sRGB", lambda: (np.array([0.01, 0.3, 0.7]),), 0),
    ("colour.difference.delta_E_CIE2000", lambda: (np.array([48.9, 21.6, 7.3]), np.array([50.6, 19.2, 14.1])), (0, 1)),
    ("colour.RGB_to_HSV", lambda: (np.array([0.45, 0.03, 0.04]),), 0),
    ("colour.sRGB_to_XYZ", lambda: (np.array([0.7, 0.2, 0.15]),), 0),
    ("colour.temperature.xy_to_CCT_McCamy1992", lambda: (np.array([0.3127, 0.3290]),), 0),
    ("colour.colorimetry.lightness_CIE1976", lambda: (12.19, 100.0), (0, 1)),
    (
        "colour.adaptation.chromatic_adaptation_VonKries",
        lambda: (np.array(XYZ), np.array([0.9505, 1.0, 1.0891]), np.array([1.0986, 1.0, 0.3558])),
        0,
    ),
    # pvlib: NumPy and pandas in and out, dicts of results
    ("pvlib.irradiance.aoi", lambda: (30.0, 180.0, np.array([20.0, 45.0, 70.0]), np.array([150.0, 180.0, 210.0])), 2),
    (
        "pvlib.irradiance.haydavies",
        lambda: (30.0, 180.0, np.array([100.0, 120.0]), np.array([600.0, 700.0]), 1367.0, 40.0, 170.0),
        (2, 3),
    ),
    (
        "pvlib.irradiance.perez",
        lambda: (30.0, 180.0, 110.0, 650.0, 1367.0, 40.0, 170.0, 1.3),
        (2, 3),
    ),
    ("pvlib.irradiance.erbs", lambda: (_series(300.0, 500.0, 650.0), _series(60.0, 45.0, 30.0), 150), 0),
    ("pvlib.iam.physical", lambda: (np.array([10.0, 40.0, 75.0]),), 0),
    ("pvlib.iam.ashrae", lambda: (_series(10.0, 40.0, 75.0),), 0),
    ("pvlib.temperature.sapm_cell", lambda: (800.0, 20.0, 2.5, -3.47, -0.0594, 3.0), (0, 1, 2)),
    ("pvlib.atmosphere.get_relative_airmass", lambda: (np.array([20.0, 50.0, 80.0]),), 0),
    (
        "pvlib.pvsystem.calcparams_desoto",
        lambda: (np.array([500.0, 900.0]), np.array([25.0, 45.0]), 0.0026, 1.52, 6.4, 2.2e-9, 320.0, 0.29),
        (0, 1),
    ),
    ("pvlib.singlediode.bishop88", lambda: (np.array([5.0, 20.0, 30.0]), 6.4, 2.2e-9, 0.29, 320.0, 1.52), 0),
    ("pvlib.pvsystem.i_from_v", lambda: (20.0, 6.4, 2.2e-9, 0.29, 320.0, 1.52), (0, 1)),
    ("pvlib.clearsky.ineichen", lambda: (np.array([30.0, 50.0]), np.array([1.15, 1.55]), 3.0), 0),
    (
        "pvlib.inverter.sandia",
        lambda: (
            np.array([350.0, 380.0]),
            np.array([1500.0, 2500.0]),
            {
                "Paco": 3000.0,
                "Pdco": 3150.0,
                "Vdco": 360.0,
                "Pso": 20.0,
                "C0": -1e-5,
                "C1": 1e-5,
                "C2": 1e-4,
                "C3": 1e-4,
                "Pnt": 0.1,
            },
        ),
        (0, 1),
    ),
    # fluids, ht: scalar code, tables, dispatch by method names, solvers
    ("fluids.friction.friction_factor", lambda: (1e5, 1e-4), (0, 1)),
    ("fluids.friction.Colebrook", lambda: (1e5, 1e-4), (0, 1)),
    ("fluids.fittings.bend_rounded", lambda: (4.02, 30.0, 0.0163, 20.0), (0, 2)),
    ("fluids.drag.drag_sphere", lambda: (200.0,), 0),
    ("fluids.two_phase.Friedel", lambda: (0.6, 0.1, 915.0, 2.67, 180e-6, 14e-6, 0.0487, 0.05, 0.0, 1.0), (0, 1)),
    ("fluids.compressible.isothermal_work_compression", lambda: (1e5, 1e6, 300.0, 1.0), (0, 1, 2)),
    ("fluids.flow_meter.C_Reader_Harris_Gallagher", lambda: (0.07391, 0.0222, 1.165, 1.85e-5, 0.12), (0, 1)),
    ("fluids.geometry.V_from_h", lambda: (0.7, 1.5, 5.0, True, "conical", "ellipsoidal", 0.5, 0.4), (0, 1, 2)),
    ("fluids.packed_bed.dP_packed_bed", lambda: (8e-4, 0.4, 1e-3, 1e3, 1e-3), (0, 1)),
    ("fluids.compressible.isentropic_T_rise_compression", lambda: (286.8, 54050.0, 432400.0, 1.4), (0, 1, 2)),
    ("ht.conv_internal.turbulent_Gnielinski", lambda: (1e5, 1.2, 0.0185), (0, 1, 2)),
    ("ht.core.LMTD", lambda: (100.0, 60.0, 30.0, 40.2), (0, 1, 2, 3)),
    ("ht.hx.effectiveness_from_NTU", lambda: (5.0, 0.7, "crossflow"), (0, 1)),
    ("ht.boiling_nucleic.Rohsenow", lambda: (957.854, 0.595593, 2.79e-4, 0.680, 4217.0, 2.257e6, 0.0589, 4.9), (0, 3)),
    ("ht.conv_external.Nu_external_cylinder", lambda: (6071.0, 0.7), (0, 1)),
    # chemicals, iapws: correlations, long sums over tables, iterations
    ("chemicals.vapor_pressure.Psat_IAPWS", lambda: (300.0,), 0),
    ("chemicals.vapor_pressure.Wagner", lambda: (100.0, 190.53, 4596420.0, -6.00435, 1.1885, -0.834082, -1.22833), 0),
    ("chemicals.iapws.iapws97_rho", lambda: (330.0, 8e6), (0, 1)),
    (
        "chemicals.rachford_rice.flash_inner_loop",
        lambda: ([0.5, 0.3, 0.2], [1.685, 0.742, 0.532]),
        (0, 1),
    ),
    ("chemicals.volume.COSTALD", lambda: (272.03889, 369.83333, 0.20008161e-3, 0.1532), (0, 1, 2, 3)),
    ("chemicals.viscosity.mu_IAPWS", lambda: (298.15, 998.0), (0, 1)),
    ("chemicals.virial.BVirial_Tsonopoulos", lambda: (430.0, 405.65, 11.28e6, 0.252608), (0, 1, 2, 3)),
    ("iapws._iapws._Viscosity", lambda: (998.0, 298.15), (0, 1)),
    ("iapws.iapws97._PSat_T", lambda: (450.0,), 0),
    ("iapws.iapws97._Region1", lambda: (400.0, 3.0), (0, 1)),
    # seawater: chains of helpers on arrays
    ("seawater.eos80.dens", lambda: (np.array([35.0, 34.0]), np.array([10.0, 15.0]), np.array([100.0, 500.0])), (0, 1)),
    ("seawater.eos80.svel", lambda: (35.0, 10.0, 1000.0), (0, 1, 2)),
    ("seawater.eos80.ptmp", lambda: (35.0, 10.0, 1000.0, 0.0), (0, 1)),
    ("seawater.eos80.dpth", lambda: (np.array([100.0, 2000.0]), np.array([30.0, 40.0])), 0),
    # finance: numba or no numba, implicit solutions, rolling windows
    ("py_vollib.black_scholes.black_scholes", lambda: ("c", 100.0, 95.0, 0.5, 0.01, 0.2), (1, 2, 3, 4, 5)),
    ("py_vollib.black_scholes.greeks.analytical.delta", lambda: ("p", 49.0, 50.0, 0.3846, 0.05, 0.2), (1, 5)),
    ("py_vollib.black_scholes.implied_volatility.implied_volatility", lambda: (5.87, 100.0, 95.0, 0.2, 0.01, "c"), 0),
    ("py_vollib.ref_python.black.black", lambda: ("c", 100.0, 105.0, 0.2, 0.02, 0.5), (1, 2, 3)),
    ("numpy_financial.npv", lambda: (0.08, np.array([-40000.0, 5000.0, 8000.0, 12000.0, 30000.0])), (0, 1)),
    ("numpy_financial.fv", lambda: (0.05, 10.0, -100.0, -1000.0), (0, 2, 3)),
    ("numpy_financial.rate", lambda: (10.0, 0.0, -3500.0, 10000.0), (2, 3)),
    ("numpy_financial.irr", lambda: (np.array([-100.0, 39.0, 59.0, 55.0, 20.0]),), 0),
    ("numpy_financial.mirr", lambda: (np.array([-4500.0, -800.0, 800.0, 800.0, 600.0, 5000.0]), 0.08, 0.055), (0, 1)),
    ("empyrical.sharpe_ratio", lambda: (_returns(),), 0),
    ("empyrical.max_drawdown", lambda: (_returns(),), 0),
    ("empyrical.sortino_ratio", lambda: (_returns(),), 0),
    ("empyrical.cum_returns", lambda: (_daily(),), 0),
    ("empyrical.annual_volatility", lambda: (_daily(),), 0),
    ("empyrical.beta", lambda: (_returns(), _returns()[::-1] + 0.5 * _returns()), (0, 1)),
]
