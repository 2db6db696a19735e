#!/bin/sh
# The part of a deployment that works below install_dir, on the client, as the user that install_dir belongs to. It is
# sent as text, behind release.sh and kept.sh: see on-client.sh, which starts it.
# Variables are shared with kept.sh.
# shellcheck disable=SC2154
#
# A release is known by its digest (release_sum). Its folder below `releases` is called by its version, and `VERSION@` with
# the beginning of the digest where another release of that version lies there already: then the folder of the version is
# in that one, so that whatever `current` leads to ends with the version. What is in use is never written over.
# `.checksums/FOLDER` holds the digest, written when it was verified, and `.manifests/FOLDER` what it is made of.
#
# `session HOME VERSION look|prepare UID` prints what is there, `look NOW FREE KEPT RSYNC`: the folder in use, the free
# KiB, what is known of the wanted version (the digests of its releases, split by commas, with `old` for a list that an
# older script left; or `-`), and whether there is rsync. Then it takes orders, a line each, and ends each with `=STATUS`:
# 3 where something else is in use than was expected. What begins with `!` is why it failed.
# `configure HOME CLIENT CENTRAL TOKEN` writes daemon.yaml where there is none; with TOKEN `yes`, from standard input.
set -eu
umask 022

fail() {
    printf '!%s\n' "$1"
    exit 1
}

# A name that may be a release. All that is ours for a while begins with a dot, which no version does.
is_version() {
    case $1 in
    '' | [!A-Za-z0-9]* | *[!A-Za-z0-9._+-]*) return 1 ;;
    esac
    [ "${#1}" -le 64 ]
}

is_sum() {
    case $1 in
    *[!0-9a-f]*) return 1 ;;
    esac
    [ "${#1}" -eq 64 ]
}

is_folder() { [ -d "$1" ] && [ ! -L "$1" ]; }

# Links are removed, never followed.
discard() {
    rm -rf -- "$@" 2>/dev/null && return
    for left in "$@"; do
        if is_folder "$left"; then chmod -R u+rwX -- "$left" || true; fi
        rm -rf -- "$left"
    done
}

# Fails where one of the folders is not ours alone to change.
must_be_ours() {
    for folder in "$@"; do
        is_folder "$folder" || fail "'$folder' is a link or no folder; nothing was done"
    done
    bad=$(find "$@" -maxdepth 0 \( ! -uid "$me" -o -perm -002 -o -uid 0 -perm -020 ! -gid 0 \) -print -quit)
    [ -z "$bad" ] ||
        fail "'$bad' belongs to another user than install_dir does, or may be written by others; nothing was done"
}

# Older scripts made the folder of releases as the ssh user, in a folder of the service user's. Then what is in it is
# copied to one of our own.
take_over() {
    if [ ! -e releases ] && [ ! -L releases ] && is_folder .releases.new; then mv -T .releases.new releases; fi
    discard .releases.new
    is_folder releases || return 0
    [ -n "$(find releases -maxdepth 0 ! -uid "$me" \( -uid 0 -o -uid "$login" \))" ] || return 0
    # Not the lock, which may be closed to us, and of which we make one of our own.
    mkdir .releases.new
    find releases -mindepth 1 -maxdepth 1 ! -name .lock -exec cp -a -t .releases.new -- {} +
    # A folder of somebody else's can be renamed, but not moved elsewhere.
    aside=$(mktemp -u .releases.old-XXXXXX)
    mv -T releases "$aside"
    mv -T .releases.new releases
    discard "$aside" 2>/dev/null || printf ':%s\n' "the releases were copied to a folder of the owner's; '$home/$aside' may be removed"
}

lock() {
    [ ! -L .lock ] || fail "'$home/releases/.lock' is a link; nothing was done"
    # Whoever can read it can hold it. One that others could open may be held by them already: it goes.
    [ ! -e .lock ] || [ "$(stat -c %a .lock)" = 600 ] || rm -f .lock
    (umask 077 && : >>.lock)
    exec 9>>.lock
    flock -w 30 9 || fail "another deployment is at work on this client"
}

# Enters the folder of releases.
enter() {
    cd -- "$home"
    must_be_ours "$home" "$home/releases" "$home/releases/.checksums" "$home/releases/.manifests"
    cd releases
    lock
}

# A crash between the two renames of a release that replaces one of the same name, now and with older scripts.
mend() {
    for old in .replaced-*; do
        is_folder "$old" || continue
        if is_folder "${old#.replaced-}"; then discard "$old"; else mv -T "$old" "${old#.replaced-}"; fi
    done
    for old in *.replaced; do
        back=${old%.replaced}
        # One with a checksum of its own is a release of that name.
        if is_version "$old" && is_folder "$old" && [ ! -e ".checksums/$old" ] && [ -f ".checksums/$back" ] &&
            [ ! -e "$back" ] && [ ! -L "$back" ]; then
            mv -T "$old" "$back"
        fi
    done
}

# Makes the folder that the files go to, and clears what earlier tries may have left.
prepare() {
    cd -- "$home"
    must_be_ours "$home"
    take_over
    [ -L releases ] || mkdir -p releases/.checksums releases/.manifests
    enter
    mend
    for left in .incoming-*; do
        if [ "$left" != ".incoming-$version" ] || ! is_folder "$left"; then discard "$left"; fi
    done
    [ "$version" = - ] || mkdir -p ".incoming-$version"
}

# Verifies and switches: `new` what was brought, `there` what lies there already, `back` what ran before. Without a digest
# of the control host the one that was kept with the release is right.
switch() {
    wanted=$2
    enter
    must_be_expected "$3" "$wanted"
    # What is expected is what a way back leaves, and must not be taken for what it leads to.
    [ "$1" = new ] || discard ".incoming-$version"
    case $1 in
    new) from=.incoming-$version ;;
    back)
        find_former "$wanted" "$3"
        from=$(path_of "$copy")
        ;;
    there)
        copy=
        for other in $(copies); do
            case $wanted,$(digest_of "$other") in
            -,* | *,"$wanted") copy=$other && break ;;
            *,old) copy=$other ;;
            esac
        done
        from=$(path_of "${copy:-$version}")
        ;;
    esac
    is_folder "$from" || fail "the files of release $version are not there; nothing was switched"
    why=$(release_refusal "$from")
    [ -z "$why" ] || fail "release $version is refused: $why; nothing was switched"
    if [ "$1" != back ]; then
        manifest=$(release_manifest "$from")
        sum=$(printf '%s\n' "$manifest" | sha256sum | cut -d ' ' -f 1)
        if [ "$wanted" = - ]; then
            wanted=$(digest_of "$copy")
            if [ "$wanted" = old ] && is_as_listed "$copy"; then wanted=$sum; fi
        fi
        if ! is_sum "$sum" || [ "$sum" != "$wanted" ]; then
            fail "the checksum of release $version is not that of the control host; nothing was switched"
        fi
    fi
    if [ "$1" = new ]; then
        sync -f "$from"
        find_place "$sum"
        place=$(path_of "$copy")
        discard ".replaced-$copy"
        if [ -e "$place" ] || [ -L "$place" ]; then mv -T "$copy" ".replaced-$copy"; fi
        case $copy in
        *@*) mkdir -p -- "$copy" ;;
        esac
        mv -T "$from" "$place"
        discard ".replaced-$copy"
        from=$place
    fi
    if [ "$1" != back ]; then
        keep .manifests "$copy" "$manifest"
        keep .checksums "$copy" "$sum"
    fi
    before=$(folder_in_use)
    was=-
    [ -z "$before" ] || was=$(named "$before" "$(digest_of "$before")")
    # The order they were used in is what decides which are kept.
    if [ -n "$before" ] && is_folder "$(path_of "$before")"; then touch -- "$(path_of "$before")"; fi
    touch -- "$from"
    discard "$home/.current.new"
    ln -s "releases/$from" "$home/.current.new"
    mv -T "$home/.current.new" "$home/current"
    sync "$home" 2>/dev/null || true
    retain 5
    printf 'before %s\n' "$was"
}

# Beside a release; it takes its name when it is whole.
keep() {
    new=$(mktemp "$1/.new-XXXXXX")
    printf '%s\n' "$3" >"$new"
    chmod 644 "$new"
    mv -T "$new" "$1/$2"
}

# Removes releases of ours beyond those used last; folders that somebody else put there stay.
retain() {
    left=$1
    # By time, which only `ls` sorts by; names that are no version are passed over.
    # shellcheck disable=SC2012
    (ls -1td -- * *@*/* 2>/dev/null || true) | while IFS= read -r old; do
        name=${old%%/*}
        if ! is_version "${name%%@*}" || [ "$old" != "$(path_of "$name")" ] || ! is_folder "$old" ||
            [ ! -f ".checksums/$name" ]; then
            continue
        fi
        left=$((left - 1))
        if [ "$left" -lt 0 ] && [ "$name" != "$copy" ] && [ "$name" != "$before" ]; then
            discard "$name" ".checksums/$name" ".manifests/$name"
        fi
    done
}

forget() {
    enter
    discard ".incoming-$version"
}

obey() {
    set -f
    # Words of ours, split as they came.
    # shellcheck disable=SC2086
    set -- $1
    set +f
    case "$# ${1-} ${2-}" in
    '1 again ') prepare ;;
    '1 forget ') forget ;;
    '4 switch new' | '4 switch there' | '4 switch back') switch "$2" "$3" "$4" ;;
    *) fail "there is no such order" ;;
    esac
}

session() {
    home=$1 version=$2 login=$4 me=$(id -u)
    place=$home
    while [ ! -d "$place" ]; do place=$(dirname -- "$place"); done
    if [ "$3" = prepare ]; then prepare; fi
    exec 9>&-
    find_kept
    rsync=yes
    command -v rsync >/dev/null || rsync=no
    free=$(df -Pk -- "$place" | awk 'NR == 2 { print $4 }')
    now=$(folder_in_use)
    printf 'look %s %s %s %s\n' "${now:--}" "$free" "$kept" "$rsync"
    while IFS= read -r order && [ "$order" != end ]; do
        set +e
        (
            set -e
            obey "$order"
        ) </dev/null 2>&1
        code=$?
        set -e
        printf '=%s\n' "$code"
    done
}

# What the client has of its own stays.
configure() {
    home=$1
    cd -- "$home"
    for folder in configs logs; do
        [ -e "$folder" ] || mkdir -m 750 "$folder"
    done
    [ ! -e configs/daemon.yaml ] && [ ! -L configs/daemon.yaml ] || exit 0
    # Never through a link, nor into a file of somebody else's.
    set -C
    umask 077
    if [ "$4" = yes ]; then
        rm -f configs/api_token
        cat >configs/api_token
    fi
    {
        printf 'fleet:\n  enabled: true\n  client_name: "%s"\n' "$2"
        if [ "$3" != - ]; then printf '  central_api_url: "%s"\n' "$3"; fi
        if [ "$4" = yes ]; then printf '  api_token_file: "%s/configs/api_token"\n' "$home"; fi
    } >configs/daemon.yaml
    chmod 640 configs/daemon.yaml
    [ "$3" != - ] || printf 'no --central was given: this client will report to nobody until its daemon.yaml says where to\n'
    [ "$4" = yes ] || printf 'no --token-file was given: this client listens on its loopback address alone, so that the central cannot send it commands\n'
}

"$@"
