package struct CronExpression: Hashable, Sendable { package var text: String }
