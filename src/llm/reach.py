"""Whether anything listens at a provider's address: a TCP connection, no request, no key.

It takes milliseconds where a port is closed, and importing a provider's SDK takes up to seconds:
so an address is tried before its SDK is loaded.
"""

from __future__ import annotations

import asyncio
import os
import socket
import urllib.request
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from src.llm.errors import ConnectionFailed, Unanswered

if TYPE_CHECKING:
    from src.llm.endpoints import Endpoint

_OWN_ADDRESS = {
    "anthropic": "https://api.anthropic.com",
    "openai": "https://api.openai.com/v1",
    "google": "https://generativelanguage.googleapis.com",
}
_SECONDS = 3.0
_HINT = "Check the network and the base URL."


def address_of(endpoint: Endpoint) -> tuple[str, int]:
    """Host and port that requests to a provider go to."""
    parts = urlsplit(endpoint.base_url or _OWN_ADDRESS.get(endpoint.kind, ""))
    return parts.hostname or "", parts.port or (80 if parts.scheme == "http" else 443)


async def check_reachable(endpoint: Endpoint, seconds: float = _SECONDS) -> bool:
    """Connect and hang up.

    Returns:
        False when a proxy stands between: then only a request could tell.

    Raises:
        ConnectionFailed: the name does not resolve, nothing listens, or nobody answers in time.
    """
    host, port = address_of(endpoint)
    scheme = urlsplit(endpoint.base_url or "https:").scheme
    if {scheme, "all"} & set(urllib.request.getproxies()) and not urllib.request.proxy_bypass(host):
        return False
    error: ConnectionFailed
    try:
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_connection(host, port)
    except TimeoutError:
        error = Unanswered(_told(endpoint, f"no answer within {seconds:.0f} s"), hint=_HINT)
    except OSError as failure:
        error = ConnectionFailed(_told(endpoint, _reason(failure)), hint=_HINT)
    except (UnicodeError, ValueError):
        error = ConnectionFailed(_told(endpoint, "that is not an address"), hint=_HINT)
    else:
        writer.close()
        return True
    raise error


def _told(endpoint: Endpoint, why: str) -> str:
    host, port = address_of(endpoint)
    return f"{endpoint.name} cannot be reached at {host}:{port}: {why}."


def _reason(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "the name is not known here"
    return os.strerror(error.errno).lower() if error.errno else "it cannot be connected to"
