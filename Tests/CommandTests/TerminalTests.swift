import Testing
import iris

@Suite struct TerminalTests {
    @Test func tablesAlign() {
        var table = Table([.text("name"), .number("voxels"), .longText("why")])
        table.add(["liver", "12", "as told"])
        table.add(["spleen", "3000", ""])
        #expect(
            table.rendered() == """
                name    voxels  why
                liver       12  as told
                spleen    3000

                """)
    }

    /// Only long text gives way, and no further than to twelve characters.
    @Test func tablesAdaptToTheTerminal() {
        var table = Table([.text("name"), .longText("path")])
        table.add(["liver", "/a/very/long/path/to/a/file.nii.gz"])
        #expect(table.rendered(width: 24) == "name   path\nliver  /a/very/long/pat…\n")
        #expect(table.rendered(width: 5) == "name   path\nliver  /a/very/lon…\n")
        #expect(table.rendered(width: 200) == table.rendered())
    }

    @Test func progressSaysWhatIsLeft() {
        let half = Progress(
            title: "preparing", done: 10, total: 40, unit: "cases", amount: 5e9, amountUnit: "voxels",
            elapsed: .seconds(20))
        #expect(half.line == "preparing: 10/40 cases, 0.50/s, 250 Mvoxels/s, 1:00 left")
        #expect(
            half.bar(width: 100)
                == "preparing [##########..............................] 10/40 cases, 0.50/s, 250 Mvoxels/s, 1:00 left")
        #expect(half.bar(width: 30) == "preparing: 10/40 cases, 0.50/s")
        let done = Progress(title: "preparing", done: 40, total: 40, unit: "cases", elapsed: .milliseconds(400))
        #expect(done.line == "preparing: 40/40 cases, 100/s, took 0.4 s")
        #expect(
            Progress(title: "preparing", done: 0, total: 40, unit: "cases", elapsed: .zero).line
                == "preparing: 0/40 cases")
    }

    @Test(arguments: [
        (0.0, 2, "0.00"), (-0.001, 2, "0.00"), (-1.005, 1, "-1.0"), (2.5, 0, "3"), (1.05, 1, "1.1"),
        (999.999, 2, "1000.00"),
        (.infinity, 1, "inf"),
    ]) func fixedDecimals(number: Double, decimals: Int, text: String) {
        #expect(number.formatted(decimals: decimals) == text)
    }

    @Test(arguments: [
        (0.0, "0.00 B"), (12.34, "12.3 B"), (999.6, "1.00 kB"), (48_200_000, "48.2 MB"), (3e15, "3000 TB"),
    ])
    func metricPrefixes(number: Double, text: String) { #expect(number.formatted(unit: "B") == text) }

    @Test(arguments: [(0.25, "0.3 s"), (59.4, "59 s"), (59.6, "1:00"), (3725, "1:02:05")])
    func clocks(seconds: Double, text: String) { #expect(Duration.seconds(seconds).asClock == text) }
}
