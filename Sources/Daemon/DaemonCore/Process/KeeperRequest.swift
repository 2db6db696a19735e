import FleetModel
import NIOCore

/// The first message to a keeper: what to run, or what to adopt.
struct KeeperRequest {
    enum Work {
        /// A run, with a folder for what belongs to it.
        case run(Account, directory: String)
        /// A run that lost its keeper.
        case adopt(KeeperRecord, directory: String)
        /// A program beside the run, which may take so long.
        case errand([String], Account, seconds: Double)
    }

    var plan: LaunchPlan
    var work: Work
    /// The folder of a control group for this alone.
    var controlGroup: String?

    /// A length in the machine's own order, then the fields.
    func encoded() -> ByteBuffer {
        var fields = FieldBlock()
        switch work {
        case .run(let account, let directory):
            plan.context.write(plan.arguments, as: account, to: &fields)
            putRun(directory, to: &fields)
        case .adopt(let record, let directory):
            putRun(directory, to: &fields)
            fields.put("adopt-pid", record.pid)
            fields.put("adopt-start", record.startTicks)
        case .errand(let command, let account, let seconds):
            plan.context.write(command, as: account, to: &fields)
            fields.put("errand", max(1, Self.milliseconds(seconds)))
        }
        if let controlGroup { fields.put("cgroup", controlGroup) }
        var message = ByteBuffer()
        message.writeInteger(UInt32(clamping: fields.bytes.readableBytes), endianness: .host)
        message.writeImmutableBuffer(fields.bytes)
        return message
    }

    private func putRun(_ directory: String, to fields: inout FieldBlock) {
        fields.put("generation", plan.generation)
        fields.put("run-id", plan.runID)
        fields.put("directory", directory)
        fields.put("log", plan.logPath)
        fields.put("log-max", plan.logMaxMB << 20)
        fields.put("log-keep", plan.logKeep)
        fields.put("log-wait", Self.milliseconds(plan.logWait))
        fields.put("stop-signal", plan.stopSignal)
        fields.put("stop-timeout", Self.milliseconds(plan.stopTimeout))
    }

    /// A keeper counts in 32 bits: what is longer than 24 days is that long.
    static func milliseconds(_ seconds: Double) -> Int32 { Int32(clamping: max(seconds, 0) * 1000) }
}
