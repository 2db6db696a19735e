#!/bin/sh
# The releases that a client keeps, by their digests: which is in use, which is meant, and whether it is as it was brought.
# Part of as-owner.sh, which is sent behind this.
# Variables are shared with it.
# shellcheck disable=SC2034,SC2154

# Where a release lies, by the name of its folder.
path_of() {
    case $1 in
    *@*) printf '%s/%s' "$1" "${1%%@*}" ;;
    *) printf '%s' "$1" ;;
    esac
}

# The folder of the release that `current` leads to; nothing where there is none.
folder_in_use() {
    led=$(readlink -- "$home/current") || return 0
    in_use=${led##*/}
    is_version "$in_use" || return 0
    within=${led%/*}
    within=${within##*/}
    case $within in
    "$in_use"@*[!0-9a-f]*) ;;
    "$in_use"@?*) in_use=$within ;;
    esac
    printf '%s' "$in_use"
}

# The digest that was kept with a release; `old` for a list that an older script left, `-` for neither.
digest_of() {
    record=$home/releases/.checksums/$1
    if [ ! -f "$record" ] || [ -L "$record" ]; then
        printf '%s' -
        return
    fi
    digest=$(head -c 65 -- "$record")
    if is_sum "$digest"; then printf '%s' "$digest"; else printf old; fi
}

# The folders that have releases of the wanted version: the one in use first, then those used last.
copies() {
    used=$(folder_in_use)
    # By time, which only `ls` sorts by; all names are versions and digests.
    # shellcheck disable=SC2012
    {
        [ "${used%%@*}" != "$version" ] || printf '%s\n' "$(path_of "$used")"
        (if cd -- "$home/releases"; then ls -1td -- "$version" "$version"@*/"$version"; fi) 2>/dev/null || true
    } | awk '!seen[$0]++' | while IFS= read -r path; do
        name=${path%%/*}
        if is_folder "$home/releases/$path" && [ "$(digest_of "$name")" != - ]; then printf '%s\n' "$name"; fi
    done
}

# For people: `1.3.0@7f3a9c`.
named() {
    case $2 in
    - | old) printf '%s' "${1%%@*}" ;;
    *) printf '%s@%.6s' "${1%%@*}" "$2" ;;
    esac
}

# Sets `kept`.
find_kept() {
    kept=$(copies | head -n 8 | while IFS= read -r copy; do printf '%s,' "$(digest_of "$copy")"; done)
    kept=${kept%,}
    kept=${kept:--}
}

# By the list that an older script left: the checksum of each file, and how many there are.
is_as_listed() {
    list=$(cat -- ".checksums/$1")
    listed=$(path_of "$1")
    printf '%s\n' "$list" | (cd -- "$listed" && sha256sum --check --quiet --strict >/dev/null 2>&1) || return 1
    [ "$(printf '%s\n' "$list" | grep -c .)" -eq "$(find "$listed" -type f | wc -l)" ]
}

# Whether all that a release is made of is there as it was brought. What was written into it besides, as Python does, is
# what ran too; where an older script left no manifest, that of Python alone is known.
is_intact() {
    manifest=$(release_manifest "$(path_of "$1")") || return 1
    if [ "$(digest_of "$1")" = old ]; then
        is_as_listed "$1"
    elif [ -f ".manifests/$1" ] && [ "$(sha256sum <".manifests/$1" | cut -d ' ' -f 1)" = "$(digest_of "$1")" ]; then
        missing=$({
            sort -u ".manifests/$1"
            printf '%s\n' "$manifest"
            printf '%s\n' "$manifest"
        } | sort | uniq -u | head -n 1)
        [ -z "$missing" ]
    else
        sum=$(printf '%s\n' "$manifest" | grep -Ev '(^[a-z] [0-7]+ |/)__pycache__(/|$)' | sha256sum | cut -d ' ' -f 1)
        [ "$sum" = "$(digest_of "$1")" ] || [ "$(release_sum "$(path_of "$1")")" = "$(digest_of "$1")" ]
    fi
}

# Somebody else may have brought another release since it was asked what is there: that one is left alone. Expected is
# `VERSION@DIGEST` (`VERSION@-` where the digest is not known), `-` for no release, or `any`.
must_be_expected() {
    [ "$1" != any ] || return 0
    has=$(folder_in_use)
    has_digest=-
    [ -z "$has" ] || has_digest=$(digest_of "$has")
    has_version=${has%%@*}
    for one in "$1" "$version@$2"; do
        case $one in
        -) [ -n "$has" ] || return 0 ;;
        *@-) [ "$has_version" != "${one%%@*}" ] || return 0 ;;
        *) [ "$has_version@$has_digest" != "$one" ] || return 0 ;;
        esac
    done
    expected=none
    [ "$1" = - ] || expected=$(named "${1%%@*}" "${1#*@}")
    has_now=none
    [ -z "$has" ] || has_now=$(named "$has" "$has_digest")
    printf '!left alone: it has release %s in use, neither %s nor %s; somebody else has changed it\n' \
        "$has_now" "$expected" "$(named "$version" "$2")"
    exit 3
}

# Sets `copy` to the folder of the release with this digest (`-`: the only one that is not the expected one), which must
# be as it was brought. What is in use already needs no proof, and of what no script of ours brought there is none.
find_former() {
    copy=$(folder_in_use)
    if [ "${copy%%@*}" = "$version" ]; then
        found=$(digest_of "$copy")
        if [ "$found" = "$1" ] || { [ "$1" = - ] && [ "$version@$found" != "$2" ]; }; then return 0; fi
    fi
    copy='' damaged=''
    for other in $(copies); do
        found=$(digest_of "$other")
        if [ "$1" = - ] && [ "$version@$found" != "$2" ]; then
            [ -z "$copy" ] || fail "the client keeps several releases $version, and which one ran before is not known"
            copy=$other
        elif [ "$found" = "$1" ]; then
            copy=$other
            if is_intact "$copy"; then return 0; fi
            damaged=yes
        fi
    done
    if [ "$1" = - ] && [ -n "$copy" ]; then
        if is_intact "$copy"; then return 0; fi
        damaged=yes
    elif [ "$1" = - ] && is_folder "$version" && [ "$(digest_of "$version")" = - ]; then
        copy=$version
        return 0
    fi
    [ -z "$damaged" ] ||
        fail "the client's copy of $(named "$version" "$1") was changed after it was brought; nothing else is brought in its place"
    fail "the client does not keep $(named "$version" "$1") any more; nothing else is brought in its place"
}

# Sets `copy` to the folder for what was brought: one that is free, or is not in use and holds the same release or none
# of ours.
find_place() {
    used=$(folder_in_use)
    for copy in "$version" "$version@$(printf %.12s "$1")" "$version@$(printf %s "$1" | cut -c 13-24)"; do
        place=$(path_of "$copy")
        [ -e "$place" ] || [ -L "$place" ] || return 0
        [ "$copy" != "$used" ] || continue
        case $(digest_of "$copy") in
        - | "$1") return 0 ;;
        esac
    done
    fail "there is no folder for release $version"
}
