"""The HTTP API of the shop."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Protocol
from uuid import UUID

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.exceptions import HTTPException

from ecs_workloads_runtime import NotSent, emit_metrics, log_context
from ecs_workloads_runtime.request_log import REQUEST_ID, RequestLog
from shop_app.order import NewOrder, Order, Problem
from shop_app.order_table import OrderTable, TableFailure

_LOG = structlog.get_logger()
_UNAVAILABLE = "the shop cannot reach its orders just now; please try again"
_PDF = "application/pdf"


class Queue(Protocol):
    """What the API needs of a queue: ``ecs_workloads_runtime.Producer`` has it."""

    def send(
        self, body: str, *, idempotency_key: str | None = None, attributes: Mapping[str, str] | None = None
    ) -> None:
        """Return when the queue has confirmed that it holds the message."""
        ...

    def check(self) -> None:
        """Raise an error when the queue cannot be reached."""
        ...


def api(table: OrderTable, queue: Queue) -> FastAPI:
    """Return the API over ``table`` and ``queue``, with its description at ``/api/openapi.json``."""
    app = FastAPI(
        title="Shop",
        version="1.0.0",
        description="Places orders and tells how far they are.",
        openapi_url="/api/openapi.json",
        docs_url=None,  # they load scripts from another site
        redoc_url=None,
    )
    app.add_middleware(RequestLog)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    for failure in TableFailure:
        app.add_exception_handler(failure, _table_failed)
    _health(app, table, queue)
    _orders(app, table, queue)
    return app


def _health(app: FastAPI, table: OrderTable, queue: Queue) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> Response:
        """Say that the process lives; what it depends on is no reason to replace it."""
        return PlainTextResponse("ok")

    @app.get("/readyz", include_in_schema=False)
    def readyz() -> Response:
        """Say whether an order could be placed now."""
        for name, check in (("table", table.check), ("queue", queue.check)):
            try:
                check()
            except Exception as error:  # noqa: BLE001 - whatever it was, the answer is no
                _LOG.warning("not ready", dependency=name, error=str(error))
                return JSONResponse({"error": f"the {name} of the orders cannot be reached"}, status_code=503)
        return PlainTextResponse("ok")


def _orders(app: FastAPI, table: OrderTable, queue: Queue) -> None:
    def problem(description: str) -> dict[str, type[Problem] | str]:
        return {"model": Problem, "description": description}

    unavailable = problem("The shop cannot reach its orders.")
    invalid = problem("The request is not as described.")
    unknown = problem("There is no such order.")

    @app.post(
        "/api/orders",
        status_code=202,
        responses={400: problem("The body cannot be read."), 422: invalid, 503: unavailable},
    )
    def place_order(new: NewOrder, request: Request, response: Response) -> Order:
        """Take an order. It is kept and on its way to a worker when the answer comes."""
        order = table.add(new)
        with log_context(order_id=str(order.id)):
            attributes = {"request_id": request.headers[REQUEST_ID]}
            try:
                queue.send(
                    json.dumps({"order_id": str(order.id)}), idempotency_key=str(order.id), attributes=attributes
                )
            except NotSent as error:
                _LOG.exception("order not sent")
                table.withdraw(order.id)
                raise HTTPException(503, _UNAVAILABLE) from error
            _LOG.info("order placed")
        emit_metrics("Shop", {"OrdersPlaced": (1, "Count")}, {"Table": table.name})
        response.headers["location"] = f"/api/orders/{order.id}"
        return order

    @app.get("/api/orders/{order_id}", responses={404: unknown, 422: invalid, 503: unavailable})
    def read_order(order_id: UUID) -> Order:
        """Tell how far an order is."""
        order = table.find(order_id)
        if order is None:
            raise HTTPException(404, f"there is no order {order_id}")
        return order

    @app.get(
        "/api/orders/{order_id}/receipt",
        response_class=Response,  # which claims no type for the problems
        responses={
            200: {
                "description": "The receipt.",
                "content": {_PDF: {"schema": {"type": "string", "contentMediaType": _PDF}}},
            },
            404: problem("There is no such order, or no receipt of it yet."),
            422: invalid,
            503: unavailable,
        },
    )
    def read_receipt(order_id: UUID) -> Response:
        """Give the receipt of an order as PDF."""
        receipt = table.receipt(order_id)
        if receipt is None:
            raise HTTPException(404, f"there is no receipt of an order {order_id} yet")
        name = f'inline; filename="receipt-{order_id}.pdf"'
        return Response(receipt, media_type=_PDF, headers={"content-disposition": name})


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - it is registered for no other
    # Without the input, which may be no text that can be sent.
    found = [f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors()]
    return _problem(422, "; ".join(found))


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for no other
    known = error.detail != HTTPStatus(error.status_code).phrase
    text = str(error.detail) if known else HTTPStatus(error.status_code).description or str(error.detail)
    return _problem(error.status_code, text, error.headers)


async def _table_failed(_: Request, error: Exception) -> Response:
    await _LOG.aerror("the table of the orders failed", error=str(error))
    return _problem(503, _UNAVAILABLE)


def _problem(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"error": text}, status_code=status, headers=headers)
