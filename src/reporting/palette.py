"""The chart palette, read from `palette.toml` beside it."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Theme = Literal["light", "dark"]


class Palette(BaseModel):
    """Colours of one theme, as ``#rrggbb``."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    ground: str
    text: str
    muted: str
    grid: str
    axis: str
    baseline: str
    series: tuple[str, ...] = Field(min_length=8)

    def colour(self, position: int) -> str:
        """Colour of the series at that position, cycling."""
        return self.series[position % len(self.series)]


@functools.lru_cache(maxsize=1)
def _palettes() -> dict[str, Palette]:
    text = Path(__file__).with_name("palette.toml").read_text(encoding="utf-8")
    return {name: Palette.model_validate(body) for name, body in tomllib.loads(text).items()}


def palette(theme: Theme = "light") -> Palette:
    """The palette of a theme."""
    return _palettes()[theme]
