/// The header by which a central and a daemon make sure that they mean the same client: an address may belong to another
/// host by now.
package enum ClientHeader {
    package static let name = "Mctl-Client"
}
