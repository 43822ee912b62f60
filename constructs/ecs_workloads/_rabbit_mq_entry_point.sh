# What a node's container runs: it writes the node's files into memory, starts the server, and stops it gracefully.
#
# BROKER_CONFIGURATION holds all files, each after a line "=== name mode". In a file, |NAME| stands for the secret of
# that name. Only sh, coreutils, flock and grep are asked for. No variable stands in braces: CloudFormation would take it for
# its own.
set -e
files=/tmp/broker
data=/var/lib/rabbitmq
joined=false
began=false

say() {
  printf 'entry point: %s\n' "$*" >&2
}

die() {
  say "$@"
  exit 1
}

# Prints a line with its secrets filled in. They stand inside strings of JSON, so they may hold nothing to escape.
fill() {
  set -f
  IFS='|'
  set -- $1
  unset IFS
  set +f
  filled=
  is_name=false
  for part in "$@"; do
    if [ "$is_name" = true ]; then
      is_name=false
      secret=$(printenv "$part") || die "the secret $part is missing"
      case $secret in
        '' | *[!A-Za-z0-9._~-]*) die "the secret $part must be letters, digits and . _ ~ - alone" ;;
      esac
      filled=$filled$secret
    else
      is_name=true
      filled=$filled$part
    fi
  done
  printf '%s\n' "$filled"
}

write_files() {
  umask 022
  mkdir -p "$files/conf.d"
  target=
  while IFS= read -r line; do
    case $line in
      '=== '*)
        set -- $line
        target=$files/$2
        rm -f "$target"
        : >"$target"
        chmod "$3" "$target"
        ;;
      *) fill "$line" >>"$target" ;;
    esac
  done <<CONFIGURATION
$BROKER_CONFIGURATION
CONFIGURATION
}

write_certificate() {
  [ -n "$BROKER_TLS_CERTIFICATE" ] || return 0
  [ -n "$BROKER_TLS_PRIVATE_KEY" ] || die 'the certificate has no private_key'
  umask 077
  printf '%s\n' "$BROKER_TLS_CERTIFICATE" >"$files/certificate.pem"
  printf '%s\n' "$BROKER_TLS_PRIVATE_KEY" >"$files/private_key.pem"
  umask 022
  unset BROKER_TLS_CERTIFICATE BROKER_TLS_PRIVATE_KEY
}

# Two nodes on one data directory lose confirmed messages. ECS may start this task while the last one still runs, on a
# host that it lost. The lock is the kernel's, and that of EFS: it ends with the last process that has the file open, or
# when EFS has not heard of the host for a while.
lock_data() {
  exec 9>"$data/.lock"
  tries=0
  until flock -n 9; do
    [ "$tries" -gt 0 ] || say 'another task has the data: waiting for its end'
    [ "$tries" -lt 200 ] || die 'another task still has the data'
    tries=$((tries + 1))
    sleep 2
  done
}

# A node finds its own name before DNS knows the new task, and also while DNS is away.
write_own_address() {
  [ -n "$BROKER_PEERS" ] || return 0
  address=
  for one in $(hostname -i); do
    case $one in
      127.* | *[!0-9.]*) ;;
      *) address=$one ;;
    esac
  done
  [ -n "$address" ] || die "the task has no IPv4 address: $(hostname -i)"
  printf '{host, {%s}, ["%s"]}.\n{lookup, [file, native]}.\n' \
    "$(printf %s "$address" | tr . ,)" "$(printf %s "$RABBITMQ_NODENAME" | cut -d @ -f 2)" >"$ERL_INETRC"
}

any_peer() {
  for peer in $BROKER_PEERS; do
    if timeout 20 rabbitmq-diagnostics -q -n "$peer" "$1" >/dev/null 2>&1; then
      return 0
    fi
  done
  return 1
}

# A node without data joins its peers. The first node alone may begin a cluster, and only the first time: else one that
# lost its data would begin an empty cluster beside the healthy one, and take the place of it.
find_peers() {
  [ -n "$BROKER_PEERS" ] || return 0
  if [ -e "$data/.member" ]; then
    # Under another name the broker would start empty beside its data.
    [ -d "$data/mnesia/$RABBITMQ_NODENAME" ] ||
      die "the data is of another node than $RABBITMQ_NODENAME: a cluster keeps its dns_name and its namespace"
    return 0
  fi
  if [ "$BROKER_BEGINS_CLUSTER" = true ] && [ ! -e /var/lib/rabbitmq-cluster/begun ]; then
    say 'no data and no cluster yet: beginning one'
    began=true
    return 0
  fi
  say "no data: waiting for one of $BROKER_PEERS"
  tries=0
  while [ "$tries" -lt 60 ]; do
    # The first node may still be moving its metadata, and would lose who joins meanwhile.
    if [ -e /var/lib/rabbitmq-cluster/begun ] && any_peer check_running; then
      say "joining $peer"
      joined=true
      # Of peers that are away the server would ask again and again.
      printf 'cluster_formation.classic_config.nodes.%s\n' "1 = $peer" "2 = $RABBITMQ_NODENAME" >>"$files/rabbitmq.conf"
      return 0
    fi
    tries=$((tries + 1))
    sleep 3
  done
  die 'no data, and no peer to join: not beginning a second cluster'
}

# Gives this node a copy of each queue. While another node gets its own, a queue may refuse.
get_copies() {
  tries=0
  while [ "$tries" -lt 20 ]; do
    timeout 60 rabbitmq-queues -q grow "$RABBITMQ_NODENAME" all >/dev/null 2>&1 || :
    queues=$(timeout 60 rabbitmqctl -q list_queues --no-table-headers type members 2>/dev/null) || queues=quorum
    if ! printf '%s\n' "$queues" | grep '^quorum' | grep -qvF "$RABBITMQ_NODENAME"; then
      return 0
    fi
    tries=$((tries + 1))
    sleep 2
  done
  say 'not all copies yet: the broker goes on by itself'
}

# Returns when the node runs. It notes whether any peer is up at all: a node that has none waits for a majority, as after
# the whole cluster was stopped, and to start it again is no help.
wait_until_running() {
  until timeout 30 rabbitmq-diagnostics -q check_running >/dev/null 2>&1; do
    kill -0 "$server" 2>/dev/null || return 1
    if [ -z "$BROKER_PEERS" ] || any_peer ping; then
      rm -f "$files/waiting"
    else
      : >"$files/waiting"
    fi
    sleep 2
  done
  rm -f "$files/waiting"
}

# Marks the data as a member's once the node has its copies; before that it is not healthy.
remember() {
  [ -n "$BROKER_PEERS" ] || return 0
  if [ "$began" = true ]; then
    # Of a cluster that was stopped, Mnesia waits for all nodes, Khepri for a majority. From 4.2 on it is the default.
    timeout 60 rabbitmqctl -q enable_feature_flag --opt-in khepri_db >&2 || say 'the cluster keeps its metadata in Mnesia'
  fi
  if [ "$joined" = true ]; then
    # A node that lost its data is still a member of the queues, without a copy of its own.
    timeout 60 rabbitmq-queues -q shrink "$RABBITMQ_NODENAME" >/dev/null 2>&1 || say 'it had no copies'
    get_copies
  fi
  : >"$data/.member"
  : >/var/lib/rabbitmq-cluster/begun
}

# The next version may start only on data that uses what this one brought. While a node has an older version, the broker
# refuses; the last one to be upgraded succeeds.
use_what_is_new() {
  timeout 120 rabbitmqctl -q enable_feature_flag all >&2 || say 'not all feature flags can be enabled yet'
}

settle() {
  wait_until_running || return 0
  remember
  use_what_is_new
}

# All of it takes less than the 120 seconds after which Fargate kills.
stop() {
  trap '' TERM INT
  if [ -n "$BROKER_PEERS" ]; then
    say 'waiting until the queues can do without this node'
    timeout 45 rabbitmq-upgrade -q -t 40 await_online_quorum_plus_one >&2 || say 'they cannot yet'
    timeout 25 rabbitmq-upgrade -q drain >&2 || say 'not drained'
  fi
  kill -TERM "$server" 2>/dev/null || :
  wait "$server" || :
  exit 0
}

trap 'exit 0' TERM INT
lock_data
write_files
write_certificate
write_own_address
find_peers
"$@" &
server=$!
trap stop TERM INT
settle &
wait "$server"
