#!/usr/bin/env bash
# Installs what the tests use besides PyPI: Chromium for the signing page, a Secret Service for wallets in the keychain.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
sudo=""
[ "$(id -u)" = 0 ] || sudo=sudo
missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v gnome-keyring-daemon >/dev/null || missing+=(gnome-keyring)
command -v dbus-daemon >/dev/null || missing+=(dbus)
[ "${#missing[@]}" -gt 0 ] || exit 0
if ! command -v apt-get >/dev/null; then
  echo "Install ${missing[*]} to run the tests of browser wallets and keychains; without, they are skipped."
  exit 0
fi
echo "Installing ${missing[*]} (apt) ..."
log=$(mktemp)
if ! { $sudo apt-get update -qq && $sudo apt-get install -qq -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -3 "$log" >&2
  echo "They could not be installed: the tests of browser wallets and keychains are skipped."
fi
rm -f "$log"
