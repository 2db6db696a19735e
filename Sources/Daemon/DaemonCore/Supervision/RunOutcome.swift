import FleetModel

/// How a run ended, and what its keeper has to say about that.
package struct RunOutcome: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case exited(Int32)
        /// The number of the signal.
        case signalled(Int32)
        /// It ended while neither we nor its keeper lived.
        case unknown
    }

    package var kind: Kind
    package var remarks = EndRemarks()

    package static func exited(_ code: Int32) -> RunOutcome { RunOutcome(kind: .exited(code)) }
    package static func signalled(_ number: Int32) -> RunOutcome { RunOutcome(kind: .signalled(number)) }
    package static let unknown = RunOutcome(kind: .unknown)

    package var isSuccess: Bool { kind == .exited(0) }

    /// What a person has to know beside how it ended; nil is nothing.
    var remark: String? { remarks.sentence(after: kind) }

    package var description: String {
        switch kind {
        case .exited(let code): "exited with status \(code)"
        case .signalled(let signal): "killed by signal \(SignalName.of(signal))"
        case .unknown: "ended while nobody watched it; its exit status is unknown"
        }
    }
}

/// Names of signals without `SIG`, as Linux numbers them on the architectures we run on.
package enum SignalName {
    private static let names: [Int32: String] = [
        1: "HUP", 2: "INT", 3: "QUIT", 4: "ILL", 5: "TRAP", 6: "ABRT", 7: "BUS", 8: "FPE", 9: "KILL", 10: "USR1",
        11: "SEGV", 12: "USR2", 13: "PIPE", 14: "ALRM", 15: "TERM", 24: "XCPU", 25: "XFSZ", 31: "SYS",
    ]

    package static func of(_ number: Int32) -> String { names[number] ?? String(number) }

    package static func number(of signal: StopSignal) -> Int32 {
        switch signal {
        case .hup: 1
        case .int: 2
        case .quit: 3
        case .kill: 9
        case .usr1: 10
        case .usr2: 12
        case .term: 15
        }
    }
}
