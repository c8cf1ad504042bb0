import FoundationEssentials

/// The CSV table of M&Ms: which frames of a patient are end diastole and end systole.
struct FrameTable {
    struct Row {
        /// Indices along the fourth axis, from 0.
        let endDiastole, endSystole: Int
        let vendor, centre: String?
    }

    private let rows: [String: Row]

    /// The row of a patient code.
    subscript(code: String) -> Row? { rows[code.uppercased()] }

    /// The columns by the spellings in which releases and copies write them, reduced to lower-case letters.
    private static let codeNames: Set = ["externalcode", "code", "externalid", "patientcode", "subjectcode"]
    private static let endDiastoleNames: Set = ["ed", "enddiastole", "enddiastolic", "edframe", "edphase"]
    private static let endSystoleNames: Set = ["es", "endsystole", "endsystolic", "esframe", "esphase"]

    /// Reads the text of the table: comma or semicolon, quoted fields, any line ends, with or without a byte order mark.
    ///
    /// Returns `nil` when the first line lacks the columns. Rows whose frames are no whole numbers are left out.
    init?(text: String) {
        let lines = Self.records(text)
        guard let header = lines.first else { return nil }
        let names = header.map { $0.lowercased().filter(\.isLetter) }
        func column(_ spellings: Set<String>) -> Int? { names.firstIndex { spellings.contains($0) } }
        guard let code = column(Self.codeNames), let endDiastole = column(Self.endDiastoleNames),
            let endSystole = column(Self.endSystoleNames)
        else { return nil }
        let vendor = column(["vendorname"]) ?? column(["vendor"]), centre = column(["centre", "center"])
        var rows: [String: Row] = [:]
        for line in lines.dropFirst() where line.count > max(code, endDiastole, endSystole) {
            guard let first = Self.frame(line[endDiastole]), let second = Self.frame(line[endSystole]) else { continue }
            func text(_ column: Int?) -> String? {
                column.flatMap { line.indices.contains($0) && !line[$0].isEmpty ? line[$0] : nil }
            }
            rows[line[code].uppercased()] = Row(
                endDiastole: first, endSystole: second, vendor: text(vendor), centre: text(centre))
        }
        self.rows = rows
    }

    /// A frame index; spreadsheets write it as "9.0" too.
    private static func frame(_ text: String) -> Int? {
        guard let value = Double(text), let index = Int(exactly: value), index >= 0 else { return nil }
        return index
    }

    private static func records(_ text: String) -> [[String]] {
        // A byte order mark and carriage returns are no part of any field.
        let text = text.unicodeScalars.filter { $0 != "\u{FEFF}" && $0 != "\r" }
        let firstLine = text.prefix { $0 != "\n" }
        let separator: Unicode.Scalar = firstLine.contains(";") && !firstLine.contains(",") ? ";" : ","
        var records: [[String]] = [], record: [String] = [], field = String.UnicodeScalarView(), isQuoted = false
        func endField() {
            record.append(String(field).trimmingCharacters)
            field = String.UnicodeScalarView()
        }
        for scalar in text + ["\n"] {
            if scalar == "\"" {
                isQuoted.toggle()
            } else if isQuoted {
                field.append(scalar)
            } else if scalar == separator {
                endField()
            } else if scalar == "\n" {
                endField()
                if record != [""] { records.append(record) }
                record = []
            } else {
                field.append(scalar)
            }
        }
        return records
    }
}

extension String {
    /// The text without white space at both ends.
    fileprivate var trimmingCharacters: String {
        let start = drop(while: \.isWhitespace)
        return String(start.reversed().drop(while: \.isWhitespace).reversed())
    }
}
