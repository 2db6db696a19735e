import NIOCore
import Testing

@testable import FleetHTTP

@Suite("How long a connection may take")
struct ConnectionPhaseTests {
    private static func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(UInt64(seconds) * 1_000_000_000) }
    private func phase() -> ConnectionPhase { ConnectionPhase(limits: HTTPLimits(), now: Self.at(100)) }

    @Test("an idle connection is closed after 60 s")
    func idle() {
        let phase = phase()
        #expect(phase.deadline == Self.at(160))
        #expect(phase.overdue(now: Self.at(159)) == nil)
        #expect(phase.overdue(now: Self.at(160)) == .close)
    }

    @Test("headers have 10 s from their first byte, however often more come")
    func headers() {
        var phase = phase()
        phase.bytesArrived(now: Self.at(130))
        phase.bytesArrived(now: Self.at(138))
        #expect(phase.deadline == Self.at(140))
        #expect(phase.overdue(now: Self.at(140)) == .answer)
    }

    @Test("a body has 30 s from the end of the headers; once the answer is begun there is nothing left to say")
    func body() {
        var phase = phase()
        phase.bytesArrived(now: Self.at(100))
        phase.headComplete(now: Self.at(101))
        #expect(phase.overdue(now: Self.at(131)) == .answer)
        phase.answerBegun()
        #expect(phase.overdue(now: Self.at(131)) == .close)
    }

    @Test("an answer may take as long as it likes")
    func answering() {
        var phase = phase()
        phase.bytesArrived(now: Self.at(100))
        phase.headComplete(now: Self.at(100))
        phase.bodyComplete(now: Self.at(100))
        #expect(phase.deadline == nil)
        phase.answerBegun()
        #expect(phase.overdue(now: Self.at(100_000)) == nil)
        phase.answerComplete(now: Self.at(200))
        #expect(phase.deadline == Self.at(260))
    }

    @Test("a reader that takes nothing for 60 s is let go, in the middle of an answer too")
    func stalledReader() {
        var phase = phase()
        phase.bytesArrived(now: Self.at(100))
        phase.headComplete(now: Self.at(100))
        phase.bodyComplete(now: Self.at(100))
        phase.answerBegun()
        phase.writability(false, now: Self.at(110))
        #expect(phase.overdue(now: Self.at(170)) == .close)
        phase.writability(true, now: Self.at(169))
        #expect(phase.overdue(now: Self.at(170)) == nil)
    }
}
