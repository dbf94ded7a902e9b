"""What is asked for each content type: templates, checked when they are read.

`templates.toml` is the base; a user's file is merged over it. How a template becomes a text is in
`rendering.py`.
"""

from __future__ import annotations

import copy
import difflib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError

from src.catalogue.rendering import (
    OFFLINE_NAMES,
    PROMPT_NAMES,
    Template,
    TemplateMistake,
    parse,
    parse_prompt,
)
from src.catalogue.values import CopyRules, Language
from src.config.toml_lines import line_of
from src.errors import ConfigError, InputError

SHIPPED: Final = Path(__file__).with_name("templates.toml")
_LANGUAGES: Final[tuple[Language, ...]] = ("ru", "en")


@dataclass(frozen=True, slots=True)
class ContentType:
    """One content type in one language, ready to be rendered.

    Attributes:
        typical_chars: the length that an estimate expects of a text.
    """

    name: str
    language: Language
    system: str
    prompt: Template
    offline: Template
    rules: CopyRules
    max_tokens: int
    typical_chars: int


@dataclass(frozen=True, slots=True)
class Templates:
    """All content types; `of` finds one."""

    types: Mapping[tuple[str, Language], ContentType]

    @property
    def names(self) -> tuple[str, ...]:
        """The content types there are."""
        return tuple(dict.fromkeys(name for name, _ in self.types))

    def of(self, name: str, language: Language) -> ContentType:
        """The content type `name` in `language`."""
        return self.types[name, language]

    def check(self, names: Sequence[str]) -> tuple[str, ...]:
        """`names` without repetitions.

        Raises:
            InputError: there is no such content type, or none was named.
        """
        for name in names:
            if name not in self.names:
                near = difflib.get_close_matches(name, self.names, n=1)
                known = ", ".join(self.names)
                raise InputError(
                    f"There is no content type {name!r}.",
                    where="content types",
                    hint=f"Did you mean {near[0]!r}?" if near else f"Known: {known}.",
                )
        if not names:
            raise InputError("No content type was named.", hint=f"Known: {', '.join(self.names)}.")
        return tuple(dict.fromkeys(names))


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Wording(_Strict):
    system: str = Field(min_length=1)
    prompt: str = Field(min_length=1)
    offline: str = Field(min_length=1)
    forbidden: tuple[str, ...] = ()


class _Type(_Strict):
    max_tokens: int = Field(gt=0, le=32_000)
    min_chars: int = Field(default=0, ge=0)
    max_chars: int = Field(default=0, ge=0)
    html: bool = False
    typical_chars: int = Field(gt=0)
    ru: _Wording
    en: _Wording


class _File(RootModel[dict[str, _Type]]):
    pass


def load_templates(override: Path | None = None) -> Templates:
    """The shipped templates with the user's merged over them.

    Raises:
        ConfigError: the file cannot be read, is wrong, or a template has a placeholder that does
            not exist; `where` names the file, its line and the template.
    """
    text = SHIPPED.read_text(encoding="utf-8")
    merged = tomllib.loads(text)
    sources = [(str(SHIPPED.name), text)]
    if override is not None:
        own, data = _read(override)
        merged = _merge(merged, data)
        sources.insert(0, (override.name, own))
    return _checked(merged, sources)


def edited_templates(base: str | None, changes: Mapping[str, Any]) -> Templates:
    """The shipped templates with a user's TOML text `base` and then `changes` merged over them.

    For an editor with a preview: nothing is written.

    Raises:
        ConfigError: as `load_templates`.
    """
    shipped = SHIPPED.read_text(encoding="utf-8")
    merged = _merge(tomllib.loads(shipped), _parsed("templates", base) if base else {})
    return _checked(_merge(merged, changes), [("templates", base or ""), (SHIPPED.name, shipped)])


def _read(path: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"The templates file cannot be read: {getattr(error, 'strerror', None) or error}.",
            where=path.name,
            hint="It is TOML in UTF-8.",
        ) from None
    return text, _parsed(path.name, text)


def _parsed(name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"The templates file is not valid TOML: {error}.",
            where=name,
            hint="src/catalogue/templates.toml is an example.",
        ) from None


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = copy.deepcopy(dict(base))
    for key, value in over.items():
        inner = merged.get(key)
        merged[key] = (
            _merge(inner, value)
            if isinstance(value, Mapping) and isinstance(inner, dict)
            else value
        )
    return merged


def _checked(merged: dict[str, Any], sources: list[tuple[str, str]]) -> Templates:
    try:
        file = _File.model_validate(merged)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        path = tuple(str(part) for part in problem["loc"])
        known = problem["type"] == "extra_forbidden"
        what = "is not a setting of a template" if known else problem["msg"].rstrip(".")
        raise ConfigError(
            f"{'.'.join(path)}: {what}.",
            where=_where(path, sources),
            hint="src/catalogue/templates.toml shows every setting.",
        ) from None
    types: dict[tuple[str, Language], ContentType] = {}
    for name, spec in file.root.items():
        for language in _LANGUAGES:
            types[name, language] = _content_type(name, language, spec, sources)
    return Templates(types)


def _content_type(
    name: str, language: Language, spec: _Type, sources: list[tuple[str, str]]
) -> ContentType:
    wording = cast(_Wording, getattr(spec, language))
    parsed: dict[str, Template] = {}
    for part, read, names in (
        ("prompt", parse_prompt, PROMPT_NAMES),
        ("offline", parse, OFFLINE_NAMES),
    ):
        try:
            parsed[part] = read(getattr(wording, part).strip("\n"), names)
        except TemplateMistake as mistake:
            path = (name, language, part)
            raise ConfigError(
                f"The template {'.'.join(path)}: {mistake}",
                where=_where(path, sources),
                hint=mistake.hint,
            ) from None
    rules = CopyRules(
        language=language,
        min_chars=spec.min_chars,
        max_chars=spec.max_chars,
        html=spec.html,
        forbidden=wording.forbidden,
    )
    return ContentType(
        name=name,
        language=language,
        system=wording.system.strip(),
        prompt=parsed["prompt"],
        offline=parsed["offline"],
        rules=rules,
        max_tokens=spec.max_tokens,
        typical_chars=spec.typical_chars,
    )


def _where(path: tuple[str, ...], sources: list[tuple[str, str]]) -> str:
    for name, text in sources:
        if (line := line_of(text, path)) is not None:
            return f"{name}, line {line}"
    return sources[0][0]
