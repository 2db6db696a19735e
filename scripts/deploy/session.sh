#!/usr/bin/env bash
# The one connection to a client, and what goes through it. Part of deploy-clients.sh.
# Variables are shared with it; it is checked with this.
# shellcheck disable=SC2034,SC2154

# Seconds: to connect, until a silent connection is given up, without a byte from rsync.
readonly connect_seconds=10 silent_seconds=5 rsync_seconds=60
# Seconds in all, however slowly the client goes on: until it says what it has (longer where it installs packages first),
# for an order, for rsync.
[[ ${MCTL_LOOK_SECONDS-} =~ ^[1-9][0-9]{0,4}$ ]] || MCTL_LOOK_SECONDS=60
[[ ${MCTL_ORDER_SECONDS-} =~ ^[1-9][0-9]{0,4}$ ]] || MCTL_ORDER_SECONDS=600
export MCTL_LOOK_SECONDS
readonly look_seconds=$MCTL_LOOK_SECONDS order_seconds=$MCTL_ORDER_SECONDS install_seconds=900 transfer_seconds=43200
# Until the central has heard of a daemon that was installed.
[[ ${MCTL_ONLINE_SECONDS-} =~ ^[1-9][0-9]{0,2}$ ]] || MCTL_ONLINE_SECONDS=60
readonly online_seconds=$MCTL_ONLINE_SECONDS
# Of what ssh and rsync say, KiB. It is the limit of any file that ssh writes: known_hosts must fit into it too.
readonly most_said=16384

# Opens the connection and has the client begin; what it has is read from it later, so that both sides work meanwhile.
connect() {
    local known=$inventory_folder/known_hosts check=accept-new
    [[ -e $known || -L $known ]] || (set -C && : >"$known") 2>/dev/null || true
    [[ -r $known && $known != *[\"\\%\$]* ]] ||
        fail "'$known' cannot be read by $(id -un); without it the keys of clients cannot be checked"
    # A key that could not be kept would be taken anew each time.
    [[ -w $known ]] || check=yes
    # The usual first choice, sntrup761, takes a tenth of a second of CPU on either side, and far more on a small board.
    local -a command=(ssh -M -S "$work/s" -p "$port" -o ControlPersist=no -o BatchMode=yes
        -o ConnectTimeout="$connect_seconds" -o ServerAliveInterval="$silent_seconds" -o ServerAliveCountMax=3
        -o StrictHostKeyChecking="$check" -o "UserKnownHostsFile=\"$known\"" -o GlobalKnownHostsFile=/dev/null
        -o HashKnownHosts=no -o KexAlgorithms=^curve25519-sha256 -o ForwardAgent=no -o ForwardX11=no
        -o ClearAllForwardings=yes -o LogLevel=ERROR)
    [[ $user == - ]] || command+=(-l "$user")
    [[ $key == - ]] || command+=(-i "$key" -o IdentitiesOnly=yes)
    mkfifo "$work/orders" "$work/answers"
    # Until it is closed, the session there and with it the connection last.
    exec {lifeline}<>"$work/orders"
    (
        exec {lifeline}>&-
        ulimit -f "$most_said"
        # Words that every login shell understands. The rest is text for `sh`.
        exec "${command[@]}" -- "$host" 'exec sh -s' <"$work/orders" >"$work/answers" 2>"$work/said"
    ) &
    connection=$!
    # What a client may send has an end.
    exec {answers}< <(exec dd bs=512 count=4096 status=none <"$work/answers" 2>/dev/null {lifeline}>&-)
    client_text "$1" >&"$lifeline"
}

# Arguments as quoted words, then the texts.
client_text() {
    local owner_part
    owner_part=$(<"$here/deploy/release.sh")$'\n'$(<"$here/deploy/kept.sh")$'\n'$(<"$here/deploy/as-owner.sh")
    owner_part=$(quote "$owner_part")
    printf 'set --%s\nas_owner=%s\n' \
        "$(quote "$marker" "$1" "$home" "${version:--}" "$client" "${central:--}" "$prefix" "$kind" "$starts" \
            "$online_seconds")" "${owner_part# }"
    printf '%s\n' "$(<"$here/deploy/program.sh")" "$(<"$here/deploy/on-client.sh")"
}

# Reads what the client has: sets stage, way, owner, group, now, free_kib, kept and has_rsync.
look() {
    deadline=$((SECONDS + look_seconds))
    take_marker
    if [[ $1 == install ]]; then
        deadline=$((SECONDS + install_seconds))
        expect "$stage_answer"
        stage=${BASH_REMATCH[1]}
    fi
    expect "$owner_answer"
    way=${BASH_REMATCH[1]} owner=${BASH_REMATCH[2]} group=${BASH_REMATCH[3]}
    expect "$look_answer"
    now=${BASH_REMATCH[1]} free_kib=$((10#${BASH_REMATCH[3]})) kept=${BASH_REMATCH[4]} has_rsync=${BASH_REMATCH[8]}
}

# Has the client do something, by the session that is there already. What it says goes to standard error. Sets `ended`
# and `why`.
order() {
    local shown=0
    ended=1 why=''
    printf '%s\n' "$1" >&"$lifeline"
    deadline=$((SECONDS + order_seconds))
    while take_line; do
        if [[ $line =~ $end_answer ]]; then
            ended=${BASH_REMATCH[1]}
            [[ $ended == 0 ]]
            return
        elif [[ $line =~ $before_answer ]]; then
            before=${BASH_REMATCH[1]}
        else
            [[ $line != !* ]] || why=$(harmless "${line#!}")
            shown=$((shown + 1))
            ((shown > most_shown)) || printf '%s\n' "$(harmless "${line#[:!]}")" >&2
        fi
    done
    printf 'the client did not answer to the end\n' >&2
    return 1
}

# Through the same connection, to a folder, as the given owner.
rsync_there() {
    local way=$1 folder=$2 shell="ssh -S $work/s -o BatchMode=yes -o ProxyCommand=false" there=rsync
    shift 2
    if [[ $noisy == yes ]]; then
        shell="$work/shell $work/s $marker"
        [[ -e $work/shell ]] || ln -s "$here/deploy/past-noise" "$work/shell"
    fi
    case $way in
    setpriv) there="setpriv --reuid=$owner --regid=$group --clear-groups --no-new-privs rsync" ;;
    sudo) there="sudo -n --user=\\#$owner rsync" ;;
    esac
    # The connection is there already: the name of the host is only a word.
    if (
        ulimit -f "$most_said"
        exec timeout --foreground "$transfer_seconds" rsync -s --timeout="$rsync_seconds" -e "$shell" \
            --rsync-path="$there" "$@" "client:$folder/" >"$work/stats" 2>"$work/rsync"
    ); then return; fi
    harmless_file "$work/rsync" >&2
    return 1
}

# Called by a trap.
# shellcheck disable=SC2317
leave() {
    local status=$?
    trap - EXIT
    if [[ -n ${connection-} ]]; then
        # Nothing is lost by it, and whoever called us may have blocked gentler signals.
        kill -KILL "$connection" 2>/dev/null || true
        wait "$connection" 2>/dev/null || true
    fi
    [[ -z ${work-} ]] || rm -rf "$work"
    exit "$status"
}
