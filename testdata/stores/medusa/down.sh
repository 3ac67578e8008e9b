#!/usr/bin/env bash
# Stops the Medusa backend that up.sh started on a port (default 3920), by its pid, and its database.
#   down.sh [--port 3920]
set -euo pipefail

HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
DIR="${MEDUSA_STORE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/stores/medusa}"
PORT=3920
if [ "${1:-}" = --port ]; then PORT="$2"; fi
RUN="$DIR/run/$PORT"
# A process that was killed and that nobody has waited for still has its pid.
alive() { ps -o stat= -p "$1" | grep -qv '^Z'; }

if [ -f "$RUN/pid" ]; then
  PID="$(cat "$RUN/pid")"
  # The start time tells our process from a later one that got the same pid.
  if [ -n "$PID" ] && [ "$(ps -o lstart= -p "$PID" || true)" = "$(cat "$RUN/started" 2>/dev/null || true)" ] && kill "$PID" 2>/dev/null; then
    for _ in $(seq 1 40); do
      if ! alive "$PID"; then break; fi
      sleep 0.25
    done
    if alive "$PID"; then kill -9 "$PID"; fi
    echo "medusa: stopped process $PID" >&2
  fi
fi
if [ -f "$RUN/pgdir" ]; then "$HERE/pg.sh" down "$(cat "$RUN/pgdir")" >&2; fi
rm -rf "$RUN"
