#!/usr/bin/env bash
# Reads the GraphQL schema of a running Vendure's admin API and writes it as SDL, for genqlient. The file is large and
# is not kept in the repository.
#   schema.sh [--port 3910] [--out FILE]
# VENDURE_STORE_DIR: as in up.sh; graphql-js is taken from its node_modules
set -euo pipefail

HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
DIR="${VENDURE_STORE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/stores/vendure}"
PORT=3910 OUT="$HERE/../../../.cache/vendure/admin.graphql"
while [ $# -gt 0 ]; do
  case "$1" in
    --port) PORT="$2" ;;
    --out) OUT="$2" ;;
    *) echo "usage: schema.sh [--port N] [--out FILE]" >&2; exit 2 ;;
  esac
  shift 2
done
mkdir -p "$(dirname "$OUT")"
OUT="$(cd "$(dirname "$OUT")" && pwd)/$(basename "$OUT")"

cd "$DIR/app"
node --input-type=commonjs - "http://127.0.0.1:$PORT/admin-api" "$OUT" <<'JS'
const fs = require('node:fs');
const { buildClientSchema, getIntrospectionQuery, printSchema } = require('graphql');
(async () => {
  const [url, out] = process.argv.slice(2);
  const res = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: getIntrospectionQuery({ descriptions: false, inputValueDeprecation: true }) }),
  });
  const body = await res.json();
  if (body.errors) throw new Error(JSON.stringify(body.errors));
  fs.writeFileSync(out, `${printSchema(buildClientSchema(body.data))}\n`);
  console.error(`vendure: schema written to ${out}`);
})().catch((err) => { console.error(err); process.exit(1); });
JS
