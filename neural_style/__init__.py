"""Neural style transfer (Gatys, Ecker and Bethge, 2016) on TensorFlow and Keras."""

import importlib

__version__ = "0.1.0"

# Imported when first used: --help must not wait for TensorFlow.
_HOMES = {
    "Config": "settings.config",
    "Result": "transfer.result",
    "Step": "optimizers.step",
    "StyleError": "runtime.errors",
    "Stylizer": "transfer.stylizer",
    "Term": "losses.term",
    "evaluate": "transfer.stylize",
    "stylize": "transfer.stylize",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
