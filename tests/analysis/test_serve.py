"""The page to look at runs: whom it answers, what it shows, and that it changes nothing."""

import asyncio
import json
import re
import shutil
import sys
import threading
import time
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from types import SimpleNamespace

import pandas as pd
import pytest
from browser import browser, found
from hostile import NAMES, is_text
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import escape
from planted import plant

pytest.importorskip("aiohttp")

from aiohttp.test_utils import TestClient, TestServer

from hetevo.analysis.conditions import load_all
from hetevo.analysis.figures import FIGURES, phase_diagram
from hetevo.analysis.figures.frame import needs_of
from hetevo.analysis.runs import load_run
from hetevo.analysis.serve import folders as folders_module
from hetevo.analysis.serve import kept as kept_module
from hetevo.analysis.serve import pages as pages_module
from hetevo.analysis.serve.courses import courses, separate
from hetevo.analysis.serve.filters import SORTS, Filter, breakable, in_order, shorten, show
from hetevo.analysis.serve.folders import Folders
from hetevo.analysis.serve.guard import HEADERS, is_own_name
from hetevo.analysis.serve.kept import Kept
from hetevo.analysis.serve.pages import list_figures
from hetevo.analysis.serve.server import Server, serve
from hetevo.analysis.statistics.curves import over_seeds
from hetevo.evolve import Experiment, preset
from hetevo.evolve.rundir.lock import Lock
from hetevo.evolve.rundir.places import inside
from hetevo.evolve.rundir.sweep import Entry, write_entries
from hetevo.populations.errors import HetevoError, SettingError

HOSTILE = [NAMES[name] for name in ("HTML", "colour", "other direction", "nul", "long", "two lines")]

EVERY = dict(FIGURES.own)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A sweep, of which one run has not begun; runs whose names are hostile; links; a damaged run."""
    where = tmp_path_factory.mktemp("runs")
    conditions = {"selected": {"slope": 0.05}, "drift": {"slope": 0, "neutral": True}}
    entries = [Entry(f"{name}-{seed}", name, seed) for name in conditions for seed in range(3)]
    write_entries(where / "sweep", "sweep", [*entries, Entry("late-0", "late", 0)])
    for entry in entries:
        path, options = where / "sweep" / entry.run, conditions[entry.condition]
        plant(path, condition=entry.condition, seed=entry.seed, generations=12, checkpoints=entry.seed == 0, **options)
    for number, name in enumerate(HOSTILE):
        path = where / "odd" / re.sub("[/\0]", "_", f"{number}{name[:60]}")
        shutil.copytree(where / "sweep" / "drift-0", path)
        config = (path / "config.toml").read_text()
        (path / "config.toml").write_text(config.replace('preset = "drift"', f"preset = {json.dumps(name)}"))
    broken = plant(where / "odd" / "broken")
    (broken / "config.toml").write_text("no configuration")
    (where / "secret").mkdir()
    plant(where / "secret" / "run", condition="secret")
    (where / "odd" / "link").symlink_to(where / "secret" / "run")
    (where / "sweep" / "elsewhere").symlink_to(where / "secret")
    return where


@pytest.fixture(scope="module")
def shown(folder):
    return [folder / "sweep", folder / "odd"]


@pytest.fixture(scope="module")
def server(shown):
    """One for all tests, which keeps what it drew; there are two kinds of figures, or reports would take long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FIGURES, "own", {kind: FIGURES.own[kind] for kind in ("alignment", "lifetime")})
        yield Server(Folders(shown))


@pytest.fixture
def always_fresh(monkeypatch):
    monkeypatch.setattr(folders_module, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(kept_module, "PATIENCE", 0.0)


def ask(server, *paths, token=True, method="GET", **headers):
    """Return what a server answers, one after the other, to somebody who has its token or not."""

    async def go():
        answers = []
        async with TestClient(TestServer(server.application())) as client:
            if token:
                await client.get("/", params={"token": server.guard.token})
            for path in paths:
                answer = await client.request(method, path, headers=headers, allow_redirects=False)
                content = (await answer.read()).decode()
                answers.append(SimpleNamespace(status=answer.status, headers=answer.headers, text=content))
        return answers

    return asyncio.run(go())


def identifiers(server, part):
    return [row.identifier for row in server.pages.folders.rows() if part in row.name]


def addresses(server):
    """Return an address of each kind, of one run and of several."""
    one, several = identifiers(server, "selected-0")[0], "&".join(f"run={one}" for one in identifiers(server, "sweep/"))
    pages = ["/", "/?text=drift&sort=loss&down=1", f"/runs?run={one}", f"/runs?{several}", "/runs?all=1&folder=sweep"]
    pages += [f"/curves.svg?{several}&column=alignment_end&column=hs_end", f"/figure?kind=alignment&{several}"]
    return [*pages, f"/report?run={one}", "/style.css", "/page.js"]


# whom it answers


@pytest.mark.parametrize("token", ["", "wrong", "é", "\ud800", None])
def test_nobody_is_answered_without_the_token(token, server):
    query = "" if token is None else f"?token={token.encode('utf-8', 'replace').hex() if token.isascii() else '%C3%A9'}"
    paths = [f"/{query}", f"/runs{query}", f"/style.css{query}", "/nothing"]
    for answer in ask(server, *paths, token=False):
        assert answer.status == 403
        assert "selected" not in answer.text
        assert server.guard.token not in answer.text


def test_the_token_becomes_a_cookie_and_leaves_the_address(server):
    (answer,) = ask(server, f"/runs?text=a&token={server.guard.token}&run=b", token=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/runs?text=a&run=b")
    cookie = answer.headers["Set-Cookie"]
    assert server.guard.token in cookie
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}


@pytest.mark.parametrize(
    "host", ["example.org", "127.0.0.1.example.org", "localhost.example.org:1", "127.0.0.1:x", "[::1]x"]
)
def test_another_name_is_refused_with_and_without_the_token(host, server):
    answers = ask(server, "/", Host=host) + ask(server, f"/?token={server.guard.token}", token=False, Host=host)
    assert [answer.status for answer in answers] == [421, 421]
    assert not any("Set-Cookie" in answer.headers for answer in answers)
    assert is_own_name("127.0.0.1:1")
    assert is_own_name("LOCALHOST")


def test_every_answer_has_its_headers_and_lets_no_other_page_read_it(server):
    answers = ask(server, *addresses(server), "/nothing", Origin="http://example.org")
    assert [answer.status for answer in answers] == [200] * len(addresses(server)) + [404]
    for answer in answers:
        assert {*HEADERS} <= {*answer.headers}
        assert not [name for name in answer.headers if name.startswith("Access-Control")]
        assert "unsafe" not in answer.headers["Content-Security-Policy"].partition("style-src")[0]
        assert "script-src 'unsafe" not in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_whoever_asks_for_more_than_reading_is_refused(method, server):
    assert [answer.status for answer in ask(server, "/", "/runs", method=method)] == [405, 405]


def test_nothing_outside_the_folders_is_shown(server, folder):
    strange = ["/runs?run=../secret/run", "/runs?run=%2Fetc%2Fpasswd", "/figure?kind=../x&all=1", "/static/page.css"]
    strange += ["/..%2f..%2fetc%2fpasswd", "/%2e%2e/secret/run/config.toml", "/page.js/../../__init__.py", "/runs?run="]
    answers = ask(server, *strange)
    assert {answer.status for answer in answers} == {404}
    assert not any("root:" in answer.text or "hetevo.analysis" in answer.text for answer in answers)
    pages = ask(server, "/", "/runs?all=1")
    assert not any("secret" in page.text or "elsewhere" in page.text for page in pages)


def test_a_link_that_takes_the_place_of_a_run_is_not_followed(tmp_path, folder):
    plant(tmp_path / "runs" / "one", condition="own")
    server = Server(Folders([tmp_path / "runs"]))
    (row,) = server.pages.folders.rows()
    shutil.rmtree(tmp_path / "runs" / "one")
    (tmp_path / "runs" / "one").symlink_to(folder / "secret" / "run")
    (answer,) = ask(server, f"/runs?run={row.identifier}")
    assert "symbolic link" in answer.text
    assert "secret" not in re.sub(r"<[^>]*>", "", answer.text)


# what it shows


def test_nothing_is_changed_whatever_is_asked(server, folder):
    def state():
        return {path: (path.lstat().st_mtime_ns, path.lstat().st_size) for path in sorted(folder.rglob("*"))}

    before = state()
    assert all(answer.status == 200 for answer in ask(server, *addresses(server)))
    assert state() == before


class Texts(HTMLParser):
    """Collects what a page says, and which elements and attributes it has."""

    def __init__(self):
        super().__init__()
        self.text, self.names, self.attributes = [], set(), []

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text.append(data)


def test_hostile_names_are_text_everywhere(server):
    odd = identifiers(server, "odd/")
    pages = [
        "/",
        "/runs?all=1&folder=odd",
        *(f"/runs?run={one}" for one in odd[:2]),
        f"/figure?kind=alignment&run={odd[0]}",
    ]
    for answer in ask(server, *pages):
        read = Texts()
        read.feed(answer.text)
        assert answer.text.count("<script") == 1
        assert [value for name, value in read.attributes if name == "src" and "page" in value] == ["/page.js"]
        assert not [name for name, _ in read.attributes if name.startswith("on")]
        assert is_text("".join(read.text).replace("\t", ""))
    everything = unescape(ask(server, "/")[0].text)
    assert all(shorten(name) in everything for name in HOSTILE)


def test_the_table_says_where_each_run_stands(shown, folder):
    server = Server(Folders(shown))
    with Lock(inside(folder / "sweep" / "drift-1") / "lock"):
        (page,) = ask(server, "/?folder=sweep&sort=state")
    states = re.findall(r'class="state (\w+)">\1<', page.text)
    assert states == ["running", "waiting", *["stopped"] * 5]
    assert 'data-every="5"' in page.text
    (page,) = ask(server, "/?state=damaged")
    assert "odd/<wbr>broken" in page.text
    assert "config.toml" in page.text


def test_chosen_runs_have_curves_verdict_differences_and_provenance(server):
    (page,) = ask(server, "/runs?all=1&folder=sweep")
    text = unescape(re.sub(r"<[^>]*>", " ", page.text))
    assert "sweep/late-0 has not begun yet" in text
    assert "Gradient alignment over the last" in text
    assert "evolution.select" in text
    assert "Software and machines" in text
    assert "<option selected>condition" in page.text or "<option selected>run" in page.text
    assert "alignment" in re.findall(r'href="/figure\?kind=([\w-]+)', page.text)


@pytest.mark.parametrize("chosen", ["sweep/selected-0", "sweep"])
def test_a_figure_is_listed_if_it_can_be_drawn(chosen, folder, monkeypatch):
    monkeypatch.setattr(FIGURES, "own", EVERY)
    runs = load_all([folder / chosen])
    listed = list_figures(runs)
    checked = [kind for kind, function in EVERY.items() if needs_of(function).usual]
    assert {"phase-diagram", "onset", "survival", "archive", "front", "hypervolume", "parents", "gains", "signs"} <= {
        *checked
    }
    for kind in checked:
        if kind in listed["possible"]:
            assert len(EVERY[kind](runs).data)
            continue
        with pytest.raises(HetevoError) as refused:
            EVERY[kind](runs)
        assert kind in listed["reasons"][str(refused.value)].split(", ")
    assert ("onset" in listed["possible"]) == (len(runs) > 1)


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        (['evolution.algorithm={name="cma"}'], {"lineage", "price"}),
        (["evolution.generations=0"], {"price"}),
        (["plasticity.rule=none", "evolution.generations=1"], set()),
    ],
)
def test_runs_without_parents_or_steps_have_no_figures_of_descent(tmp_path, monkeypatch, changes, refused):
    monkeypatch.setattr(FIGURES, "own", EVERY)
    small = ["evolution.size=6", "evolution.elites=1", "evolution.generations=2", "lifetime.presentations=5"]
    config = preset("smoke", overrides=[*small, "backend.workers=1", *changes])
    runs = [load_run(Experiment(config).run(tmp_path / "run").path)]
    listed = list_figures(runs)
    assert {"claim", "lineage", "price"} - {*listed["possible"]} == refused
    for kind in ("claim", "lineage", "price"):
        if kind in refused:
            with pytest.raises(HetevoError) as error:
                EVERY[kind](runs)
            assert kind in listed["reasons"][str(error.value)].split(", ")
        else:
            assert len(EVERY[kind](runs).data)


def test_what_only_a_missing_library_could_draw_is_not_listed(folder, monkeypatch):
    monkeypatch.setattr(FIGURES, "own", EVERY)
    monkeypatch.setitem(sys.modules, "lifelines", None)
    listed = list_figures(load_all([folder / "sweep"]))
    assert not {"onset", "survival"} & {*listed["possible"]}
    assert "onset, survival" in [kinds for reason, kinds in listed["reasons"].items() if "hetevo[stats]" in reason]


def test_a_layer_with_an_inherited_rule_has_no_gains_to_draw(folder, monkeypatch):
    monkeypatch.setattr(FIGURES, "own", EVERY)
    layer = replace(load_run(folder / "sweep" / "drift-0"), config={"network": {"levels": []}})
    assert "gains, signs" in [kinds for kinds in list_figures([layer])["reasons"].values() if "gains" in kinds]


def test_the_reason_without_a_phase_diagram_suits_the_number_of_parameters(folder):
    with pytest.raises(SettingError, match="differ in none") as refused:
        phase_diagram(load_run(folder / "sweep" / "drift-0"))
    assert "fewer runs" not in str(refused.value)


def test_a_report_has_the_conditions_of_the_sweep(server):
    (page,) = ask(server, "/report?all=1&folder=sweep")
    assert "<strong>selected</strong>: gradient alignment emerged" in page.text
    assert "script-src" not in page.headers["Content-Security-Policy"]


def test_runs_are_read_as_other_commands_read_them(server, folder):
    folders = server.pages.folders
    runs, _ = folders.load([row for row in folders.rows() if row.folder == "sweep"])
    expected = load_all([folder / "sweep"])
    assert sorted((run.condition, run.seed, str(run.path)) for run in runs) == sorted(
        (run.condition, run.seed, str(run.path)) for run in expected
    )


def test_what_is_recorded_meanwhile_is_shown(tmp_path, always_fresh):
    plant(tmp_path / "run", generations=3)
    server = Server(Folders([tmp_path]))
    before, curve = ask(server, "/runs?all=1", "/curves.svg?all=1&column=alignment_end")
    shutil.rmtree(tmp_path / "run")
    plant(tmp_path / "run", generations=6)
    after, later = ask(server, "/runs?all=1", "/curves.svg?all=1&column=alignment_end")
    versions = [re.search(r"version=(\w+)", page.text)[1] for page in (before, after)]
    assert versions[0] != versions[1]
    assert curve.text != later.text
    assert "5 of 9" in after.text


def test_a_page_with_a_mistake_in_it_fails_alone(server, monkeypatch, caplog):
    monkeypatch.setattr(server.pages, "list_runs", lambda chosen: 1 / 0)
    first, second = ask(server, "/", "/page.js")
    assert (first.status, second.status) == (500, 200)
    assert "ZeroDivisionError" in first.text
    assert "Traceback" not in first.text
    assert "ZeroDivisionError" in caplog.text


# its parts


def test_courses_are_means_over_seeds_and_too_many_are_refused(folder):
    runs = load_all([folder / "sweep"])
    drawn = courses(runs, upper="hs_end", lower="alignment_end").data
    group = drawn[(drawn["condition"] == "selected") & (drawn["quantity"] == "alignment_end")]
    own = [run.generations.assign(condition=run.condition) for run in runs if run.condition == "selected"]
    expected = over_seeds(pd.concat(own), "alignment_end")
    assert group["mean"].tolist() == expected["mean"].tolist()
    assert group["low"].tolist() == expected["low"].tolist()
    assert len({run.condition for run in separate(runs)}) == len(runs)
    with pytest.raises(SettingError, match="Choose fewer runs"):
        courses(separate(runs * 5))


def test_a_column_that_was_not_recorded_is_said_to_be_undefined(folder):
    plot = courses(load_run(folder / "sweep" / "drift-0"), upper="nothing", lower="nothing")
    assert plot.data["mean"].isna().all()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.text(max_size=5), st.one_of(st.none(), st.floats(allow_nan=False)))),
    st.sampled_from(sorted(SORTS)),
    st.booleans(),
)
def test_sorting_keeps_every_row_and_puts_the_unknown_last(rows, sort, down):
    made = [
        SimpleNamespace(name=name, condition=name, folder="", progress=value, changed=value) for name, value in rows
    ]
    for row in made:
        row.stands = SimpleNamespace(seed=None, state="done", alignment_end=row.progress, loss_best=row.progress)
    chosen = Filter(sort=sort, down=down).choose(made)
    assert sorted(map(id, chosen)) == sorted(map(id, made))
    unknown = [SORTS[sort](row) is None for row in chosen]
    assert unknown == sorted(unknown)


def test_names_are_found_by_what_is_shown_of_them():
    assert [in_order("a10") < in_order("a9"), in_order("") < in_order("a")] == [False, True]
    row = SimpleNamespace(name="a\x1b", condition="B", folder="", stands=SimpleNamespace(state="done"))
    assert Filter.of({"text": "\\x1B"}).choose([row]) == [row]
    assert Filter.of({"text": "b", "sort": "nonsense", "state": "done"}).choose([row]) == [row]
    assert Filter.of({"state": "failed"}).choose([row]) == []
    assert show("a\x1b") == "a\\x1b"


def test_decimals_in_names_are_sorted_as_numbers():
    values = ["-2", "-0.5", "0.03812", "0.07451", "0.1053", "2", "10", "1e+20"]
    names = [f"gain_scale={value}, seed-{seed}" for value in values for seed in (9, 10)]
    assert sorted(set(names), key=in_order) == names
    assert sorted(["a-10", "a-9", "a-8e1f"], key=in_order) == ["a-8e1f", "a-9", "a-10"]


def test_table_filter_and_legend_have_one_order_and_counts_are_those_of_the_filter(tmp_path, monkeypatch):
    names = [f"gain_scale={value}" for value in (0.1053, 0.03812, 0.07451)]
    write_entries(tmp_path / "sweep", "sweep", [Entry(name, name, 0) for name in names])
    for name in names:
        select = 'name = "selTournament"\ntournsize = 3' if name.endswith("3") else 'name = "selRandom"'
        plant(tmp_path / "sweep" / name, condition=name, generations=3, extra=f"[evolution.select]\n{select}\n")
    pages = Server(Folders([tmp_path])).pages
    expected = [names[1], names[2], names[0]]
    found = pages.list_runs(Filter())
    assert [row.condition for row in found["rows"]] == found["offered"]["condition"] == expected
    drawn = []
    monkeypatch.setattr(pages_module, "courses", lambda runs, **_: drawn.extend(runs) or courses(runs))
    rows = list(reversed(found["rows"]))
    pages.draw_courses(rows, ["loss_median"], "condition")
    assert [run.condition for run in drawn] == expected
    some = pages.list_runs(Filter(condition=names[0]))
    assert (sum(some["counts"].values()), some["found"]) == (1, 3)
    # a setting that a run does not have is empty, and one that never varies is no column
    table = pages.look(rows, [], "run")["differences"]
    assert "stage" not in table.head
    assert sorted(row[table.head.index("evolution.select.tournsize")] for row in table.rows) == ["", "", "3"]


def test_runs_that_have_not_begun_are_left_out_in_one_line(server):
    waiting = SimpleNamespace(name="late", stands=SimpleNamespace(state="waiting"))
    assert server.pages.folders.load([waiting]) == ([], ["late has not begun yet."])
    assert server.pages.folders.load([waiting] * 23) == ([], ["23 runs have not begun yet."])


@pytest.mark.parametrize("name", NAMES.values())
def test_a_name_with_breaks_is_the_name(name):
    broken = breakable(name)
    plain = re.sub(r'<wbr>|<span class="whole">|</span>', "", broken)
    assert plain == str(escape(name))


def test_names_break_between_words_and_never_in_numbers():
    parts = [re.sub("<[^>]*>", "", part) for part in breakable("scale=-0.03812,rate=1e-05-seed-9").split("<wbr>")]
    assert parts == ["scale=", "-0.03812,", "rate=", "1e-05-", "seed-", "9"]


def test_what_is_kept_weighs_no_more_than_it_may():
    made = []
    kept = Kept(10, len)
    for text in ("aaaa", "bbbb", "aaaa", "cccc", "aaaa", "bbbb"):
        assert kept.get(text, 0, lambda text=text: made.append(text) or text) == text
    assert made == ["aaaa", "bbbb", "cccc", "bbbb"]


def test_what_took_long_to_make_is_not_made_again_at_once(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(kept_module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    kept = Kept(10, lambda value: 1)

    def make(value, seconds):
        now[0] += seconds
        return value

    assert kept.get("page", 1, lambda: make("first", 2)) == "first"
    now[0] += 2 * kept_module.PATIENCE - 1
    assert kept.get("page", 2, lambda: make("second", 2)) == "first"
    now[0] += 2
    assert kept.get("page", 2, lambda: make("second", 2)) == "second"
    assert kept.get("page", 2, lambda: make("third", 2)) == "second"


# in a browser


@pytest.fixture
def address(shown):
    """The address of a server, with its token; it ends with the test."""
    begun, given = threading.Event(), {}

    def note(where, port):
        given.update(where=where, port=port, task=asyncio.current_task(), loop=asyncio.get_running_loop())
        begun.set()

    def run():
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(serve(Folders(shown), 0, note))

    thread = threading.Thread(target=run)
    thread.start()
    assert begun.wait(30)
    yield given["where"]
    given["loop"].call_soon_threadsafe(given["task"].cancel)
    thread.join(30)


@pytest.mark.skipif(not found(), reason="no browser")
def test_a_browser_shows_and_updates_it_at_any_width(address, folder, tmp_path):
    top = address.partition("?")[0]
    with browser(tmp_path / "profile") as page:
        page.open(address, width=1280)
        assert "token" not in page.evaluate("location.href")
        assert page.evaluate("document.querySelectorAll('.runs tbody tr').length") == 14
        for path in ("", "runs?all=1"):
            page.open(top + path, width=360, dark=True)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360
            unnamed = "[...document.querySelectorAll('input:not([type=hidden]), select')]" + (
                ".filter(one => !one.labels.length && !one.hasAttribute('aria-labelledby')).length"
            )
            assert page.evaluate(unnamed) == 0
        # what is ticked stays so when the table is brought up to date
        page.open(top, width=1280)
        page.evaluate("document.querySelector('tbody input').click()")
        with Lock(inside(folder / "sweep" / "drift-1") / "lock"):
            time.sleep(folders_module.FRESH_SECONDS)
            page.evaluate("update()")
            for _ in range(200):
                if page.evaluate("document.querySelectorAll('td .running').length") == 1:
                    break
                time.sleep(0.05)
            assert page.evaluate("document.querySelectorAll('td .running').length") == 1
        assert page.evaluate("document.querySelectorAll('tbody input:checked').length") == 1
        assert [text for text in page.problems if not text.startswith(f"request: {top}")] == []


def test_a_port_that_is_taken_is_said(address, shown):
    port = int(re.search(r":(\d+)/", address)[1])
    with pytest.raises(SettingError, match=f"--port: {port} cannot be had"):
        asyncio.run(serve(Folders(shown), port, print))


@pytest.mark.linux
def test_it_answers_this_machine_alone(address):
    port = int(re.search(r":(\d+)/", address)[1])
    with open("/proc/net/tcp") as table:
        listening = [line.split()[1] for line in table if line.split()[3] == "0A"]
    assert [one for one in listening if int(one.partition(":")[2], 16) == port] == [f"0100007F:{port:04X}"]
