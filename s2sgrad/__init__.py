"""s2sgrad: source-to-source automatic differentiation for Python and NumPy."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from s2sgrad.api import grad, hessian, jacfwd, jacrev, jvp, value_and_grad, vjp
from s2sgrad.backends.options import Numba
from s2sgrad.checkpointing import checkpoint, checkpointed
from s2sgrad.controls import no_grad, on_backward, stop_gradient
from s2sgrad.custom import custom_jvp, custom_vjp
from s2sgrad.derivative import DerivativeFunction
from s2sgrad.errors import S2SGradError
from s2sgrad.implicit import fixed_point, root
from s2sgrad.operators.curves import directional, jet, taylor
from s2sgrad.operators.gradients import elementwise_grad, grad_and_aux, jacobian, laplacian
from s2sgrad.operators.hessian_products import hvp, vhp
from s2sgrad.operators.linearization import linearize
from s2sgrad.operators.partials import partial_derivative
from s2sgrad.version import __version__

if TYPE_CHECKING:
    from s2sgrad.nans import debug_nans
    from s2sgrad.sparse import color as color  # not in `__all__`, for these need SciPy
    from s2sgrad.sparse import sparse_hessian as sparse_hessian
    from s2sgrad.sparse import sparse_jacobian as sparse_jacobian
    from s2sgrad.sparse import sparsity as sparsity

#: Loaded when they are first asked for.
_LATER = {
    "color": "s2sgrad.sparse",
    "debug_nans": "s2sgrad.nans",
    "sparse_hessian": "s2sgrad.sparse",
    "sparse_jacobian": "s2sgrad.sparse",
    "sparsity": "s2sgrad.sparse",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return globals().setdefault(name, getattr(import_module(_LATER[name]), name))


__all__ = [
    "DerivativeFunction",
    "Numba",
    "S2SGradError",
    "__version__",
    "checkpoint",
    "checkpointed",
    "custom_jvp",
    "custom_vjp",
    "debug_nans",
    "directional",
    "elementwise_grad",
    "fixed_point",
    "grad",
    "grad_and_aux",
    "hessian",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jet",
    "jvp",
    "laplacian",
    "linearize",
    "no_grad",
    "on_backward",
    "partial_derivative",
    "root",
    "stop_gradient",
    "taylor",
    "value_and_grad",
    "vhp",
    "vjp",
]
