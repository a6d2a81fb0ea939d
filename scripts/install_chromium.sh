#!/usr/bin/env bash
# Installs Chromium for the tests of the pages, by apt and as root, unless it is there. Where that cannot be, it says
# why and succeeds: those tests are then skipped with their reason, and the others run.
set -euo pipefail
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" > /dev/null; then
        exit 0
    fi
done
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get > /dev/null; then
    echo "no Chromium here; installing it takes root and apt, so the tests of the pages will be skipped" >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } > /dev/null; then
    echo "apt could not install Chromium, so the tests of the pages will be skipped" >&2
fi
