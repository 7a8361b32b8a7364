#!/usr/bin/env bash
# Installs what `mai program build` needs: Seahorse, and where cargo-build-sbf is missing, Debian's Rust and LLVM.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tools() { PYTHONPATH="$here" "${PYTHON:-python3}" -c "from mai_build import tools; print($1)"; }
seahorse_version=$(tools tools.SEAHORSE_VERSION)
read -ra packages <<<"$(tools '*tools.DEBIAN_PACKAGES')"
export PATH="$HOME/.cargo/bin:$PATH" DEBIAN_FRONTEND=noninteractive
sudo=""
[ "$(id -u)" = 0 ] || sudo=sudo
mkdir -p "$here/.build"
rm -f "$here/.build/unavailable"

quietly() { # what a command prints is shown only if it fails
  "$@" >"$here/.build/install.log" 2>&1 || { cat "$here/.build/install.log" >&2; exit 1; }
}

if ! command -v cargo-build-sbf >/dev/null && command -v apt-get >/dev/null; then
  missing=()
  for package in "${packages[@]}"; do dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package"); done
  if [ "${#missing[@]}" -gt 0 ]; then
    echo "Installing ${missing[*]} (apt) ..."
    quietly $sudo apt-get update -qq
    if apt-cache show "${missing[@]}" >/dev/null 2>&1; then
      quietly $sudo apt-get install -qq -y "${missing[@]}"
    else
      echo "This distribution lacks some of: ${missing[*]}. The programs cannot be rebuilt here; the checked-in ones are used."
      touch "$here/.build/unavailable"
    fi
  fi
fi

if ! seahorse --version 2>/dev/null | grep -q "$seahorse_version" && command -v cargo >/dev/null; then
  echo "Installing seahorse-lang $seahorse_version (cargo, a minute or two) ..."
  # It compiles three small programs: a compiler that is itself compiled without optimisation is ready sooner.
  profile=(CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16)
  quietly env "${profile[@]}" cargo install --quiet seahorse-lang --version "$seahorse_version" --locked
fi
