#!/usr/bin/env bash
# Installs what `mai program build` needs: Seahorse, and where cargo-build-sbf is missing, Debian's Rust and LLVM.
set -euo pipefail
seahorse_version=0.2.7
packages=(rustc-web cargo-web rust-web-src rustfmt-web llvm-22 llvm-22-dev clang-22 g++)
here=$(cd "$(dirname "$0")" && pwd)
export PATH="$HOME/.cargo/bin:$PATH"
sudo=""
[ "$(id -u)" = 0 ] || sudo=sudo

mkdir -p "$here/.build" && rm -f "$here/.build/unavailable"
if ! command -v cargo-build-sbf >/dev/null && command -v apt-get >/dev/null; then
  missing=()
  for package in "${packages[@]}"; do dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package"); done
  if [ "${#missing[@]}" -gt 0 ]; then
    echo "Installing ${missing[*]} (apt) ..."
    $sudo apt-get update -qq
    if apt-cache show "${missing[@]}" >/dev/null 2>&1; then
      DEBIAN_FRONTEND=noninteractive $sudo apt-get install -qq -y "${missing[@]}" >/dev/null
    else
      echo "This distribution lacks some of: ${missing[*]}; the programs cannot be rebuilt here, the checked-in ones are used."
      touch "$here/.build/unavailable"
    fi
  fi
fi

if ! seahorse --version 2>/dev/null | grep -q "$seahorse_version" && command -v cargo >/dev/null; then
  echo "Installing seahorse-lang $seahorse_version (cargo, about three minutes) ..."
  cargo install --quiet seahorse-lang --version "$seahorse_version" --locked
fi
