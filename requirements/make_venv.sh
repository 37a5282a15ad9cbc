# Make a virtual environment: sh make_venv.sh FOLDER. Uses $PYTHON, or the first that is 3.11+.
set -eu

fits() {
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

if [ -n "${PYTHON:-}" ]; then
    fits "$PYTHON" || { echo "PYTHON=$PYTHON is not Python 3.11 or newer" >&2; exit 1; }
else
    for PYTHON in python3.13 python3.12 python3.11 python3 ""; do
        [ -n "$PYTHON" ] || {
            echo "no Python 3.11 or newer was found; install one, or name it: make demo PYTHON=..." >&2
            exit 1
        }
        ! fits "$PYTHON" || break
    done
fi

"$PYTHON" -c 'import ensurepip, venv' 2>/dev/null || {
    echo "$PYTHON cannot make virtual environments; on Debian and Ubuntu install python3-venv" >&2
    exit 1
}
echo "making $1 with $("$PYTHON" --version)" >&2
"$PYTHON" -m venv --clear "$1"
