#!/usr/bin/env bash
# How the service in the booted Debian is looked at, for steps.sh.
: "${box:?}"

readonly unit=master-control home=/opt/master-control
# The journal once had two or three lines for each of them, and for each keeper, at each restart.
readonly sleepers=20

property() { inside systemctl show -P "$1" "$unit"; }

expect() {
    local what=$1 wanted=$2 found=$3
    [[ $found == "$wanted" ]] || { printf '%s is %s, not %s\n' "$what" "$found" "$wanted" && return 1; }
}

is_active() { expect state active "$(property ActiveState)"; }

ended_well() {
    expect state inactive "$(property ActiveState)" && expect result success "$(property Result)"
}

ctl() { inside sh -c "cd $home && exec master-control \"\$@\"" sh "$@"; }

# Name and pid of each workload that runs.
workloads() {
    ctl list --json | python3 -c '
import json, sys
for w in sorted(json.load(sys.stdin)["workloads"], key=lambda w: w["name"]):
    if w["status"] == "running": print(w["name"], w["pid"])'
}

all_run() { [[ $(workloads | wc -l) == $((sleepers + 1)) ]]; }

central_answers() { ip netns exec "$box" curl -fsS --max-time 3 http://127.0.0.1:8080/api/health >/dev/null; }

journal() { inside journalctl -q -u "$unit" -o cat --no-pager; }

never() {
    if "$@"; then
        printf 'this must not be so: %s\n' "$*"
        return 1
    fi
}

# One that has ended, and that systemd has not yet looked after, does not live.
lives() { inside grep -qs '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status"; }
