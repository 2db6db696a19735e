import Foundation
import TestSupport
import Testing

/// Who does what on a client. Its server is a machine of its own here, with users of its own.
@Suite(
    "The deploy script and the users of a client", .serialized, .timeLimit(.minutes(10)),
    .enabled(if: SSHServer.canBeApart, "needs root, mounts and sudo"))
struct DeployOwnerTests {
    /// Who logs in, what their login shell is, and what is written into its startup file.
    static let logins: [(user: String, shell: String, startup: String)] = [
        ("root", "", ""),
        ("pi", "/bin/bash", ""),
        // Text before anything else, the last line of it without an end; it reads nothing.
        ("pi", "/bin/bash", "echo 'Welcome to this machine!'; printf 'owner plain 0 0\\nYou have mail. '"),
        ("pi", "/bin/tcsh", "echo hello"), ("pi", "/bin/bsd-csh", ""), ("pi", "/bin/bsd-csh", "echo hello"),
        ("pi", "/usr/bin/fish", ""), ("pi", "/usr/bin/fish", "echo hello"), ("pi", "/bin/zsh", "echo hello"),
    ]

    static func machine(user: String = "pi", shell: String = "/bin/bash", startup: String = "") -> String {
        """
        [ -x '\(shell.isEmpty ? "/bin/sh" : shell)' ] || { echo 'there is no \(shell)'; exit 1; }
        rm -rf /opt/master-control
        useradd --create-home --shell /bin/sh eve
        if [ '\(user)' = pi ]; then
            useradd --create-home --shell '\(shell)' pi
            mkdir -p /etc/sudoers.d
            echo 'pi ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/pi
            cat >/home/pi/.bashrc <<'STARTUP'
        \(startup)
        STARTUP
            for file in .tcshrc .cshrc .zshenv; do cp /home/pi/.bashrc "/home/pi/$file"; done
            mkdir -p /home/pi/.config/fish; cp /home/pi/.bashrc /home/pi/.config/fish/config.fish
            chown -R pi /home/pi
        fi
        # So that a login by key is not refused for an account without a password.
        for name in pi eve; do usermod -p '*' $name 2>/dev/null || true; done

        """
    }

    @Test(
        "from a bare client to the fifth deployment, whoever logs in and whatever their shell prints", arguments: logins
    )
    func fromTheFirstToTheFifth(login: (user: String, shell: String, startup: String)) async throws {
        guard login.shell.isEmpty || access(login.shell, X_OK) == 0 else { return }
        let machine = Self.machine(user: login.user, shell: login.shell, startup: login.startup)
        try await ScriptRig.with(apart: machine) { rig in
            try rig.host.write("a-token-of-the-fleet\n", to: "token")
            let plan = try await rig.run(["--version", "1", "--dry-run"], user: login.user)
            #expect(plan.status == 0, "\(plan.output)\(plan.errors)")
            #expect(try await rig.ssh.there("[ ! -e /opt/master-control ]").status == 0, "a dry run changes nothing")
            let first = try await rig.run(
                [
                    "--version", "1", "--central", "http://control-host:8080", "--token-file", "token", "--no-start",
                ], user: login.user)
            #expect(first.status == 0, "\(first.output)\(first.errors)")
            for version in ["3", "4"] { try rig.release(version) }
            for version in ["2", "1", "3", "4", "2"] {
                let next = try await rig.sync(version, user: login.user)
                #expect(next.status == 0, "\(version): \(next.output)\(next.errors)")
                #expect(rig.current == "releases/\(version)")
            }
            let others = try await rig.ssh.there("find /opt/master-control ! -user master-control")
            #expect(others.output == "", "all that lies there is the service user's")
            let config = try await rig.ssh.there("cat /opt/master-control/configs/daemon.yaml")
            #expect(config.output.contains("central_api_url: \"http://control-host:8080\""))
            let token = try await rig.ssh.there("stat -c '%a %U' /opt/master-control/configs/api_token")
            #expect(token.output == "600 master-control\n")
            let unit = try await rig.ssh.there("grep '^User=' /etc/systemd/system/master-control.service")
            #expect(unit.output == "User=master-control\n")
            let left = try await rig.ssh.there(
                "ls -A /var/tmp | grep '^master-control' || true; stat -c %U /usr/local/bin/master-control")
            #expect(left.output == "root\n", "nothing is left behind")
        }
    }

    @Test("the service user itself may log in, another user may not, and a second installation changes nothing of it")
    func others() async throws {
        try await ScriptRig.with(apart: Self.machine()) { rig in
            #expect(try await rig.run(["--version", "1", "--no-start"], user: "pi").status == 0)
            _ = try await rig.ssh.there(
                "usermod --shell /bin/sh -p '*' master-control; echo mine >/opt/master-control/configs/daemon.yaml")
            let own = try await rig.sync("2", user: "master-control")
            #expect(own.status == 0, "\(own.errors)")
            let eve = try await rig.sync("1", user: "eve")
            #expect(eve.status == 1)
            #expect(eve.errors.contains("belongs to 'master-control'; log in as that user or as root"), "\(eve.errors)")
            #expect(rig.current == "releases/2")
            // A program that does not run takes the place of nothing.
            try rig.program("exit 1", as: "master-control")
            let broken = try await rig.run(["--no-start"], user: "pi")
            #expect(broken.status == 1)
            #expect(broken.errors.contains("does not run on this client"), "\(broken.errors)")
            #expect(try await rig.ssh.there("/usr/local/bin/master-control").output == "master-control\n")
            try rig.program("echo new", as: "master-control")
            let again = try await rig.run(["--version", "1", "--no-start"], user: "root")
            #expect(again.status == 0, "\(again.errors)")
            #expect(try await rig.ssh.there("/usr/local/bin/master-control").output == "new\n")
            #expect(try await rig.ssh.there("cat /opt/master-control/configs/daemon.yaml").output == "mine\n")
        }
    }

    @Test("a lock that another user of the client could hold keeps no deployment out, and the next one nobody can hold")
    func locks() async throws {
        try await ScriptRig.with(apart: Self.machine()) { rig in
            #expect(try await rig.run(["--version", "1", "--no-start"], user: "root").status == 0)
            let asEve = "setpriv --reuid=eve --regid=eve --clear-groups"
            let lock = "/opt/master-control/releases/.lock"
            // As older scripts made it.
            let held = try await rig.ssh.there(
                """
                chmod 755 /opt/master-control /opt/master-control/releases
                chmod 644 \(lock)
                \(asEve) flock \(lock) sleep 60 </dev/null >/dev/null 2>&1 &
                until ! flock -n \(lock) true; do :; done
                echo held
                """)
            #expect(held.output == "held\n", "\(held.errors)")
            let next = try await rig.sync("2", user: "root")
            #expect(next.status == 0, "\(next.errors)")
            let refused = try await rig.ssh.there("\(asEve) flock -n \(lock) true 2>&1 || true")
            #expect(refused.output.contains("Permission denied"), "\(refused.output)")
            _ = try await rig.ssh.there("pkill -KILL -U eve || true")
        }
    }

    @Test("what an older script left as root or as the ssh user is taken over", arguments: ["root", "pi"])
    func older(user: String) async throws {
        try await ScriptRig.with(apart: Self.machine()) { rig in
            #expect(try await rig.run(["--version", "1", "--no-start"], user: user).status == 0)
            _ = try await rig.ssh.there(
                """
                cd /opt/master-control/releases
                (cd 1 && find . -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum) >.checksums/1
                chown -R "$1" .
                """, user)
            let next = try await rig.sync("2", user: user)
            #expect(next.status == 0, "\(next.output)\(next.errors)")
            let back = try await rig.sync("1", user: user)
            #expect(back.status == 0, "\(back.output)\(back.errors)")
            #expect(back.output.contains("lies there already"), "\(back.output)")
            let others = try await rig.ssh.there("find /opt/master-control/releases ! -user master-control")
            #expect(others.output == "")
        }
    }

    // MARK: - The service user is hostile

    /// What it plants below its own folder. `$t` is a file of root's, `$d` a folder.
    static let traps: [String] = [
        "ln -sf $t releases/.lock",
        "ln -sf $t releases/.checksums/2", "ln -sf $t releases/.checksums/.verifying",
        "rm -rf releases/.checksums && ln -s $d releases/.checksums",
        "ln -s $d releases/.incoming-2", "ln -s $d releases/2", "ln -s $d releases/2.replaced",
        "ln -s $d releases/.replaced-2", "mkdir -p releases/.incoming-2 && ln -s $t releases/.incoming-2/app",
        "mkdir -p releases/.incoming-2 && ln -s $d releases/.incoming-2/data",
        "mv releases aside && ln -s $d releases", "ln -sfn $d current", "ln -s $d .current.new",
        "ln -s $d .releases.new",
        "ln -s $d .install", "rm -rf configs && ln -s $d configs", "rm -f configs/* && ln -s $t configs/daemon.yaml",
        "rm -f configs/* && ln -s $t configs/api_token",
        "mkdir -p .install && ln -s $t .install/master-control && ln -s $t .install/daemon.yaml",
        "rm -rf releases/1 && ln -s $d releases/1",
    ]

    static let mark = """
        d=/etc/folder-of-root t=/etc/file-of-root
        find $d -printf '%p %m %u %g %l\\n' | sort; cat $t; stat -c '%n %a %U %G %h' $t; cat $d/*
        """

    @Test("links that the service user planted lead root nowhere")
    func traps() async throws {
        try await ScriptRig.with(apart: Self.machine()) { rig in
            try rig.host.write("a-token-of-the-fleet\n", to: "token")
            let all = ["--version", "2", "--central", "http://evil:1", "--token-file", "token", "--no-start"]
            #expect(try await rig.run(["--version", "1", "--no-start"], user: "root").status == 0)
            _ = try await rig.ssh.there(
                """
                mkdir -m 755 /etc/folder-of-root; echo inside >/etc/folder-of-root/file; echo secret >/etc/file-of-root
                chmod 600 /etc/file-of-root; cp -a /opt/master-control /opt/as-it-was
                """)
            let before = try await rig.ssh.there(Self.mark).output
            for (index, trap) in Self.traps.enumerated() {
                // An installation does all that a deployment does, and more.
                for arguments in index < 6 ? [["--sync-only", "--version", "2"], all] : [all] {
                    let planted = try await rig.ssh.there(
                        """
                        rm -rf /opt/master-control; cp -a /opt/as-it-was /opt/master-control; cd /opt/master-control
                        exec setpriv --reuid=master-control --regid=master-control --clear-groups sh -euc \
                            'd=/etc/folder-of-root t=/etc/file-of-root; '"$1"
                        """, trap)
                    #expect(planted.status == 0, "\(trap): \(planted.errors)")
                    let spoken = try await rig.run(arguments, user: "root")
                    #expect(
                        try await rig.ssh.there(Self.mark).output == before, "\(trap): \(spoken.output)\(spoken.errors)"
                    )
                    // Where it says that it switched, it did.
                    #expect(spoken.status != 0 || rig.current == "releases/2", "\(trap): \(spoken.output)")
                }
            }
        }
    }

    @Test("links that come and go while root deploys lead it nowhere either")
    func race() async throws {
        try await ScriptRig.with(apart: Self.machine()) { rig in
            #expect(try await rig.run(["--version", "1", "--no-start"], user: "root").status == 0)
            _ = try await rig.ssh.there(
                "mkdir /etc/folder-of-root; echo inside >/etc/folder-of-root/file; echo secret >/etc/file-of-root")
            let before = try await rig.ssh.there(Self.mark).output
            // It ends by itself.
            async let swapping = rig.ssh.there(
                """
                cd /opt/master-control
                exec timeout 5 setpriv --reuid=master-control --regid=master-control --clear-groups sh -c '
                while :; do
                    for name in releases releases/.checksums releases/.lock releases/.incoming-2 configs current; do
                        mv -T $name aside 2>/dev/null; ln -s /etc/folder-of-root $name 2>/dev/null
                        rm -f $name; mv -T aside $name 2>/dev/null
                    done
                done'
                """)
            let end = ContinuousClock.now + .seconds(5)
            while ContinuousClock.now < end {
                for version in ["2", "1"] { _ = try await rig.sync(version, user: "root") }
            }
            _ = try await swapping
            #expect(try await rig.ssh.there(Self.mark).output == before)
        }
    }

    @Test("a place that others may change is refused with a sentence")
    func places() async throws {
        try await ScriptRig.with(apart: Self.machine()) { rig in
            _ = try await rig.ssh.there(
                """
                mkdir /opt/open /opt/open/mc /opt/closed /opt/wide; chmod 777 /opt/open /opt/wide; ln -s closed /opt/link
                mkdir -p /home/eve/mc /opt/closed/mc/releases; chown -R eve /home/eve/mc; chmod 777 /opt/closed/mc/releases
                mkdir /home/eve/of-root
                """)
            for (home, says) in [
                ("/opt/open/mc", "'/opt/open' may be changed by others"),
                ("/opt/open/new", "'/opt/open' may be changed by others"), ("/opt/wide", "may be written by others"),
                ("/opt/link", "leads through a link to '/opt/closed'"),
                ("/opt/link/mc", "leads through a link to '/opt/closed/mc'"),
                ("/opt/closed/mc", "may be written by others"),
                ("/home/eve/of-root", "'/home/eve' may be changed by others"), ("/etc/passwd", "is no folder"),
            ] {
                var rig = rig
                rig.home = home
                let refused = try await rig.sync("1", user: "root")
                #expect(refused.status == 1)
                #expect(refused.errors.contains(says), "\(home): \(refused.errors)")
            }
            var own = rig
            own.home = "/home/eve/mc"
            let done = try await own.sync("1", user: "root")
            #expect(done.status == 0, "\(done.errors)")
            #expect(try await rig.ssh.there("find /home/eve/mc ! -user eve").output == "")
            let install = try await own.run(["--version", "1"], user: "root")
            #expect(install.status == 1, "root makes nothing in a folder of eve's")
            #expect(install.errors.contains("'/home/eve' may be changed by others"), "\(install.errors)")
        }
    }
}
