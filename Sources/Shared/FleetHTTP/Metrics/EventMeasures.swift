/// An event stream as Prometheus sees it.
package enum EventMeasures {
    package static func add(_ counts: EventLog.Counts, to text: inout PrometheusText) {
        text.add(
            .gauge, "master_control_event_readers", "Readers of the event stream.", Double(counts.readers))
        text.add(.counter, "master_control_events_total", "Events since the start.", Double(counts.events))
        text.add(
            .counter, "master_control_event_resyncs_total",
            "How often a reader was too slow and got a snapshot in place of what it had missed.",
            Double(counts.resyncs))
    }
}
