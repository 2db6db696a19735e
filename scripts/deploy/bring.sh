#!/usr/bin/env bash
# A release: what it is here, and how it gets to a client. Part of deploy-clients.sh.
# Variables are shared with it; it is checked with this.
# shellcheck disable=SC2034,SC2154

# What the central knows: the digest that the release must have, what the client may have in use besides it (see
# as-owner.sh), and whether it is a way back, for which nothing is brought.
readonly wanted=${MCTL_RELEASE_DIGEST:--} expected=${MCTL_RELEASE_EXPECTED:-any} back=${MCTL_RELEASE_BACK:-no}

# Sets `sum` and `release_kib`; a release that is not here the client may still have.
sum_release() {
    local folder=$releases/$version why
    sum=$wanted release_kib=0
    [[ $wanted =~ ^(-|[0-9a-f]{64})$ ]] || fail "MCTL_RELEASE_DIGEST is no digest of a release"
    [[ $expected =~ $expected_rule ]] || fail "MCTL_RELEASE_EXPECTED is none"
    [[ $back != 1 ]] || return 0
    [[ -d $folder && ! -L $folder ]] || return 0
    why=$(release_refusal "$folder") || fail "'$folder' cannot be read"
    [[ -z $why ]] || fail "release '$version' is refused: $why"
    [[ -n $(find "$folder" -type f -print -quit) ]] || fail "there is nothing in '$folder'"
    sum=$(release_sum "$folder") || fail "'$folder' cannot be read"
    release_kib=$(du -sk "$folder" | cut -f 1)
    [[ $wanted == - || $sum == "$wanted" ]] ||
        fail "release '$version' is not the one that was meant: it is ${sum:0:6} here, and should be ${wanted:0:6}; somebody has changed its folder"
    is_here=yes
    [[ $sum =~ ^[0-9a-f]{64}$ && $release_kib =~ ^[0-9]{1,15}$ ]] || fail "'$folder' cannot be measured"
}

transfer() {
    # By contents, not by times: those of a release are of the copy that somebody made, and would spoil the sharing.
    local -a options=(-rlp --checksum --delete --stats --no-human-readable)
    case $now in
    -) ;;
    *@*) options+=("--link-dest=$home/releases/$now/${now%@*}") ;;
    *) options+=("--link-dest=$home/releases/$now") ;;
    esac
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

# Ends where the client has something in use that is neither wanted nor expected.
order_switch() {
    if order "switch $1 $sum $expected"; then return; fi
    [[ $ended != 3 ]] || leave_alone
    return 1
}

leave_alone() {
    local reason=${why:-left alone}
    order forget || true
    fail "$reason" 3
}

switch_release() {
    local mode=$1 reason
    if order_switch "$mode"; then return; fi
    reason=${why:+: $why}
    if [[ $mode == new ]]; then
        order forget || true
    elif [[ $is_here == yes ]]; then
        say "the release that lies there is damaged; bringing it anew"
        if order again; then
            now=-
            bring
            order_switch new && return
            reason=${why:+: $why}
        fi
    fi
    fail "release $version was not switched to$reason; the client has the release it had"
}

deploy_release() {
    local have=no
    # The client alone knows what it keeps.
    if [[ $back == 1 ]]; then
        [[ $dry_run == no ]] || return 0
        switch_release back
        say "switched back to $(shown_release "$sum") from $before"
        return
    fi
    [[ $is_here == yes || $kept != - ]] || fail "there is no release '$version' in '$releases', nor on the client"
    case ,$kept, in
    ,-,) ;;
    *,"$sum",* | *,old,*) have=yes ;;
    *) [[ $sum != - ]] || have=yes ;;
    esac
    [[ $is_here == yes || $have == yes ]] ||
        fail "there is no release '$version' in '$releases', and what the client keeps of that name is another one"
    if [[ $dry_run == yes ]]; then
        if [[ $have == yes ]]; then
            say "would verify release $(shown_release "$sum"), which lies there, and switch to it from $now"
        else
            say "would bring release $(shown_release "$sum") ($release_kib KiB, $free_kib KiB free), verify it, and switch to it from $now"
        fi
        return
    fi
    if [[ $have == yes ]]; then
        # Those used last come first.
        case ${kept%%,*} in
        "$sum" | old) say "release $(shown_release "$sum") lies there already" ;;
        *) say "the client keeps release $(shown_release "$sum") still" ;;
        esac
        switch_release there
    else
        [[ $has_rsync == yes ]] || fail "there is no rsync on the client; install it, or call without --sync-only"
        # A tenth more for folders and what is written meanwhile.
        ((free_kib > release_kib + release_kib / 10 + 1024)) ||
            fail "no room: the release has $release_kib KiB, and $free_kib KiB are free on the client"
        bring
        switch_release new
    fi
    say "switched to $(shown_release "$sum") from $before"
}

# As `1.3.0@7f3a9c`.
shown_release() {
    if [[ $1 == - ]]; then printf '%s' "$version"; else printf '%s@%s' "$version" "${1:0:6}"; fi
}
