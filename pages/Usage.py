"""The Usage page."""

from src.ui.bootstrap import bootstrap

with bootstrap("usage"):
    from src.ui.usage.page import usage_page

    usage_page()
