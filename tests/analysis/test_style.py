"""Figures are the same whatever the user's own settings of Matplotlib are."""

import matplotlib
from planted import plant

from hetevo.analysis import load_run
from hetevo.analysis.figures import alignment, save

THEIRS = {"text.usetex": True, "font.size": 30, "savefig.bbox": "tight", "axes.grid": True, "figure.facecolor": "red"}


def test_settings_of_the_users_change_no_figure(tmp_path):
    run = load_run(plant(tmp_path / "run"))
    usual = save(alignment(run), tmp_path / "usual.png")[0]
    with matplotlib.rc_context(THEIRS):
        other = save(alignment(run), tmp_path / "other.png")[0]
        assert matplotlib.rcParams["font.size"] == 30
    assert usual.read_bytes() == other.read_bytes()
