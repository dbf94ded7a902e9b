"""Response bodies as plain JSON.

Adapters read a whole reply from its body: building the SDK's models of it costs more processor
time than all the rest of the router. Streams and batches come as the SDK's models.
"""

from __future__ import annotations

from typing import Any


def as_json(body: Any) -> dict[str, Any]:
    """A body, or the SDK's model of one, as JSON."""
    return body if isinstance(body, dict) else body.to_dict(mode="json")


def without_nulls(value: Any) -> Any:
    """JSON without the members that are null: not every provider takes back what it gave."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value
