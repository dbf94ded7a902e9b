"""Settings from the environment and `.env`, read once and validated.

Every variable is listed in `.env.example`. Keys are `SecretStr`: they never print.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import platformdirs
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from src.errors import ConfigError


class Settings(BaseSettings):
    """The product's settings; field names in upper case are the variables' names.

    Attributes:
        campaign_analyst_home: folder of state: ledger, history, uploads. Created on first use.
        state_database_url: SQLAlchemy URL of the state database; SQLite in the home by default.
        database_url: the user's own warehouse; the shipped sample when unset.
        query_timeout_seconds, query_row_limit, query_memory_mb: limits of one query.
        query_workers: queries that may run at once.
        smart_routing_enabled: catalogue copy goes by its trigger words; else the plain chain.
        cost_tracking_enabled: catalogue runs print and write what they cost. The ledger stays.
        catalogue_triggers_file: the user's trigger words; triggers.toml in the home by default.
    """

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    campaign_analyst_home: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("campaign-analyst"))
    )
    campaign_analyst_user: str | None = None
    state_database_url: str | None = None
    database_url: str | None = None

    anthropic_api_key: SecretStr | None = None
    openai_api_key: SecretStr | None = None
    gemini_api_key: SecretStr | None = None
    google_api_key: SecretStr | None = None
    anthropic_base_url: str | None = None
    openai_base_url: str | None = None
    gemini_base_url: str | None = None

    llm_models_file: Path | None = None
    llm_profile: str | None = None
    llm_log_content: bool = False
    llm_offline: bool = False
    llm_session_budget_usd: float | None = Field(default=None, ge=0)
    llm_day_budget_usd: float | None = Field(default=None, ge=0)
    llm_share_rows: bool = False

    smart_routing_enabled: bool = True
    cost_tracking_enabled: bool = True
    catalogue_triggers_file: Path | None = None

    query_timeout_seconds: float = Field(default=30.0, gt=0, le=3600)
    query_row_limit: int = Field(default=10_000, ge=1, le=1_000_000)
    query_memory_mb: int = Field(default=1024, ge=64)
    query_workers: int = Field(default=2, ge=1, le=64)
    upload_max_mb: int = Field(default=512, ge=1)

    @property
    def state_url(self) -> str:
        """SQLAlchemy URL of the state database."""
        if self.state_database_url:
            return self.state_database_url
        return f"sqlite:///{self.campaign_analyst_home / 'state.db'}"


def load_settings() -> Settings:
    """Read the environment and `.env` now.

    Raises:
        ConfigError: a variable has a value that cannot be used; names the variable, not the value.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"]).upper()
        raise ConfigError(
            f"The setting {name} cannot be used: {first['msg']}.",
            where=name,
            hint="Correct it in the environment or in .env; .env.example lists every setting.",
        ) from None


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The process's settings. Tests that change the environment call its `cache_clear()`."""
    return load_settings()
