"""The History page."""

from src.ui.bootstrap import bootstrap

with bootstrap("history"):
    from src.ui.history.page import history_page

    history_page()
