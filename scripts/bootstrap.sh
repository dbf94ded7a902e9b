#!/bin/sh
# Make .venv hold exactly what a requirements file pins.   usage: scripts/bootstrap.sh requirements.txt
# uv installs in seconds where pip takes a minute; plain pip is used when uv cannot be had.
set -eu
cd "$(dirname "$0")/.."
requirements=$1
uv_version=0.13.9

say() { printf '%s\n' "$*" >&2; }

find_python() {
    for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3; do
        [ -n "$candidate" ] || continue
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    say "Python 3.11 or newer is needed. Install it, or set PYTHON to its path."
    exit 1
}

make_venv() {
    python=$(find_python)
    if "$python" -m venv .venv >/dev/null 2>&1; then return; fi
    rm -rf .venv
    # Debian ships venv apart from Python.
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "Installing Debian's python3-venv."
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
        "$python" -m venv .venv
    else
        say "Python's venv module is missing: sudo apt-get install python3-venv"
        exit 1
    fi
}

stamp=.venv/.installed-$requirements
wanted=$(cat requirements*.txt constraints.txt scripts/bootstrap.sh | cksum)
if [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then exit 0; fi

[ -x .venv/bin/python ] || make_venv
say "Installing $requirements into .venv"
python=.venv/bin/python
pip_install() { "$python" -m pip install -q --disable-pip-version-check "$@"; }
# An environment that uv made has no pip of its own.
"$python" -m pip --version >/dev/null 2>&1 || "$python" -m ensurepip >/dev/null
have_uv() {
    "$python" -m uv --version 2>/dev/null | grep -qF "$uv_version" ||
        pip_install "uv==$uv_version" 2>/dev/null
}
# --system-certs: behind a company's proxy the system knows the certificate, uv's own list does not.
uv_install() {
    "$python" -m uv pip install -q --system-certs --python "$python" -r "$requirements"
}

{ have_uv && uv_install; } || pip_install -r "$requirements"
if [ "$requirements" = requirements-dev.txt ]; then
    pip_install --no-deps --upgrade --target .venv/simulators -r requirements-simulators.txt
fi
# Otherwise the first start would compile every module while somebody waits for the page. The SDKs of
# the providers, a third of it all, are first needed when a model is called: they come behind.
unused='/(tests|pip|setuptools|pkg_resources)/'
later='/(anthropic|openai|google)/'
"$python" -m compileall -q -j 0 -x "$unused|$later" .venv/lib/*/site-packages src pages >/dev/null || true
printf '%s' "$wanted" >"$stamp"
nice -n 19 "$python" -m compileall -q -x "$unused" .venv/lib/*/site-packages </dev/null >/dev/null 2>&1 &
