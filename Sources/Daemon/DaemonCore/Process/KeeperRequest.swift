import FleetModel
import NIOCore

/// The first message to a keeper: what to run, or what to adopt.
struct KeeperRequest {
    var plan: LaunchPlan
    var directory: String
    /// Ids of user and groups, where the workload runs as another user.
    var account: Account?
    /// A workload that lost its keeper.
    var adopting: KeeperRecord?
    /// The folder of a control group for this run alone.
    var controlGroup: String?

    /// A length in the machine's own order, then NUL-terminated `key=value` fields.
    func encoded() -> ByteBuffer {
        var fields = ByteBuffer()
        func put(_ key: String, _ value: String) {
            fields.writeString(key)
            fields.writeString("=")
            // A NUL would end the field early; the configuration refuses it, the environment can't hold it.
            fields.writeString(value.contains("\0") ? "" : value)
            fields.writeInteger(UInt8(0))
        }
        put("generation", String(plan.generation))
        put("run-id", plan.runID)
        put("directory", directory)
        put("log", plan.logPath)
        put("working-dir", plan.workingDirectory)
        put("log-max", String(plan.logMaxMB << 20))
        put("log-keep", String(plan.logKeep))
        put("stop-signal", String(plan.stopSignal))
        put("stop-timeout", String(Int(clamping: plan.stopTimeout * 1000)))
        if let limit = plan.memoryLimitMB { put("memory-limit", String(limit << 20)) }
        if let files = FileLimit.inherited { put("file-limit", String(files)) }
        if let nice = plan.nice { put("nice", String(nice)) }
        if let account {
            put("uid", String(account.uid))
            put("gid", String(account.gid))
            for group in account.groups { put("group", String(group)) }
        }
        if let controlGroup { put("cgroup", controlGroup) }
        if let adopting {
            put("adopt-pid", String(adopting.pid))
            put("adopt-start", String(adopting.startTicks))
        }
        for argument in plan.arguments { put("arg", argument) }
        for (key, value) in plan.environment { put("env", "\(key)=\(value)") }
        var message = ByteBuffer()
        message.writeInteger(UInt32(clamping: fields.readableBytes), endianness: .host)
        message.writeBuffer(&fields)
        return message
    }
}
