#!/usr/bin/env bash
# Checks for what building and testing Surety needs, and installs what is
# missing where apt and root allow it. Says one line for each thing that it
# does, nothing when all is there, and ends with a sentence and status 1 when
# something is missing that it cannot install.
set -euo pipefail

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# at_least HAVE WANT: whether the version HAVE is WANT or newer.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

updated=no
apt_install() {
  can_install || return 1
  if [ "$updated" = no ]; then
    say "apt-get update"
    apt-get update -qq >/dev/null || return 1
    updated=yes
  fi
  say "apt-get install $*"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# Go: the go command fetches the toolchain that go.mod asks for by itself from
# 1.21 on, so what is asked for here is what runs in this folder.
command -v go >/dev/null || fail "Go is missing: install Go 1.26 or newer from https://go.dev/dl and put it in PATH"
have=$(go env GOVERSION)
at_least "${have#go}" 1.26 || fail "Go ${have#go} is too old: install Go 1.26 or newer from https://go.dev/dl"

# Node: the AWS CDK's runtime (jsii) needs it, for synthesis only.
node_version() { node --version 2>/dev/null | sed 's/^v//' || true; }
node_ok() { local v; v=$(node_version); [ -n "$v" ] && at_least "$v" 20; }
if ! node_ok; then
  apt_install nodejs npm || true
  if ! node_ok && [ "$(id -u)" = 0 ] && command -v npm >/dev/null; then
    say "npm install --global node@22 (the distribution's Node is older than 20)"
    npm install --global --silent node@22 >/dev/null || true
    hash -r
  fi
  node_ok || fail "Node 20 or newer is missing (found: $(node_version | grep . || echo none)): install Node 22 or newer from https://nodejs.org; the AWS CDK needs it to synthesise"
fi

# nftables: the kernel's packet filter, the judge that the network's model is
# tested against. Linux only.
if [ "$(uname -s)" = Linux ] && ! PATH="$PATH:/usr/sbin:/sbin" command -v nft >/dev/null; then
  apt_install nftables || say "nft is missing: the tests that compare the model with the kernel need it (apt-get install nftables); go on without"
fi

# PostgreSQL: what makes tenants' databases is tested against a real server.
if ! command -v initdb >/dev/null && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
  apt_install postgresql || say "PostgreSQL is missing: the tests of tenants' databases need it (apt-get install postgresql); go on without"
fi

# cfn-lint: judges templates by the Region that they are for. It is Python's, and
# lives in a folder of its own; only the test that runs it needs it.
lint=.cache/cfn-lint
python_ok() { command -v python3 >/dev/null && python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
if ! cmp -s tools/cfn-lint/requirements.txt "$lint/requirements.txt"; then
  python_ok || apt_install python3 python3-venv || true
  if ! python_ok; then
    say "Python 3.11 or newer with venv is missing: the test that lints the example's templates needs it; go on without"
  else
    say "installing cfn-lint into $lint (once)"
    rm -rf "$lint"
    if python3 -m venv "$lint" && "$lint/bin/pip" install --quiet --disable-pip-version-check --no-input --requirement tools/cfn-lint/requirements.txt; then
      cp tools/cfn-lint/requirements.txt "$lint/requirements.txt"
    else
      rm -rf "$lint"
      say "cfn-lint could not be installed: the test that lints the example's templates needs it; go on without"
    fi
  fi
fi

# Java: what instances on EC2 start is tested with a real Java service.
if ! command -v javac >/dev/null; then
  apt_install default-jdk-headless || say "javac is missing: the test of what EC2 instances start needs it (apt-get install default-jdk-headless); go on without"
fi
