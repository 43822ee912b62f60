"""The web server of the shop: one page to place an order, and the way to the app server."""

import os
import sys

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Shop</title></head>
<body>
<h1>Shop</h1>
<form method="post" action="/orders"><label>Article <input name="article" required></label>
<button>Order</button></form>
</body>
</html>
"""


async def index(_: Request) -> Response:
    """Show the page."""
    return HTMLResponse(_PAGE)


async def healthz(_: Request) -> Response:
    """Say that the process serves; what the app server does is no reason to replace this task."""
    return PlainTextResponse("ok")


async def place_order(request: Request) -> Response:
    """Hand an order to the app server."""
    form = await request.form()
    client: httpx.AsyncClient = request.app.state.client
    try:
        answer = await client.post("/orders", json={"article": str(form.get("article", ""))})
    except httpx.TransportError:
        return PlainTextResponse("The shop cannot take orders just now. Please try again.\n", status_code=503)
    return PlainTextResponse(answer.text, status_code=answer.status_code)


def main() -> None:
    """Serve until SIGTERM, then finish the requests at hand."""
    app_url = os.environ.get("APP_URL", "")
    if not app_url.startswith(("http://", "https://")):
        sys.exit(f"web: APP_URL must be the app server's address, got {app_url!r}")
    app = Starlette(
        routes=[
            Route("/", index),
            Route("/healthz", healthz),
            Route("/orders", place_order, methods=["POST"]),
        ]
    )
    app.state.client = httpx.AsyncClient(base_url=app_url, timeout=20)
    # Longer than the idle time-out of the load balancer, which else may use a connection that just closed.
    uvicorn.run(app, host="0.0.0.0", port=int(os.environ.get("PORT", "8080")), timeout_keep_alive=75)  # noqa: S104


if __name__ == "__main__":
    main()
