#!/bin/sh
# The part of a deployment that runs on the client as the ssh user. It is sent as text to `sh -s`, with the variable
# `as_owner` (release.sh, kept.sh and as-owner.sh) set in front of it, program.sh and the arguments below.
#
# The rule: below install_dir all is done by the user that it belongs to, whoever logged in. Root would follow links that
# the service user planted, and what root leaves there the service user cannot use. Root itself writes only where nobody
# else can: the program, the unit, and install_dir where there is none yet.
#
# It prints MARKER on a line of its own, `stage FOLDER` (only in the mode `install`), `owner WAY UID GID`, and then what
# as-owner.sh prints. What begins with `!` is why it failed, what begins with `:` is for people.
set -eu
umask 022
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH

fail() {
    printf '!%s\n' "$1"
    exit 1
}

as_root() {
    if [ "$me" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

as_the_owner() {
    case $way in
    plain) "$@" ;;
    # Nothing of root goes along: no groups, no environment, no way back.
    setpriv)
        env -i PATH="$PATH" LC_ALL=C setpriv --reuid="$owner" --regid="$group" --clear-groups --no-new-privs "$@"
        ;;
    sudo) sudo -n --user="#$owner" "$@" ;;
    esac
}

# Runs as-owner.sh. Under sudo it lies in a file, for sudo logs the words of a command.
run_as_owner() {
    # Set in front of this text.
    # shellcheck disable=SC2154
    if [ "$way" != sudo ]; then
        as_the_owner sh -c "$as_owner" sh "$@"
        return
    fi
    if [ -z "$text" ]; then
        text=$(mktemp /var/tmp/master-control.XXXXXXXXXX)
        printf '%s\n' "$as_owner" >"$text"
        chmod 644 "$text"
    fi
    as_the_owner sh "$text" "$@"
}

# Called by a trap.
# shellcheck disable=SC2317
clear() {
    [ -z "$text" ] || rm -f -- "$text"
    [ -z "$stage" ] || rm -rf -- "$stage"
}

# Fails where anybody but root and the given user could put something else in the place of a folder: by the folders it
# lies in. Links on the way are refused, for whoever made them could lead elsewhere tomorrow.
must_be_safe() {
    part=$1 user=$2 in_group=$3
    set -- /
    while part=${part%/*} && [ -n "$part" ]; do set -- "$@" "$part"; done
    bad=$(find "$@" -maxdepth 0 \( ! -uid 0 ! -uid "$user" \
        -o ! -perm -1000 \( -perm -002 -o -perm -020 ! -gid 0 ! -gid "$in_group" \) \) -print -quit)
    [ -z "$bad" ] || fail "'$bad' may be changed by others than root and the owner of install_dir; choose another place"
}

# Sets `place`: install_dir, or the last folder on the way to it that is there.
find_place() {
    place=$home
    while [ ! -e "$place" ] && [ ! -L "$place" ]; do
        place=${place%/*}
        [ -n "$place" ] || place=/
    done
    real=$(readlink -f -- "$place")
    [ "$real" = "$place" ] || fail "'$place' leads through a link to '$real'; give the real path as install_dir"
    [ -d "$place" ] || fail "'$place' is no folder"
}

# The user that install_dir belongs to, or will; how to become that user.
find_owner() {
    find_place
    name=$(stat -c '%u %U' -- "$place")
    owner=${name%% *} name=${name#* }
    if [ "$owner" -eq "$me" ]; then
        way=plain group=$(id -g)
    else
        group=$(id -g -- "$name" 2>/dev/null) || fail "'$place' belongs to the user id $owner, which has no name here"
        if [ "$me" -eq 0 ]; then
            way=setpriv
        elif sudo -n --user="#$owner" true 2>/dev/null; then
            way=sudo
        else
            fail "'$place' belongs to '$name'; log in as that user or as root (ssh_user), or allow '$(id -un)' to use sudo without a password"
        fi
    fi
    if [ "$place" != "$home" ]; then
        must_be_safe "$place/x" "$owner" "$group"
        [ "$mode" != look ] || return 0
        as_the_owner mkdir -p -m 755 -- "$home"
        find_place
        [ "$place" = "$home" ] || fail "'$home' could not be made"
    fi
    must_be_safe "$home" "$owner" "$group"
}

# The user that the service runs as: what the unit says that is there, for it may have been changed by hand.
find_service_user() {
    service_user=master-control
    for unit in "$unit_file" "$unit_file".d/*.conf; do
        [ -f "$unit" ] || continue
        found=$(sed -n 's/^User=\([a-z_][a-z0-9_-]\{0,31\}\)$/\1/p' "$unit" | tail -n 1)
        [ -z "$found" ] || service_user=$found
    done
}

# Before anything is changed. What this shell is made for is what runs here, whatever the kernel could run besides.
must_fit() {
    [ "$kind" != - ] || return 0
    # Sent in front of this text.
    here=$(program_kind "$(readlink -f -- /bin/sh)")
    [ "$kind" = "$here" ] || [ -z "$here" ] ||
        fail "the program is made for $(kind_name "$kind"), and this client is of $(kind_name "$here"); nothing was changed: build it for that one"
}

install_packages() {
    missing=
    for package in rsync libsqlite3-0 libstdc++6 zlib1g; do
        dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
            missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    printf ':installing%s\n' "$missing"
    # Names of ours, to be split into words.
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $missing >&2 || {
        as_root apt-get -q update >&2
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $missing >&2
    } || fail "apt-get could not install$missing"
}

# Packages, the user of the service, its folder, and a folder that only the ssh user can write for the program.
prepare_host() {
    as_root true 2>/dev/null || fail "the ssh user must be root, or allowed to use sudo without a password"
    install_packages
    find_service_user
    id -- "$service_user" >/dev/null 2>&1 || as_root useradd --system --user-group --home-dir "$home" \
        --no-create-home --shell /usr/sbin/nologin "$service_user"
    # Here root writes: nobody else may have a hand in it, before and after.
    find_place
    [ "$place" = "$home" ] || place=$place/x
    must_be_safe "$place" 0 0
    as_root mkdir -p -m 755 -- "$home"
    find_place
    must_be_safe "$home" 0 0
    if [ "$(stat -c %u -- "$home")" -ne "$(id -u -- "$service_user")" ]; then
        as_root chown -h -- "$service_user:$(id -g -- "$service_user")" "$home"
    fi
    stage=$(mktemp -d /var/tmp/master-control.XXXXXXXXXX)
    printf 'stage %s\n' "$stage"
}

# The program, the service and what the client is called.
install_service() {
    as_root install -d "$prefix/bin"
    for program in master-control mc-keeper; do
        as_root install -m 755 "$stage/$program" "$prefix/bin/.$program.new"
    done
    # Before anything takes the place of what runs.
    if ! said=$("$prefix/bin/.master-control.new" --version 2>&1) || [ -z "$said" ]; then
        as_root rm -f "$prefix/bin/.master-control.new" "$prefix/bin/.mc-keeper.new"
        printf '%s\n' "$said" | head -n 5 | cut -c 1-300
        fail "the program does not run on this client ($(uname -m)); the one that it had is still there"
    fi
    for program in mc-keeper master-control; do
        as_root mv -fT "$prefix/bin/.$program.new" "$prefix/bin/$program"
    done
    has_token=no
    if [ -f "$stage/token" ]; then has_token=yes; else : >"$stage/token"; fi
    run_as_owner configure "$home" "$client" "$central" "$has_token" <"$stage/token"
    if [ -d /etc/systemd/system ]; then
        sed "s/@USER@/$service_user/" "$stage/master-control.service" >"$stage/unit"
        as_root install -m 644 "$stage/unit" "$unit_file"
    fi
    if [ "$starts" = no ]; then
        printf 'the daemon is left as it is: start it, or start it anew, by hand\n'
        return
    fi
    [ -d /run/systemd/system ] ||
        fail "all is installed, and nothing starts the daemon, for there is no systemd here: start it by hand, and give --no-start if that is meant"
    as_root systemctl daemon-reload
    as_root systemctl enable --quiet master-control
    # A restart of the unit leaves workloads alone. It ends when the daemon says that it has begun, or has ended.
    if ! as_root systemctl restart master-control; then
        tell_end
        fail "the new daemon does not start; 'journalctl -u master-control' and '$home/logs/daemon.log' on the client say more"
    fi
    # Not that it was begun, but that the central has heard of it.
    if ! as_root "$prefix/bin/master-control" online --within "$online_seconds" 2>&1; then
        fail "the new daemon is not online at its central"
    fi
}

# The last words of a daemon that did not begin.
tell_end() {
    as_root journalctl -u master-control -n 10 -o cat --no-pager 2>/dev/null | cut -c 1-300 || true
}

# Arguments: marker, look|prepare|install, install_dir, version, name of the client, URL of the central, prefix, what the
# program is made for (`-` where none is brought), whether the daemon is started, seconds until the central has to know it.
main() {
    marker=$1 mode=$2 home=$3 version=$4 client=$5 central=$6 prefix=$7 kind=$8 starts=$9
    shift 9
    online_seconds=$1
    me=$(id -u) unit_file=/etc/systemd/system/master-control.service stage='' text=''
    trap clear EXIT
    # A shell that is ended by a signal runs no trap for EXIT, and who called us may go at any time.
    trap 'exit 1' HUP INT TERM PIPE
    cd /
    # Whatever the login shell printed may not have ended its line.
    printf '\n%s\n' "$marker"
    must_fit
    if [ "$mode" = install ]; then prepare_host </dev/null; fi
    find_owner </dev/null
    printf 'owner %s %s %s\n' "$way" "$owner" "$group"
    if [ "$mode" != install ]; then
        run_as_owner session "$home" "$version" "$mode" "$me"
        exit
    fi
    run_as_owner session "$home" "$version" prepare "$me"
    # Said by us: until then somebody in between (sudo) may have read ahead.
    printf '=0\n'
    IFS= read -r order || exit 0
    [ "$order" = service ] || exit 0
    set +e
    (
        set -e
        install_service
    ) </dev/null 2>&1
    code=$?
    set -e
    # Before it is said that all is done.
    clear
    printf '=%s\n' "$code"
}

main "$@"
