"""Reports: what they say of planted runs, and what a browser makes of them."""

import math
import re

import numpy as np
import pytest
from browser import browser, found
from planted import plant

from hetevo.analysis.report import report, write
from hetevo.analysis.report.expectations import EXPECTATIONS, Seen
from hetevo.analysis.report.numbers import write_cosine
from hetevo.evolve import Config, Experiment
from hetevo.populations.errors import SettingError

RULES = {"readout-only": "readout-only", "transported": "transported", "hebbian": "hebbian"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Emergence, drift, and controls: one as it should be, one that is not, and one undefined."""
    where = tmp_path_factory.mktemp("runs")
    conditions = {
        "emergence": {"slope": 0.05},
        "neutral": {"slope": 0, "neutral": True},
        "transported": {"slope": 0.1},
        "hebbian": {"slope": 0, "noise": 0.003},
        "readout-only": {"undefined": range(12)},
        "<b>odd</b> & name": {"slope": 0, "checkpoints": True},
    }
    paths = []
    for condition, options in conditions.items():
        rule = RULES.get(condition, "heterosynaptic")
        extra = f'[plasticity]\nrule = "{rule}"\n[task]\noutputs = 2\n'
        for seed in range(4):
            path = where / f"{re.sub('[^a-z]', '', condition)}-{seed}"
            paths.append(plant(path, condition=condition, seed=seed, generations=12, extra=extra, **options))
    return paths


@pytest.fixture(scope="module")
def made(runs):
    return report(runs)


def text(made):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", made.html.decode()))


def test_the_verdict_follows_from_the_runs(made):
    assert made.headline[0] == "emergence: yes, gradient alignment emerged, and every life learns it anew"
    assert made.headline[1].startswith("<b>odd</b> & name: no, gradient alignment did not exceed")
    assert made.faults == []


def test_contrasts_show_loss_beside_alignment(made):
    html = made.html.decode()
    table = html.split("Contrasts of conditions")[-1].split("</table>")[0]
    measures = re.findall(r'<th scope="row">(.*?)</th>', table)
    assert ", over seeds: each against neutral" in html
    assert measures == ["alignment_end"] * 5 + ["loss_median"] * 5  # each against the neutral one
    assert "4, paired" in table
    assert "Holm&#39;s correction over all rows" in html
    assert "The neutral band rests on 4 seeds" in text(made)
    assert "half of the final level, which needs no band, at a median of" in text(made)


def test_controls_are_compared_with_what_they_should_show(made):
    rows = re.findall(r"<tr>(.*?)</tr>", made.html.decode().split('id="controls"')[1].split("</section>")[0])
    cells = [[re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]
    results = {row[0]: (row[3], row[-1]) for row in cells[1:]}
    assert results["neutral"] == ("0 of 4", "holds")
    assert results["transported"] == ("4 of 4", "does not hold")  # planted far from 1
    assert results["readout-only"] == ("–", "holds")
    assert results["hebbian"][1] == "holds"
    assert results["emergence"] == ("4 of 4", "–")


def test_what_an_interval_covers_cannot_be_told():
    """Means that lie on the expected side by chance are no evidence: the whole interval must."""

    def seen(level=(0.0, -0.1, 0.1), emerged=0.0, behind=(-0.3, -0.1)):
        return Seen(level, emerged, -0.2, 0.2, behind)

    is_below, like_drift, in_part = (EXPECTATIONS[name].holds for name in ("innate-feedback", "birth", "transplant"))
    assert [is_below(seen(behind=ends)) for ends in ((-0.3, -0.1), (0.1, 0.3), (-0.1, 0.1))] == [True, False, None]
    assert is_below(seen(behind=(math.nan, math.nan))) is None
    levels = (0.0, -0.1, 0.1), (0.4, 0.3, 0.5), (0.15, 0.05, 0.25)
    assert [like_drift(seen(level)) for level in levels] == [True, False, None]
    assert like_drift(seen(emerged=0.5)) is False
    assert [in_part(seen(level)) for level in levels] == [False, True, None]
    assert in_part(seen(levels[1], behind=(-0.1, 0.1))) is None


def test_figures_have_their_captions(made):
    captions = re.findall(r"<figcaption>.*?</p>", made.html.decode(), re.DOTALL)
    assert len(captions) == made.html.decode().count("<figure ")
    alignment = next(caption for caption in captions if ", alignment. " in caption)
    assert "Gradient alignment and loss over generations. a, Alignment: cosine of" in alignment
    assert "bands, 95 % t intervals." in alignment
    assert "&lt;b&gt;odd&lt;/b&gt; &amp; name" in alignment


def test_what_a_run_holds_is_text_and_never_markup(made):
    html = made.html.decode()
    assert "<b>odd</b>" not in html
    assert "&lt;b&gt;odd&lt;/b&gt; &amp; name" in html
    assert "<script" not in html
    assert not re.search(r'(src|href)="(?!data:|#)', html)


def test_random_signs_on_exact_signals_are_reported_as_hs_yes_dc_no(tmp_path, undrawn):
    """A real run: every neuron receives its gradient, and follows or climbs it as its gain says, by lot."""
    settings = {
        "task": {"inputs": 4},
        "network": {"levels": [16, 16]},
        "plasticity": {"rule": "transported"},
        "genome": {"gain_scale": 0.02},
        "lifetime": {"presentations": 20, "tasks": 1},
        "evolution": {"size": 40, "generations": 1, "turnover": "none"},
        "probe": {"name": "instruments"},
        "backend": {"name": "local", "workers": 1},
    }
    run = Experiment(Config(**settings)).run(tmp_path / "run")
    made = report([run.path])
    assert "HS yes, DC no: signals follow gradients, neurons disagree on the sign" in text(made)
    assert "HS yes, DC yes" not in text(made)


def test_hs_and_dc_are_weighted_where_all_runs_recorded_that_and_else_it_is_said(tmp_path, undrawn):
    new, old = plant(tmp_path / "new"), plant(tmp_path / "old", condition="older", weighted=False)
    said = text(report([new]))
    assert "HS, weighted" in said
    assert "HS yes, DC yes: a gradient learner" in said
    assert "HS 0.90" in said
    assert "neurons count by what they contribute" in said
    assert "all neurons count alike, for not all" not in said
    # the same for both, or they could not be compared
    for paths in ([old], [new, old]):
        said = text(report(paths))
        assert "HS no" in said
        assert "HS 0.50" in said
        assert "all neurons count alike, for not all of these runs have recorded the weighted ones" in said
        assert "HS, weighted" not in said


def test_one_run_without_anything_to_compare_with_is_reported_as_undecided(tmp_path):
    made = report([plant(tmp_path / "run")])
    assert made.headline == ["planted: undecided, no single condition says here what drift alone does"]
    assert "with 'hetevo sweep emergence-and-neutral'" in text(made) or "neutral" in text(made)


def test_what_holds_of_many_conditions_is_said_once(tmp_path, undrawn):
    html = report([plant(tmp_path / str(n), condition=f"condition-{n}") for n in range(6)]).html.decode()
    assert html.count("None of the 6 conditions is neutral") == 1
    assert "Fewer than 10 seeds in all 6 conditions" in html
    assert "over seeds: each against condition-0" in html
    assert html.index("heterosynaptic stability (HS)") < html.index('id="verdict"')


def test_intervals_of_cosines_end_where_these_do():
    # Student's t interval reaches from -1.4 to 2.3
    assert write_cosine(np.array([-0.4, 0.9, 0.9])) == "+0.47 (−1.00 to +1.00)"


def test_a_run_without_the_probe_is_reported(tmp_path):
    made = report([plant(tmp_path / "run", probed=False, extra="[probe]\nevery = 0\n")])
    assert made.headline == ["planted: undecided, alignment was not measured (probe.every = 0)"]


def test_mistakes_are_explained(runs, tmp_path, undrawn):
    with pytest.raises(SettingError, match="named twice"):
        report([runs[0], runs[0]])
    with pytest.raises(SettingError, match="expected one of emergence"):
        report(runs, neutral="drift")
    made = report(runs[:1])
    with pytest.raises(SettingError, match=r"must end in \.html"):
        write(made, tmp_path / "report.pdf")
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingError, match="Cannot write"):
        write(made, tmp_path / "file" / "report.html")


@pytest.mark.skipif(found() is None, reason="no Chromium or Chrome on this machine")
@pytest.mark.timeout(120)
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (360, False), (360, True)])
def test_a_browser_shows_it_without_errors_at_every_width(made, tmp_path, width, dark):
    path = write(made, tmp_path / "report.html")
    with browser(tmp_path / "profile") as tab:
        tab.open(path, width=width, dark=dark)
        assert tab.problems == []
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        images = "Array.from(document.images)"
        assert tab.evaluate(f"{images}.length") >= 8
        assert tab.evaluate(f"{images}.every(i => i.complete && i.naturalWidth > 0 && i.alt)")
        background = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        brightness = sum(map(int, re.findall(r"\d+", background)[:3]))
        assert (brightness < 3 * 80) is dark
        tab.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        assert tab.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.skipif(found() is None, reason="no Chromium or Chrome on this machine")
@pytest.mark.timeout(120)
def test_the_browser_test_notices_a_broken_page(tmp_path):
    path = tmp_path / "broken.html"
    path.write_text('<img src="missing.png" alt="x"><div style="width: 900px">wide</div><script>oops()</script>')
    with browser(tmp_path / "profile") as tab:
        tab.open(path, width=360)
        assert any("oops" in problem or "exception" in problem for problem in tab.problems)
        assert tab.evaluate("document.documentElement.scrollWidth") > 360
        assert not tab.evaluate("document.images[0].naturalWidth")
