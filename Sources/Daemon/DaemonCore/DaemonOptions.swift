/// Where a daemon works: the options that every command has.
package struct DaemonOptions: Hashable, Sendable {
    package var configDir = "./configs"
    package var dbPath = "./master_control.db"
    package var socketPath = "/tmp/master_control.sock"
    package var logDir = "./logs"

    package init() {}

    package init(configDir: String, dbPath: String, socketPath: String, logDir: String) {
        self.configDir = configDir
        self.dbPath = dbPath
        self.socketPath = socketPath
        self.logDir = logDir
    }
}
