"""What ``vjp`` and ``linearize`` return to be called later: a linear function that holds what one call has saved."""

from __future__ import annotations

from typing import Any, ClassVar

from s2sgrad.derivative import lowering


class CalledLater:
    """The derivative of a function at a point. ``maker``: what returns it; ``what``: what that calls it."""

    maker: ClassVar[str]
    what: ClassVar[str]

    def __init__(self, later: Any, argnums: tuple[int, ...]) -> None:
        self.later = later
        self.argnums = argnums

    def source(self) -> str:
        """The emitted source of this part."""
        text: str = self.later.source
        return text

    def __reduce__(self) -> Any:
        raise TypeError(
            f"the {self.what} that {self.maker} returns cannot be pickled: it holds what one call has saved. Pickle "
            f"the function and its arguments, and call {self.maker} again; derivatives such as grad(fun) can be pickled"
        )

    def __s2sgrad_lower__(self, lo: Any, args: list[Any], kwargs: dict[str, Any], node: Any) -> Any:
        """How the frontend lowers a call of this inside another function."""
        return lowering().lower_later(self, lo, args, kwargs, node)
