# Sourced. need THING=PACKAGE…: installs the Debian packages whose command or file (a pattern) is missing, or, for
# anybody but root, says in one line what to install and fails.
need() {
  missing=
  for pair in "$@"; do
    present "${pair%%=*}" || missing="$missing ${pair#*=}"
  done
  [ -z "$missing" ] && return 0
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "gantry: something it needs is missing: run 'sudo apt-get install --no-install-recommends$missing'" >&2
    return 1
  fi
  echo "gantry: installing$missing" >&2
  apt_log=$(mktemp)
  # The lists of a fresh machine are empty or old: fetch them only when the plain install did not work.
  # shellcheck disable=SC2086
  if apt_get install $missing || { apt_get update && apt_get install $missing; }; then
    rm -f "$apt_log"
    return 0
  fi
  cat "$apt_log" >&2
  rm -f "$apt_log"
  echo "gantry: apt-get could not install$missing" >&2
  return 1
}

# Whether a command is on the PATH, or a file matches the absolute pattern.
present() {
  case $1 in
  /*) for file in $1; do [ -e "$file" ] && return 0; done ;;
  *) command -v "$1" >/dev/null 2>&1 && return 0 ;;
  esac
  return 1
}

apt_get() {
  DEBIAN_FRONTEND=noninteractive apt-get -y -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 \
    --no-install-recommends "$@" >>"$apt_log" 2>&1 </dev/null
}
