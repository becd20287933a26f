#!/usr/bin/env bash
# Everything one does with a clone of communiqué; ./run_local.sh help lists it.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
venv="$here/.venv"
constraints=".ci/constraints.txt"
recent_enough='import sys; sys.exit(sys.version_info < (3, 11))'

help() {
  cat <<'TEXT'
usage: ./run_local.sh [CHORE] [ARGUMENTS]

  run     read the articles in examples/news into output/ (the default);
          with arguments: communique run ARGUMENTS, also as ./run_local.sh --input ... --output ...
  test    run the tests; arguments go to pytest
  lint    check style and form with ruff
  types   check types with mypy
  check   lint, types and test; arguments go to pytest
  bench   compare with a plain spaCy loop; bench --help shows its options
  docs    write the tables in docs/ anew from the data files
  help    show this text

The first use makes .venv beside this file and installs what is needed, with uv where it is present, else with pip.
PYTHON=/path/to/python3 chooses the Python for it (3.11 or later). ./run_local.sh run --help shows all options of a run.
TEXT
}

run() {
  install_once base
  if [ $# -eq 0 ]; then
    # With a fixed run id the second run replaces the rows of the first and shows the same summary.
    set -- --input "$here/examples/news" --output "$here/output" --run-id sample
  fi
  exec "$venv/bin/communique" run "$@"
}

test() {
  install_once test
  (cd "$here" && "$venv/bin/python" -m pytest "$@")
}

lint() {
  install_once test
  (cd "$here" && "$venv/bin/ruff" check . && "$venv/bin/ruff" format --check .)
}

types() {
  install_once test
  (cd "$here" && "$venv/bin/mypy")
}

check() {
  lint
  types
  test "$@"
}

bench() {
  install_once test
  exec "$venv/bin/python" "$here/benchmarks/against_plain_loop.py" "$@"
}

docs() {
  install_once base
  "$venv/bin/python" "$here/docs/generate.py"
}

# Install what a chore needs (base or test), unless that is in place for this folder, pyproject.toml and constraints.
install_once() {
  local wanted target="."
  wanted="$(cd "$here" && { pwd; cat pyproject.toml "$constraints"; } | cksum)"
  if [ "$(cat "$venv/installed.$1" 2>/dev/null)" = "$wanted" ] && [ -x "$venv/bin/python" ]; then
    return
  fi
  make_venv
  if [ "$1" = test ]; then target=".[test]"; fi
  say "installing into $venv (a minute or two the first time)"
  (cd "$here" && install_with_uv_or_pip --quiet --constraint "$constraints" --editable "$target")
  echo "$wanted" >"$venv/installed.base"
  echo "$wanted" >"$venv/installed.$1"
}

install_with_uv_or_pip() {
  if has_uv; then
    uv pip install --python "$venv/bin/python" "$@"
  else
    # Quieter still: the warnings of pip are about its own settings and about names of extras.
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
  fi
}

# Make the virtual environment, unless there is one that works in this place.
make_venv() {
  local python
  if is_usable_venv; then
    return
  fi
  say "making $venv"
  if has_uv; then
    uv venv --quiet --clear --python "${PYTHON:->=3.11}" "$venv"
  else
    python="$(find_python)"
    "$python" -m venv --clear "$venv"
  fi
}

is_usable_venv() {
  "$venv/bin/python" -c "$recent_enough" 2>/dev/null || return 1
  grep -qF "$venv" "$venv/bin/activate" 2>/dev/null || return 1 # moved or copied: its scripts call the old place
  has_uv || "$venv/bin/python" -m pip --version >/dev/null 2>&1
}

find_python() {
  local candidate
  for candidate in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11 python; do
    if "$candidate" -c "$recent_enough" 2>/dev/null; then
      echo "$candidate"
      return
    fi
    if [ -n "${PYTHON:-}" ]; then
      fail "PYTHON=$PYTHON is not a Python 3.11 or later"
    fi
  done
  fail "Python 3.11 or later is needed, found $(python3 --version 2>&1 || true); set PYTHON=/path/to/python3"
}

has_uv() {
  command -v uv >/dev/null 2>&1
}

say() {
  echo "run_local.sh: $*" >&2
}

fail() {
  say "$*"
  exit 1
}

case "${1:-run}" in
  -h | --help | help) help ;;
  -*) run "$@" ;;
  run | test | lint | types | check | bench | docs)
    chore="${1:-run}"
    if [ $# -gt 0 ]; then shift; fi
    "$chore" "$@"
    ;;
  *)
    say "unknown chore '$1'; ./run_local.sh help lists them"
    exit 2
    ;;
esac
