"""Who may ask: whoever has the token, under a name of this machine's own; and what each answer forbids a browser."""

import hmac
import logging
import secrets
from collections.abc import Awaitable, Callable
from hashlib import sha256

from aiohttp import web

from hetevo.analysis.report.page import POLICY as REPORT_POLICY
from hetevo.populations.errors import HetevoError

_LOG = logging.getLogger("hetevo")

OWN_NAMES = ("127.0.0.1", "localhost")
"""Names under which a browser may ask: a page of another name that was led here (DNS rebinding) has that name."""

POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content security policy: no script and no style but the two files of the server, and nothing from elsewhere."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Server": "hetevo",
}
"""What every answer says. There is no header of CORS: no other page may read an answer."""

OF_REPORTS = {
    "Content-Security-Policy": f"{REPORT_POLICY}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}
"""What an answer says that is a report: a page with its own style, and no script at all."""

TOKEN_BYTES = 24

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Guard:
    """Lets a request through that has the token: in its address, for the first one, or in the cookie that this gives.

    Parameters
    ----------
    say : callable
        Makes a page of a status, a heading and a message.

    Attributes
    ----------
    token : str
        What the first address must have as ``?token=``; drawn at random.
    """

    def __init__(self, say: Callable[[int, str, str], web.Response]) -> None:
        self._say = say
        self.token = secrets.token_urlsafe(TOKEN_BYTES)
        # two servers on one machine have the same name and different ports, which cookies do not tell apart
        self._cookie = f"hetevo-{sha256(self.token.encode()).hexdigest()[:12]}"

    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer, or say why not; whatever is answered has `HEADERS`."""
        response: web.StreamResponse
        try:
            response = await self._answer(request, handler)
        except HetevoError as error:
            response = self._say(404, "This cannot be shown", str(error))
        except web.HTTPException as error:
            response = self._say(error.status, error.reason, "There is nothing at this address.")
            if "Allow" in error.headers:
                response.headers["Allow"] = error.headers["Allow"]
        except Exception as error:  # one page with a mistake in it must not end the others
            reason = f"{type(error).__name__}: {error}"
            _LOG.warning("%s failed: %s", request.path, reason)
            response = self._say(500, "This page failed", reason)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        # the name first: a page of somebody else's must not even learn whether a token is right
        if not is_own_name(request.headers.get("Host", "")):
            return self._say(421, "Another name", "This page is served as 127.0.0.1 and as localhost only.")
        given = request.query.get("token")
        if given is not None and self._is_token(given):
            # away from the address, which would stay in the history
            address = request.rel_url.without_query_params("token")
            answer = web.Response(status=303, headers={"Location": f"/{str(address).lstrip('/')}"})
            answer.set_cookie(self._cookie, self.token, httponly=True, samesite="Strict", path="/")
            return answer
        if not self._is_token(request.cookies.get(self._cookie, "")):
            return self._say(
                403,
                "Not without its token",
                "Open the address that hetevo serve printed, with the token in it; each start has another one.",
            )
        return await handler(request)

    def _is_token(self, given: str) -> bool:
        # takes as long whatever is wrong with it
        return hmac.compare_digest(given.encode("utf-8", "replace"), self.token.encode())


def is_own_name(host: str) -> bool:
    """Tell whether a Host header names this machine alone, at whichever port: a tunnel may have another one.

    >>> is_own_name("127.0.0.1:8000"), is_own_name("localhost"), is_own_name("127.0.0.1.example.org")
    (True, True, False)
    """
    name, colon, port = host.partition(":")
    return name.lower() in OWN_NAMES and (not colon or (port.isascii() and port.isdigit()))
