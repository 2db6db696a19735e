import Logging

/// What people are told.
extension KeeperLauncher {
    func sentence(_ failure: RunMachine.Failure, of plan: LaunchPlan) -> String {
        let folder = folder(of: plan.name).path
        return switch failure {
        case .refused(let reason): reason
        case .program(let step, let errno):
            LaunchFailure(context: plan.context, program: plan.arguments.first ?? "").sentence(step, errno)
        case .folderKept(.keeper), .folderKept(.otherRun):
            "an earlier run of it has not ended: its keeper, which cannot be reached, holds '\(folder)/lock'; find it "
                + "with 'pgrep -f \"mc-keeper \(plan.name)\"' and end it"
        case .folderKept(.orphan(let pid)):
            "an earlier run of it still lives as process \(pid) without a keeper; end it, or restart the daemon"
        case .unreachable:
            "its keeper lives and cannot be reached: it holds '\(folder)/lock' and does not listen at "
                + "'\(folder)/sock'; find it with 'pgrep -f \"mc-keeper \(plan.name)\"' and end it"
        case .stoppedBefore: "it was stopped before an earlier run had ended and it could begin"
        }
    }

    func warn(_ warning: RunMachine.Warning, of name: String) {
        var metadata: Logger.Metadata = ["workload": "\(name)"]
        switch warning {
        case .lostKeeper(let pid):
            metadata["pid"] = "\(pid)"
            logger.warning(
                "a workload has lost its keeper and gets a new one; its exit status will not be known",
                metadata: metadata)
        case .cannotBeWatched(let reason):
            logger.error("a workload cannot be watched; this is tried again: \(reason)", metadata: metadata)
        case .noIntroduction:
            logger.error("a workload's keeper does not answer; its workload is left alone", metadata: metadata)
        case .version(let sentence): logger.warning("\(sentence)", metadata: metadata)
        case .trouble(let what, let errno):
            logger.warning(
                "the keeper of a workload has trouble: \(what): \(errorText(errno))", metadata: metadata)
        case .unreachable:
            logger.error(
                "a workload's keeper lives and cannot be reached; its workload is left alone", metadata: metadata)
        }
    }
}
