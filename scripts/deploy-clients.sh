#!/usr/bin/env bash
# Brings releases to clients by ssh and rsync. `deploy-clients.sh --help` says how; docs/deployments.md says more.
#
# Whatever fails on the way, the client keeps the release it has: files go to a folder beside it, their checksums are
# verified there, and only then one rename switches `current`. Each step may be repeated.
set -euo pipefail
shopt -s inherit_errexit
umask 022

readonly name_rule='^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'
readonly version_rule='^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$'
readonly default_install_dir=/opt/master-control
# Seconds: to connect, until a silent connection is given up, without a byte from rsync, for another deployment.
readonly connect_seconds=10 silent_seconds=5 rsync_seconds=60 lock_seconds=60

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here

usage() {
    cat <<'TEXT'
Usage: deploy-clients.sh [--client NAME]... --version V [--sync-only] [--inventory FILE] [--dry-run] [--parallel N]

  --client NAME      a client of the inventory; may be repeated. Without it: all of them
  --version V        the release, a folder of that name in the folder of releases
  --sync-only        bring the release and switch to it, nothing else. Without it the program, the service and the
                     folders are installed as well, on a bare Debian client too; --version may be left out then
  --inventory FILE   default: MCTL_INVENTORY, otherwise ./inventory.yaml
  --releases DIR     default: MCTL_RELEASES_DIR, otherwise ./releases
  --dry-run          say what would be done, and change nothing
  --parallel N       clients at the same time, 1 to 64; default 5
  --central URL      for a client without a daemon.yaml: where it reports to
  --token-file FILE  for a client without a daemon.yaml: the token it shows

Exit status: 0 done for all clients, 1 failed for one or more, 2 wrong usage.
TEXT
}

fail() {
    printf 'deploy: %s\n' "$1" >&2
    exit "${2:-1}"
}

say() { printf '%s\n' "$*"; }

# As one word of a POSIX shell, whatever is in it.
quote() {
    local word
    for word in "$@"; do printf " '%s'" "${word//\'/\'\\\'\'}"; done
}

# --- The side of the client. Sent as text and run by `sh` there; nothing of it is put together from arguments. ---

# Begins each of the others.
IFS= read -r -d '' far_common <<'FAR' || true
set -eu
umask 022
fail() { printf '%s\n' "$1" >&2; exit 1; }
# The release that a link points to; nothing where there is none.
release_of() { link=$(readlink "$1" 2>/dev/null) || return 0; printf '%s' "${link##*/}"; }
lock() {
    exec 9>"$home/releases/.lock"
    flock -w 30 9 || fail "another deployment is at work on this client"
}
FAR

# Makes the folder that the files go to, and clears what earlier tries may have left.
IFS= read -r -d '' far_prepare <<'FAR' || true
prepare() {
    mkdir -p "$home/releases/.checksums"
    lock
    # A crash between the two renames of a release that replaces one of the same name.
    for old in "$home/releases/"*.replaced; do
        [ -d "$old" ] || continue
        if [ -d "${old%.replaced}" ]; then rm -rf "$old"; else mv -T "$old" "${old%.replaced}"; fi
    done
    for left in "$home/releases/".incoming-*; do
        [ "$left" = "$home/releases/.incoming-$version" ] || rm -rf "$left"
    done
    mkdir -p "$home/releases/.incoming-$version"
    exec 9>&-
}
FAR

# Prints the present release, the free KiB, a checksum of the checksums kept with the wanted release, and whether there
# is rsync. Its session is the one connection: until its input is closed it takes orders to switch, which end with a
# line of their status.
IFS= read -r -d '' far_look <<'FAR' || true
main() {
    home=$1 version=$2 may_prepare=$3
    kept=-
    if [ -d "$home/releases/$version" ] && [ -f "$home/releases/.checksums/$version" ]; then
        kept=$(sha256sum <"$home/releases/.checksums/$version" | cut -d ' ' -f 1)
    fi
    rsync=yes
    command -v rsync >/dev/null || rsync=no
    place=$home
    while [ ! -d "$place" ]; do place=$(dirname -- "$place"); done
    free=$(df -Pk "$place" | awk 'NR == 2 { print $4 }')
    now=$(release_of "$home/current")
    if [ "$may_prepare" = yes ]; then prepare; fi
    printf '%s %s %s %s\n' "${now:--}" "$free" "$kept" "$rsync"
    while IFS= read -r mode; do
        set +e
        (
            set -e
            switch "$home" "$version" "$mode"
        ) 2>&1
        code=$?
        set -e
        printf '=%s\n' "$code"
    done
}
FAR

# Verifies and switches. Checksums of the control host came with the files; where the release lies there already, they
# are the ones kept with it.
IFS= read -r -d '' far_switch <<'FAR' || true
switch() {
    home=$1 version=$2 mode=$3
    cd "$home/releases"
    lock
    if [ "$mode" = new ]; then
        from=.incoming-$version
        sums=$(cat ".incoming-$version/.checksums" 2>/dev/null) || fail "the files did not arrive"
        rm -f "$from/.checksums"
    else
        rm -rf ".incoming-$version"
        from=$version
        sums=$(cat ".checksums/$version")
    fi
    printf '%s\n' "$sums" >".checksums/.verifying"
    if ! (cd "$from" && sha256sum --check --quiet --strict "$home/releases/.checksums/.verifying") >&2; then
        [ "$mode" = new ] || rm -f ".checksums/$version"
        fail "the checksums of release $version are not those of the control host; nothing was switched"
    fi
    wanted=$(grep -c . ".checksums/.verifying" || true)
    found=$(find "$from" -type f | wc -l)
    [ "$wanted" -eq "$found" ] || fail "release $version has $found files in place of $wanted; nothing was switched"
    if [ "$mode" = new ]; then
        sync -f "$from"
        if [ -d "$version" ]; then mv -T "$version" "$version.replaced"; fi
        mv -T "$from" "$version"
        rm -rf "$version.replaced"
    fi
    mv -T .checksums/.verifying ".checksums/$version"
    before=$(release_of "$home/current")
    # The order they were used in is what decides which are kept.
    if [ -n "$before" ] && [ -d "$before" ]; then touch "$before"; fi
    touch "$version"
    ln -sfn "releases/$version" "$home/.current.new"
    mv -T "$home/.current.new" "$home/current"
    sync "$home" 2>/dev/null || true
    keep=5
    ls -1t | while IFS= read -r old; do
        [ -d "$old" ] || continue
        keep=$((keep - 1))
        if [ "$keep" -lt 0 ] && [ "$old" != "$version" ] && [ "$old" != "$before" ]; then
            rm -rf -- "$old" ".checksums/$old"
        fi
    done
    printf 'before:%s\n' "${before:--}"
}
FAR

IFS= read -r -d '' far_forget <<'FAR' || true
main() { rm -rf "$1/releases/.incoming-$2"; }
FAR
IFS= read -r -d '' far_again <<'FAR' || true
main() { home=$1 version=$2; prepare; }
FAR

# The program, the service and the folders, as root.
IFS= read -r -d '' far_install <<'FAR' || true
main() {
    home=$1 client=$2 central=$3 prefix=$4 phase=$5
    root=
    if [ "$(id -u)" -ne 0 ]; then
        root="sudo -n"
        $root true || fail "the ssh user must be root, or allowed to use sudo without a password"
    fi
    if [ "$phase" = packages ]; then
        missing=
        for package in rsync libsqlite3-0 libstdc++6 zlib1g; do
            dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
                missing="$missing $package"
        done
        if [ -n "$missing" ]; then
            # Names of ours, to be split into words.
            # shellcheck disable=SC2086
            $root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing >&2 || {
                $root apt-get update >&2
                $root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing >&2
            }
        fi
        id master-control >/dev/null 2>&1 || $root useradd --system --user-group --home-dir "$home" \
            --no-create-home --shell /usr/sbin/nologin master-control
        $root install -d -m 755 "$home"
        [ -w "$home" ] || $root chown "$(id -u):$(id -g)" "$home"
        mkdir -p "$home/releases" "$home/.install"
        $root install -d -o master-control -g master-control -m 750 "$home/configs" "$home/logs"
        exit 0
    fi
    cd "$home/.install"
    $root install -d "$prefix/bin"
    $root install -m 755 master-control mc-keeper "$prefix/bin/"
    "$prefix/bin/master-control" --version >/dev/null || fail "the program does not run on this client"
    # What the client has of its own stays.
    if ! $root test -e "$home/configs/daemon.yaml"; then
        if [ -f token ]; then
            $root install -o master-control -g master-control -m 600 token "$home/configs/api_token"
        fi
        {
            printf 'fleet:\n  enabled: true\n  client_name: "%s"\n' "$client"
            if [ "$central" != - ]; then printf '  central_api_url: "%s"\n' "$central"; fi
            if [ -f token ]; then printf '  api_token_file: "%s/configs/api_token"\n' "$home"; fi
        } >daemon.yaml
        $root install -o master-control -g master-control -m 640 daemon.yaml "$home/configs/daemon.yaml"
    fi
    rm -f token daemon.yaml
    # The database and the lock beside it lie here.
    $root chown master-control:master-control "$home"
    if [ -d /etc/systemd/system ]; then
        $root install -m 644 master-control.service /etc/systemd/system/master-control.service
    fi
    if [ -d /run/systemd/system ]; then
        $root systemctl daemon-reload
        $root systemctl enable --quiet master-control
        # A restart of the unit leaves workloads alone.
        $root systemctl restart master-control
    else
        printf 'no systemd here: start the daemon by hand\n'
    fi
}
FAR

# --- The side of the control host ---

declare -a clients=()
version='' sync_only=no dry_run=no parallel=5 central='' token_file=''
inventory=${MCTL_INVENTORY:-./inventory.yaml}
releases=${MCTL_RELEASES_DIR:-./releases}

parse() {
    while (($# > 0)); do
        case $1 in
        --client | --version | --inventory | --releases | --parallel | --central | --token-file)
            (($# > 1)) || fail "$1 needs a value; see --help" 2
            case $1 in
            --client) clients+=("$2") ;;
            --version) version=$2 ;;
            --inventory) inventory=$2 ;;
            --releases) releases=$2 ;;
            --parallel) parallel=$2 ;;
            --central) central=$2 ;;
            --token-file) token_file=$2 ;;
            esac
            shift 2
            ;;
        --sync-only) sync_only=yes && shift ;;
        --dry-run) dry_run=yes && shift ;;
        --help | -h) usage && exit 0 ;;
        *) fail "there is no option '$1'; see --help" 2 ;;
        esac
    done
    local client
    declare -A seen=()
    for client in ${clients[@]+"${clients[@]}"}; do
        [[ $client =~ $name_rule ]] || fail "'$client' is no name of a client" 2
        [[ -z ${seen[$client]-} ]] || fail "the client '$client' is given twice" 2
        seen[$client]=1
    done
    if [[ -n $version || $sync_only == yes ]]; then
        [[ $version =~ $version_rule ]] || fail "'$version' is no version; give one with --version" 2
    fi
    [[ $parallel =~ ^([1-9]|[1-5][0-9]|6[0-4])$ ]] || fail "--parallel must be 1 to 64" 2
    [[ -z $central || $central =~ ^https?://[A-Za-z0-9._:/\[\]-]+$ ]] || fail "'$central' is no URL of a central" 2
    [[ -z $token_file || -r $token_file ]] || fail "the token file '$token_file' cannot be read" 2
}

# The program that reads the inventory: the one that calls us, one of this folder, or one in PATH.
find_program() {
    local candidate
    for candidate in "${MCTL_PROGRAM-}" "$here/../.build/release/master-control" "$here/../bin/master-control" \
        "$(command -v master-control || true)"; do
        if [[ -n $candidate && -x $candidate ]]; then
            printf '%s' "$candidate"
            return
        fi
    done
    fail "master-control is neither built nor in PATH; it is needed to read the inventory"
}

# Sets the array `entry`: name, host, api_port, ssh_user, ssh_port, ssh_key, install_dir.
read_entry() {
    local line=${MCTL_INVENTORY_ENTRY-}
    # The central gives it along, and says by that what it knows the client by.
    if [[ ${line%%$'\t'*} != "$1" ]]; then
        line=$("$program" inventory "$1" --inventory "$inventory") || exit 1
    fi
    IFS=$'\t' read -r -a entry <<<"$line"
    ((${#entry[@]} >= 7)) || fail "the inventory says too little about '$1'"
}

# Checksums of all files of the release, in `$work/.checksums`, and that of them in `sum`; links and plain files are all that a release may hold.
sum_release() {
    local folder=$releases/$version odd
    # The client may still have it.
    [[ -d $folder && ! -L $folder ]] || return 0
    odd=$(find "$folder" ! -type f ! -type d ! -type l -print -quit)
    [[ -z $odd ]] || fail "'$odd' is neither a file nor a folder nor a link"
    [[ -z $(find "$folder" -maxdepth 1 -name .checksums -print -quit) ]] || fail "a release has no file '.checksums'"
    (cd "$folder" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum) >"$work/.checksums"
    [[ -s $work/.checksums ]] || fail "there is nothing in '$folder'"
    release_kib=$(du -sk "$folder" | cut -f 1)
    sum=$(sha256sum <"$work/.checksums" | cut -d ' ' -f 1)
}

# Sets `ssh_command` for the client in `entry`. All that goes to it goes through one connection.
use_connection() {
    local known
    known=$(cd "$(dirname "$inventory")" && pwd)/known_hosts
    # The usual first choice, sntrup761, takes a tenth of a second of CPU on either side, and far more on a small board.
    ssh_command=(ssh -S "$work/s" -p "${entry[4]}" -o BatchMode=yes -o ConnectTimeout="$connect_seconds"
        -o ServerAliveInterval="$silent_seconds" -o ServerAliveCountMax=3 -o StrictHostKeyChecking=accept-new
        -o "UserKnownHostsFile=\"$known\"" -o GlobalKnownHostsFile=/dev/null -o HashKnownHosts=no
        -o KexAlgorithms=^curve25519-sha256 -o ForwardAgent=no -o ForwardX11=no -o ClearAllForwardings=yes -o LogLevel=ERROR)
    [[ ${entry[3]} == - ]] || ssh_command+=(-l "${entry[3]}")
    [[ ${entry[5]} == - ]] || ssh_command+=(-i "${entry[5]}" -o IdentitiesOnly=yes)
}

# Opens the connection; what the client has is read from it later, so that both sides work meanwhile.
connect() {
    local command
    command="sh -c$(quote "$far_common$far_prepare$far_switch$far_look main \"\$@\"" sh "$home" "${version:--}" "$1")"
    # Until it is closed, the session there and with it the connection last.
    mkfifo "$work/lifeline"
    exec {lifeline}<>"$work/lifeline"
    exec {answers}< <(exec "${ssh_command[@]}" -M -o ControlPersist=no -- "${entry[1]}" "$command" \
        <"$work/lifeline" 2>"$work/connecting" {lifeline}>&-)
    connection=$!
}

# Sets what `far_look` prints.
look() {
    read -r -t 60 -u "$answers" now free kept has_rsync || {
        local why
        why=$(tr '\r\n' '  ' <"$work/connecting")
        fail "no ssh session on ${entry[1]} port ${entry[4]}: ${why:-no answer}"
    }
}

# Runs one of the texts above on the client, through the connection that there is and no other.
far() {
    local text=$1
    shift
    ssh -S "$work/s" -o BatchMode=yes -o ProxyCommand=false -- "${entry[1]}" \
        "sh -c$(quote "$far_common$far_prepare$text main \"\$@\"" sh "$@")" </dev/null
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

# Has the client verify and switch, by the session that is there already. What it says goes to standard error.
order_switch() {
    local line
    printf '%s\n' "$1" >&"$lifeline"
    while IFS= read -r -t 600 -u "$answers" line; do
        case $line in
        =0) return 0 ;;
        =*) return 1 ;;
        before:*) before=${line#before:} ;;
        *) printf '%s\n' "$line" >&2 ;;
        esac
    done
    return 1
}

# Through the one connection.
rsync_there() {
    local host=${entry[1]} folder=$1
    shift
    [[ $host != *:* ]] || host="[$host]"
    rsync -s --timeout="$rsync_seconds" -e "ssh -S $work/s -o BatchMode=yes -o ProxyCommand=false" "$@" \
        "$host:$folder/"
}

transfer() {
    # By contents, not by times: those of a release are of the copy that somebody made, and would spoil the sharing.
    local -a options=(-rlp --checksum --delete --stats --no-human-readable)
    [[ $now == - ]] || options+=("--link-dest=$home/releases/$now")
    rsync_there "$home/releases/.incoming-$version" "${options[@]}" "$releases/$version/" "$work/.checksums" \
        >"$work/stats" || return
    awk -F ': ' '/^Number of regular files transferred/ { files = $2 } /^Total bytes sent/ { sent = $2 }
        /^Total bytes received/ { got = $2 }
        END { printf "%s files and %d bytes over the wire\n", files, sent + got }' "$work/stats"
}

bring() {
    transfer && return
    far "$far_forget" "$home" "$version" || true
    fail "rsync failed; the client has the release it had"
}

switch_release() {
    local mode=$1
    if order_switch "$mode"; then return; fi
    if [[ $mode == new ]]; then
        far "$far_forget" "$home" "$version" || true
    elif [[ $sum != - ]]; then
        say "the release that lies there is damaged; bringing it anew"
        far "$far_again" "$home" "$version"
        now=-
        bring
        order_switch new && return
    fi
    fail "release $version was not switched to; the client has the release it had"
}

deploy_release() {
    [[ $sum != - || $kept != - ]] || fail "there is no release '$version' in '$releases', nor on the client"
    local have=no
    if [[ $kept != - ]] && [[ $sum == - || $sum == "$kept" ]]; then have=yes; fi
    if [[ $dry_run == yes ]]; then
        if [[ $have == yes ]]; then
            say "would verify release $version, which lies there, and switch to it from $now"
        else
            say "would bring release $version ($release_kib KiB, $free KiB free), verify it, and switch to it from $now"
        fi
        return
    fi
    if [[ $have == yes ]]; then
        say "release $version lies there already"
        switch_release there
    else
        [[ $has_rsync == yes ]] || fail "there is no rsync on the client; install it, or call without --sync-only"
        # A tenth more for folders and what is written meanwhile.
        ((free > release_kib + release_kib / 10 + 1024)) ||
            fail "no room: the release has $release_kib KiB, and $free KiB are free on the client"
        bring
        switch_release new
    fi
    say "switched to $version from $before"
}

install_program() {
    local built
    built=$(cd "$(dirname "$program")" && pwd)
    [[ -x $built/mc-keeper ]] || fail "there is no mc-keeper beside '$program'"
    if [[ $dry_run == yes ]]; then
        say "would install master-control and its service, with folders below $home; its configuration is kept"
        [[ -z $version ]] || deploy_release
        return
    fi
    far "$far_install" "$home" "$client" "${central:--}" "$prefix" packages
    local unit
    unit=$(<"$here/master-control.service")
    unit=${unit//@PREFIX@/$prefix}
    unit=${unit//@HOME@/$home}
    printf '%s\n' "${unit//@USER@/master-control}" >"$work/master-control.service"
    local -a files=("$program" "$built/mc-keeper" "$work/master-control.service")
    if [[ -n $token_file ]]; then
        install -m 600 "$token_file" "$work/token"
        files+=("$work/token")
    fi
    rsync_there "$home/.install" -pt --copy-links "${files[@]}"
    if [[ -n $version ]]; then
        has_rsync=yes
        far "$far_again" "$home" "$version"
        deploy_release
    fi
    far "$far_install" "$home" "$client" "${central:--}" "$prefix" service
    say "installed the program and its service"
}

# One client, in a process of its own.
deploy() {
    client=$1
    work=$(mktemp -d "${TMPDIR:-/tmp}/deploy-XXXXXX")
    trap leave EXIT
    trap 'exit 143' TERM INT HUP
    read_entry "$client"
    home=${entry[6]}
    [[ $home != - ]] || home=$default_install_dir
    [[ $home == /* ]] || fail "install_dir of '$client' must be an absolute path"
    local lock may_prepare=no
    lock=$(cd "$(dirname "$inventory")" && pwd)/.deploying-$client
    exec {held}>"$lock"
    flock -w "$lock_seconds" "$held" || fail "another deployment is at work on '$client'"
    use_connection
    [[ $dry_run == yes || $sync_only == no ]] || may_prepare=yes
    connect "$may_prepare"
    sum=- release_kib=0
    if [[ -n $version ]]; then sum_release; fi
    look
    if [[ $sync_only == yes ]]; then
        deploy_release
    else
        install_program
    fi
}

main() {
    parse "$@"
    [[ -r $inventory ]] || fail "there is no inventory at '$inventory'; name it with --inventory" 2
    readonly prefix=${PREFIX:-/usr/local}
    program=$(find_program)
    if ((${#clients[@]} == 0)); then
        local list
        list=$("$program" inventory --inventory "$inventory") || exit 1
        mapfile -t clients < <(cut -f 1 <<<"$list")
    fi
    # Ends with whoever began us, even one that was killed: then its end of the pipe is closed.
    if [[ ${MCTL_END_WITH_INPUT-} == 1 ]]; then
        local input
        exec {input}<&0 </dev/null
        (
            read -r -u "$input" _ || true
            trap '' TERM
            kill -TERM 0
            sleep 3
            kill -KILL 0
        ) >/dev/null 2>&1 &
        watcher=$!
        exec {input}<&-
    fi
    # In the background, where `set -e` holds; a list with || would switch it off.
    local -A going=()
    local status=0 client ended
    trap 'kill "${!going[@]}" 2>/dev/null; wait; exit 143' TERM INT HUP
    for client in "${clients[@]}"; do
        if ((${#going[@]} >= parallel)); then
            wait -n -p ended "${!going[@]}" || status=1
            unset "going[$ended]"
        fi
        if ((${#clients[@]} == 1)); then
            (deploy "$client") &
        else
            (deploy "$client") > >(exec sed -u "s/^/$client: /") 2>&1 &
        fi
        going[$!]=$client
    done
    while ((${#going[@]} > 0)); do
        wait -n -p ended "${!going[@]}" || status=1
        unset "going[$ended]"
    done
    trap - TERM INT HUP
    [[ -z ${watcher-} ]] || kill "$watcher" 2>/dev/null || true
    exit "$status"
}

main "$@"
