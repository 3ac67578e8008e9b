#!/usr/bin/env bash
# Starts a Medusa backend with a fresh PostgreSQL database on 127.0.0.1, sets up a shop, fills it with
# orders, and prints one JSON object (URL, keys, ids, what was seeded, timings) on stdout. Everything
# else goes to stderr.
#   up.sh [--port 3920] [--orders 20] [--parallel 2] [--seed 1]
# A store that runs on that port already is stopped first. Stop it with down.sh [--port 3920].
# Needs node, npm and an installed PostgreSQL server (Debian: apt-get install postgresql); no Redis.
# MEDUSA_STORE_DIR:    where node_modules, logs and pids go
#   (default ${XDG_CACHE_HOME:-$HOME/.cache}/stores/medusa)
# MEDUSA_STORE_PG_DIR: parent of the database files (default ${TMPDIR:-/tmp}); as root it must be
#   reachable for the postgres account
set -euo pipefail

HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
DIR="${MEDUSA_STORE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/stores/medusa}"
PORT=3920 ORDERS=20 PARALLEL=2 SEED=1
while [ $# -gt 0 ]; do
  case "$1" in
    --port) PORT="$2" ;;
    --orders) ORDERS="$2" ;;
    --parallel) PARALLEL="$2" ;;
    --seed) SEED="$2" ;;
    *) echo "usage: up.sh [--port N] [--orders N] [--parallel N] [--seed N]" >&2; exit 2 ;;
  esac
  shift 2
done
RUN="$DIR/run/$PORT"
EMAIL=admin@example.test PASS="loopback-$PORT"

now() { date +%s%3N; }
say() { echo "medusa: $*" >&2; }
# A process that ended and that nobody has waited for still has its pid.
alive() { ps -o stat= -p "$1" | grep -qv '^Z'; }
give_up() { say "$1"; tail -20 "$2" >&2 || true; exit 1; }

"$HERE/down.sh" --port "$PORT" >&2
trap 'CODE=$?; if [ $CODE != 0 ]; then say "failed; stopping what was started"; "$HERE/down.sh" --port "$PORT" >&2 || true; fi' EXIT

# 1. node_modules, once per lockfile
T0="$(now)"
mkdir -p "$DIR/app"
exec 9>"$DIR/install.lock"
flock 9
WANT="$(cat "$HERE/package-lock.json" <(node -p 'process.version.split(".")[0]') | sha256sum | cut -d' ' -f1)"
if [ "$(cat "$DIR/app/.installed" 2>/dev/null || true)" != "$WANT" ]; then
  say "installing into $DIR/app"
  rm -rf "$DIR/app/node_modules" "$DIR/app/.installed"
  cp "$HERE/package.json" "$HERE/package-lock.json" "$DIR/app/"
  (cd "$DIR/app" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
  echo "$WANT" >"$DIR/app/.installed"
fi
cp "$HERE"/*.js "$HERE"/*.mjs "$DIR/app/"
flock -u 9
exec 9>&-

# 2. the database
T1="$(now)"
rm -rf "$RUN"
mkdir -p "$RUN"
PG="$(mktemp -d "${MEDUSA_STORE_PG_DIR:-${TMPDIR:-/tmp}}/store-medusa-pg.XXXXXX")"
echo "$PG" >"$RUN/pgdir"
PGPORT="$(node -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})')"
unset DATABASE_URL REDIS_URL
DATABASE_URL="$("$HERE/pg.sh" up "$PG" "$PGPORT" 2>"$RUN/pg.log")" || give_up "no database:" "$RUN/pg.log"
export DATABASE_URL STORE_PORT="$PORT" MEDUSA_DISABLE_TELEMETRY=true NODE_ENV=production
medusa() { (cd "$DIR/app" && node node_modules/@medusajs/cli/cli.js "$@"); }
medusa db:migrate >"$RUN/migrate.log" 2>&1 || give_up "migration failed:" "$RUN/migrate.log"
medusa user -e "$EMAIL" -p "$PASS" >"$RUN/user.log" 2>&1 || give_up "no admin user:" "$RUN/user.log"

# 3. the server
T2="$(now)"
(
  cd "$DIR/app"
  setsid node node_modules/@medusajs/cli/cli.js start --host 127.0.0.1 --port "$PORT" \
    >"$RUN/server.log" 2>&1 </dev/null &
  echo $! >"$RUN/pid"
)
PID="$(cat "$RUN/pid")"
ps -o lstart= -p "$PID" >"$RUN/started" || true
say "server is process $PID"
URL="http://127.0.0.1:$PORT"
UP=no
for _ in $(seq 1 480); do
  if node -e 'fetch(process.argv[1]).then(r=>process.exit(r.ok?0:1),()=>process.exit(1))' "$URL/health"; then UP=yes; break; fi
  if ! alive "$PID"; then give_up "server ended early:" "$RUN/server.log"; fi
  sleep 0.25
done
if [ "$UP" = no ]; then give_up "not ready in time:" "$RUN/server.log"; fi

# 4. shop and orders
T3="$(now)"
node "$DIR/app/setup.mjs" --url "$URL" --email "$EMAIL" --pass "$PASS" >"$RUN/shop.json"
T4="$(now)"
say "seeding $ORDERS orders"
node "$DIR/app/seed.mjs" --store "$RUN/shop.json" --orders "$ORDERS" --seed "$SEED" --parallel "$PARALLEL" >"$RUN/seeded.json"
T5="$(now)"

node - "$RUN" "$PID" "$((T1 - T0))" "$((T2 - T1))" "$((T3 - T2))" "$((T4 - T3))" "$((T5 - T4))" >"$RUN/store.json" <<'JS'
const fs = require('node:fs');
const [run, pid, ...ms] = process.argv.slice(2);
const [install, database, boot, shop, seed] = ms.map(Number);
const read = (name) => JSON.parse(fs.readFileSync(`${run}/${name}`, 'utf8'));
const { orders, orders_per_second, made } = read('seeded.json');
console.log(JSON.stringify({
  platform: 'medusa',
  ...read('shop.json'),
  pid: Number(pid),
  log: `${run}/server.log`,
  timings_ms: { install, database, boot, shop, seed },
  seeded: { orders, orders_per_second, made },
}, null, 2));
JS
cat "$RUN/store.json"
