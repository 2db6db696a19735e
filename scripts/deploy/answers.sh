#!/usr/bin/env bash
# What comes from others, from clients and from the inventory: taken field by field by a pattern, or not at all. Part of
# deploy-clients.sh. Only numbers of ours and such that a pattern here has let through may be calculated with;
# `make check` holds a list of them.
# Variables are shared with deploy-clients.sh, with which this is checked.
# shellcheck disable=SC2034,SC2154

readonly name_rule='^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'
readonly version_words='[A-Za-z0-9][A-Za-z0-9._+-]{0,63}'
readonly version_rule="^$version_words\$"
readonly host_rule='^[A-Za-z0-9_:][A-Za-z0-9._:%-]{0,254}$'
readonly user_rule='^(-|[A-Za-z_][A-Za-z0-9._-]{0,31})$'
readonly port_rule='^[1-9][0-9]{0,4}$'
readonly key_rule='^(-|[^-].{0,1023})$'
readonly path_rule='^(/[A-Za-z0-9._+@-]+)+$'
readonly central_rule='^https?://([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?/?$'

readonly stage_answer='^stage (/var/tmp/master-control\.[A-Za-z0-9]{10})$'
readonly owner_answer='^owner (plain|setpriv|sudo) ([0-9]{1,10}) ([0-9]{1,10})$'
readonly kept_words='(old|[0-9a-f]{64})(,(old|[0-9a-f]{64})){0,7}'
readonly look_answer="^look (-|$version_words(@[0-9a-f]{12})?) ([0-9]{1,15}) (-|$kept_words) (yes|no)\$"
readonly before_answer="^before (-|$version_words(@[0-9a-f]{6})?)\$"
readonly expected_rule="^(any|-|$version_words@(-|[0-9a-f]{64}))\$"
readonly end_answer='^=([0-9]{1,3})$'

# Lines that a client may send in all, those of them that are shown for one order, and lines of its login shell.
readonly most_lines=5000 most_shown=100 most_noise=200

# One line for people: without what a terminal would obey, and not long.
harmless() {
    local text=${1:0:400}
    printf '%s' "${text//[![:print:]]/?}"
}

# The same of a file.
harmless_file() {
    head -c 8192 -- "$1" | tr -c '[:print:]\n' '?' | head -n 40 | cut -c 1-400
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

# Takes a path on a client: without dots, doubled slashes or one at the end. Sets `path`.
take_path() {
    path=${1:0:2000}
    while [[ $path == *//* ]]; do path=${path//\/\//\/}; done
    [[ $path == / ]] || path=${path%/}
    [[ ${#path} -le 1024 && $path =~ $path_rule && $path/ != */./* && $path/ != */../* ]]
}

# Sets host, user, port, key and home from a line of the inventory: name, host, api_port, ssh_user, ssh_port, ssh_key,
# install_dir, split by tabs.
take_entry() {
    local -a field
    local path what='the inventory says of'
    [[ ${#2} -le 8192 ]] || fail "$what '$1' more than can be"
    IFS=$'\t' read -r -a field <<<"$2"
    [[ -n ${field[6]-} && ${field[0]} == "$1" ]] || fail "$what '$1' too little"
    host=${field[1]}
    # As in a URL.
    if [[ $host =~ ^\[(.*)\]$ ]]; then host=${BASH_REMATCH[1]}; fi
    [[ $host =~ $host_rule ]] || fail "$what '$1' a host that is none: '$(harmless "$host")'"
    [[ ${field[3]} =~ $user_rule ]] || fail "$what '$1' an ssh_user that is none: '$(harmless "${field[3]}")'"
    [[ ${field[4]} =~ $port_rule ]] || fail "$what '$1' an ssh_port that is none: '$(harmless "${field[4]}")'"
    [[ ${field[5]} =~ $key_rule && ${field[5]} != *[[:cntrl:]]* ]] ||
        fail "$what '$1' an ssh_key that is no path: '$(harmless "${field[5]}")'"
    user=${field[3]} port=${field[4]} key=${field[5]} home=${field[6]}
    [[ $home != - ]] || home=$default_install_dir
    take_path "$home" ||
        fail "$what '$1' an install_dir that is no absolute path of letters, digits and '/._+@-': '$(harmless "$home")'"
    home=$path
}

# Sets `line` to the next one of the client, or to its beginning. Fails at the end, when too much came, and when
# `deadline` (in SECONDS) has come, however slowly the client types.
take_line() {
    local left=$((deadline - SECONDS))
    taken=$((taken + 1))
    ((left > 0 && taken <= most_lines)) || return 1
    IFS= read -r -n 1000 -t "$left" -u "$answers" line
}

# Takes the next answer, which must be of this form; what comes before for people is shown.
expect() {
    while take_line; do
        case $line in
        :*) say "$(harmless "${line#:}")" ;;
        !*) fail "$(harmless "${line#!}")" ;;
        *)
            [[ $line =~ $1 ]] ||
                fail "the client answered something that is not of our script: '$(harmless "$line")'"
            return
            ;;
        esac
    done
    no_answer
}

# Whose login it is and whose keys are used, which is what most often is not what was thought.
who_logs_in() {
    local whose name=$user
    whose=$(id -un)
    [[ $name != - ]] || name=$whose
    if [[ $key == - ]]; then printf '%s by the keys of %s' "$name" "$whose"; else printf '%s by the key %s' "$name" "$key"; fi
}

# What ssh said is the best reason there is.
no_answer() {
    local why
    why=$(harmless_file "$work/said" | tr '\n' ' ')
    why=${why:0:1500}
    if [[ $met == yes ]]; then fail "the client did not answer to the end: ${why:-it took too long or said too much}"; fi
    fail "no ssh session on $host port $port, as $(who_logs_in): ${why:-no answer}"
}

# Past whatever the login shell prints. Sets `noisy` and `met`.
take_marker() {
    local count=0
    while take_line; do
        if [[ $line == "$marker" ]]; then
            met=yes
            return
        fi
        [[ -z $line ]] || noisy=yes
        count=$((count + 1))
        ((count <= most_noise)) || fail "the login shell on the client prints more than $most_noise lines; nothing was done"
    done
    no_answer
}
