#!/usr/bin/env bash
# A release: what it is here, and how it gets to a client. Part of deploy-clients.sh.
# Variables are shared with it; it is checked with this.
# shellcheck disable=SC2034,SC2154

# Sets `sum` and `release_kib`; a release that is not here the client may still have.
sum_release() {
    local folder=$releases/$version why
    sum=- release_kib=0
    [[ -d $folder && ! -L $folder ]] || return 0
    why=$(release_refusal "$folder") || fail "'$folder' cannot be read"
    [[ -z $why ]] || fail "release '$version' is refused: $why"
    [[ -n $(find "$folder" -type f -print -quit) ]] || fail "there is nothing in '$folder'"
    sum=$(release_sum "$folder") || fail "'$folder' cannot be read"
    release_kib=$(du -sk "$folder" | cut -f 1)
    [[ $sum =~ ^[0-9a-f]{64}$ && $release_kib =~ ^[0-9]{1,15}$ ]] || fail "'$folder' cannot be measured"
}

transfer() {
    # By contents, not by times: those of a release are of the copy that somebody made, and would spoil the sharing.
    local -a options=(-rlp --checksum --delete --stats --no-human-readable)
    [[ $now == - ]] || options+=("--link-dest=$home/releases/$now")
    rsync_there "$way" "$home/releases/.incoming-$version" "${options[@]}" "$releases/$version/" || return
    awk -F ': ' '$2 !~ /^[0-9]+$/ || length($2) > 15 { next } /^Number of regular files transferred/ { files = $2 }
        /^Total bytes sent/ { sent = $2 } /^Total bytes received/ { got = $2 }
        END { printf "%d files and %d bytes over the wire\n", files, sent + got }' "$work/stats"
}

bring() {
    transfer && return
    order forget || true
    fail "rsync failed; the client has the release it had"
}

switch_release() {
    local mode=$1
    if order "switch $mode $sum"; then return; fi
    if [[ $mode == new ]]; then
        order forget || true
    elif [[ $sum != - ]]; then
        say "the release that lies there is damaged; bringing it anew"
        if order again; then
            now=-
            bring
            order "switch new $sum" && return
        fi
    fi
    fail "release $version was not switched to; the client has the release it had"
}

deploy_release() {
    [[ $sum != - || $kept != - ]] || fail "there is no release '$version' in '$releases', nor on the client"
    local have=no
    if [[ $kept != - ]] && [[ $sum == - || $kept == old || $sum == "$kept" ]]; then have=yes; fi
    if [[ $dry_run == yes ]]; then
        if [[ $have == yes ]]; then
            say "would verify release $version, which lies there, and switch to it from $now"
        else
            say "would bring release $version ($release_kib KiB, $free_kib KiB free), verify it, and switch to it from $now"
        fi
        return
    fi
    if [[ $have == yes ]]; then
        say "release $version lies there already"
        switch_release there
    else
        [[ $has_rsync == yes ]] || fail "there is no rsync on the client; install it, or call without --sync-only"
        # A tenth more for folders and what is written meanwhile.
        ((free_kib > release_kib + release_kib / 10 + 1024)) ||
            fail "no room: the release has $release_kib KiB, and $free_kib KiB are free on the client"
        bring
        switch_release new
    fi
    say "switched to $version from $before"
}
