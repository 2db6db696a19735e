extension StringProtocol {
    /// As much of the text as fits, cut between scalars, with a mark where something is missing.
    ///
    /// For text from elsewhere: `prefix` counts characters, and one of those may have a million marks on it.
    package func cut(toBytes bytes: Int) -> String {
        guard utf8.count > bytes else { return String(self) }
        var cut = ""
        var room = bytes - 3
        for scalar in unicodeScalars {
            room -= UTF8.width(scalar)
            guard room >= 0 else { break }
            cut.unicodeScalars.append(scalar)
        }
        return cut + "…"
    }
}
