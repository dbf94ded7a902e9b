"""The semantic model as a file: written and read back the same, errors that name the line."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.data.semantic import (
    Additivity,
    Aggregation,
    Column,
    Metric,
    Role,
    SemanticModel,
    Table,
    Unit,
)
from src.data.semantic_yaml import model_from_yaml, model_to_yaml
from src.errors import ConfigError

_text = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
_name = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=12)
_maybe = st.none() | _name


@st.composite
def _tables(draw: st.DrawFn, name: str) -> Table:
    names = draw(st.lists(_name, min_size=1, max_size=4, unique=True))
    columns = tuple(
        draw(
            st.builds(
                Column,
                name=st.just(n),
                type=_name,
                role=st.sampled_from(Role),
                concept=_maybe,
                label=_text,
                unit=st.none() | st.sampled_from(Unit),
                currency=_maybe,
                additivity=st.none() | st.sampled_from(Additivity),
                identified_by=st.none() | st.sampled_from(names),
                synonyms=st.lists(_text, max_size=2).map(tuple),
                description=_text,
            )
        )
        for n in names
    )
    metrics = []
    for metric_name in draw(st.lists(_name, max_size=3, unique=True)):
        aggregation = draw(st.sampled_from(Aggregation))
        is_ratio = aggregation is Aggregation.RATIO
        rows = aggregation is Aggregation.COUNT_ROWS
        weighted = aggregation is Aggregation.AVERAGE and draw(st.booleans())
        metrics.append(
            Metric(
                name=metric_name,
                label=draw(_text),
                aggregation=aggregation,
                numerator=None if rows else draw(st.sampled_from(names)),
                denominator=draw(st.sampled_from(names)) if is_ratio or weighted else None,
                scale=draw(st.floats(0.001, 1e9)) if is_ratio else 1.0,
                unit=draw(st.sampled_from(Unit)),
                currency=draw(_maybe),
                higher_is_better=draw(st.none() | st.booleans()),
                synonyms=tuple(draw(st.lists(_text, max_size=2))),
                description=draw(_text),
            )
        )
    return Table(
        name=name,
        label=draw(_text),
        description=draw(_text),
        columns=columns,
        metrics=tuple(metrics),
        time_column=draw(st.none() | st.sampled_from(names)),
        currency_column=draw(st.none() | st.sampled_from(names)),
        grain=tuple(draw(st.lists(st.sampled_from(names), max_size=2))),
    )


@st.composite
def _models(draw: st.DrawFn) -> SemanticModel:
    names = draw(st.lists(_name, min_size=1, max_size=2, unique=True))
    tables = tuple(draw(_tables(name)) for name in names)
    return SemanticModel(name=draw(_name), tables=tables, description=draw(_text))


@given(_models())
@settings(max_examples=60, deadline=None)
def test_reading_gives_back_what_was_written(model: SemanticModel) -> None:
    assert model_from_yaml(model_to_yaml(model)) == model


MODEL = SemanticModel(
    name="ads",
    tables=(
        Table(
            name="campaigns",
            columns=(
                Column(name="day", type="DATE", role=Role.TIME, concept="date", label="Day"),
                Column(name="cost", type="DOUBLE", role=Role.MEASURE, unit=Unit.CURRENCY),
                Column(name="clicks", type="BIGINT", role=Role.MEASURE, unit=Unit.COUNT),
            ),
            metrics=(
                Metric(
                    name="cpc",
                    label="CPC",
                    aggregation=Aggregation.RATIO,
                    numerator="cost",
                    denominator="clicks",
                    unit=Unit.CURRENCY,
                ),
            ),
            time_column="day",
        ),
    ),
)

# what to change in the file, to what, the words the error must have, its hint
WRONG = [
    ("version: 0.1.1", "version: 9", "9", "0.1.1"),
    ("fields:", "feilds:", "'feilds' is not known", "Did you mean 'fields'?"),
    ('"role": "measure"', '"role": "mesure"', "role 'mesure'", "Did you mean 'measure'?"),
    ('"unit": "count"', '"unti": "count"', "'unti' is not known", "Did you mean 'unit'?"),
    ("SUM(campaigns.cost) /", "SUM(campaigns.costs) /", "column 'costs'", "Did you mean 'cost'?"),
    ("/ NULLIF(SUM(campaigns.clicks), 0)", "+ 1", "is not a metric", "NULLIF"),
    ('"time_column": "day"', '"time_column": "date"', "time_column 'date'", "day"),
    ("name: cpc", "label: x", "there twice", ""),
    ("- name: cost", "- nam: cost", "'nam' is not known", "Did you mean 'name'?"),
    ("name: ads", "name: [", "not YAML", ""),
    ("label: CPC", "label: 5", "label must be text", "quotes"),
    ("data: '{\"dataset", "data: '{dataset", "not JSON", ""),
]


@pytest.mark.parametrize(("old", "new", "message", "hint"), WRONG, ids=[w[1] for w in WRONG])
def test_an_error_names_the_line_and_helps(old: str, new: str, message: str, hint: str) -> None:
    text = model_to_yaml(MODEL)
    assert old in text
    line = text[: text.index(old)].count("\n") + 1
    with pytest.raises(ConfigError) as caught:
        model_from_yaml(text.replace(old, new, 1), "ads.yaml")
    error = caught.value
    assert message in error.message
    assert hint in (error.hint or "")
    named = int(error.where.removeprefix("ads.yaml, line "))
    assert abs(named - line) <= 10


def test_anchors_are_refused() -> None:
    with pytest.raises(ConfigError, match="anchors"):
        model_from_yaml("a: &x [1, 2]\nb: [*x, *x]\n")


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_text_is_a_model_or_a_clear_error(text: str) -> None:
    with pytest.raises(ConfigError):
        model_from_yaml(text)
