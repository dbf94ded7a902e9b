"""The Data page."""

from src.ui.bootstrap import bootstrap

with bootstrap("data"):
    from src.ui.data.page import data_page

    data_page()
