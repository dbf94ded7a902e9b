"""Where each provider is and whether we hold a key for it; makes adapters on demand."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dotenv import dotenv_values

from src.llm.providers.base import Adapter
from src.llm.providers.faults import FaultMapper

if TYPE_CHECKING:
    from src.config.models_schema import ProviderSpec
    from src.config.settings import Settings


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One provider of the models file, with its key from the environment.

    Attributes:
        key_name: the variable the key was found in; None when there is none.
        key_names: the variables that are looked at, in order.
        address_name: the variable that may hold the address.
    """

    name: str
    kind: str
    base_url: str | None
    key: str = field(repr=False)
    key_name: str | None
    key_names: tuple[str, ...]
    address_name: str | None = None

    @property
    def ready(self) -> bool:
        """Whether a request can be sent: nothing is missing."""
        return not self.missing

    @property
    def missing(self) -> tuple[str, ...]:
        """The variables of which one has to be set before a request can be sent."""
        # Without an address the SDK would send a gateway's prompts and key to OpenAI.
        if self.kind == "openai_compatible" and not self.base_url:
            return (self.address_name or "base_url",)
        return () if self.key else self.key_names

    def adapter(self) -> Adapter:
        """A new adapter; importing its SDK takes up to seconds, so do it off the event loop."""
        _keep_content_out_of_logs()
        faults = FaultMapper(self.name, (self.key,) if self.key else (), self.key_names)
        if self.kind == "anthropic":
            from src.llm.providers.anthropic_messages import AnthropicAdapter

            return AnthropicAdapter(self.key, self.base_url, faults)
        if self.kind == "openai":
            from src.llm.providers.openai_responses import OpenAIAdapter

            return OpenAIAdapter(self.key, self.base_url, faults)
        if self.kind == "google":
            from src.llm.providers.google_genai import GoogleAdapter

            return GoogleAdapter(self.key, self.base_url, faults)
        from src.llm.providers.openai_compatible import CompatibleAdapter

        return CompatibleAdapter(self.key, self.base_url, faults)


def find_endpoints(
    providers: Mapping[str, ProviderSpec], settings: Settings
) -> dict[str, Endpoint]:
    """Every provider of the models file with the key and address that are set for it."""
    endpoints = {}
    for name, spec in providers.items():
        key_name = next((var for var in spec.key_env if _value(settings, var)), None)
        base_url = _value(settings, spec.base_url_env) if spec.base_url_env else ""
        endpoints[name] = Endpoint(
            name=name,
            kind=spec.kind,
            base_url=base_url or spec.base_url,
            key=_value(settings, key_name) if key_name else "",
            key_name=key_name,
            key_names=tuple(spec.key_env),
            address_name=spec.base_url_env,
        )
    return endpoints


def _keep_content_out_of_logs() -> None:
    """The SDKs write whole requests to their loggers at debug level; a program that turns
    debugging on for itself does not mean that."""
    for name in ("anthropic", "openai", "google_genai"):
        logger = logging.getLogger(name)
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.INFO)


def _value(settings: Settings, variable: str) -> str:
    """A variable from the settings, or one they do not know from the environment or `.env`."""
    if variable.lower() in type(settings).model_fields:
        value = getattr(settings, variable.lower()) or ""
    else:
        value = os.environ.get(variable) or dotenv_values(".env").get(variable) or ""
    secret = getattr(value, "get_secret_value", None)
    return str(secret() if secret else value).strip()
