"""Answers that must fit a schema: what providers are sent, and how what comes back is read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import BaseModel

# Providers' strict modes reject these or ignore them; pydantic checks them on the answer.
_CHECKED_BY_US = frozenset(
    {
        "default", "examples", "format", "pattern", "title",
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
        "minLength", "maxLength", "minItems", "maxItems", "uniqueItems",
        "minProperties", "maxProperties", "discriminator",
    }
)  # fmt: skip
_NAMED = frozenset({"properties", "$defs"})


def strict_schema(schema: type[BaseModel]) -> dict[str, Any] | None:
    """The schema in the common subset of the providers' native modes.

    Returns:
        None when the model has open dictionaries or untyped values, which no strict mode can
        express; the schema then goes into the prompt.
    """
    strict = _strict(schema.model_json_schema())
    return strict if _closed(strict) else None


def instructions(schema: type[BaseModel]) -> str:
    """The system prompt's part that asks for JSON, for models without a native mode."""
    text = json.dumps(schema.model_json_schema(), ensure_ascii=False, separators=(",", ":"))
    return (
        "Answer with one JSON value that is valid against this JSON schema, and nothing else:\n"
        + text
    )


def parse(schema: type[BaseModel], text: str) -> BaseModel:
    """The answer as an instance of `schema`.

    Raises:
        pydantic.ValidationError: the text is not JSON, or does not fit.
    """
    return schema.model_validate_json(_unfenced(text))


def repair_prompt(problem: str) -> str:
    """The turn that gives a model one chance to mend its answer."""
    return (
        f"That answer does not fit the required JSON schema:\n{problem}\n"
        "Answer again with the corrected JSON only."
    )


def _unfenced(text: str) -> str:
    body = text.strip()
    if body.startswith("```") and body.endswith("```"):
        first, _, rest = body.partition("\n")
        if first.strip("`").strip().lower() in {"", "json"}:
            return rest.removesuffix("```").strip()
    return body


def _strict(node: Any) -> Any:
    if isinstance(node, list):
        return [_strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    result: dict[str, Any] = {}
    for key, value in node.items():
        if key in _NAMED and isinstance(value, dict):
            result[key] = {name: _strict(part) for name, part in value.items()}
        elif key == "oneOf":
            result["anyOf"] = _strict(value)
        elif key == "const":
            result["enum"] = [value]
        elif key not in _CHECKED_BY_US:
            result[key] = value if key in {"enum", "required", "description"} else _strict(value)
    if "$ref" in result:
        return {"$ref": result["$ref"], **({"$defs": result["$defs"]} if "$defs" in result else {})}
    if "properties" in result:
        result["required"] = list(result["properties"])
        result.setdefault("additionalProperties", False)
    return result


def _closed(node: Any) -> bool:
    if isinstance(node, list):
        return all(_closed(item) for item in node)
    if not isinstance(node, dict):
        return True
    if node.get("additionalProperties") not in (None, False) or "prefixItems" in node:
        return False
    if node.get("type") == "object" and "properties" not in node:
        return False
    for key, value in node.items():
        if key in _NAMED:
            if not all(part and _closed(part) for part in value.values()):
                return False
        elif key in {"items", "anyOf"} and (not value or not _closed(value)):
            return False
    return True
