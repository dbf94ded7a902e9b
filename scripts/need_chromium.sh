#!/bin/sh
# The browser tests drive a real Chromium, through a driver that needs libatomic, which a bare Debian
# lacks. Install Debian's packages where we may, else say what to do.
set -eu
PATH=$PATH:/usr/sbin:/sbin # ldconfig is not in everybody's
packages=
if ! { command -v chromium || command -v chromium-browser || command -v google-chrome ||
    [ -n "${CHROMIUM:-}" ]; } >/dev/null; then
    packages="chromium fonts-liberation fonts-dejavu-core"
fi
if command -v ldconfig >/dev/null && ! ldconfig -p | grep -qF libatomic.so.1; then
    packages="$packages libatomic1"
fi
[ -n "$packages" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Debian's" $packages >&2
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $packages >/dev/null
else
    echo "The browser tests need: sudo apt-get install" $packages "(CHROMIUM may name a browser elsewhere)" >&2
    exit 1
fi
