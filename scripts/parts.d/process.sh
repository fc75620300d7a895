# Processes that outlive the shell: starting, recognising, stopping them. Sourced by scripts/parts.
# shellcheck shell=bash
: "${dir:?set by scripts/parts}"

log_keep_bytes=$((16 * 1024 * 1024))  # of earlier runs of a server, beside the log of this one
health_seconds=180                     # a database that recovers from a crash takes its time

# A process number alone may by now belong to somebody else; with its starting time it is that process.
start_time_of() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  # The name in the second field may contain anything, so count behind its last parenthesis: state, 19th after.
  read -r -a stat <<<"${stat##*) }"
  [[ ${stat[0]} != Z && ${stat[0]} != X ]] && printf '%s\n' "${stat[19]}"
}

pid_of() { cut -d ' ' -f 1 "$dir/$1/pid"; }

alive() {
  local pid started
  read -r pid started 2>/dev/null <"$dir/$1/pid" || return 1
  [[ $(start_time_of "$pid") == "$started" ]]
}

# start_process SERVER COMMAND... : in a session of its own, so that nothing sent to our terminal reaches it,
# with nothing of ours open (a held lock would look like a running scripts/parts).
start_process() {
  local server=$1 pid
  keep_log "$server"
  (
    cd "$dir/$server" || exit 1
    exec setsid "${@:2}" </dev/null >"$dir/$server/log" 2>&1 9>&-
  ) &
  pid=$!
  disown "$pid"
  printf '%s %s\n' "$pid" "$(start_time_of "$pid")" >"$dir/$server/pid"
}

# The log begins anew with each start: health checks read it. What was before goes behind the older ones.
keep_log() {
  local log=$dir/$1/log
  [[ -s $log ]] || return 0
  cat "$log" >>"$log.old"
  if (($(stat -c %s "$log.old") > log_keep_bytes)); then
    tail -c $((log_keep_bytes / 2)) "$log.old" >"$log.new"
    mv "$log.new" "$log.old"
  fi
}

# wait_until SECONDS COMMAND... : false when the time is over.
wait_until() {
  local end=$((SECONDS + $1))
  until "${@:2}"; do
    ((SECONDS < end)) || return 1
    sleep 0.1
  done
}

# Ends early when the process does: then waiting longer is of no use.
healthy_or_dead() { ! alive "$1" || healthy "$1"; }

wait_healthy() {
  local server=$1 seconds=$health_seconds
  wait_until "$seconds" healthy_or_dead "$server" || true
  alive "$server" && healthy "$server" && after_start "$server" && return
  if alive "$server"; then
    say "$server does not answer after $seconds s; the end of $dir/$server/log:"
  else
    say "$server ended; the end of $dir/$server/log:"
  fi
  tail -n 20 "$dir/$server/log" >&2
  return 1
}

not_alive() { ! alive "$1"; }

# Tells all first and waits then, so that slow ones stop side by side. Nothing is left running: what does not
# stop in time is killed, which each of these servers survives.
stop_all() {
  local server running=()
  for server in "$@"; do
    alive "$server" || continue
    running+=("$server")
    kill -s "$(stop_signal "$server")" "$(pid_of "$server")" 2>/dev/null || true
  done
  ((${#running[@]} > 0)) || say "none of this was running: $*"
  for server in "${running[@]}"; do
    if wait_until 30 not_alive "$server"; then
      say "$server has stopped"
    else
      say "$server did not stop in 30 s and is killed"
      kill_hard "$server"
    fi
    rm -f "$dir/$server/pid"
  done
}

kill_hard() {
  alive "$1" || return 0
  kill -KILL "$(pid_of "$1")" 2>/dev/null || true
  wait_until 10 not_alive "$1" || die "$1 (pid $(pid_of "$1")) does not end although it was killed"
}

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Chosen once per server and name and then kept. From below the range that the kernel takes the ports of outgoing
# connections from: there a remembered port could be taken by any client while its server is down.
port_of() {
  local file=$dir/$1/${2:-port} port
  if [[ ! -s $file ]]; then
    until port=$((12000 + (RANDOM * 32768 + RANDOM) % 18000)) && port_is_free "$port"; do :; done
    mkdir -p "${file%/*}"
    printf '%s\n' "$port" >"$file"
  fi
  cat "$file"
}

require_free_port() {
  local port
  port=$(port_of "$@")
  port_is_free "$port" ||
    die "port $port of $1 is taken by another program: end that, or remove $dir/$1/${2:-port} to get another port"
}
