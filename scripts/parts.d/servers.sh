# What is particular to each server: command line, settings, health, how it stops. Sourced by scripts/parts;
# those that run on Java are in java.sh.
# shellcheck shell=bash
: "${dir:?set by scripts/parts}" "${here:?set by scripts/parts}"

postgres_bin=/usr/lib/postgresql/15/bin

# launch SERVER, called only when it does not run.
launch() {
  mkdir -p "$dir/$1"
  require_free_port "$1"
  case $1 in
    kafka-*) launch_kafka "${1#kafka-}" ;;
    *) "launch_$1" ;;
  esac
}

healthy() {
  case $1 in
    postgres) "$postgres_bin/pg_isready" --quiet --dbname="$(postgres_address) dbname=postgres" ;;
    redis) [[ $(redis-cli -h 127.0.0.1 -p "$(port_of "$1")" ping 2>/dev/null) == PONG ]] ;;
    # Written when the quorum has taken the broker in; its port listens long before.
    kafka-*) grep -q 'Kafka Server started' "$dir/$1/log" && ! port_is_free "$(port_of "$1")" ;;
    connect) curl --silent --fail --max-time 2 --output /dev/null "http://127.0.0.1:$(port_of "$1")/connectors" ;;
    *) ! port_is_free "$(port_of "$1")" ;;
  esac
}

after_start() {
  if [[ $1 == postgres ]]; then
    create_database
  fi
}

stop_signal() {
  # PostgreSQL waits for its clients on TERM; INT sends them away.
  if [[ $1 == postgres ]]; then echo INT; else echo TERM; fi
}

describe() {
  case $1 in
    mongo) echo "mongo-java-server $(mongo_version), NOT a real mongod: no transactions, no change streams" ;;
    kafka) echo "Apache Kafka $(kafka_version)" ;;
    postgres) echo "PostgreSQL $(postgres_version)" ;;
    redis) echo "Redis" ;;
    connect) echo "Kafka Connect $(kafka_version)" ;;
    nginx) echo "nginx before ${CQRS_UPSTREAMS:-127.0.0.1:8080}" ;;
  esac
}

check_tools() {
  local part tool tools missing=()
  for part in "$@"; do
    case $part in
      postgres) tools=("$postgres_bin/postgres") ;;
      redis) tools=(redis-server redis-cli) ;;
      kafka) tools=("$(java_program)") ;;
      mongo) tools=("$(java_program)" "$(java_program)c") ;;
      connect) tools=("$(java_program)" curl) ;;
      nginx) tools=(nginx) ;;
    esac
    for tool in "${tools[@]}"; do
      command -v "$tool" >/dev/null || missing+=("$tool")
    done
  done
  ((${#missing[@]} == 0)) || die "not installed: ${missing[*]}; scripts/setup --servers installs them"
}

remove_data_of() {
  local part=$1 home
  if [[ $part == postgres && -s $dir/postgres/home ]]; then
    home=$(<"$dir/postgres/home")
    rm -rf "${home:?}"
  fi
  rm -rf "${dir:?}/$part" "${dir:?}/$part"-[0-9]
}

# --- PostgreSQL

# It refuses to run as root, so root lends it a user.
as_postgres() {
  if ((EUID == 0)); then
    setpriv --reuid=postgres --regid=postgres --init-groups "$@"
  else
    "$@"
  fi
}

# Where the data is: below the parts directory, but for a user that cannot get there (below /root, say) elsewhere.
postgres_home() {
  local file=$dir/postgres/home home
  if [[ ! -s $file ]]; then
    home=$dir/postgres/data
    mkdir -p "$home"
    if ! as_postgres test -x "$home"; then
      rmdir "$home"
      home=$(mktemp -d "/var/tmp/cqrs-parts-$(printf '%s' "$dir" | sha256sum | cut -c1-12).XXXX")
    fi
    ((EUID != 0)) || chown postgres: "$home"
    chmod 700 "$home"
    printf '%s\n' "$home" >"$file"
  fi
  cat "$file"
}

postgres_settings() {
  cat <<TEXT
listen_addresses = '127.0.0.1'
port = $(port_of postgres)
unix_socket_directories = ''
max_connections = 200
shared_buffers = 256MB
wal_level = logical
fsync = on
synchronous_commit = on
max_wal_size = 2GB
checkpoint_timeout = 15min
max_replication_slots = 10
max_wal_senders = 10
TEXT
}

launch_postgres() {
  local home data
  home=$(postgres_home)
  data=$home/main
  # Under another name until it is whole: an initdb that was killed halfway is begun anew.
  if [[ ! -d $data ]]; then
    rm -rf "$home/initdb"
    as_postgres "$postgres_bin/initdb" --pgdata="$home/initdb" --username=cqrs --auth=trust \
      --encoding=UTF8 --locale=C.UTF-8 >"$dir/postgres/initdb.log" 2>&1 9>&- ||
      die "initdb failed: $(tail -n 5 "$dir/postgres/initdb.log")"
    echo "include = 'cqrs.conf'" >>"$home/initdb/postgresql.conf"
    mv "$home/initdb" "$data"
  fi
  # In a file and not on the command line, so that a test's ALTER SYSTEM wins.
  postgres_settings >"$data/cqrs.conf"
  forget_killed_postgres "$data"
  start_process_postgres "$data"
}

start_process_postgres() {
  local become=()
  ((EUID != 0)) || become=(setpriv --reuid=postgres --regid=postgres --init-groups)
  start_process postgres "${become[@]}" "$postgres_bin/postgres" -D "$1"
}

# A killed postmaster leaves its lock file. The next one believes in it as long as the process is a zombie, which
# in a container can be for ever, and its backends outlive it for a moment.
forget_killed_postgres() {
  local lock=$1/postmaster.pid pid
  [[ -f $lock ]] || return 0
  read -r pid <"$lock"
  if start_time_of "${pid:-0}" >/dev/null; then
    return # this process lives: PostgreSQL itself says whether that matters
  fi
  if wait_until 20 no_backends_of "$lock"; then
    rm "$lock"
  else
    say "processes of a killed PostgreSQL still seem to use $1"
  fi
}

# They share a segment of memory whose id is in the 7th line; the kernel counts who is attached to it.
no_backends_of() {
  local id attached
  id=$(awk 'NR == 7 { print $2 }' "$1")
  [[ -n $id ]] || return 0
  attached=$(awk -v id="$id" '$2 == id { print $7 }' /proc/sysvipc/shm) || return 1
  [[ -z $attached || $attached == 0 ]]
}

postgres_address() { printf 'host=127.0.0.1 port=%s user=cqrs' "$(port_of postgres)"; }

postgres_sql() {
  "$postgres_bin/psql" --no-psqlrc --quiet --tuples-only --no-align --dbname="$(postgres_address) dbname=$1" \
    --command="$2" 9>&-
}

create_database() {
  [[ -f $dir/postgres/created ]] && return
  [[ $(postgres_sql postgres "select 1 from pg_database where datname = 'cqrs'") == 1 ]] ||
    postgres_sql postgres 'create database cqrs' >&2 || return
  touch "$dir/postgres/created"
}

postgres_version() { "$postgres_bin/postgres" --version | cut -d ' ' -f 3; }

json_postgres() {
  jq -n --arg url "postgresql://cqrs@127.0.0.1:$(port_of postgres)/cqrs" --argjson pid "$(pid_of postgres)" \
    --arg version "$(postgres_version)" '{$url, $pid, $version}'
}

# --- Redis

# Views are written in bulk when they are rebuilt: a file that is rewritten, and compressed, each time it doubles from
# 64 MB on then takes more processor time than the views themselves.
redis_rewrites=(--auto-aof-rewrite-min-size 512mb --rdbcompression no)

launch_redis() {
  # An acknowledged write may be lost with the last second of the file: the system is built for that, so it is
  # what the tests get. A full memory refuses writes instead of forgetting documents.
  start_process redis redis-server --bind 127.0.0.1 --port "$(port_of redis)" --dir "$dir/redis" --daemonize no \
    --appendonly yes --appendfsync everysec --save '' --maxmemory-policy noeviction \
    "${redis_rewrites[@]}"
}

json_redis() {
  jq -n --arg url "redis://127.0.0.1:$(port_of redis)" --argjson pid "$(pid_of redis)" \
    --arg version "$(redis-server --version | sed -n 's/.* v=\([^ ]*\).*/\1/p')" '{$url, $pid, $version}'
}

# --- nginx

nginx_settings() {
  local upstream
  # One process: the workers of a killed master would go on serving, and hold the port.
  cat <<TEXT
daemon off;
master_process off;
pid $dir/nginx/nginx.pid;
error_log stderr warn;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path $dir/nginx/body;
  proxy_temp_path $dir/nginx/proxy;
  fastcgi_temp_path $dir/nginx/fastcgi;
  uwsgi_temp_path $dir/nginx/uwsgi;
  scgi_temp_path $dir/nginx/scgi;
  upstream cqrs {
    keepalive 32;
TEXT
  for upstream in $(tr ',' ' ' <<<"${CQRS_UPSTREAMS:-127.0.0.1:8080}"); do
    printf '    server %s;\n' "${upstream#http://}"
  done
  cat <<TEXT
  }
  server {
    listen 127.0.0.1:$(port_of nginx);
    location / {
      proxy_pass http://cqrs;
      proxy_http_version 1.1;
      proxy_set_header Connection '';
      proxy_set_header Host \$http_host;
      proxy_buffering off;
    }
  }
}
TEXT
}

launch_nginx() {
  nginx_settings >"$dir/nginx/nginx.conf"
  start_process nginx nginx -e stderr -p "$dir/nginx" -c "$dir/nginx/nginx.conf"
}

json_nginx() {
  jq -n --arg url "http://127.0.0.1:$(port_of nginx)" --argjson pid "$(pid_of nginx)" '{$url, $pid}'
}
