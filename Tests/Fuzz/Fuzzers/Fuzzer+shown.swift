import FleetModel
import Foundation
import TerminalText
import TestSupport

@testable import ConsoleCore
@testable import MasterControl

extension Fuzzer {
    /// What a central or a daemon answers, as the command line and the console show it.
    static let shownAnswers = Fuzzer(
        "shown-answers",
        seeds: [
            #"{"clients":[{"name":"a","host":"h","api_port":9100,"status":"online","last_seen":"2026-01-31T10:00:00Z","workload_count":1,"workloads_running":1,"workloads_failed":0,"deployed_version":"1.0","system":{"cpu_percent":1,"memory_used_mb":2,"memory_total_mb":3,"disk_used_gb":4,"disk_total_gb":5},"tags":["x"],"program_version":"1","clock_skew_seconds":0.5,"host_info":{"hostname":"h","os":"o","architecture":"a","uptime_seconds":5,"load":[1,2,3]},"workloads":[{"name":"w","type":"agent","run_mode":"forever","status":"running","pid":7,"run_count":1,"last_started":"2026-01-31T10:00:00Z","memory_limit_mb":64,"rss_mb":10,"cpu_percent":3,"uptime_seconds":60,"restarts":2}]}],"deployments":[{"id":"d1","version":"1.2","status":"in_progress","batch_size":1,"target_clients":["a"],"created_at":"2026-01-31T10:00:00Z","started_at":"2026-01-31T10:00:00Z","completed_at":null,"error":null,"client_statuses":[{"client_name":"a","batch_number":0,"status":"deploying","previous_version":null,"started_at":"2026-01-31T10:00:00Z","completed_at":null,"error":null}],"health_check_timeout":60.0,"auto_rollback":true,"min_healthy_seconds":10,"max_failures":0,"canary":0,"skip_unreachable":false}]}"#
        ],
        pieces: [
            "{", "}", "[", "]", ",", ":", "null", "1e300", "-1e300", "9223372036854775807", "\\u001b", "\\u009b",
            "\\u202e",
            #""memory_used_mb":1e300"#, #""workload_count":9223372036854775807"#, #""clock_skew_seconds":-1e300"#,
            #""last_seen":"0001-01-01T00:00:00Z""#, #""batch_number":-9223372036854775808"#, #""status":"unknown""#,
        ], short: 700
    ) { bytes, chance in
        guard let snapshot = try? JSONDecoder().decode(FleetSnapshot.self, from: Data(bytes)) else { return false }
        let now = Timestamp(milliseconds: 1_790_000_000_000)
        let screen = TerminalScreen.ofTerminal(columns: 20 + chance.below(200), environment: [:])
        var lines = Clients.table(snapshot.clients.map(\.overview)).lines(on: screen)
        for client in snapshot.clients {
            lines += WorkloadTable.lines(client.workloads, on: screen, now: now)
            for workload in client.workloads {
                let detail = WorkloadDetail(workload, spec: WorkloadSpec(name: "w", program: .command(["x"])))
                lines += WorkloadSheet.lines(detail, on: screen, now: now)
            }
        }
        lines += DeploymentTable.table(snapshot.deployments).lines(on: screen)
        for deployment in snapshot.deployments { lines += DeploymentTable.lines(of: deployment) }
        for line in lines {
            let safe = SafeText.withoutColours(line)
            try expect(!safe.unicodeScalars.contains(where: steers), "a line steers the terminal: \(safe)")
        }
        var model = ConsoleModel(
            options: ConsoleOptions(), size: FrameSize(columns: chance.below(200), rows: chance.below(50)), now: now)
        _ = model.update(.link(.live))
        _ = model.update(.fleet([.snapshot(snapshot)]))
        for client in snapshot.clients { _ = model.update(.fleet([.client(client.overview)])) }
        for deployment in snapshot.deployments { _ = model.update(.fleet([.deployment(deployment)])) }
        for key in [Key.enter, .down, .enter, .character("i"), .escape, .character(":")] {
            _ = model.update(.key(key))
            let frame = model.frame()
            try expect(frame.rows.allSatisfy { $0.count == frame.size.columns }, "the picture is not whole")
        }
        return true
    }
}
