import NIOCore
import Testing

@testable import FleetHTTP

@Suite("Measures for Prometheus")
struct PrometheusTextTests {
    @Test("families are written as the text format wants them")
    func format() {
        var text = PrometheusText()
        text.add(.gauge, "a", "How much.", 0.5)
        text.add(
            .counter, "b_total", "A \\ and\na new line.", samples: [(["x": "1"], 3), (["x": "\"\\\n", "y": "2"], -1)])
        text.add(.gauge, "none", "Nothing.", samples: [])
        text.add(.gauge, "odd", "Odd ones.", samples: [([:], .infinity), ([:], .nan)])
        #expect(
            String(buffer: text.text) == """
                # HELP a How much.
                # TYPE a gauge
                a 0.5
                # HELP b_total A \\\\ and\\na new line.
                # TYPE b_total counter
                b_total{x="1"} 3
                b_total{x="\\"\\\\\\n",y="2"} -1
                # HELP odd Odd ones.
                # TYPE odd gauge
                odd +Inf
                odd NaN

                """)
    }

    @Test("a histogram counts in every bucket what is within its bound")
    func histogram() {
        let histogram = Histogram()
        for seconds in [0.00001, 0.00005, 0.0007, 0.3, 60] { histogram.observe(seconds) }
        histogram.observe(Duration.milliseconds(2))
        var text = PrometheusText()
        text.add(histogram.counts, "h_seconds", "Time.")
        let lines = String(buffer: text.text).split(separator: "\n")
        #expect(lines.contains("h_seconds_bucket{le=\"5e-05\"} 2"))
        #expect(lines.contains("h_seconds_bucket{le=\"0.001\"} 3"))
        #expect(lines.contains("h_seconds_bucket{le=\"0.0025\"} 4"))
        #expect(lines.contains("h_seconds_bucket{le=\"10\"} 5"))
        #expect(lines.contains("h_seconds_bucket{le=\"+Inf\"} 6"))
        #expect(lines.contains("h_seconds_count 6"))
    }

    @Test("what the process uses is there")
    func process() {
        var text = PrometheusText()
        ProcessMeasures.add(to: &text)
        let written = String(buffer: text.text)
        for name in ["process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds"] {
            let value = written.split(separator: "\n").first { $0.hasPrefix(name + " ") }?.split(separator: " ").last
            #expect((value.flatMap { Double($0) } ?? 0) > 0, "\(name)")
        }
    }
}
