"""How to get what few need."""

from pathlib import Path

import pytest

import hetevo
from hetevo.populations import extras
from hetevo.populations.errors import SettingError


def test_the_form_for_a_checkout_is_given_in_a_checkout_only(tmp_path, monkeypatch):
    here = Path(__file__).resolve().parents[2]
    if Path(hetevo.__file__).resolve().parent == here / "hetevo":  # not an installed one
        assert here == extras.CHECKOUT
    monkeypatch.setattr(extras, "CHECKOUT", tmp_path)
    assert extras.how_to_install("mlflow", "wandb") == "pip install 'hetevo[mlflow,wandb]'"
    (tmp_path / "pyproject.toml").touch()
    with pytest.raises(SettingError, match=r"A needs no_such_package, .*hetevo\[qd\].* -e '\.\[qd\]'\)"):
        extras.load_extra("no_such_package", "qd", "A")
