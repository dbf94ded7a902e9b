"""The Settings page."""

from src.ui.bootstrap import bootstrap

with bootstrap("settings"):
    from src.ui.settings.page import settings_page

    settings_page()
