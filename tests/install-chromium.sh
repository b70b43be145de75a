#!/bin/sh
# The browser tests drive a Chromium: the system's, or one installed here where we may.
set -eu
if [ -n "${GOLDLOOP_CHROMIUM:-}" ]; then
    [ -x "$GOLDLOOP_CHROMIUM" ] && exit 0
    echo "GOLDLOOP_CHROMIUM=$GOLDLOOP_CHROMIUM cannot be run" >&2
    exit 1
fi
for name in chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium ..."
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null
    exit 0
fi
echo "The browser tests need Chromium: install it, or set GOLDLOOP_CHROMIUM to its path." >&2
exit 1
