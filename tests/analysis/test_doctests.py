"""The examples in the documentation of `analysis` print what they say."""

import doctest
import importlib
import pkgutil

import pytest

import analysis

MODULES = [module.name for module in pkgutil.iter_modules(analysis.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name: str) -> None:
    module = importlib.import_module(f"analysis.{name}")
    assert doctest.testmod(module).failed == 0


def test_every_public_function_has_an_example() -> None:
    for name in analysis.__all__:
        thing = getattr(analysis, name)
        if callable(thing) and not isinstance(thing, type):
            assert ">>>" in (thing.__doc__ or ""), name
