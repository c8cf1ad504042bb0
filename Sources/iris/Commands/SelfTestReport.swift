import Datasets

/// The matrix of injected against found faults.
struct SelfTestReport: Encodable {
    struct Row: Encodable {
        let fault, expected: String
        let found: [String]
        let detected: Bool
    }

    let rows: [Row]
    let detected: Int
    let falseAlarms: [String]
    let passed: Bool

    init(_ outcome: AuditSelfTest.Outcome) {
        rows = outcome.rows.map {
            Row(
                fault: $0.fault.rawValue, expected: $0.fault.expected.rawValue, found: $0.found.map(\.rawValue),
                detected: $0.isDetected)
        }
        (detected, passed) = (outcome.detected, outcome.passed)
        falseAlarms = outcome.falseAlarms.map(\.description)
    }

    func printTable() {
        var table = Table([.text("injected"), .text("expected code"), .text("detected"), .longText("codes found")])
        for row in rows {
            table.add([row.fault, row.expected, row.detected ? "yes" : "NO", row.found.joined(separator: ", ")])
        }
        table.printFitted()
        print()
        for alarm in falseAlarms { print("false alarm: \(alarm)") }
        print(
            "\(detected) of \(rows.count) faults found with the right code, \(falseAlarms.count) false alarms on the clean set: \(passed ? "passed" : "FAILED")."
        )
    }
}
