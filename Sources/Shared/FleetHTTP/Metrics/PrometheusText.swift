import FleetModel
import HTTPTypes
import Hummingbird
import NIOCore

/// Measures in the text format of Prometheus, version 0.0.4.
///
/// Source: https://prometheus.io/docs/instrumenting/exposition_formats/
package struct PrometheusText: Sendable {
    package enum Kind: String, Sendable { case counter, gauge }
    package typealias Labels = KeyValuePairs<String, String>

    package private(set) var text = ByteBuffer()

    package init() {}

    /// A family with one sample.
    package mutating func add(_ kind: Kind, _ name: String, _ help: String, _ value: Double) {
        add(kind, name, help, samples: [([:], value)])
    }

    /// A family with a sample for each set of labels; none where there are no samples.
    package mutating func add(_ kind: Kind, _ name: String, _ help: String, samples: [(Labels, Double)]) {
        guard !samples.isEmpty else { return }
        head(kind.rawValue, name, help)
        for (labels, value) in samples { sample(name, labels, value) }
    }

    package mutating func add(_ histogram: Histogram.Counts, _ name: String, _ help: String) {
        head("histogram", name, help)
        var sum: UInt64 = 0
        for (bound, count) in zip(Histogram.bounds, histogram.buckets) {
            sum += count
            sample(name + "_bucket", ["le": Self.number(bound)], Double(sum))
        }
        sample(name + "_bucket", ["le": "+Inf"], Double(histogram.count))
        sample(name + "_sum", [:], histogram.sum)
        sample(name + "_count", [:], Double(histogram.count))
    }

    package var response: Response {
        Response(
            status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: ResponseBody(byteBuffer: text))
    }

    private mutating func head(_ kind: String, _ name: String, _ help: String) {
        text.writeString("# HELP \(name) \(Self.escaped(help, quote: false))\n# TYPE \(name) \(kind)\n")
    }

    private mutating func sample(_ name: String, _ labels: Labels, _ value: Double) {
        text.writeString(name)
        if !labels.isEmpty {
            let pairs = labels.map { "\($0)=\"\(Self.escaped($1, quote: true))\"" }
            text.writeString("{\(pairs.joined(separator: ","))}")
        }
        text.writeString(" \(Self.number(value))\n")
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: value).map(String.init) ?? String(value)
    }

    private static func escaped(_ text: String, quote: Bool) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quote: escaped += "\\\""
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
