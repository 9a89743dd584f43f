"""Each member keeps what one of its kind promises."""

import pytest

from hetevo import testing


@pytest.mark.parametrize(("kind", "name"), testing.members("hetevo-cosine"))
def test_contract(kind, name):
    testing.check(kind, name)
