#!/usr/bin/env bash
# What scripts/test-systemd tries, one step after the other; each leaves the service running. A command that must not
# succeed is led by `never`: with `!` alone nothing ends the step.
: "${box:?}" "${work:?}" "${address:?}" "${port:?}"
# shellcheck source=scripts/test-systemd.d/looking.sh
. scripts/test-systemd.d/looking.sh

all_steps() {
    step 'make install installs it' installs
    step 'a file of another user in the place of the default socket does not keep it from starting' starts_beside_a_file
    step 'the command line finds it, tells two apart, and leaves what is not its user'\''s' finds_the_daemon
    step 'stop × 10 leaves the workloads alone and ends inactive; start takes them over' stops_ten_times
    step 'restart × 10 leaves the workloads alone, and the journal says little' restarts_ten_times
    step 'down stays down, each time with the process gone, and what starts it again starts all' stays_down
    step 'kill -9 brings it back, with the same workloads' comes_back
    step 'one that hangs is ended by the watchdog and comes back, with the same workloads' is_watched
    step 'an upgrade of the programs leaves the workloads alone' is_upgraded
    step 'a typo in a file: reload fails, the unit stays active, the journal names it' names_a_typo
    step 'SIGUSR1 by hand ends it and leaves the workloads; SIGTERM ends both' takes_signals
    step 'a removed socket is made anew' makes_its_socket_anew
    step 'a shutdown stops workloads in their own way and says goodbye' says_goodbye
    # Not known here yet: it happened in the step's own process.
    if is_off; then boot; fi
    step 'after the boot all runs again' runs_after_boot
    step 'the unit of a host with the central alone is shut: exposure below 3.0, and the central works' is_shut
    power_off
}

# --- Steps ---

installs() {
    inside env BUILT=/built /src/scripts/install

    cat >"$work/root$home/configs/daemon.yaml" <<TEXT
fleet:
  enabled: true
  client_name: box
  api_host: 127.0.0.1
  central_api_url: "http://$address:$port"
  heartbeat_interval_seconds: 5
central: {enabled: true, host: 127.0.0.1}
TEXT
    {
        echo 'defaults: {restart_delay: 0.1}'
        echo 'workloads:'
        local number
        for ((number = 1; number <= sleepers; number++)); do
            echo "  - {name: sleeper-$number, command: [sleep, infinity]}"
        done
    } | grep -v '^defaults' >"$work/root$home/configs/sleepers.yaml"
    # What a workload says to syslog is its own affair, whatever of ours is kept out of the journal. It lives a while, as
    # the journal must see whose process it is.
    cat >"$work/root$home/configs/talker.yaml" <<'TEXT'
name: talker
run_mode: n_times
max_runs: 1
command: [sh, -c, "(echo from a workload; sleep 2) | logger -p user.info"]
TEXT
    # It has its own way to end.
    cat >"$work/root$home/configs/polite.yaml" <<'TEXT'
name: polite
command: [sh, -c, "trap 'sleep 1; echo ended properly >>polite.txt; exit 0' TERM; while :; do sleep 0.2; done"]
TEXT
    inside chown -R master-control: "$home/configs"
}

starts_beside_a_file() {
    inside setpriv --reuid nobody --regid nogroup --clear-groups touch /tmp/master_control.sock
    inside systemctl enable --now "$unit"
    is_active
    until_so 'all workloads run' all_run
    until_so 'the central answers' central_answers
    until_so 'the status tells how many run' status_tells
    until_so 'the journal has what a workload said' workload_is_heard
    expect 'the socket' 'master-control 600' "$(inside stat -c '%U %a' /run/master-control/master_control.sock)"
    # Nobody else may speak to systemd in its name.
    local pid
    pid=$(inside pgrep -f 'master-control central')
    inside grep -zq '^MCTL_SOCKET_PATH=' "/proc/$pid/environ"
    never inside grep -zq '^NOTIFY_SOCKET=' "/proc/$pid/environ"
}

status_tells() {
    [[ $(property StatusText) == "$((sleepers + 2)) workloads: $((sleepers + 1)) running, 1 completed" ]]
}

# To its end: one that stops reading would end the journal's reader as a failure.
workload_is_heard() { journal | grep 'from a workload' >/dev/null; }

finds_the_daemon() {
    # From anywhere, and not by one who may not.
    inside sh -c 'cd / && master-control list' >/dev/null
    local said
    said=$(inside setpriv --reuid nobody --regid nogroup --clear-groups sh -c 'cd / && master-control list' 2>&1) && return 1
    [[ $said == *"belongs to user 'master-control'"* ]]
    # By hand, in a folder of its own, while the file is in its way and when it is not.
    said=$(inside sh -c 'mkdir -p /srv/hand/configs && cd /srv/hand && master-control up' 2>&1) && return 1
    [[ $said == *"is no socket of user 'nobody'"* ]]
    inside rm /tmp/master_control.sock
    inside sh -c 'cd /srv/hand && exec setsid master-control up' >/dev/null 2>&1 &
    until_so 'the daemon by hand listens' inside test -S /tmp/master_control.sock
    said=$(inside sh -c 'cd / && master-control list' 2>&1) && return 1
    [[ $said == *'two daemons run here'* ]]
    # The folder says which one is meant, and what is said wrongly harms nobody.
    said=$(inside sh -c "cd /srv/hand && master-control --version && master-control down --socket-path /run/master-control/master_control.sock --db-path ./master_control.db" 2>&1) && return 1
    [[ $said == *'is another one'* ]]
    inside sh -c 'cd /srv/hand && master-control down --socket-path /tmp/master_control.sock'
    wait
    is_active
}

stops_ten_times() {
    local before pid round
    before=$(workloads)
    for ((round = 1; round <= 10; round++)); do
        pid=$(property MainPID)
        inside systemctl stop "$unit"
        ended_well
        never lives "$pid"
        inside systemctl start "$unit"
        expect 'what runs' "$before" "$(workloads)"
    done
    central_answers
}

restarts_ten_times() {
    local before lines round
    before=$(workloads)
    inside journalctl --sync
    lines=$(journal | wc -l)
    for ((round = 1; round <= 10; round++)); do
        inside systemctl restart "$unit"
        is_active
    done
    expect 'what runs' "$before" "$(workloads)"
    inside journalctl --sync
    lines=$(($(journal | wc -l) - lines))
    echo "note: $((sleepers + 1)) workloads, 10 restarts: $lines lines in the journal"
    ((lines >= 20 && lines <= 60)) || { journal | tail -n 30 && return 1; }
}

stays_down() {
    local round pid restarts before
    for ((round = 1; round <= 3; round++)); do
        until_so 'all workloads run' all_run
        before=$(workloads)
        pid=$(property MainPID)
        restarts=$(property NRestarts)
        ctl down
        never lives "$pid"
        while read -r _ pid; do never lives "$pid"; done <<<"$before"
        # RestartSec is a second.
        sleep 2.5
        ended_well
        expect 'the count of restarts' "$restarts" "$(property NRestarts)"
        inside systemctl start "$unit"
    done
    until_so 'all workloads run' all_run
}

# Another process than the one given is the daemon, and it has begun.
is_another() { [[ $(property MainPID) != "$1" && $(property MainPID) != 0 && $(property ActiveState) == active ]]; }

comes_back() {
    local before pid
    before=$(workloads)
    pid=$(property MainPID)
    inside kill -9 "$pid"
    until_so 'it is back' is_another "$pid"
    expect 'what runs' "$before" "$(workloads)"
    until_so 'the central answers' central_answers
    inside journalctl --sync
    journal | grep 'the daemon ended: signal (killed KILL)' >/dev/null
}

is_watched() {
    local before pid
    inside mkdir -p "/run/systemd/system/$unit.service.d"
    inside sh -c "printf '[Service]\nWatchdogSec=4\nTimeoutAbortSec=1\n' >/run/systemd/system/$unit.service.d/test.conf"
    inside systemctl daemon-reload
    inside systemctl restart "$unit"
    before=$(workloads)
    pid=$(property MainPID)
    # It pings in time where it does not hang.
    sleep 6
    expect 'the daemon' "$pid" "$(property MainPID)"
    inside kill -STOP "$pid"
    until_so 'it is back' is_another "$pid"
    expect 'what runs' "$before" "$(workloads)"
    inside rm -r "/run/systemd/system/$unit.service.d"
    inside systemctl daemon-reload
    inside systemctl restart "$unit"
}

is_upgraded() {
    local before pid program
    before=$(workloads)
    program=$(inside stat -c %i /usr/local/bin/master-control)
    inside env BUILT=/built /src/scripts/install >/dev/null
    [[ $(inside stat -c %i /usr/local/bin/master-control) != "$program" ]]
    inside systemctl restart "$unit"
    pid=$(property MainPID)
    expect 'the program that runs' /usr/local/bin/master-control "$(inside readlink "/proc/$pid/exe")"
    expect 'what runs' "$before" "$(workloads)"
    until_so 'the central answers' central_answers
    local central
    central=$(inside pgrep -f 'master-control central')
    expect 'the program of the central' /usr/local/bin/master-control "$(inside readlink "/proc/$central/exe")"
}

names_a_typo() {
    local before said
    before=$(workloads)
    inside sh -c "printf 'name: typo\ncomand: [sleep, infinity]\n' >$home/configs/typo.yaml"
    said=$(inside systemctl reload "$unit" 2>&1) && return 1
    is_active
    expect 'what runs' "$before" "$(workloads)"
    inside systemctl restart "$unit"
    is_active
    expect 'what runs' "$before" "$(workloads)"
    inside journalctl --sync
    (($(journal | grep -c 'typo.yaml:2:1:') >= 2)) || { journal | tail -n 20 && return 1; }
    inside rm "$home/configs/typo.yaml"
    inside systemctl reload "$unit"
    is_active
}

takes_signals() {
    local before pid
    before=$(workloads)
    inside systemctl kill --kill-whom=main -s USR1 "$unit"
    until_so 'it has ended' ended_well
    inside systemctl start "$unit"
    expect 'what runs' "$before" "$(workloads)"
    inside systemctl kill --kill-whom=main -s TERM "$unit"
    until_so 'it has ended' ended_well
    while read -r _ pid; do never lives "$pid"; done <<<"$before"
    inside systemctl start "$unit"
    until_so 'all workloads run' all_run
}

makes_its_socket_anew() {
    inside rm /run/master-control/master_control.sock
    until_so 'the socket is back' inside test -S /run/master-control/master_control.sock
    all_run
}

says_goodbye() {
    rm -f "$work/root$home/polite.txt"
    : >"$work/heard"
    power_off
    grep -q '^ended properly$' "$work/root$home/polite.txt"
    tail -n 1 "$work/heard" | grep -Eq '"goodbye": ?true'
}

runs_after_boot() {
    is_active
    until_so 'all workloads run' all_run
    until_so 'the central answers' central_answers
}

# The limit counts in tenths, and is the first that is too much.
is_below() {
    local how=$1
    shift
    inside systemd-analyze security "$@" --no-pager --threshold=29 "$unit.service" >"$work/security" 2>&1 || {
        grep -a '✗' "$work/security"
        tail -n 1 "$work/security"
        return 1
    }
    printf 'note: %s: %s\n' "$how" "$(tail -n 1 "$work/security")"
}

is_shut() {
    inside rm "$home"/configs/{sleepers,polite,talker}.yaml
    inside install -D -m 644 /usr/local/share/master-control/master-control-central.conf \
        "/etc/systemd/system/$unit.service.d/central.conf"
    inside systemctl daemon-reload
    # As the files say, and as the manager has read them.
    is_below offline --offline=true
    is_below online
    inside systemctl restart "$unit"
    until_so 'the central answers' central_answers
    is_active
    inside systemctl stop "$unit"
    ended_well
}
