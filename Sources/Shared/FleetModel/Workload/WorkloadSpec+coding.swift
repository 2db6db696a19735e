import Crypto
import FoundationEssentials

/// A definition as it is kept beside a workload's record, and its digest.
///
/// What is as a definition has it that says nothing is left out. So the text of a definition, and with it the digest,
/// stays the same when a later version of the program knows more keys, and that version can read what this one wrote.
extension WorkloadSpec: Codable {
    /// The same for definitions of which one needs no restart after the other (see `runsLike`), on every host and in
    /// every version of the program: the first half of a SHA-256, in hexadecimal digits.
    package var digest: String {
        var described = self
        described.tags = []
        let text = (try? Self.encoder.encode(described)) ?? Data()
        return SHA256.hash(data: text).prefix(16).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    /// Keys in one order, so that equal definitions are equal texts.
    package static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        self = .silent
        for field in Self.fields where container.contains(Key(stringValue: field.name)) {
            try field.decode(&self, container)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        for field in Self.fields { try field.encode(self, &container) }
    }

    private static let silent = WorkloadSpec(name: "", program: .command([]))

    /// All of them: a test compares their names with the properties.
    static let fields: [Field] = [
        Field("name", \.name), Field("type", \.type), Field("runMode", \.runMode), Field("program", \.program),
        Field("schedule", \.schedule), Field("timezone", \.timezone), Field("maxRuns", \.maxRuns),
        Field("restartDelay", \.restartDelay), Field("timeout", \.timeout), Field("memoryLimitMB", \.memoryLimitMB),
        Field("cpuNice", \.cpuNice), Field("tags", \.tags), Field("version", \.version), Field("env", \.env),
        Field("envFile", \.envFile), Field("inheritEnv", \.inheritEnv), Field("workingDir", \.workingDir),
        Field("user", \.user), Field("group", \.group), Field("umask", \.umask), Field("limits", \.limits),
        Field("noNewPrivileges", \.noNewPrivileges), Field("stopSignal", \.stopSignal),
        Field("stopTimeout", \.stopTimeout), Field("maxRestarts", \.maxRestarts),
        Field("restartWindow", \.restartWindow), Field("dependsOn", \.dependsOn), Field("ready", \.ready),
        Field("overlap", \.overlap), Field("missedRuns", \.missedRuns), Field("logMaxMB", \.logMaxMB),
        Field("logKeep", \.logKeep), Field("logWaitSeconds", \.logWaitSeconds), Field("enabled", \.enabled),
        Field("releaseRoot", \.releaseRoot),
    ]

    struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// How one property is written and read.
    struct Field: Sendable {
        var name: String
        var encode: @Sendable (WorkloadSpec, inout KeyedEncodingContainer<Key>) throws -> Void
        var decode: @Sendable (inout WorkloadSpec, KeyedDecodingContainer<Key>) throws -> Void

        init<Value: Codable & Equatable>(_ name: String, _ path: WritableKeyPath<WorkloadSpec, Value> & Sendable) {
            self.name = name
            let key = Key(stringValue: name)
            encode = { spec, container in
                let value = spec[keyPath: path]
                if value != silent[keyPath: path] { try container.encode(value, forKey: key) }
            }
            decode = { spec, container in spec[keyPath: path] = try container.decode(Value.self, forKey: key) }
        }
    }
}

extension CronExpression: Codable {
    package init(from decoder: any Decoder) throws { try self.init(decoder.singleValueContainer().decode(String.self)) }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
