"""Campaign Analyst: the Ask page, and the server that carries all pages.

``streamlit run streamlit_app_hitl.py`` imports this module once for `app`, which adds the visitor
cookie, the security headers and the warm-up; it runs as ``__main__`` for every view of the page.
"""

if __name__ == "__main__":
    from src.ui.bootstrap import bootstrap

    with bootstrap("ask"):
        from src.ui.ask.page import ask_page

        ask_page()
else:
    from streamlit.starlette import App

    from src.ui.errors import on_script_error
    from src.ui.server import middleware
    from src.ui.warm_up import warming_up

    app = App(
        __file__,
        middleware=middleware(),
        lifespan=warming_up,
        on_script_error=on_script_error,
    )
