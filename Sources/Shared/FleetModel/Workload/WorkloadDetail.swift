/// A workload with all of its definition, secrets redacted: the answer to `GET /api/status/{name}`.
package struct WorkloadDetail: Hashable, Sendable {
    package var workload: Workload
    package var schedule: String?
    package var maxRuns: Int?
    package var module: String?
    package var entryPoint: String?
    package var command: [String]?
    package var params: [String: JSONValue]?
    package var env: [String: String]?
    package var tags: [String]
    package var restartDelay: Double?
    package var timeout: Double?

    package init(_ workload: Workload, spec: WorkloadSpec) {
        self.workload = workload
        schedule = spec.schedule?.text
        maxRuns = spec.runMode == .nTimes ? spec.maxRuns : nil
        switch spec.program {
        case .module(let module, let entryPoint, let params, _):
            self.module = module
            self.entryPoint = entryPoint
            if case .object(let shown) = JSONValue.object(params).redacted() { self.params = shown }
        case .command(let words):
            command = words
        }
        env = Dictionary(
            spec.env.map { ($0, Secret.isTelling($0) ? Secret.placeholder : $1) },
            uniquingKeysWith: { first, _ in first })
        tags = spec.tags
        restartDelay = spec.restartDelay
        timeout = spec.timeout
    }
}

extension WorkloadDetail: Codable {
    enum CodingKeys: String, CodingKey {
        case schedule, module, command, params, env, tags, timeout
        case maxRuns = "max_runs"
        case entryPoint = "entry_point"
        case restartDelay = "restart_delay"
    }

    package init(from decoder: any Decoder) throws {
        workload = try Workload(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        schedule = try container.decodeIfPresent(String.self, forKey: .schedule)
        maxRuns = try container.decodeIfPresent(Int.self, forKey: .maxRuns)
        module = try container.decodeIfPresent(String.self, forKey: .module)
        entryPoint = try container.decodeIfPresent(String.self, forKey: .entryPoint)
        command = try container.decodeIfPresent([String].self, forKey: .command)
        params = try container.decodeIfPresent([String: JSONValue].self, forKey: .params)
        env = try container.decodeIfPresent([String: String].self, forKey: .env)
        tags = try container.decodeIfPresent([String].self, forKey: .tags) ?? []
        restartDelay = try container.decodeIfPresent(Double.self, forKey: .restartDelay)
        timeout = try container.decodeIfPresent(Double.self, forKey: .timeout)
    }

    package func encode(to encoder: any Encoder) throws {
        try workload.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(schedule, forKey: .schedule)
        try container.encode(maxRuns, forKey: .maxRuns)
        try container.encode(module, forKey: .module)
        try container.encode(entryPoint, forKey: .entryPoint)
        try container.encode(command, forKey: .command)
        try container.encode(params, forKey: .params)
        try container.encode(env, forKey: .env)
        try container.encode(tags, forKey: .tags)
        try container.encode(restartDelay, forKey: .restartDelay)
        try container.encode(timeout, forKey: .timeout)
    }
}
