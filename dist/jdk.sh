# Sourced. find_jdk: sets and exports JAVA_HOME to a JDK 25 or later, or says in one line what to install and fails.

# The feature version in a JDK's `release` file, read without a fork; nothing when $1 is no JDK.
jdk_version() {
  [ -r "$1/release" ] && [ -x "$1/bin/java" ] || return 1
  while IFS= read -r line; do
    case $line in
    JAVA_VERSION=*)
      line=${line#JAVA_VERSION=\"}
      line=${line%%[!0-9]*}
      [ "${line:-0}" -ge 25 ] && return 0
      return 1
      ;;
    esac
  done <"$1/release"
  return 1
}

find_jdk() {
  onpath=$(command -v java) && onpath=$(readlink -f "$onpath") && onpath=${onpath%/bin/java}
  for candidate in "${JAVA_HOME:-}" "${onpath:-}" /usr/lib/jvm/*25* /usr/lib/jvm/*; do
    if [ -n "$candidate" ] && jdk_version "$candidate"; then
      JAVA_HOME=$candidate
      export JAVA_HOME
      return 0
    fi
  done
  echo "gantry: needs a JDK 25 or later: install one (for example from https://adoptium.net) and set JAVA_HOME to it" >&2
  return 1
}
