import FleetModel

/// Another deployment holds a client.
package struct DeploymentConflict: Error, Hashable, Sendable {
    package var client: String
    /// Id of the deployment.
    package var holder: String

    package init(client: String, holder: String) {
        self.client = client
        self.holder = holder
    }
}

/// Deployments as a central finds them again after it was killed. What returns from here is on the disk.
package protocol DeploymentStore: Sendable {
    /// Stores a new one, and takes the locks of its clients; those skipped from the beginning are not taken.
    /// - Throws: `DeploymentConflict` where one of them is held; then nothing is stored.
    func begin(_ deployment: DeploymentMachine) throws
    /// Replaces what is stored; gives the locks back where it has ended.
    func save(_ deployment: DeploymentMachine, after earlier: DeploymentMachine) throws
    func deployment(_ id: String) throws -> DeploymentMachine?
    /// Newest first.
    func deployments(limit: Int) throws -> [DeploymentMachine]
    func unfinished() throws -> [DeploymentMachine]
    /// Which deployment holds which client.
    func locks() throws -> [String: String]
    /// Replaces what the script printed for a client.
    func saveOutput(_ text: String, of client: String, in id: String) throws
    func output(of client: String, in id: String) throws -> String?
}

package enum DeploymentStoreLimits {
    /// How many ended ones are kept; beyond that the oldest are dropped.
    package static let kept = 500
    /// Of one client in one deployment, in bytes.
    package static let output = 64 << 10
}
