import FoundationEssentials
import IrisTraining
import Testing
import VolumeStore

@Suite struct EvaluationLedgerTests {
    /// Whatever the seed, no query is ever shown its own subject, and every reference is a training case.
    @Test func neverTheQuerysOwnSubject() throws {
        let fixture = try EvaluationStore()
        let subjects = Dictionary(
            uniqueKeysWithValues: try fixture.store.cases().map { ($0.key.name, $0.subject) })
        var leaked = 0
        for seed in 0..<40 {
            let ledger = try fixture.ledger(references: 3, repeats: 3, seed: UInt64(seed))
            #expect(ledger.queries.map(\.name) == ["leak", "t0", "t1"])
            for query in ledger.queries {
                for number in 0..<3 {
                    let set = ledger.set(for: query, repeat: number)
                    #expect(set.cases.allSatisfy { subjects[$0] != query.subject && $0.hasPrefix("c") })
                    // The others' set shows the subject of `leak` now and then; then `leak` has one of its own.
                    if query.name == "leak", set.query != nil { leaked += 1 }
                }
            }
        }
        #expect(leaked > 10)
    }

    /// Two references for every class, the rare one too; both balls are in every case, so one more case at most is needed
    /// for each of the rare class's two.
    @Test func everyClassGetsItsReferences() throws {
        let fixture = try EvaluationStore()
        for seed in 0..<20 {
            let ledger = try fixture.ledger(references: 2, seed: UInt64(seed))
            let set = ledger.set(for: ledger.queries.first { $0.name == "t0" }!, repeat: 0)
            #expect(set.cases.count { $0 == "c1" || $0 == "c4" } == 2)
            #expect((2...4).contains(set.cases.count))
            #expect(Set(set.cases).count == set.cases.count)
        }
    }

    @Test func oneSeedOneLedger() throws {
        let fixture = try EvaluationStore()
        let a = try fixture.ledger(references: 2, repeats: 4, seed: 1)
        #expect(try fixture.ledger(references: 2, repeats: 4, seed: 1).encoded() == a.encoded())
        #expect(try fixture.ledger(references: 2, repeats: 4, seed: 2).sets != a.sets)
        // Further repeats leave the first ones as they are.
        #expect(try fixture.ledger(references: 2, repeats: 2, seed: 1).sets == a.sets.filter { $0.repeat < 2 })
        let file = fixture.folder.appending(path: "ledger.json")
        try a.encoded().write(to: file)
        #expect(try EvaluationLedger(contentsOf: file) == a)
        try a.check(against: fixture.store)
    }

    /// A case prepared anew with other voxels is not the case of the ledger.
    @Test func otherDataAreRefused() throws {
        let fixture = try EvaluationStore()
        let ledger = try fixture.ledger()
        let configuration = try StoreWriter(fixture.store).register(configuration: "toy preparation")
        try fixture.add("t1", subject: "t1", .test, index: 30, configuration)
        #expect(
            throws: EvaluationError.otherCase(
                "toy/t1", problem: "its files, subject or modality are not those of the ledger")
        ) { try ledger.check(against: fixture.store) }
    }

    @Test func whatCannotBeDrawnIsSaid() throws {
        let fixture = try EvaluationStore()
        var settings = EvaluationLedger.Settings()
        settings.split = "val"
        #expect(throws: EvaluationError.noQueries(split: "val", list: "paper", known: ["test", "train"])) {
            try EvaluationLedger(drawing: settings, from: fixture.store)
        }
        settings = EvaluationLedger.Settings()
        #expect(throws: EvaluationError.noReferences(dataset: "other", modality: "MR", splits: ["train", "none"])) {
            try EvaluationLedger(drawing: settings, from: fixture.store)
        }
        settings.datasets = ["toys"]
        let error = EvaluationError.unknownDataset("toys", known: ["other", "toy"])
        #expect(throws: error) { try EvaluationLedger(drawing: settings, from: fixture.store) }
        #expect(error.description == "the store has no dataset toys; it has other, toy. Name one of these.")
        let file = fixture.folder.appending(path: "no.json")
        #expect(throws: EvaluationError.ledger(file: file.path, problem: "cannot be read.")) {
            try EvaluationLedger(contentsOf: file)
        }
    }

    @Test func queriesAreLimitedByTheSeed() throws {
        let fixture = try EvaluationStore()
        var settings = EvaluationLedger.Settings()
        (settings.datasets, settings.queryLimit) = (["toy"], 2)
        let chosen = try Set(
            (0..<20).map { seed in
                settings.seed = UInt64(seed)
                let names = try EvaluationLedger(drawing: settings, from: fixture.store).queries.map(\.name)
                #expect(names.count == 2 && names == names.sorted())
                return names
            })
        #expect(chosen.count == 3)
    }

    /// Edits that people make by hand: more repeats than were drawn, a set that shows the query's own subject, a stranger.
    @Test(arguments: [
        (#""repeats" : 2"#, #""repeats" : 3"#, "repeat 2 has no references for toy/"),
        (#""repeats" : 2"#, #""repeats" : -1"#, "it has no repeat or no query"),
        (#""subject" : "t1""#, #""subject" : "s0""#, "is of the subject of the query toy/t1"),
        (#""name" : "c0""#, #""name" : "c9""#, "toy/c0 is in a set but not among the references"),
    ])
    func editedLedgersAreRefused(original: String, edited: String, problem: String) throws {
        let fixture = try EvaluationStore()
        // Every training case is a reference, so that each is in every set.
        let text = String(decoding: try fixture.ledger(references: 20, repeats: 2).encoded(), as: UTF8.self)
        try #require(text.contains(original))
        let ledger = try JSONDecoder().decode(
            EvaluationLedger.self, from: Data(text.replacing(original, with: edited).utf8))
        let error = #expect(throws: EvaluationError.self) { try ledger.check(against: fixture.store) }
        #expect("\(error!)".hasPrefix("the ledger contradicts itself: ") && "\(error!)".contains(problem))
    }
}
