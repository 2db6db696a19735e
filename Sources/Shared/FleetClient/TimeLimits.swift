/// How long a call may take, in seconds.
package struct TimeLimits: Hashable, Sendable {
    /// For what is answered at once.
    package var prompt: Double
    /// For what waits until workloads have ended, whose `stop_timeout` may be long.
    package var patient: Double

    package init(prompt: Double = 15, patient: Double = 120) {
        self.prompt = prompt
        self.patient = patient
    }
}
