#!/usr/bin/env bash
# The one entry for people: ./run.sh help says what it can do.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$root"

PATH=$PATH:/usr/local/go/bin
# Go wants a place for its cache; some containers set no HOME.
export PATH HOME="${HOME:-$root/.dev/home}"

generated=(ent graph) # the folders that "generate" writes to
step_log=
notice_pid=

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "run.sh: $*"
  exit 1
}

ci() { [ "${CI:-}" = true ]; }

cleanup() {
  [ -z "$notice_pid" ] || kill "$notice_pid" 2>/dev/null || true
  [ -z "$step_log" ] || rm -f "$step_log"
}
trap cleanup EXIT
# Not for the programs at the end: they take the place of this shell.
trap 'say "run.sh: interrupted"; exit 130' INT

# step TEXT COMMAND... runs a command quietly. It names one that takes longer than two
# seconds, and shows the output of one that fails.
step() {
  local text=$1 status=0
  shift
  step_log=$(mktemp)
  (
    # The sleep ends with this shell and does not hold the terminal's output open.
    trap 'kill "$!" 2>/dev/null; exit' TERM
    sleep 2 >/dev/null 2>&1 &
    wait
    say "$text ..."
  ) &
  notice_pid=$!
  "$@" >"$step_log" 2>&1 || status=$?
  kill "$notice_pid" 2>/dev/null || true
  wait "$notice_pid" 2>/dev/null || true
  notice_pid=
  if [ "$status" -ne 0 ]; then
    cat "$step_log" >&2
    fail "$text: failed"
  fi
  rm -f "$step_log"
  step_log=
}

need_go() {
  command -v go >/dev/null || fail "Go is missing: install Go 1.26 or later from https://go.dev/dl/"
}

# have_node accepts the versions that Vite runs on.
have_node() {
  command -v npm >/dev/null && command -v node >/dev/null &&
    node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'
}

sha256=(sha256sum)
command -v sha256sum >/dev/null || sha256=(shasum -a 256)

# hashes FOLDER... lists all files with the hashes of their contents.
hashes() {
  find "$@" -type f -print | LC_ALL=C sort | tr '\n' '\0' | xargs -0 "${sha256[@]}"
}

web_hash() {
  (cd web && hashes build public src index.html playground.html package.json package-lock.json tsconfig.json vite.config.ts) | "${sha256[@]}"
}

web_packages() {
  local stamp=web/node_modules/.package-lock.sha256 want
  want=$("${sha256[@]}" web/package-lock.json)
  [ "$(cat "$stamp" 2>/dev/null)" = "$want" ] && return
  step "installing the web packages" npm --prefix web ci --no-audit --no-fund --loglevel=error
  printf '%s\n' "$want" >"$stamp"
}

# build_web builds the pages that the binary embeds, unless they are built already.
build_web() {
  if ! have_node; then
    ci && fail "Node 20.19 or later is missing"
    [ -e web/dist/index.html ] || say "Without Node 20.19 or later the start page and the playground are not built; the API works."
    return 0
  fi
  local want stamp=.dev/web.sha256
  want=$(web_hash)
  [ -e web/dist/index.html ] && [ "$(cat "$stamp" 2>/dev/null)" = "$want" ] && return
  web_packages
  step "building the pages" npm --prefix web run build
  mkdir -p .dev
  printf '%s\n' "$want" >"$stamp"
}

# quick are flags for a program that is built after each change of the schemas: Ent's client,
# most of what is compiled then, without optimisation, and nothing for debuggers, which is half
# of the linker's work.
quick=(-ldflags='-s -w' -gcflags='./ent/...=-N -l -dwarf=false')

# build_go FLAG... builds without a version stamp, which fails in a checkout of another user. All
# packages but those that follow from the schemas have the flags of the tests, so that they share
# the build cache.
build_go() {
  need_go
  mkdir -p bin
  step "building the server (the first time takes a minute or two)" go build -buildvcs=false "$@" -o bin/entgraph ./cmd/entgraph
}

build_optimised() {
  need_go
  mkdir -p bin
  local vcs=-buildvcs=false
  git rev-parse HEAD >/dev/null 2>&1 && vcs=-buildvcs=true
  CGO_ENABLED=0 step "building the optimised server" go build "$vcs" -trimpath -ldflags='-s -w' -o bin/entgraph-prod ./cmd/entgraph
}

# program COMMAND... builds and becomes the server's binary, so that signals reach it
# and nothing else. It stays in the checkout, as the private Postgres belongs to one.
program() {
  build_go "${quick[@]}"
  exec bin/entgraph "$@"
}

# stale says that a schema was saved since generate has run here.
stale() {
  [ -e .dev/generated ] && [ -n "$(find ent/schema graph/*.graphql gqlgen.yml ! -path graph/ent.graphql ! -path graph/auth.graphql \
    -newer .dev/generated -print 2>/dev/null)" ]
}

generate() {
  need_go
  mkdir -p .dev && : >.dev/generating # what is saved from here on is newer
  step "generating from ent/schema" go run -buildvcs=false ent/entc.go
  mv .dev/generating .dev/generated
}

# suggest_migration generates, and says what comes next when the tables are others now.
suggest_migration() {
  local before
  before=$(hashes ent/migrate)
  generate
  [ "$before" = "$(hashes ent/migrate)" ] || say "next: ./run.sh migrate diff NAME"
}

# check_generated fails when generating changes a file. It compares with the work tree
# and not with the last commit, so that it can be used while working.
check_generated() {
  local before after
  before=$(hashes "${generated[@]}")
  generate
  after=$(hashes "${generated[@]}")
  [ "$before" = "$after" ] && return
  diff <(printf '%s\n' "$before") <(printf '%s\n' "$after") | sed -n 's/^[<>] [0-9a-f]*  */  /p' | sort -u >&2
  fail "these generated files were out of date; they are up to date now: commit them"
}

check_format() {
  local bad
  bad=$(gofmt -l api auth cmd codegen ent entgraphtest entity graph internal kit rule viewer bench web/*.go ./*.go)
  [ -z "$bad" ] || fail "not formatted, run gofmt -w on:
$bad"
}

run_tests() {
  need_go
  check_format
  have_node || fail "the tests need Node 20.19 or later: https://nodejs.org/"
  # First the pages: whatever compiles the server after them is then in the cache.
  build_web
  web_packages
  step "checking the pages' types" npm --prefix web run check
  check_generated
  # The tag adds the tests that need a browser.
  local flags=(-buildvcs=false -tags=browser)
  step "go vet" go vet "${flags[@]}" ./...
  step "testing the benchmark" bash -c 'cd bench && go vet ./... && go test -buildvcs=false ./...'
  if [ "$(go env CGO_ENABLED)" = 1 ] && command -v "$(go env CC)" >/dev/null; then
    flags+=(-race)
  elif ci; then
    fail "the race detector needs a C compiler"
  else
    say "Without a C compiler the tests run without the race detector."
  fi
  # The race detector has programs sleep for a second before they exit.
  export GORACE="${GORACE:-atexit_sleep_ms=0}"
  say "running the tests (the first time takes some minutes) ..."
  # The longest first, so that none is left alone at the end. go vet has run, with the same
  # files; another time, for the race detector's packages, would find the same.
  exec go test "${flags[@]}" -vet=off -timeout=30m "$@" \
    ./codegen ./internal/house ./internal/migrate/schemadiff ./internal/command ./internal/migrate/... ./...
}

usage() {
  cat <<'USAGE'
usage: ./run.sh [command]

  dev          database, migrations, sample data, API and playground (the default);
               it generates, builds and serves what is saved
  prod         an optimised build on the database of DATABASE_URL
  test         every check and test, as CI runs them; flags go to "go test"
  generate     everything that follows from ent/schema
  migrate ...  diff NAME, test, lint, up, down, status, and more: ./run.sh migrate
  seed         sample data; --scale for much of it
  schema ...   print and compare schemas: ./run.sh schema
  explain ...  what a GraphQL query costs: plan, SQL and buffers
  bench        the performance table
  doctor       what this machine lacks
  build        the pages and bin/entgraph
  reset        remove the private Postgres and its data

Settings come from the environment; docs/settings.md lists them.
USAGE
}

wrong() {
  say "run.sh: $*"
  usage >&2
  exit 2
}

# alone ARGUMENT... ends a command that takes no arguments when there are some, with the help
# when they ask for it.
alone() {
  [ $# -eq 0 ] && return
  case $1 in
  help | -h | --help)
    usage
    exit
    ;;
  *) wrong "$command takes no arguments: $*" ;;
  esac
}

command=${1:-dev}
[ $# -eq 0 ] || shift
case $command in
dev)
  # Without a network the pages cannot be built, but the API can be worked on.
  (trap cleanup EXIT && build_web) || say "The start page and the playground could not be built; the API works."
  ! stale || generate # what was saved while dev did not run
  program dev "$@"
  ;;
prod)
  [ -n "${DATABASE_URL:-}" ] || fail "set DATABASE_URL to the database to serve"
  build_web
  build_optimised
  export APP_ENV=production
  exec bin/entgraph-prod serve "$@"
  ;;
build)
  alone "$@"
  build_web
  build_go
  ;;
test) run_tests "$@" ;;
generate)
  alone "$@"
  suggest_migration
  ;;
migrate | schema | seed | explain | doctor | reset | user | version) program "$command" "$@" ;;
bench)
  build_go
  step "building the benchmark" go -C bench build -buildvcs=false -o "$root/bin/" ./limit ./stock .
  exec bin/bench "$@"
  ;;
help | -h | --help) usage ;;
*) wrong "unknown command: $command" ;;
esac
