"""What can go wrong with a model call, in one vocabulary for every provider.

Each class carries the router's policy with it: may the same deployment be asked again, may the
next one be asked, and was the failed request surely free of charge.
"""

from __future__ import annotations

from typing import ClassVar

from src.errors import AnalystError
from src.llm.types import Attempt, Outcome, Usage


class LLMError(AnalystError):
    """Base of all model-call errors.

    Attributes:
        attempts: what was tried before this was raised, with usage and cost.
        usage: tokens the failed attempt is known to have used.
        partial: text that came before the failure; never a complete answer.
        served_model: the model that was billed, where the provider said so.
        call_id: the call's id in the ledger, once the router gave up on it.
    """

    code = "llm"
    retry_here: ClassVar[bool] = False
    fall_over: ClassVar[bool] = True
    free: ClassVar[bool] = False
    outcome: ClassVar[Outcome] = Outcome.FAILED

    def __init__(
        self,
        message: str,
        *,
        where: str | None = None,
        kept: str | None = None,
        hint: str | None = None,
        usage: Usage | None = None,
        partial: str = "",
        served_model: str | None = None,
    ) -> None:
        super().__init__(message, where=where, kept=kept, hint=hint)
        self.usage = usage
        self.partial = partial
        self.served_model = served_model
        self.attempts: tuple[Attempt, ...] = ()
        self.call_id = ""


class Busy(LLMError):
    """The provider cannot take the request now; `retry_after` is its own wish in seconds."""

    retry_here = True
    free = True

    def __init__(self, message: str, *, retry_after: float | None = None, **rest: str) -> None:
        super().__init__(
            message, where=rest.get("where"), kept=rest.get("kept"), hint=rest.get("hint")
        )
        self.retry_after = retry_after


class RateLimited(Busy):
    """Too many requests."""

    code = "rate_limited"


class QuotaExhausted(LLMError):
    """The account's credit or spend limit is used up; asking again cannot help."""

    code = "quota_exhausted"
    free = True


class Overloaded(Busy):
    """The provider has no capacity, or failed on its side."""

    code = "overloaded"


class CoolingDown(LLMError):
    """The deployment failed repeatedly and is left alone for a while; nothing was sent."""

    code = "cooling_down"
    free = True


class Timeout(LLMError):
    """No complete answer in time. The provider may still charge for it."""

    code = "timeout"


class ConnectionFailed(LLMError):
    """The provider could not be reached; nothing was sent, nothing is charged."""

    code = "connection_failed"
    retry_here = True
    free = True


class NotSetUp(LLMError):
    """The provider's SDK cannot be used here: it is not installed, or its settings are wrong."""

    code = "not_set_up"
    free = True


class Unanswered(ConnectionFailed):
    """Nobody answered the attempt to connect; another one would wait as long."""

    retry_here = False


class StreamCut(LLMError):
    """The connection broke after the request was sent; `partial` holds the text so far."""

    code = "cut"
    retry_here = True
    outcome = Outcome.CUT


class BadRequest(LLMError):
    """The provider rejects the request itself; no other deployment is asked."""

    code = "bad_request"
    fall_over = False
    free = True


class ModelNotFound(LLMError):
    """The provider does not serve this model, or not to this key."""

    code = "model_not_found"
    free = True


class AuthenticationFailed(LLMError):
    """The key is wrong or may not do this."""

    code = "authentication"
    free = True


class ContextTooLong(LLMError):
    """The request does not fit the model's context."""

    code = "context_too_long"
    free = True


class Refused(LLMError):
    """The model declined to answer."""

    code = "refused"
    outcome = Outcome.REFUSED


class Blocked(LLMError):
    """A safety filter of the provider stopped the request or the answer."""

    code = "blocked"
    outcome = Outcome.BLOCKED


class Truncated(LLMError):
    """The answer hit its token limit; `partial` is what came."""

    code = "truncated"
    outcome = Outcome.TRUNCATED


class MalformedOutput(LLMError):
    """The answer is empty, unreadable, or does not fit the schema."""

    code = "malformed_output"


class BudgetExceeded(LLMError):
    """The session's or the day's budget is spent; nothing was sent."""

    code = "budget"
    fall_over = False
    free = True


class NoProviderAvailable(LLMError):
    """No deployment of the task's chain could answer, and there is no offline last resort."""

    code = "no_provider"
    fall_over = False


class NotWaited(LLMError):
    """The caller wants the offline answer now; what was under way is stopped."""

    code = "not_waited"
    fall_over = False


class Cancelled(LLMError):
    """The caller cancelled the call; `attempts` says what it had cost by then."""

    code = "cancelled"
    fall_over = False
