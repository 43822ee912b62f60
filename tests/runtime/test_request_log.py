"""Each request has an id, which its log lines and its answer carry."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from ecs_workloads_runtime import configure_logging
from ecs_workloads_runtime.request_log import RequestLog


def get(path: str, request_id: str | None = None) -> httpx.Response:
    async def orders(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.headers["x-request-id"], status_code=202)

    async def broken(_: Request) -> PlainTextResponse:
        raise RuntimeError("broken")

    async def asked() -> httpx.Response:
        routes = [Route("/orders", orders), Route("/healthz", orders), Route("/broken", broken)]
        application = Starlette(routes=routes, middleware=[Middleware(RequestLog)])
        transport = httpx.ASGITransport(application, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            return await client.get(path, headers={} if request_id is None else {"x-request-id": request_id})

    return asyncio.run(asked())


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines() if "request answered" in line]


def test_the_id_of_a_caller_goes_to_application_answer_and_log(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("app")
    answer = get("/orders", "r-1")

    assert (answer.text, answer.headers["x-request-id"]) == ("r-1", "r-1")
    [line] = lines(capsys.readouterr().out)
    assert (line["request_id"], line["method"], line["path"], line["status"]) == ("r-1", "GET", "/orders", 202)


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, '{"level": "error"}'])
def test_an_id_that_does_not_belong_in_a_log_is_replaced(given: str) -> None:
    answer = get("/orders", given)

    assert answer.headers["x-request-id"] == answer.text != given


def test_nobody_reads_about_health_checks(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("app")
    assert get("/healthz").status_code == 202

    assert lines(capsys.readouterr().out) == []


def test_a_request_that_breaks_the_application_is_told_as_a_500(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("app")
    assert get("/broken").status_code == 500

    [line] = lines(capsys.readouterr().out)
    assert (line["path"], line["status"]) == ("/broken", 500)
