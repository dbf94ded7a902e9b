"""The semantic model to read and edit: columns in a grid, all of it as YAML."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from src.data.profile import Dataset
from src.data.semantic import Column, Role, SemanticModel, Table, Unit
from src.errors import AnalystError
from src.ui.errors import show_error
from src.ui.messages import t
from src.ui.services import forget_dataset, library

_SAVED: Final = "_model_saved"


def draw_model_editor(owner: str, dataset: Dataset, *, editable: bool) -> None:
    """The grid and the YAML; without `editable` to read only."""
    st.markdown(t("model.lead") if editable else t("model.read_only"))
    if st.session_state.pop(_SAVED, None) == dataset.id:
        st.success(t("model.saved"))
    if editable:
        _grid(owner, dataset)
    _yaml(owner, dataset, editable=editable)


def _grid(owner: str, dataset: Dataset) -> None:
    import pandas as pd
    from streamlit import column_config as kinds

    tables = {table.name: table for table in dataset.model.tables}
    name = next(iter(tables))
    if len(tables) > 1:
        name = st.selectbox(t("model.table"), list(tables), key=f"model_table_{dataset.id}")
    table = tables[name]
    frame = pd.DataFrame([_row(column) for column in table.columns])
    edited = st.data_editor(
        frame,
        hide_index=True,
        width="stretch",
        disabled=["name"],
        key=f"model_grid_{dataset.id}_{name}_{hash(dataset.model)}",
        column_config={
            "name": kinds.TextColumn(t("data.column")),
            "label": kinds.TextColumn(t("model.label")),
            "role": kinds.SelectboxColumn(
                t("data.role"),
                options=[role.value for role in Role],
                format_func=lambda role: t(f"role.{role}"),
                required=True,
            ),
            "unit": kinds.SelectboxColumn(
                t("data.unit"), options=["", *(unit.value for unit in Unit)]
            ),
            "synonyms": kinds.TextColumn(t("model.synonyms"), width="large"),
        },
        alt=t("model.grid_alt", table=name),
    )
    if st.button(t("model.save"), key=f"save_grid_{dataset.id}"):
        changed = changed_table(table, edited.to_dict("records"))
        if changed == table:
            st.info(t("model.nothing_changed"))
            return
        _save(owner, dataset, with_table(dataset.model, changed))


def _row(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "label": column.label,
        "role": column.role.value,
        "unit": column.unit.value if column.unit else "",
        "synonyms": ", ".join(column.synonyms),
    }


def changed_table(table: Table, rows: list[dict[Any, Any]]) -> Table:
    """`table` with what the grid's rows say about its columns."""
    by_name = {str(row["name"]): row for row in rows}
    columns = []
    for column in table.columns:
        row = by_name.get(column.name)
        if row is None or row == _row(column):
            columns.append(column)
            continue
        words = str(row.get("synonyms") or "").split(",")
        columns.append(
            column.model_copy(
                update={
                    "label": str(row.get("label") or ""),
                    "role": Role(row["role"]),
                    "unit": Unit(row["unit"]) if row.get("unit") else None,
                    "synonyms": tuple(w.strip().lower() for w in words if w.strip()),
                }
            )
        )
    return table.model_copy(update={"columns": tuple(columns)})


def with_table(model: SemanticModel, table: Table) -> SemanticModel:
    """`model` with its table of that name replaced."""
    tables = tuple(table if known.name == table.name else known for known in model.tables)
    return model.model_copy(update={"tables": tables})


def _yaml(owner: str, dataset: Dataset, *, editable: bool) -> None:
    from src.data.semantic_yaml import model_from_yaml, model_to_yaml

    text = model_to_yaml(dataset.model)
    with st.expander(t("model.yaml"), expanded=not editable):
        st.download_button(
            t("model.download"),
            data=text,
            file_name=f"{dataset.id}.yaml",
            mime="application/yaml",
            icon=":material/download:",
            on_click="ignore",
            key=f"yaml_download_{dataset.id}",
        )
        if not editable:
            st.code(text, language="yaml")
            return
        file = st.file_uploader(
            t("model.upload"), type=["yaml", "yml"], key=f"yaml_file_{dataset.id}"
        )
        given = file.getvalue().decode("utf-8", "replace") if file is not None else text
        with st.form(f"yaml_form_{dataset.id}", border=False), st.container(key="sql_editor"):
            edited = st.text_area(
                t("model.yaml_label"),
                value=given,
                height=420,
                key=f"yaml_{dataset.id}_{hash(given)}",
            )
            saved = st.form_submit_button(t("model.save_yaml"))
        if saved:
            try:
                model = model_from_yaml(edited or "")
            except AnalystError as error:
                show_error(error, kept=t("model.kept"))
                return
            _save(owner, dataset, model)


def _save(owner: str, dataset: Dataset, model: SemanticModel) -> None:
    try:
        library(owner).save_model(dataset.id, model)
    except AnalystError as error:
        show_error(error, kept=t("model.kept"))
        return
    forget_dataset(owner, dataset.id)
    st.session_state[_SAVED] = dataset.id
    st.rerun()
