import Logging

extension CentralWatch {
    /// What the watch needs from outside.
    package struct Surroundings: Sendable {
        package var launcher: any RunLauncher
        package var paths: DaemonPaths
        package var time: any TimeSource
        package var alarm: any Alarm
        /// Uniform in 0..<1.
        package var chance: @Sendable () -> Double
        /// Marks the processes of a run; unguessable.
        package var runID: @Sendable () -> String
        /// Whether the central at that port gives any sign of life.
        package var isAlive: @Sendable (Int) async -> Bool
        package var logger: Logger

        package init(
            launcher: any RunLauncher, paths: DaemonPaths, time: any TimeSource, alarm: any Alarm,
            chance: @escaping @Sendable () -> Double, runID: @escaping @Sendable () -> String,
            isAlive: @escaping @Sendable (Int) async -> Bool, logger: Logger
        ) {
            self.launcher = launcher
            self.paths = paths
            self.time = time
            self.alarm = alarm
            self.chance = chance
            self.runID = runID
            self.isAlive = isAlive
            self.logger = logger
        }
    }
}
