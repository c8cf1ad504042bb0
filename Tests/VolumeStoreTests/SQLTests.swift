import FoundationEssentials
import Testing
import VolumeStore

/// Values reach SQLite as parameters, never as parts of a statement's text.
@Suite struct SQLTests {
    private static let hostile = "x'); DROP TABLE cases; --"

    @Test("Text that would end a statement is looked up as it is") func quotes() throws {
        let small = try SmallStore()
        let writer = try small.writer()
        try ToyCase("a", subject: Self.hostile).add(to: writer)
        let store = try VolumeStore.open(at: small.folder, mode: .read)
        #expect(try store.record(named: "a").subject == Self.hostile)
        for name in [Self.hostile, "' OR 1=1 --", "toy/' OR ''='", "a\" OR \"\"=\"", "%", "a\0"] {
            #expect(throws: StoreError.unknownCase(name, folder: small.folder.path)) { try store.record(named: name) }
        }
        #expect(try store.record(of: CaseKey(dataset: "' OR 1=1 --", name: "a")) == nil)
        #expect(try store.cases().map(\.key.name) == ["a"])
    }

    /// Text interpolated into `sql:` would be read as SQL. GRDB's `literal:` makes parameters of what is interpolated.
    @Test("No statement in the sources is put together from text") func noInterpolation() throws {
        let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources")
        var statements = 0
        let files = try #require(FileManager.default.subpaths(atPath: sources.path)).filter { $0.hasSuffix(".swift") }
        for file in files {
            let text = try String(contentsOf: sources.appending(path: file), encoding: .utf8)
            let found = Self.statements(in: text)
            statements += found.count
            for statement in found { #expect(Self.isConstant(statement), "\(file): \(statement)") }
        }
        #expect(statements > 30)
    }

    @Test(
        "The search knows a statement that is put together",
        arguments: [
            (#"db.execute(sql: "DELETE FROM cases")"#, true), (#"f(sql: version1)"#, true),
            (#"db.execute(sql: "DELETE FROM cases WHERE name = '\(name)'")"#, false),
            ("f(\n  sql: \"\"\"\n  SELECT \\(columns)\n  \"\"\", arguments: [a])", false),
            (#"f(sql: "SELECT " + columns)"#, false), (#"f(sql: statement(of: name))"#, false),
            (#"f(sql: "SELECT a FROM b WHERE c = ?", arguments: ["\(d)"])"#, true),
        ]
    ) func search(text: String, isConstant: Bool) {
        let found = Self.statements(in: text)
        #expect(found.count == 1 && found.allSatisfy(Self.isConstant) == isConstant)
    }

    /// What follows each `sql:` in a source, up to the comma or the parenthesis after it.
    private static func statements(in text: String) -> [Substring] {
        text.matches(of: /\bsql:\s*((?s:""".*?""")|"(?:[^"\\\n]|\\.)*"|[^",)\n]*)\s*([^,)\s]*)/).map {
            text[$0.output.1.startIndex..<$0.output.2.endIndex]
        }
    }

    /// One literal without interpolation, one of the schema's texts, or a pragma, which takes no parameters, of a constant.
    private static func isConstant(_ statement: Substring) -> Bool {
        if statement == #""PRAGMA application_id = \(applicationID)""# { return true }
        let isWhole = statement.wholeMatch(of: /(?s:""".*""")|"[^"]*"|version\d/) != nil
        return isWhole && !statement.contains("\\(")
    }
}
