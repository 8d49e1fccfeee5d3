#!/usr/bin/env bash
# Usage: create_venv.sh FOLDER. Creates a virtual environment with Python 3.11 or newer, or says what is missing.
set -euo pipefail
folder=$1

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if is_new_enough "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    echo "mixviz needs Python 3.11 or newer; here is $(python3 --version 2>/dev/null || echo 'no python3')." >&2
    echo "Install one and name it, e.g.: make test PYTHON=/opt/python3.12/bin/python3" >&2
    return 1
}

python=$(find_python)
"$python" -c 'import ensurepip, venv' 2>/dev/null || {
    package="python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing $package, which $python needs to create virtual environments."
        apt-get update -q
        DEBIAN_FRONTEND=noninteractive apt-get install -qy "$package"
    else
        echo "$python cannot create virtual environments: its package $package is missing." >&2
        echo "On Debian and Ubuntu: sudo apt-get install $package" >&2
        exit 1
    fi
}
"$python" -m venv --clear "$folder"
"$folder/bin/python" -m pip install --quiet --upgrade pip
