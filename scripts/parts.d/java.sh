# The servers that run on Java: their jars, Kafka, the stand-in for MongoDB, Kafka Connect. Sourced by scripts/parts.
# shellcheck shell=bash
: "${dir:?set by scripts/parts}" "${here:?set by scripts/parts}"

# Kafka 3.9 does not run on the newest Java, so Debian's 17 goes before whatever is first on the path. With a "c" at
# its end the name is that of the compiler.
java_program() {
  local debian
  for debian in /usr/lib/jvm/java-17-openjdk-*/bin/java; do
    [[ ! -x $debian ]] || {
      printf '%s\n' "$debian"
      return
    }
  done
  echo java
}

declare -A jars=()

prepare_jars() {
  local part set
  for part in "$@"; do
    case $part in
      kafka | mongo) set -- "$part" ;;
      connect) set -- kafka connect debezium mongosink ;;
      *) continue ;;
    esac
    for set in "$@"; do
      [[ -n ${jars[$set]:-} ]] || jars[$set]=$("$here/parts.d/fetch" "$set" 9>&-)
    done
  done
}

version_in_sums() { sed -n "s,.* $1-\(.*\)\.jar\$,\1,p" "$here/parts.d/checksums"; }
kafka_version() { version_in_sums kafka/kafka-clients; }
mongo_version() { version_in_sums mongo/mongo-java-server-core; }

# The serial collector has no threads of its own: on two processors that is worth more than its pauses cost.
java_options=(-XX:+UseSerialGC -Djava.awt.headless=true)

log4j_settings() {
  cat <<'TEXT'
log4j.rootLogger=WARN, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d{ISO8601} %p %c{1} %m%n
log4j.logger.kafka.server.KafkaRaftServer=INFO
log4j.logger.org.apache.kafka.connect=INFO
TEXT
}

# --- Kafka

broker_count() {
  local file=$dir/kafka/brokers
  if [[ -s $file ]]; then cat "$file"; else echo 1; fi
}

choose_brokers() {
  local now
  now=$(broker_count)
  [[ $now == "$1" && -s $dir/kafka/brokers ]] && return
  # The number is in the quorum and in every topic, so it belongs to the data.
  [[ $now == "$1" || ! -d $dir/kafka-1 ]] ||
    die "Kafka in $dir has data for $now broker(s): scripts/parts down --data --only kafka, or another CQRS_PARTS_DIR"
  mkdir -p "$dir/kafka"
  printf '%s\n' "$1" >"$dir/kafka/brokers"
}

# kafka_addresses PORT [voters]: every broker's address with this one of its ports; a voter is NUMBER@ADDRESS.
kafka_addresses() {
  local kind=$1 voters=${2:-} number list=()
  for ((number = 1; number <= $(broker_count); number++)); do
    list+=("${voters:+$number@}127.0.0.1:$(port_of "kafka-$number" "$kind")")
  done
  (IFS=, && printf '%s\n' "${list[*]}")
}

kafka_settings() {
  local number=$1 brokers in_sync
  brokers=$(broker_count)
  in_sync=$((brokers == 3 ? 2 : 1))
  cat <<TEXT
process.roles=broker,controller
node.id=$number
controller.quorum.voters=$(kafka_addresses controller voters)
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:$(port_of "kafka-$number"),CONTROLLER://127.0.0.1:$(port_of "kafka-$number" controller)
advertised.listeners=PLAINTEXT://127.0.0.1:$(port_of "kafka-$number")
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$dir/kafka-$number/data
auto.create.topics.enable=false
default.replication.factor=$brokers
min.insync.replicas=$in_sync
offsets.topic.replication.factor=$brokers
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=$brokers
transaction.state.log.min.isr=$in_sync
transaction.state.log.num.partitions=4
# The default waits 3 s for more consumers.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
# A killed broker is noticed, and may come back, after 3 s instead of 9.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
# Brokers that stop together would wait for each other to take their partitions.
controlled.shutdown.enable=false
num.network.threads=2
num.io.threads=4
# The default of 128 MB does not fit into a small heap.
log.cleaner.dedupe.buffer.size=16777216
TEXT
}

launch_kafka() {
  local number=$1 home=$dir/kafka-$1 java heap=512m
  java=$(java_program)
  [[ $(broker_count) == 1 ]] || heap=320m
  choose_brokers "$(broker_count)"
  require_free_port "kafka-$number" controller
  log4j_settings >"$home/log4j.properties"
  kafka_settings "$number" >"$home/server.properties"
  if [[ ! -f $home/data/meta.properties ]]; then
    "$java" -cp "${jars[kafka]}/*" "-Dlog4j.configuration=file:$home/log4j.properties" kafka.tools.StorageTool \
      format --cluster-id "$(kafka_cluster)" --config "$home/server.properties" >"$home/format.log" 2>&1 9>&- ||
      die "could not format the storage of Kafka: $(tail -n 5 "$home/format.log")"
  fi
  start_process "kafka-$number" "$java" "${java_options[@]}" -Xms256m "-Xmx$heap" \
    "-Dlog4j.configuration=file:$home/log4j.properties" -cp "${jars[kafka]}/*" kafka.Kafka "$home/server.properties"
}

# One for all brokers of this directory: 16 bytes in URL-safe base64.
kafka_cluster() {
  local file=$dir/kafka/cluster
  [[ -s $file ]] || head -c 16 /dev/urandom | base64 | tr '+/' 'AB' | tr -d '=' >"$file"
  cat "$file"
}

json_kafka() {
  local number brokers=() pids=()
  for ((number = 1; number <= $(broker_count); number++)); do
    alive "kafka-$number" || continue
    brokers+=("127.0.0.1:$(port_of "kafka-$number")")
    pids+=("$(pid_of "kafka-$number")")
  done
  jq -n --arg brokers "$(IFS=, && echo "${brokers[*]}")" --argjson pids "[$(IFS=, && echo "${pids[*]}")]" \
    --arg version "$(kafka_version)" '{$brokers, $pids, $version}'
}

# --- mongo-java-server

launch_mongo() {
  local java source=$here/parts.d/MongoServer.java classes=$dir/mongo/classes
  java=$(java_program)
  # Java can run the source by itself, but compiles it at every start then.
  if [[ ! $classes/MongoServer.class -nt $source ]]; then
    "${java}c" -cp "${jars[mongo]}/*" -d "$classes" "$source" >&2 9>&- || die "could not compile $source"
  fi
  start_process mongo "$java" "${java_options[@]}" -Xmx512m -Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
    -cp "$classes:${jars[mongo]}/*" MongoServer "$(port_of mongo)" "$dir/mongo/data.mv"
}

json_mongo() {
  jq -n --arg url "mongodb://127.0.0.1:$(port_of mongo)" --argjson pid "$(pid_of mongo)" \
    --arg server "mongo-java-server $(mongo_version)" '{$url, $pid, $server}'
}

# --- Kafka Connect

connect_settings() {
  cat <<TEXT
bootstrap.servers=$(kafka_addresses port)
group.id=connect
listeners=http://127.0.0.1:$(port_of connect)
rest.advertised.host.name=127.0.0.1
plugin.path=$dir/connect/plugins
plugin.discovery=hybrid_warn
config.storage.topic=connect-configs
offset.storage.topic=connect-offsets
status.storage.topic=connect-status
config.storage.replication.factor=$(broker_count)
offset.storage.replication.factor=$(broker_count)
status.storage.replication.factor=$(broker_count)
offset.storage.partitions=4
status.storage.partitions=2
offset.flush.interval.ms=1000
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.json.JsonConverter
value.converter.schemas.enable=false
TEXT
}

launch_connect() {
  local home=$dir/connect
  alive kafka-1 || die "connect needs kafka: scripts/parts up --only kafka,connect"
  mkdir -p "$home/plugins"
  ln -sfn "${jars[debezium]}" "$home/plugins/debezium"
  ln -sfn "${jars[mongosink]}" "$home/plugins/mongosink"
  log4j_settings >"$home/log4j.properties"
  connect_settings >"$home/connect.properties"
  start_process connect "$(java_program)" "${java_options[@]}" -Xmx512m \
    "-Dlog4j.configuration=file:$home/log4j.properties" -cp "${jars[connect]}/*" \
    org.apache.kafka.connect.cli.ConnectDistributed "$home/connect.properties"
}

json_connect() {
  jq -n --arg url "http://127.0.0.1:$(port_of connect)" --argjson pid "$(pid_of connect)" \
    --arg version "$(kafka_version)" '{$url, $pid, $version}'
}
