"""Every example in the documentation and in the docstrings is run."""

import doctest
import importlib
from pathlib import Path

import pytest

import livespec

DOCS = Path(__file__).parents[1] / "docs"
PACKAGE = Path(livespec.__file__).parent
WITH_EXAMPLES = [
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    for path in sorted(PACKAGE.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8") and path.name != "__init__.py"
]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_of_a_module_are_true(name):
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted > 0
    assert found.failed == 0


@pytest.mark.parametrize("page", ["learn.md", "recipes.md"])
def test_the_examples_of_a_page_are_true(page):
    found = doctest.testfile(str(DOCS / page), module_relative=False, encoding="utf-8")
    assert found.attempted > 10
    assert found.failed == 0


def test_every_public_name_is_there_and_documented():
    for name in livespec.__all__:
        if name != "__version__":
            assert getattr(livespec, name).__doc__
