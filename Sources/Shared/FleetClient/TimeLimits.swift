import FleetModel

/// How long a call may take, in seconds.
package struct TimeLimits: Hashable, Sendable {
    package var prompt: Double
    package var patient: Double
    package var report: Double

    package init(prompt: Double = 15, patient: Double = 120, report: Double = 10) {
        self.prompt = prompt
        self.patient = patient
        self.report = report
    }

    package func seconds<Answer>(for endpoint: Endpoint<Answer>) -> Double {
        switch endpoint.pace {
        case .prompt: prompt
        case .patient: patient
        case .report: report
        }
    }
}
