/// How the checksum of a release comes about: the text of `scripts/deploy/release.sh`, word for word, which a test holds.
/// So what the central says of a release is what the deploy script verifies on a client.
enum ReleaseContents {
    /// For `sh -c`; the folder is its first argument. Prints the checksum.
    static let program = functions + "\nrelease_sum \"$1\"\n"

    /// The same, but prints the manifest itself.
    static let manifest = functions + "\nrelease_manifest \"$1\"\n"

    static let functions = #"""
        #!/bin/sh
        # What a release is made of, and what may not be in one. The deploy script has it, sends it to clients, and the central
        # runs it too (ReleaseContents.swift holds the same text): all three must say the same of the same folder.
        # Runs under any POSIX shell, with find, coreutils and findutils of GNU, as Debian has them.

        # Prints a line for each entry (type, mode, path and, of a link, its target), then the checksum of each file.
        release_manifest() (
            LC_ALL=C
            export LC_ALL
            cd -- "$1" || exit
            find . -type l -printf 'l %P//%l\n' -o -printf '%y %m %P\n' | sort
            find . -type f -print0 | sort -z | xargs -0r sha256sum --
        )

        # Prints the checksum of all that.
        release_sum() {
            release_list=$(release_manifest "$1") || return
            printf '%s\n' "$release_list" | sha256sum | cut -d ' ' -f 1
        }

        # Prints why a folder cannot be a release, on one line without control characters; nothing where it can.
        release_refusal() (
            LC_ALL=C
            export LC_ALL
            cd -- "$1" || exit
            why=$(find . \( -name '*[[:cntrl:]]*' -printf "'%p' has a control character in its name" \
                -o -lname '*[[:cntrl:]]*' -printf "the link '%p' has a control character in its target" \
                -o ! -type f ! -type d ! -type l -printf "'%p' is neither a file nor a folder nor a link" \
                -o ! -type l -perm /7000 -printf "'%p' is setuid, setgid or sticky (chmod -R ug-s,-t)" \
                -o -type d ! -perm -700 -printf "the folder '%p' is not readable and writable by its owner (chmod u+rwx)" \
                -o -type f ! -perm -400 -printf "'%p' is not readable by its owner (chmod u+r)" \) -quit)
            # By its own words, then by where it leads through others.
            [ -n "$why" ] || why=$(find . -type l -printf '%P//%l\n' | awk '
                out { next }
                {
                    at = index($0, "//"); path = substr($0, 1, at - 1); target = substr($0, at + 2)
                    depth = gsub("/", "/", path); out = target ~ /^\//
                    count = split(target, part, "/")
                    for (i = 1; i <= count && !out; i++) {
                        if (part[i] == "..") { if (--depth < 0) out = 1 } else if (part[i] != "" && part[i] != ".") depth++
                    }
                    if (out) print "the link \047./" path "\047 leads out of the release"
                }')
            [ -n "$why" ] || why=$(find . -type l -print0 | xargs -0r readlink -m -- | inside=$(pwd -P)/ awk '
                out { next }
                index($0 "/", ENVIRON["inside"]) != 1 { out = 1; print "a link leads through others out of the release" }')
            [ -z "$why" ] || printf '%s' "$why" | tr -c '[:print:]' '?' | cut -c 1-300
        )

        """#
}
