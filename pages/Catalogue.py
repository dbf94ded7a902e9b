"""The Catalogue page."""

from src.ui.bootstrap import bootstrap

with bootstrap("catalogue"):
    from src.ui.catalogue.page import catalogue_page

    catalogue_page()
