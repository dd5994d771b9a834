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
# The command, as npm installs it.
test "$(node_modules/.bin/spamd-sync --version)" = "$(node -p 'require("spamd-sync/package.json").version')"
node_modules/.bin/spamd-sync keygen made.key
node_modules/.bin/spamd-sync fingerprint made.key
node_modules/.bin/spamd-sync decode -x 0202 && exit 1 || test $? -eq 1
# It brings a client of Redis along.
node_modules/.bin/spamd-sync serve --check -y 127.0.0.1 --empty-key --store redis://127.0.0.1:1 2> refused && exit 1
grep -q 'ECONNREFUSED' refused
