/// Which names stand for a time zone.
///
/// The library that knows the zones takes abbreviations for zones too, each for the one that some list had for it:
/// `BST` for that of Dhaka. So of the names without a slash only those are taken that the IANA database has, with its
/// links, and the others are answered with what was probably meant.
package enum ZoneName {
    static let longest = 64

    /// All of the database (2025b) without a slash.
    private static let words: Set<String> = [
        "CET", "CST6CDT", "Cuba", "EET", "EST", "EST5EDT", "Egypt", "Eire", "Factory", "GB", "GB-Eire", "GMT", "GMT+0",
        "GMT-0", "GMT0", "Greenwich", "HST", "Hongkong", "Iceland", "Iran", "Israel", "Jamaica", "Japan", "Kwajalein",
        "Libya", "MET", "MST", "MST7MDT", "NZ", "NZ-CHAT", "Navajo", "PRC", "PST8PDT", "Poland", "Portugal", "ROC",
        "ROK", "Singapore", "Turkey", "UCT", "UTC", "Universal", "W-SU", "WET", "Zulu",
    ]

    /// What people mean by an abbreviation; where it is used in several places, some of them.
    private static let meanings: [String: String] = [
        "ACST": "'Australia/Adelaide'", "AEDT": "'Australia/Sydney'", "AEST": "'Australia/Sydney'",
        "AST": "'America/Halifax' or 'Asia/Riyadh'", "AWST": "'Australia/Perth'", "BRT": "'America/Sao_Paulo'",
        "BST": "'Europe/London' or 'Asia/Dhaka'", "CAT": "'Africa/Maputo'", "CDT": "'America/Chicago'",
        "CEST": "'Europe/Berlin'", "CST": "'America/Chicago' or 'Asia/Shanghai'", "EAT": "'Africa/Nairobi'",
        "EDT": "'America/New_York'", "EEST": "'Europe/Helsinki'", "HKT": "'Asia/Hong_Kong'",
        "IST": "'Asia/Kolkata', 'Europe/Dublin' or 'Asia/Jerusalem'", "JST": "'Asia/Tokyo'", "KST": "'Asia/Seoul'",
        "MDT": "'America/Denver'", "MSK": "'Europe/Moscow'", "NZDT": "'Pacific/Auckland'",
        "NZST": "'Pacific/Auckland'", "PDT": "'America/Los_Angeles'", "PST": "'America/Los_Angeles' or 'Asia/Manila'",
        "SGT": "'Asia/Singapore'", "WAT": "'Africa/Lagos'", "WEST": "'Europe/Lisbon'", "WIB": "'Asia/Jakarta'",
    ]

    static func isPlausible(_ name: String) -> Bool {
        name.utf8.count <= longest && (words.contains(name) || name.contains("/") && !name.hasPrefix("SystemV/"))
    }

    /// Why there is no such zone, as the end of a sentence; nil where there is.
    ///
    /// - Parameter shown: the name as it may be shown.
    package static func problem(with name: String, shown: String) -> String? {
        guard SystemZone(named: name) == nil else { return nil }
        if let meaning = meanings[name.uppercased()] {
            return "must be the name of a time zone, and '\(shown)' is an abbreviation; write \(meaning)"
        }
        return "must be the name of a time zone like 'Europe/Berlin' or 'UTC'; there is no '\(shown)'"
    }
}
