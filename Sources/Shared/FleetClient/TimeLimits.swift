import FleetModel

/// How long a call may take, in seconds.
package struct TimeLimits: Hashable, Sendable {
    /// Until a host that does not answer at all counts as one that is not there.
    package static let connecting = 5.0
    /// Without a byte, until a server counts as gone. Above every other limit, so that those decide; a stream has a
    /// comment every 15 s.
    package static let silence = 130.0

    package var prompt: Double
    package var patient: Double
    package var report: Double
    /// From the head of an answer that was waited for patiently to its end: by then all is done, and it is short.
    package var ending: Double

    package init(prompt: Double = 15, patient: Double = 120, report: Double = 10, ending: Double = 5) {
        self.prompt = prompt
        self.patient = patient
        self.report = report
        self.ending = ending
    }

    package func seconds<Answer>(for endpoint: Endpoint<Answer>) -> Double {
        switch endpoint.pace {
        case .prompt: prompt
        case .patient: patient
        case .report: report
        }
    }
}
