"""From an HTTP status, an SDK exception or a socket error to one of our error types."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from src.llm.errors import (
    AuthenticationFailed,
    BadRequest,
    ConnectionFailed,
    ContextTooLong,
    LLMError,
    MalformedOutput,
    ModelNotFound,
    Overloaded,
    QuotaExhausted,
    RateLimited,
    StreamCut,
    Timeout,
    Unanswered,
)
from src.llm.redact import redact

_QUOTA = re.compile(
    r"insufficient_quota|billing|spend(?:ing)?[ _-]?limit|credit balance|"
    r"exceeded your current quota",
    re.IGNORECASE,
)
_CONTEXT = re.compile(
    r"context[ _](?:length|window)|too many (?:input )?tokens|prompt is too long|"
    r"maximum context|input token count|context_length_exceeded",
    re.IGNORECASE,
)
_WRONG_KEY = re.compile(r"api[ _]key not valid|api_key_invalid|invalid api key", re.IGNORECASE)


class FaultMapper:
    """Words faults for one provider, without its secrets."""

    def __init__(self, provider: str, secrets: tuple[str, ...], key_names: tuple[str, ...]) -> None:
        self._provider = provider
        self._secrets = secrets
        self._key_hint = (
            f"Check {' or '.join(key_names)} in the environment or .env."
            if key_names
            else "Check the provider's settings in the models file."
        )

    def clean(self, text: object) -> str:
        """`text` with keys masked, short enough for a screen and the ledger."""
        return redact(str(text), self._secrets)

    def status(
        self, status: int, text: object, *, kind: str = "", headers: Mapping[str, str] | None = None
    ) -> LLMError:
        """The error for an HTTP status, or for an error event that stands for one.

        Args:
            kind: the provider's machine-readable error type or code.
        """
        said = self.clean(text)
        marks = f"{kind} {said}"
        name = self._provider
        if status == 429 or kind in {"rate_limit_error", "rate_limit_exceeded"}:
            if _QUOTA.search(marks):
                return QuotaExhausted(
                    f"{name}: the account's credit or spend limit is used up. {said}",
                    hint="Add credit or raise the limit at the provider.",
                )
            return RateLimited(
                f"{name}: too many requests. {said}", retry_after=retry_after(headers or {})
            )
        if status in {401, 403} or kind in {"authentication_error", "permission_error"}:
            return AuthenticationFailed(f"{name} rejects the key. {said}", hint=self._key_hint)
        if status == 402 or kind == "billing_error":
            return QuotaExhausted(f"{name}: payment is required. {said}")
        if status == 404 or kind == "not_found_error":
            return ModelNotFound(
                f"{name} does not serve this model. {said}",
                hint="Name another model for the task in Settings or in the models file.",
            )
        if status == 413 or (400 <= status < 500 and _CONTEXT.search(marks)):
            return ContextTooLong(f"{name}: the request is too long for the model. {said}")
        if status == 400 and _WRONG_KEY.search(marks):
            return AuthenticationFailed(f"{name} rejects the key. {said}", hint=self._key_hint)
        if status in {408, 504} or kind == "timeout_error":
            return Timeout(f"{name} gave up on the request. {said}")
        if status >= 500 or kind in {"overloaded_error", "api_error", "server_error"}:
            return Overloaded(
                f"{name} is overloaded or failing ({status}). {said}",
                retry_after=retry_after(headers or {}),
            )
        if status == 409:
            return Overloaded(f"{name} could not take the request now. {said}")
        return BadRequest(f"{name} rejects the request ({status}). {said}")

    def transport(self, error: BaseException, *, partial: str = "") -> LLMError:
        """The error for what went wrong below HTTP; walks the cause chain for the socket's word."""
        names = {type(link).__name__ for link in _chain(error)}
        said = self.clean(error) or type(error).__name__
        name = self._provider
        if "ConnectTimeout" in names:
            return Unanswered(
                f"{name} cannot be reached: nobody answers.",
                hint="Check the network and the base URL.",
            )
        if names & {
            "ConnectError",
            "PoolTimeout",
            "ConnectionRefusedError",
            "gaierror",
        }:
            return ConnectionFailed(
                f"{name} cannot be reached. {said}", hint="Check the network and the base URL."
            )
        if names & {
            "TimeoutException",
            "ReadTimeout",
            "WriteTimeout",
            "APITimeoutError",
            "TimeoutError",
        }:
            return Timeout(f"{name} did not answer in time.", partial=partial)
        if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
            return MalformedOutput(f"{name} sent a body that is not JSON.", partial=partial)
        return StreamCut(f"{name}: the connection broke. {said}", partial=partial)


def retry_after(headers: Mapping[str, str], now: dt.datetime | None = None) -> float | None:
    """Seconds a response asks to wait: ``retry-after-ms``, or ``Retry-After`` in either form."""
    millis = headers.get("retry-after-ms")
    value = headers.get("retry-after")
    try:
        if millis is not None:
            return max(0.0, float(millis) / 1000)
        if value is None:
            return None
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(value or "")
    except (TypeError, ValueError):
        return None
    now = now or dt.datetime.now(dt.UTC)
    return max(0.0, (at - now).total_seconds())


def _chain(error: BaseException) -> list[BaseException]:
    links: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in links:
        links.append(link)
        link = link.__cause__ or link.__context__
    return links
