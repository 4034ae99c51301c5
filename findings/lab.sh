# Sourced by every finding: a temporary environment with pinned packages, removed at the end.
#
#   . "$(dirname "$0")/lab.sh"
#   lab 'package==1.2.3' …      installs; afterwards the work folder is the temporary one
#   python - <<'PY' …           runs in it; tell.py is importable
set -euo pipefail

lab() {
  local here
  here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
  LAB=$(mktemp -d)
  trap 'cd /; rm -rf "$LAB"' EXIT
  python3 -m venv "$LAB/env"
  export PATH="$LAB/env/bin:$PATH" PYTHONPATH="$here" PYTHONWARNINGS=ignore
  export OMP_NUM_THREADS=1 PIP_DISABLE_PIP_VERSION_CHECK=1
  pip install --quiet "$@" 2>"$LAB/pip.log" || { cat "$LAB/pip.log" >&2; exit 2; }
  cd "$LAB"
}
