"""``hasattr`` and ``getattr`` with a default, as Python defines them: for classes that run code when they are asked."""


def has_attribute(owner, name):
    try:
        getattr(owner, name)
    except AttributeError:
        return False
    return True


def attribute_or(owner, name, default):
    try:
        return getattr(owner, name)
    except AttributeError:
        return default


def computed_or_missing(compute, missing, name):
    """An attribute that ``compute`` gives; where that raises AttributeError, ``__getattr__`` is asked."""
    try:
        return compute()
    except AttributeError:
        return missing(name)


def stored_when_read(fn, owner, name):
    """An attribute by `functools.cached_property`."""
    value = fn(owner)
    object.__setattr__(owner, name, value)
    return value
