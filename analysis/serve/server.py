"""The addresses of the pages, and the loop that answers whoever asks."""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from importlib.resources import files
from typing import Any, TypeVar
from urllib.parse import urlencode

from aiohttp import web

from hetevo.analysis.figures import FIGURES
from hetevo.analysis.report.page import make_environment
from hetevo.analysis.serve.courses import BY_CONDITION, BY_RUN
from hetevo.analysis.serve.filters import Filter, breakable, shorten, show
from hetevo.analysis.serve.folders import Folders, Row
from hetevo.analysis.serve.guard import OF_REPORTS, Guard, Handler
from hetevo.analysis.serve.pages import Pages
from hetevo.populations.errors import HetevoError, SettingError
from hetevo.populations.text import write_duration

HOST = "127.0.0.1"

LONGEST_LINE = 1 << 16
"""Bytes of an address: one that names a thousand runs is shorter."""

SECONDS = {True: 5, False: 30}
"""From one look of a page at what has changed to the next, by whether a run is under way."""

Result = TypeVar("Result")


class Server:
    """Pages for a browser on this machine.

    Parameters
    ----------
    folders : Folders
        Where the runs are.

    Attributes
    ----------
    guard : Guard
        Lets nobody in without its token.
    """

    def __init__(self, folders: Folders) -> None:
        self.pages = Pages(folders)
        self.guard = Guard(self._say)
        self._templates = make_environment(show, "hetevo.analysis.serve")
        self._templates.filters.update(shorten=shorten, breakable=breakable, ago=_write_age, duration=write_duration)
        # both files are read once, so that no request names a file
        own, report = files("hetevo.analysis.serve"), files("hetevo.analysis.report")
        style = report / "templates" / "style.css", own / "static" / "page.css"
        self._style = "\n".join(file.read_text("utf-8") for file in style)
        self._script = (own / "static" / "page.js").read_text("utf-8")

    def application(self) -> web.Application:
        """Return what answers: GET and HEAD of a few addresses, behind the guard."""

        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self.guard.answer(request, handler)

        application = web.Application(middlewares=[guarded])
        addresses = {
            "/": self._list_runs,
            "/runs": self._look,
            "/curves.svg": self._draw_courses,
            "/figure": self._draw_figure,
            "/report": self._report,
            "/style.css": self._send_style,
            "/page.js": self._send_script,
        }
        for address, handler in addresses.items():
            application.router.add_get(address, handler)
        return application

    async def _list_runs(self, request: web.Request) -> web.Response:
        chosen = Filter.of(request.query)
        found = await aside(lambda: self.pages.list_runs(chosen))
        return self._fill("list.html.jinja", **found)

    async def _look(self, request: web.Request) -> web.Response:
        columns, by = request.query.getall("column", []), request.query.get("by", "")
        rows = await self._choose(request)
        found = await aside(lambda: self.pages.look(rows, columns, by))
        asked, shown, by = _name_runs(request), [found["upper"], found["lower"]], found["by"]
        # drawn before they are asked for, so that the page can say why there are none
        reason = ""
        try:
            await aside(lambda: self.pages.draw_courses(rows, shown, by))
        except HetevoError as error:
            reason = str(error)
        curves = [*(("column", column) for column in shown), ("by", by), ("version", found["version"])]
        return self._fill(
            "runs.html.jinja",
            **found,
            asked=asked,
            named=urlencode(asked),
            curves=urlencode([*asked, *curves]),
            reason=reason,
        )

    async def _draw_courses(self, request: web.Request) -> web.Response:
        columns = request.query.getall("column", [])[:2]
        by = BY_RUN if request.query.get("by") == BY_RUN else BY_CONDITION
        rows = await self._choose(request)
        image = await aside(lambda: self.pages.draw_courses(rows, columns, by))
        return web.Response(body=image, content_type="image/svg+xml")

    async def _draw_figure(self, request: web.Request) -> web.Response:
        kind = request.query.get("kind", "")
        if kind not in FIGURES.own:
            raise web.HTTPNotFound
        rows = await self._choose(request)
        drawing = await aside(lambda: self.pages.draw_figure(rows, kind))
        return self._fill("figure.html.jinja", drawing=drawing, rows=rows, named=urlencode(_name_runs(request)))

    async def _report(self, request: web.Request) -> web.Response:
        rows = await self._choose(request)
        html = await aside(lambda: self.pages.report(rows))
        return web.Response(body=html, content_type="text/html", charset="utf-8", headers=OF_REPORTS)

    async def _send_style(self, request: web.Request) -> web.Response:
        return web.Response(text=self._style, content_type="text/css")

    async def _send_script(self, request: web.Request) -> web.Response:
        return web.Response(text=self._script, content_type="text/javascript")

    async def _choose(self, request: web.Request) -> list[Row]:
        """Return the runs that an address names, by their identifiers or by a filter."""
        identifiers, chosen = request.query.getall("run", []), Filter.of(request.query)
        rows = await aside(lambda: self.pages.choose(identifiers, chosen))
        if not rows:
            raise SettingError("No run is chosen, or those that were are not there any more. Go back to all runs.")
        return rows

    def _fill(self, template: str, *, status: int = 200, **values: Any) -> web.Response:
        html = self._templates.get_template(template).render(
            **{"live": False, "every": SECONDS[bool(values.get("live"))], **values}
        )
        # halves of characters cannot be written
        body = html.encode("utf-8", "backslashreplace")
        return web.Response(status=status, body=body, content_type="text/html", charset="utf-8")

    def _say(self, status: int, heading: str, message: str) -> web.Response:
        return self._fill("message.html.jinja", status=status, heading=heading, message=message)


async def serve(folders: Folders, port: int, begun: Callable[[str, int], None]) -> None:
    """Answer until the task is cancelled.

    Parameters
    ----------
    folders : Folders
        Where the runs are.
    port : int
        Of this machine alone; 0: one that is free.
    begun : callable
        Is told the address, with its token, and the port, once there is an answer.

    Raises
    ------
    SettingError
        If the port cannot be had.
    """
    server = Server(folders)
    silent = logging.getLogger("hetevo.serve")
    silent.propagate = False
    silent.addHandler(logging.NullHandler())  # requests that are none are refused, and are no news
    runner = web.AppRunner(
        server.application(),
        access_log=None,
        logger=silent,
        max_line_size=LONGEST_LINE,
        max_field_size=LONGEST_LINE,
        handle_signals=False,
        shutdown_timeout=0.1,
    )
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, HOST, port).start()
        except OSError as error:
            raise SettingError(
                f"--port: {port} cannot be had on {HOST}: {error.strerror}. Choose another one, or 0 for one that is"
                " free."
            ) from None
        port = runner.addresses[0][1]
        begun(f"http://{HOST}:{port}/?token={server.guard.token}", port)
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


async def aside(work: Callable[[], Result]) -> Result:
    """Let something that takes its time be done in a thread; the end of the process does not wait for it."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()

    def settle(act: Callable[[], None]) -> None:
        if not future.done():  # else whoever asked has gone away
            act()

    def do() -> None:
        try:
            act = partial(future.set_result, work())
        except BaseException as error:
            act = partial(future.set_exception, error)
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, act)

    threading.Thread(target=do, daemon=True, name="page").start()
    return await future


def _name_runs(request: web.Request) -> list[tuple[str, str]]:
    """Return the part of an address that names runs."""
    identifiers = [("run", identifier) for identifier in request.query.getall("run", [])]
    return identifiers or [*Filter.of(request.query).values(all="1").items()]


def _write_age(changed: float | None) -> str:
    """Say how long ago something was."""
    return "–" if changed is None else f"{write_duration(max(time.time() - changed, 0))} ago"
