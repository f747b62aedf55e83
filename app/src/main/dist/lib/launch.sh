# Finds java and starts Plumbline with the options that it wants; bin/plumbline and a checkout's
# ./plumbline read this file.

fail() {
  echo "plumbline: $1" >&2
  exit "${2:-1}"
}

find_java() {
  if [ -n "${JAVA_HOME:-}" ]; then
    java="$JAVA_HOME/bin/java"
    [ -x "$java" ] || fail "JAVA_HOME is '$JAVA_HOME', which has no bin/java; set it to a JDK 17 or later" 2
  else
    java="$(command -v java || true)"
    [ -n "$java" ] || fail "no java found; install a JDK 17 or later, or set JAVA_HOME to one" 2
  fi
  local home version=""
  # A JDK's release file says the version without starting it.
  home="$(readlink -f "$java" 2>/dev/null || echo "$java")"
  home="${home%/bin/java}"
  if [ -r "$home/release" ]; then
    version="$(sed -n 's/^JAVA_VERSION="\([^"]*\)".*/\1/p' "$home/release")"
  fi
  if [ -z "$version" ]; then
    version="$("$java" -version 2>&1 | sed -n 's/.* version "\([^"]*\)".*/\1/p' | head -n 1)"
  fi
  java_version="$version"
  java_major="${version%%[.-]*}"
  case "$java_major" in
    '' | *[!0-9]*) fail "cannot tell the version of $java; set JAVA_HOME to a JDK 17 or later" 2 ;;
  esac
  [ "$java_major" -ge 17 ] || fail "$java is version $version, wanted 17 or later; set JAVA_HOME to a newer JDK" 2
}

# Whether the arguments only ask for help: starting is then all there is to do.
asks_for_help() {
  local argument
  [ $# -gt 0 ] || return 0
  for argument in "$@"; do
    case "$argument" in
      -h | --help | -V | --version) return 0 ;;
    esac
  done
  return 1
}

# Classes as the JVM keeps them, beside the first jar, made at the first start: later ones are several times faster.
# A JVM that makes none leaves an empty file, so that it is not asked again.
share_classes() {
  local folder="${1%%:*}" archive
  folder="${folder%/*}"
  archive="$folder/classes-$java_version.jsa"
  if [ ! -e "$archive" ]; then
    [ -w "$folder" ] || return 0
    keep_classes "$1" "$archive.$$" </dev/null >/dev/null 2>&1 || true
    [ -e "$archive.$$" ] || : >"$archive.$$"
    mv "$archive.$$" "$archive" 2>/dev/null || return 0
  fi
  [ -s "$archive" ] || return 0
  options+=("-XX:SharedArchiveFile=$archive" -Xlog:cds=off -Xlog:cds+dynamic=off)
  if [ "$java_major" -lt 24 ]; then
    # At the addresses that it was made for, an archive is read as far as it is used and not changed.
    options+=(-XX:+UnlockDiagnosticVMOptions -XX:ArchiveRelocationMode=0)
  fi
}

# keep_classes CLASSPATH FILE: those that a computation and the help load. An archive made in one go by a program that
# ends (-XX:ArchiveClassesAtExit) leaves out what was compiled for Java 5, as the option parser was.
keep_classes() {
  local list="$2.list" command
  for command in doctor --help; do
    "$java" "${options[@]}" "-XX:DumpLoadedClassList=$list.$command" -cp "$1" plumbline.cli.Main "$command" || true
  done
  cat "$list.doctor" "$list.--help" >"$list" || true
  "$java" "${options[@]}" -Xshare:dump "-XX:SharedClassListFile=$list" "-XX:SharedArchiveFile=$2" -cp "$1" || true
  rm -f "$list" "$list.doctor" "$list.--help"
}

# run_plumbline CLASSPATH ARGUMENT...: becomes that program
run_plumbline() {
  local classpath="$1"
  shift
  # glibc keeps freed blocks of up to 32 MiB and fragments: returning them keeps the peak low.
  export MALLOC_MMAP_THRESHOLD_="${MALLOC_MMAP_THRESHOLD_:-8388608}"
  export MALLOC_TRIM_THRESHOLD_="${MALLOC_TRIM_THRESHOLD_:-67108864}"
  # Of several arenas, one for each thread, each keeps what was freed in it.
  export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-1}"
  # Large blocks come in pages of 2 MB where the system lets programs ask for them: a large model's
  # gradients are new ones at every step.
  export GLIBC_TUNABLES="${GLIBC_TUNABLES:-glibc.malloc.hugetlb=1}"

  # A heap that starts small takes 100 MB less in total: what is not needed is never touched.
  options=(
    -XX:InitialRAMPercentage=0.1
    "-Xmx${PLUMBLINE_HEAP:-1g}"
    -XX:+UseSerialGC
    -Dfile.encoding=UTF-8
    -Dorg.bytedeco.javacpp.nopointergc=true
    "-Dorg.bytedeco.javacpp.maxPhysicalBytes=${PLUMBLINE_MEMORY:-12g}"
  )
  if [ "$java_major" -ge 24 ]; then
    options+=(--enable-native-access=ALL-UNNAMED)
  fi
  share_classes "$classpath"
  if asks_for_help "$@"; then
    options+=(-XX:TieredStopAtLevel=1)
  fi
  if [ -t 2 ]; then
    columns="$(tput cols 2>/dev/null || echo 80)"
    rows="$(tput lines 2>/dev/null || echo 24)"
    options+=(-Dplumbline.terminal=true "-Dplumbline.columns=$columns" "-Dplumbline.rows=$rows")
  fi
  if [ -t 1 ]; then
    options+=(-Dplumbline.terminal.out=true)
  fi
  # shellcheck disable=SC2206 # options are separated by blanks
  extra=(${PLUMBLINE_JAVA_OPTS:-})

  exec "$java" "${options[@]}" ${extra[@]+"${extra[@]}"} \
    -cp "$classpath${PLUMBLINE_CLASSPATH:+:$PLUMBLINE_CLASSPATH}" plumbline.cli.Main "$@"
}
