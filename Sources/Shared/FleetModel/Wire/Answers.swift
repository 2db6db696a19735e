/// The small answers of both servers.

/// `{"status":"ok", …}`: the answer to a heartbeat, and to `GET /api/health` with the rest filled in.
package struct Health: Codable, Hashable, Sendable {
    package var status = "ok"
    /// Version of the program.
    package var version: String?
    /// Release in use; present, as null where there is none, in the answer of a client daemon.
    package var deployedVersion: String?
    /// Of the manifest of that release, as it was verified when it came; nil where that is not known.
    package var deployedDigest: String?
    package var clientName: String?
    /// Where a daemon works, without links: said on its socket only, so that a command line knows which one it has.
    package var configDir: String?
    package var dbPath: String?

    package init(
        version: String? = nil, deployedVersion: String? = nil, deployedDigest: String? = nil, clientName: String? = nil
    ) {
        self.version = version
        self.deployedVersion = deployedVersion
        self.deployedDigest = deployedDigest
        self.clientName = clientName
    }

    enum CodingKeys: String, CodingKey {
        case status, version
        case deployedVersion = "deployed_version"
        case deployedDigest = "deployed_digest"
        case clientName = "client_name"
        case configDir = "config_dir"
        case dbPath = "db_path"
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(status, forKey: .status)
        try container.encodeIfPresent(version, forKey: .version)
        try container.encodeIfPresent(configDir, forKey: .configDir)
        try container.encodeIfPresent(dbPath, forKey: .dbPath)
        guard let clientName else { return }
        try container.encode(deployedVersion, forKey: .deployedVersion)
        try container.encode(deployedDigest, forKey: .deployedDigest)
        try container.encode(clientName, forKey: .clientName)
    }
}

/// `GET /api/reports` of a daemon: what became of its reports since it began.
package struct ReportStatus: Codable, Hashable, Sendable {
    package var clientName: String
    /// Where they go; nil where it reports to nobody.
    package var central: String?
    /// How many the central has taken.
    package var arrived: Int
    package var failed: Int
    /// Why the last one did not arrive; nil once one did.
    package var lastError: String?

    package init(clientName: String, central: String?, arrived: Int, failed: Int, lastError: String?) {
        self.clientName = clientName
        self.central = central
        self.arrived = arrived
        self.failed = failed
        self.lastError = lastError
    }

    enum CodingKeys: String, CodingKey {
        case clientName = "client_name"
        case central, arrived, failed
        case lastError = "last_error"
    }
}

/// Result of start, stop, restart, cancel and the like; `success` is false where nothing was done.
package struct ActionResult: Codable, Hashable, Sendable {
    package var success: Bool
    package var message: String

    package init(success: Bool, message: String) {
        self.success = success
        self.message = message
    }
}

package struct WorkloadList: Codable, Hashable, Sendable {
    package var workloads: [Workload]
    /// Only where this host has one.
    package var central: CentralProcess?

    package init(workloads: [Workload], central: CentralProcess? = nil) {
        self.workloads = workloads
        self.central = central
    }
}

/// What a reload did, by name.
package struct ReloadChanges: Codable, Hashable, Sendable {
    package var added: [String] = []
    package var removed: [String] = []
    package var restarted: [String] = []
    package var unchanged: [String] = []
    /// What the central of this host has taken of its own files, a sentence each; nil where there is none.
    package var central: [String]?
    package init() {}
}

package struct ReloadResult: Codable, Hashable, Sendable {
    package var success = true
    package var changes: ReloadChanges
    package init(changes: ReloadChanges) { self.changes = changes }
}

package struct LogLines: Codable, Hashable, Sendable {
    package var name: String
    package var lines: [String]
    package init(name: String, lines: [String]) {
        self.name = name
        self.lines = lines
    }

    /// The newest lines, as many as an answer of `WireLimits.logBytes` has room for, however they have to be written.
    package init(name: String, newest lines: [String]) {
        var room = WireLimits.logBytes - 64 - 6 * name.utf8.count
        let kept = lines.reversed().prefix { line in
            room -= Self.mostBytes(of: line)
            return room >= 0
        }
        self.init(name: name, lines: kept.reversed())
    }

    /// As a text of JSON with its comma, in which what steers a terminal is written as `\uXXXX`.
    private static func mostBytes(of line: String) -> Int {
        line.utf8.reduce(into: 3) { bytes, byte in
            switch byte {
            case 0..<0x20, 0x7f: bytes += 6
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += 2
            // Characters that may be controls begin with these.
            case 0xc2, 0xd8, 0xe2, 0xf3...: bytes += 7
            default: bytes += 1
            }
        }
    }
}

/// Every error of an API path; `errors` only where files did not validate.
package struct ErrorAnswer: Codable, Hashable, Sendable {
    package var detail: String
    package var errors: [ConfigIssue]?
    package var requestID: String?
    /// Who answers, where another client was meant.
    package var clientName: String?

    package init(
        detail: String, errors: [ConfigIssue]? = nil, requestID: String? = nil, clientName: String? = nil
    ) {
        self.detail = detail
        self.errors = errors
        self.requestID = requestID
        self.clientName = clientName
    }

    enum CodingKeys: String, CodingKey {
        case detail, errors
        case requestID = "request_id"
        case clientName = "client_name"
    }
}

/// One thing that is wrong in a configuration file. Line and column count from 1; 0 where the whole file is meant.
package struct ConfigIssue: Codable, Hashable, Sendable, Error, CustomStringConvertible {
    package var file: String
    package var line: Int
    package var column: Int
    package var message: String

    package init(file: String, line: Int, column: Int, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }

    package var description: String { "\(file):\(line):\(column): \(message)" }
}
