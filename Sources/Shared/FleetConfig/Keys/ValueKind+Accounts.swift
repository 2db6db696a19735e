import FleetModel

extension ValueKind where Value == String {
    /// Who a process runs as.
    static var account: Self { nameOrNumber("user", of: "a user") }

    static var group: Self { nameOrNumber("group", of: "a group") }

    /// Whether the host knows it is found out where it is used. A number is always one, even where a name has digits only.
    private static func nameOrNumber(_ what: String, of whom: String) -> Self {
        text("name or number of \(whom)") { text in
            guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
                return Plausible.isUser(text)
                    ? nil
                    : "must be the name of \(whom) (up to 32 letters, digits, '.', '_' and '-', beginning with a letter "
                        + "or '_') or its number, not '\(excerpt(text))'"
            }
            // The highest is -1 to the system, and means nobody. A zero in front is another number to some.
            guard let number = UInt32(text), number < .max, String(number) == text else {
                return "must be the number of \(whom) from 0 to 4294967294, not '\(excerpt(text))'"
            }
            return nil
        }
    }
}

extension ValueKind where Value == UInt16 {
    /// Always octal, as `umask` of a shell reads it, however it is written.
    static var umask: Self {
        ValueKind("umask of octal digits from 000 to 777, as in '027'") { node in
            guard var text = node.text else { return .failure(.kind) }
            if text.hasPrefix("0o") { text.removeFirst(2) }
            guard (1...4).contains(text.utf8.count),
                text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }),
                let mask = UInt16(text, radix: 8), mask <= 0o777
            else { return .failure(.kind) }
            return .success(mask)
        }
    }
}

extension ValueKind where Value == [String] {
    /// Variables of the daemon that a workload may be given.
    static var inheritedVariables: Self {
        let variable = ValueKind<String>.text("name of a variable") { name in
            if name == "MCTL_API_TOKEN" {
                return "must not be MCTL_API_TOKEN: whoever has the daemon's token can do what the daemon can; "
                    + "give the workload a token of its own in 'env' or 'env_file'"
            }
            guard Plausible.isWord(name), name.utf8.count <= 256 else {
                return "must be the whole name of a variable, of letters, digits and '_', not '\(excerpt(name))'"
            }
            return nil
        }
        return list("list of names of variables", of: variable, atMost: 1000)
    }
}
