#!/usr/bin/env bash
# The packed tarball as its consumers see it: types that resolve, ES modules, and require() from CommonJS.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$top"
npm pack --silent --pack-destination "$work" > "$work/packed"
tarball=$(tail -n 1 "$work/packed")
npx attw "$work/$tarball" --profile esm-only
cd "$work"
printf '{ "name": "consumer", "private": true }\n' > package.json
npm install --silent --no-audit --no-fund "./$tarball"
cp "$top"/test/package/consumer.* .
# What the documents in it link to, beside each other.
test -f node_modules/spamd-sync/src/store/record.proto
node consumer.cjs
node consumer.mjs
