"""What the environment tells the web server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from ecs_workloads_runtime import read_variable

_LAST_PORT = 65535


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where the web server listens, and where the app server is.

    Args:
        app_url: Address of the app server, from ``APP_URL``.
        port: TCP port, from ``PORT``. Defaults to 8080.
    """

    app_url: httpx.URL
    port: int


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings in ``environ``.

    Raises:
        InvalidEnvironment: A variable is missing or malformed.
    """
    return Settings(
        app_url=read_variable("APP_URL", convert=http_address, environ=environ),
        port=read_variable("PORT", convert=tcp_port, default=8080, environ=environ),
    )


def http_address(text: str) -> httpx.URL:
    """Return the address that ``text`` is.

    Raises:
        ValueError: It does not begin with ``http://`` or ``https://`` and a host, or has more than that.
    """
    expected = "http:// or https:// and a host, such as http://app:8000"
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise ValueError(expected) from error
    if url.scheme not in ("http", "https") or not url.host or url.userinfo or url.raw_path != b"/" or url.fragment:
        raise ValueError(expected)
    return url


def tcp_port(text: str) -> int:
    """Return the TCP port that ``text`` names.

    Raises:
        ValueError: It is no number from 1 to 65535.
    """
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= _LAST_PORT:
        raise ValueError(f"a TCP port, 1 to {_LAST_PORT}")
    return int(text)
