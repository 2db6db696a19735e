import DaemonCore
import FleetHTTP
import FleetModel
import Testing

@testable import MasterControl

@Suite("Which daemon a command line means")
struct SocketChoiceTests {
    private static let us: UInt32 = 1000
    private static let up = SocketLook.Kind.answering(pid: 7, program: "master-control")

    private func choice(_ service: SocketLook.Kind, _ hand: SocketLook.Kind, of owner: UInt32) -> SocketChoice {
        SocketChoice(
            service: SocketLook(path: "/service", kind: service, owner: 900),
            hand: SocketLook(path: "/hand", kind: hand, owner: owner), user: Self.us)
    }

    @Test(
        "the one that answers is meant, and of somebody else's only the service's",
        arguments: [
            (up, .nothing, us, "/service"), (.nothing, up, us, "/hand"), (.nothing, up, 0, "/hand"),
            // What another user has put into /tmp keeps nobody from the service.
            (up, up, 1001, "/service"), (up, .noSocket, 1001, "/service"), (up, .silent, us, "/service"),
            (.silent, up, us, "/hand"), (.closed, up, us, "/hand"),
            // That it is closed is then said by whoever knocks.
            (.closed, .nothing, us, "/service"), (.closed, up, 1001, "/service"), (.nothing, .closed, 0, "/hand"),
        ] as [(SocketLook.Kind, SocketLook.Kind, UInt32, String)])
    func used(_ service: SocketLook.Kind, _ hand: SocketLook.Kind, owner: UInt32, path: String) {
        #expect(choice(service, hand, of: owner) == .use(path))
    }

    @Test(
        "two, none, or one of another user are refused with a sentence",
        arguments: [
            (up, up, us, "two daemons run here"), (up, up, 0, "two daemons run here"),
            (.nothing, up, 1001, "is not yours: it belongs to"), (.silent, .closed, 1001, "is not yours"),
            (.nothing, .nothing, us, "'master-control up'"), (.silent, .silent, us, "'master-control up'"),
            (.nothing, .noSocket, 1001, "'master-control up'"),
        ] as [(SocketLook.Kind, SocketLook.Kind, UInt32, String)])
    func refused(_ service: SocketLook.Kind, _ hand: SocketLook.Kind, owner: UInt32, words: String) {
        guard case .refuse(let sentence) = choice(service, hand, of: owner) else {
            Issue.record("it is used")
            return
        }
        #expect(sentence.contains(words), "\(sentence)")
    }

    @Test(
        "a daemon of another folder is told from the one that is meant",
        arguments: [
            (MeantDaemon(), false), (MeantDaemon(dbPath: "/a/db"), false), (MeantDaemon(dbPath: "/b/db"), true),
            (MeantDaemon(configDir: "/a/configs"), false), (MeantDaemon(configDir: "/b/configs"), true),
            (MeantDaemon(configDir: "/b/configs", dbPath: "/a/db"), true),
        ])
    func meant(_ meant: MeantDaemon, isAnother: Bool) {
        var health = Health(version: "1", clientName: "a")
        // One that does not say where it works is taken for the right one.
        #expect(meant.objection(to: health, at: "/s") == nil)
        health.configDir = "/a/configs"
        health.dbPath = "/a/db"
        #expect((meant.objection(to: health, at: "/s") != nil) == isAnother)
    }
}
