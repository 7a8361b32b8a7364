#!/usr/bin/env bash
# Installs Solana's JavaScript clients as package-lock.json names them, and node where it is missing.
set -euo pipefail
cd "$(dirname "$0")"
export DEBIAN_FRONTEND=noninteractive
sudo=""
[ "$(id -u)" = 0 ] || sudo=sudo
stamp=node_modules/.installed

if cmp -s package-lock.json "$stamp"; then exit 0; fi
if ! command -v npm >/dev/null && command -v apt-get >/dev/null; then
  echo "Installing nodejs, npm (apt) ..."
  $sudo apt-get update -qq && $sudo apt-get install -qq -y nodejs npm >/dev/null 2>&1 || true
fi
# Kit needs node 20.18; without it, or without a network, the tests of these clients are skipped and say so.
if ! command -v npm >/dev/null || ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 18) ? 0 : 1)'; then
  echo "node 20.18 or newer is not to be had here; the localnet's JavaScript tests will be skipped."
  exit 0
fi
echo "Installing Solana's JavaScript clients (npm) ..."
if npm ci --silent --no-audit --no-fund --ignore-scripts; then
  cp package-lock.json "$stamp"
else
  rm -rf node_modules
  echo "npm could not install them; the localnet's JavaScript tests will be skipped."
fi
