#!/bin/sh
# What machine a program is made for. Part of deploy-clients.sh, which also sends it to clients: both must say the same of
# the same file. Runs under any POSIX shell, with od and sed.

# Prints class, byte order and machine of the header that Linux programs have; nothing for what has none, like a script.
program_kind() {
    od -An -v -tx1 -N 20 -- "$1" | tr -d ' \n' | sed -n 's/^7f454c46\(....\).*\(....\)$/\1\2/p'
}

# For people.
kind_name() {
    case $1 in
    02013e00) printf 'x86_64' ;;
    0201b700) printf 'arm64' ;;
    01012800) printf '32-bit arm' ;;
    01010300) printf '32-bit x86' ;;
    0201f300) printf 'riscv64' ;;
    *) printf 'the kind %s' "$1" ;;
    esac
}
