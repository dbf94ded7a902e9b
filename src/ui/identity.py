"""Who is looking: the owner whose data and history a page may show."""

from __future__ import annotations

import hashlib
import secrets

import streamlit as st

from src.config.settings import get_settings
from src.ui.server import VISITOR_COOKIE, valid_token

_FALLBACK_KEY = "_visitor"


def current_owner() -> str:
    """The signed-in user, else the user named in the settings, else this browser's visitor.

    The cookie itself is never stored: folders and rows carry a digest of it, so that reading
    them does not let anyone become that visitor.
    """
    signed_in = _signed_in_user()
    if signed_in:
        return signed_in
    configured = get_settings().campaign_analyst_user
    if configured:
        return configured
    return f"visitor-{hashlib.sha256(_visitor_token().encode()).hexdigest()[:32]}"


def display_name() -> str:
    """How approvals name the person: the user's name, or "visitor" with the start of the id."""
    owner = current_owner()
    if owner.startswith("visitor-"):
        return f"visitor {owner.removeprefix('visitor-')[:6]}"
    return owner


def _signed_in_user() -> str | None:
    user = st.user
    # A proxy in front may vouch for the user by headers that the server was told to trust.
    vouched = user.get("is_logged_in") or st.get_option("server.trustedUserHeaders")
    if not vouched:
        return None
    name = user.get("email") or user.get("sub")
    return str(name) if name else None


def _visitor_token() -> str:
    """The browser's cookie; where there is none (cookies off, tests), one for this page visit."""
    token = st.context.cookies.get(VISITOR_COOKIE)
    if token is not None and valid_token(token):
        return token
    if _FALLBACK_KEY not in st.session_state:
        st.session_state[_FALLBACK_KEY] = secrets.token_urlsafe(32)
    return str(st.session_state[_FALLBACK_KEY])
