"""Choosing several values: few are all in view, of many one is searched and added at a time."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

MANY = 30


def page(count: int, complete: bool) -> None:
    import streamlit as st

    from src.ui.ask.picking import pick

    names = {f"v{n}": f"Value {n}" for n in range(count)}
    st.text(",".join(pick("Values", names, ["v3", "v1"], "key", complete=complete)))


def opened(count: int, *, complete: bool = True) -> AppTest:
    return AppTest.from_function(page, kwargs={"count": count, "complete": complete}).run()


def picked(app: AppTest) -> list[str]:
    assert not app.exception
    return app.text[0].value.split(",")


def test_few_are_all_in_view_and_keep_the_order_they_were_given_in() -> None:
    app = opened(5)
    assert not app.selectbox
    assert picked(app.button_group[0].set_value(["v0", "v1", "v3"]).run()) == ["v3", "v1", "v0"]


@pytest.mark.parametrize("complete", [True, False])
def test_of_many_one_is_added_at_a_time_and_the_search_is_empty_again(complete: bool) -> None:
    app = opened(MANY, complete=complete)
    app.selectbox[0].set_value("v7").run()
    assert app.selectbox[0].value is None
    assert "Value 7" not in app.selectbox[0].options
    assert picked(app.selectbox[0].set_value("v0").run()) == ["v3", "v1", "v7", "v0"]


def test_what_was_added_is_removed_with_a_click_and_can_be_found_again() -> None:
    app = opened(MANY)
    app.selectbox[0].set_value("v7").run()
    app.button_group[0].set_value(["v3", "v7"]).run()
    assert picked(app) == ["v3", "v7"]
    assert "Value 1" in app.selectbox[0].options
    app.button_group[0].set_value([]).run()
    assert app.text[0].value == ""


def test_where_not_all_values_are_known_another_can_be_typed() -> None:
    app = opened(5, complete=False)
    assert app.selectbox[0].proto.accept_new_options
