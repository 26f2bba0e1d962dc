"""s2sgrad: source-to-source automatic differentiation for Python and NumPy."""

from s2sgrad.api import grad, hessian, jacfwd, jacrev, jvp, value_and_grad, vjp
from s2sgrad.checkpointing import checkpoint, checkpointed
from s2sgrad.custom import custom_jvp, custom_vjp
from s2sgrad.derivative import DerivativeFunction
from s2sgrad.errors import S2SGradError
from s2sgrad.operators.hessian_products import hvp, vhp
from s2sgrad.version import __version__

__all__ = [
    "DerivativeFunction",
    "S2SGradError",
    "__version__",
    "checkpoint",
    "checkpointed",
    "custom_jvp",
    "custom_vjp",
    "grad",
    "hessian",
    "hvp",
    "jacfwd",
    "jacrev",
    "jvp",
    "value_and_grad",
    "vhp",
    "vjp",
]
