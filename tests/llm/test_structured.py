"""What a schema becomes on the wire, and how an answer is read against it."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError
from wire import say

from src.llm.structured import parse, strict_schema
from src.llm.types import LLMRequest, TaskType


class Inner(BaseModel):
    kind: Literal["a", "b"]
    title: str = Field(default="x", max_length=9, description="A title.")


class Outer(BaseModel):
    items: list[Inner]
    note: str | None = None


class Open(BaseModel):
    values: dict[str, float]


class Anything(BaseModel):
    value: Any


class Tree(BaseModel):
    name: str
    children: list[Tree] = []


def test_every_object_is_closed_and_every_property_required():
    schema = strict_schema(Outer)
    assert schema is not None
    assert schema["required"] == ["items", "note"]
    inner = schema["$defs"]["Inner"]
    assert inner["additionalProperties"] is False
    assert set(inner["properties"]) == {"kind", "title"}, "a property named title is no keyword"
    assert inner["properties"]["title"] == {"type": "string", "description": "A title."}
    assert inner["properties"]["kind"]["enum"] == ["a", "b"]


def test_a_schema_may_refer_to_itself():
    schema = strict_schema(Tree)
    assert schema is not None
    assert schema["$defs"]["Tree"]["additionalProperties"] is False


@pytest.mark.parametrize("open_", [Open, Anything])
def test_an_open_schema_has_no_strict_form(open_):
    assert strict_schema(open_) is None


@pytest.mark.parametrize("protocol", ["anthropic", "openai", "google", "chat"])
def test_an_open_schema_goes_into_the_prompt_and_is_checked_all_the_same(
    protocol, wire, make_router
):
    wire.on(protocol, say('```json\n{"values": {"spend": 1.5}}\n```'))
    request = LLMRequest(task=TaskType.EVALUATION, prompt="q", response_schema=Open)
    assert make_router(protocol).complete(request).parsed == Open(values={"spend": 1.5})
    assert "JSON schema" in str(wire.asked()[0].body)


@pytest.mark.parametrize(
    "text", ['{"items": []}', ' {"items": [], "note": null}\n', '```json\n{"items": []}\n```']
)
def test_answers_that_fit(text):
    assert parse(Outer, text) == Outer(items=[])


@pytest.mark.parametrize("text", ["", "no", '{"items": [', '{"items": [{"kind": "c"}]}', "[]"])
def test_answers_that_do_not(text):
    with pytest.raises(ValidationError):
        parse(Outer, text)
