#!/bin/sh
# The browser tests drive a real Chromium. Install Debian's where we may, else say what to do.
set -eu
if command -v chromium >/dev/null || command -v chromium-browser >/dev/null ||
    command -v google-chrome >/dev/null || [ -n "${CHROMIUM:-}" ]; then exit 0; fi
packages="chromium fonts-liberation fonts-dejavu-core"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Debian's $packages" >&2
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $packages >/dev/null
else
    echo "The browser tests need Chromium: sudo apt-get install $packages (or set CHROMIUM to its path)" >&2
    exit 1
fi
