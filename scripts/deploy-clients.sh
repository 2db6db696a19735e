#!/usr/bin/env bash
# Brings releases to clients by ssh and rsync. `deploy-clients.sh --help` says how; docs/deployments.md says more.
#
# Whatever fails on the way, the client keeps the release it has: files go to a folder beside it, their checksums are
# verified there, and only then one rename switches `current`. Each step may be repeated.
set -euo pipefail
shopt -s inherit_errexit
umask 022
# Patterns and their ranges mean bytes.
export LC_ALL=C

readonly default_install_dir=/opt/master-control
# Seconds until another deployment of the same client is no longer waited for.
readonly lock_seconds=60

here=$(cd "$(dirname "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd)
readonly here
# shellcheck source=scripts/deploy/release.sh
. "$here/deploy/release.sh"
# shellcheck source=scripts/deploy/program.sh
. "$here/deploy/program.sh"
# shellcheck source=scripts/deploy/answers.sh
. "$here/deploy/answers.sh"
# shellcheck source=scripts/deploy/session.sh
. "$here/deploy/session.sh"
# shellcheck source=scripts/deploy/bring.sh
. "$here/deploy/bring.sh"

usage() {
    cat <<'TEXT'
Usage: deploy-clients.sh [--client NAME]... --version V [--sync-only] [--inventory FILE] [--dry-run] [--parallel N]

Run it as the user of the central, whose ssh keys it then uses, or as root where all here is root's:
  sudo -u master-control deploy-clients.sh ...

  --client NAME      a client of the inventory; may be repeated. Without it: all of them
  --version V        the release, a folder of that name in the folder of releases
  --sync-only        bring the release and switch to it, nothing else. Without it the program, the service and the
                     folders are installed as well, on a bare Debian client too; --version may be left out then.
                     Done is that when the new daemon is online at its central
  --inventory FILE   default: MCTL_INVENTORY, otherwise ./inventory.yaml
  --releases DIR     default: MCTL_RELEASES_DIR, otherwise ./releases
  --dry-run          say what would be done, and change nothing
  --parallel N       clients at the same time, 1 to 64; default 5
  --central URL      for a client without a daemon.yaml: where it reports to
  --token-file FILE  for a client without a daemon.yaml: the token it shows
  --no-start         install, and leave the daemon as it is

Exit status: 0 done for all clients, 1 failed for one or more, 2 wrong usage, 3 left alone since the client has another
release in use than was expected.
TEXT
}

# --- The command line ---

clients=()
version='' sync_only=no dry_run=no starts=yes parallel=5 central='' token_file=''
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
        --no-start) starts=no && shift ;;
        --help | -h) usage && exit 0 ;;
        *) fail "there is no option '$1'; see --help" 2 ;;
        esac
    done
    local client
    local -A seen=()
    for client in ${clients[@]+"${clients[@]}"}; do
        [[ $client =~ $name_rule ]] || fail "'$(harmless "$client")' is no name of a client" 2
        [[ -z ${seen[$client]-} ]] || fail "the client '$client' is given twice" 2
        seen[$client]=1
    done
    if [[ -n $version || $sync_only == yes ]]; then
        [[ $version =~ $version_rule ]] || fail "'$(harmless "$version")' is no version; give one with --version" 2
    fi
    [[ $parallel =~ ^([1-9]|[1-5][0-9]|6[0-4])$ ]] || fail "--parallel must be 1 to 64" 2
    [[ -z $central || $central =~ $central_rule ]] ||
        fail "'$(harmless "$central")' is no URL of a central, like http://control-host:8080" 2
    [[ -z $token_file || -r $token_file ]] || fail "the token file '$token_file' cannot be read" 2
}

# The program that reads the inventory: the one that calls us, one of this folder, or one in PATH.
find_program() {
    local candidate
    for candidate in "${MCTL_PROGRAM-}" "$here/../.build/release/master-control" "$here/../../bin/master-control" \
        "$(command -v master-control || true)"; do
        if [[ -n $candidate && -x $candidate ]]; then
            printf '%s' "$candidate"
            return
        fi
    done
    fail "master-control is neither built nor in PATH; it is needed to read the inventory"
}

# Sets host, user, port, key and home.
read_entry() {
    local line=${MCTL_INVENTORY_ENTRY-}
    # The central gives it along, and says by that what it knows the client by.
    if [[ ${line%%$'\t'*} != "$1" ]]; then
        line=$("$program" inventory "$1" --inventory "$inventory") || exit 1
    fi
    take_entry "$1" "$line"
}

# So that two do not work on one client. Whoever made the file, all may hold it.
hold_lock() {
    local lock=$inventory_folder/.deploying-$client
    [[ ! -L $lock ]] || fail "'$lock' is a link; remove it"
    # Whoever can read it can hold it. One of ours that everybody could open may be held by them already: it goes.
    [[ ! -O $lock || $(stat -c %a "$lock") != *[4-7] ]] || rm -f "$lock"
    [[ -e $lock ]] || (umask 007 && set -C && : >"$lock") 2>/dev/null || true
    [[ -f $lock && -r $lock ]] ||
        fail "the lock '$lock' cannot be used by $(id -un); it or its folder belongs to another user: remove it, or give it to that user"
    exec {held}<"$lock"
    flock -w "$lock_seconds" "$held" || fail "another deployment is at work on '$client'"
}

install_program() {
    if [[ $dry_run == yes ]]; then
        say "would install master-control and its service, with folders below $home, as $(who_logs_in); its configuration is kept"
        [[ -z $version ]] || deploy_release
        return
    fi
    local unit
    unit=$(<"$here/master-control.service")
    unit=${unit//@PREFIX@/$prefix}
    # @USER@ is known there.
    printf '%s\n' "${unit//@HOME@/$home}" >"$work/master-control.service"
    local -a files=("$program" "$built/mc-keeper" "$work/master-control.service")
    if [[ -n $token_file ]]; then
        install -m 600 "$token_file" "$work/token"
        files+=("$work/token")
    fi
    # As the ssh user, to a folder that only the ssh user can write.
    rsync_there plain "$stage" -pt --copy-links "${files[@]}" || fail "rsync failed; the client is as it was"
    [[ -z $version ]] || deploy_release
    order end || fail "the session on the client ended"
    order service || fail "the installation did not come to its end"
    say "installed the program and its service"
}

# One client, in a process of its own.
deploy() {
    client=$1
    # It goes to ssh and rsync among options that are split and expanded.
    [[ ${TMPDIR-} =~ ^/[A-Za-z0-9._/-]{1,60}$ && -w $TMPDIR ]] || TMPDIR=/tmp
    work=$(mktemp -d "$TMPDIR/deploy-XXXXXX")
    trap leave EXIT
    trap 'exit 143' TERM INT HUP
    read_entry "$client"
    hold_lock
    # Nobody who does not know it can say that an answer begins.
    marker=$(printf 'mctl-%08x%08x%08x%08x' "$SRANDOM" "$SRANDOM" "$SRANDOM" "$SRANDOM")
    local mode=install
    if [[ $dry_run == yes ]]; then mode=look; elif [[ $sync_only == yes ]]; then mode=prepare; fi
    kind=-
    if [[ $sync_only == no ]]; then
        kind=$(program_kind "$program")
        kind=${kind:--}
        built=$(cd "$(dirname "$program")" && pwd)
        [[ -x $built/mc-keeper ]] || fail "there is no mc-keeper beside '$program'"
    fi
    noisy=no met=no taken=0 sum=- release_kib=0 is_here=no
    connect "$mode"
    if [[ -n $version ]]; then sum_release; fi
    look "$mode"
    if [[ $sync_only == yes ]]; then
        deploy_release
    else
        install_program
    fi
}

# Root works in folders of root only: in others it would follow what their users planted, and leave what those cannot use.
check_folders() {
    local folder owner
    inventory_folder=$(cd "$(dirname "$inventory")" && pwd)
    ((EUID == 0)) || return 0
    for folder in "$inventory_folder" "$releases"; do
        [[ -d $folder ]] || continue
        owner=$(stat -L -c %U -- "$folder")
        [[ $owner == root ]] ||
            fail "'$folder' belongs to '$owner'; run this as that user (sudo -u $owner ...), or give the folder to root if all here runs as root" 2
    done
}

# Sets `status` by that of a client that failed: of several, one that failed counts more than one that was left alone.
note_end() {
    if [[ $1 == 3 && $status != 1 ]]; then status=3; else status=1; fi
}

main() {
    parse "$@"
    local client
    [[ -r $inventory ]] || fail "there is no inventory at '$inventory'; name it with --inventory" 2
    check_folders
    local path
    take_path "${PREFIX:-/usr/local}" || fail "PREFIX must be an absolute path of letters, digits and '/._+@-'" 2
    readonly prefix=$path
    program=$(find_program)
    if ((${#clients[@]} == 0)); then
        local list
        list=$("$program" inventory --inventory "$inventory") || exit 1
        mapfile -t clients < <(cut -f 1 <<<"$list")
        for client in "${clients[@]}"; do
            [[ $client =~ $name_rule ]] || fail "the inventory has a client with a name that is none" 2
        done
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
    local status=0 ended
    trap 'kill "${!going[@]}" 2>/dev/null; wait; exit 143' TERM INT HUP
    for client in "${clients[@]}"; do
        if ((${#going[@]} >= parallel)); then
            wait -n -p ended "${!going[@]}" || note_end $?
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
        wait -n -p ended "${!going[@]}" || note_end $?
        unset "going[$ended]"
    done
    trap - TERM INT HUP
    [[ -z ${watcher-} ]] || kill "$watcher" 2>/dev/null || true
    exit "$status"
}

main "$@"
