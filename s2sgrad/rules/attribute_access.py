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
