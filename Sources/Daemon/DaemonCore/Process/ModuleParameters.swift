import FleetModel
import FoundationEssentials

/// The keyword arguments of a Python function, as JSON text for the module runner.
enum ModuleParameters {
    static func text(of params: [String: JSONValue]) -> String {
        // What was read from YAML and checked can always be encoded.
        guard let data = try? JSONEncoder().encode(params) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }
}
