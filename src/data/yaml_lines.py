"""Loads YAML as plain data and remembers the line of every value, so that errors can name it."""

from __future__ import annotations

from typing import Any

import yaml

from src.errors import ConfigError

_MAX_CHARS = 20_000_000
Path = tuple[Any, ...]


class YamlDocument:
    """Plain data with lines. A path is the keys and indexes from the root to a value."""

    def __init__(self, data: Any, lines: dict[Path, int], source: str) -> None:
        self._data = data
        self._lines = lines
        self.source = source

    def get(self, path: Path, default: Any = None) -> Any:
        """The value at `path`, or `default` where there is none."""
        value = self._data
        for part in path:
            if isinstance(value, dict):
                value = value.get(part, default)
            elif isinstance(value, list) and isinstance(part, int) and part < len(value):
                value = value[part]
            else:
                return default
        return value

    def line(self, path: Path) -> int:
        """The line of the value at `path`, or of the nearest thing around it."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    def error(self, path: Path, message: str, hint: str = "") -> ConfigError:
        """An error that names the line and the field."""
        where = f"{self.source}, line {self.line(path)}"
        return ConfigError(f"{where}: {message}.", where=where, hint=hint or None)


def load_yaml(text: str, source: str) -> YamlDocument:
    """Read one YAML document of plain data.

    Raises:
        ConfigError: it is not YAML, uses anchors (a few of them can stand for gigabytes) or the
            same key twice, or is too deep or too large.
    """
    if len(text) > _MAX_CHARS:
        raise ConfigError(f"{source} is too large for a model.", where=source)
    lines: dict[Path, int] = {}
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        _walk(node, (), lines, source, set())
        data = loader.construct_document(node) if node is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{source}, line {mark.line + 1}" if mark else source
        raise ConfigError(
            f"{where}: this is not YAML: {error.problem}.",
            where=where,
            hint="Check the indentation and the quotes there.",
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else "nested too deeply"
        raise ConfigError(f"{source} is not YAML: {reason}.", where=source) from None
    return YamlDocument(data, lines, source)


def _walk(
    node: yaml.Node | None, path: Path, lines: dict[Path, int], source: str, seen: set[int]
) -> None:
    if node is None:
        return
    line = node.start_mark.line + 1
    where = f"{source}, line {line}"
    if id(node) in seen:
        raise ConfigError(
            f"{where}: anchors are not allowed.", where=where, hint="Repeat the text."
        )
    seen.add(id(node))
    lines.setdefault(path, line)
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, (*path, index), lines, source, seen)
    elif isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, value in node.value:
            at = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or key.value in keys:
                there = f"{source}, line {at}"
                message = f"{there}: the key {getattr(key, 'value', '')!r} is there twice"
                raise ConfigError(f"{message}.", where=there)
            keys.add(key.value)
            lines[(*path, key.value)] = at
            _walk(value, (*path, key.value), lines, source, seen)
