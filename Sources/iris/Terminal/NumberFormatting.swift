import Glibc

extension Double {
    /// Three figures, a metric prefix and a unit: `48.2 Mvoxels/s`, `950 kB`, `3.10/s`.
    package func formatted(unit: String) -> String {
        var value = self, prefixes = ["", "k", "M", "G", "T"][...]
        while abs(value) >= 999.5, prefixes.count > 1 {
            value /= 1000
            prefixes.removeFirst()
        }
        let figures = value.formatted(decimals: abs(value) >= 99.95 ? 0 : abs(value) >= 9.995 ? 1 : 2)
        let prefixed = prefixes.first! + unit
        return prefixed.hasPrefix("/") ? figures + prefixed : "\(figures) \(prefixed)"
    }

    /// With at most `significant` figures, without trailing zeros: `0.78125`, `1.5`, `2.6e+07`.
    package func formatted(significant: Int) -> String {
        guard isFinite, self != 0 else { return self == 0 ? "0" : "\(self)" }
        var buffer = [CChar](repeating: 0, count: 64)
        let length = withVaList([CInt(significant), self]) { vsnprintf(&buffer, buffer.count, "%.*g", $0) }
        return String(decoding: buffer.prefix(Int(length)).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// With a fixed number of decimals, rounded half away from zero.
    package func formatted(decimals: Int) -> String {
        guard isFinite else { return "\(self)" }
        var power = 1.0
        for _ in 0..<decimals { power *= 10 }
        let scaled = (abs(self) * power).rounded()
        guard scaled < 9e15 else { return "\(self)" }
        let whole = Int(scaled / power), rest = Int(scaled) - whole * Int(power)
        let sign = self < 0 && scaled > 0 ? "-" : ""
        if decimals == 0 { return "\(sign)\(whole)" }
        let digits = String(rest)
        return "\(sign)\(whole).\(String(repeating: "0", count: decimals - digits.count))\(digits)"
    }
}

extension Duration {
    /// `0.4 s`, `9 s`, `2:05`, `1:02:05`.
    package var asClock: String {
        let seconds = self / .seconds(1)
        if seconds < 1 { return "\(seconds.formatted(decimals: 1)) s" }
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole) s" }
        func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
        let (hours, minutes) = (whole / 3600, whole / 60 % 60)
        return hours > 0 ? "\(hours):\(two(minutes)):\(two(whole % 60))" : "\(minutes):\(two(whole % 60))"
    }
}
