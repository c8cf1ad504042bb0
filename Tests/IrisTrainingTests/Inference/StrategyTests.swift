import Glibc
import IrisTraining
import Tensors
import Testing
import Volumes

/// The six ways from examples to embeddings, on a network that was trained for seconds.
@Suite(.serialized) struct StrategyTests {
    private static let shape = try! GridShape(24, 20, 16)
    private let classes = InferenceToy.classes
    private func references(_ numbers: Range<Int>) -> [Reference] {
        numbers.map { InferenceToy.reference($0, Self.shape) }
    }

    private func meanDice(_ context: InferenceContext, _ predictor: Predictor) throws -> Double {
        let scores = try (100..<104).flatMap { number in
            let labels = try predictor.segment(InferenceToy.image(number, Self.shape), in: context).labels()
            return classes.map { InferenceToy.dice(labels, InferenceToy.volumes(number, Self.shape).labels, $0.value) }
        }
        return scores.reduce(0, +) / Double(scores.count)
    }

    @Test(arguments: Strategy.allCases) func everyStrategyFindsTheBalls(strategy: Strategy) throws {
        let predictor = try InferenceToy.trained()
        var settings = StrategySettings()
        settings.neighbours = 2
        settings.tuning.steps = 20
        let context = try predictor.context(
            strategy, classes: classes, references: strategy.needsReferences ? references(0..<4) : [], dataset: "toy",
            settings: settings)
        #expect(context.classes == classes && context.missing.isEmpty)
        let dice = try meanDice(context, predictor)
        #expect(dice > 0.8, "\(strategy) reaches a Dice of \(dice)")
    }

    /// What a class is comes from the reference alone: with the values exchanged the balls are exchanged.
    @Test func theReferenceSaysWhichIsWhich() throws {
        let predictor = try InferenceToy.trained()
        let plain = InferenceToy.volumes(0, Self.shape).labels
        let swapped = try LabelMap(grid: plain.grid, voxels: plain.voxels.map { $0 == 0 ? 0 : 3 - $0 })
        let reference = try Reference(InferenceToy.image(0, Self.shape), labels: swapped)
        let context = try predictor.context(.oneShot, classes: classes, references: [reference])
        let labels = try predictor.segment(InferenceToy.image(100, Self.shape), in: context).labels()
        let truth = InferenceToy.volumes(100, Self.shape).labels
        let crossed = InferenceToy.dice(
            labels, try LabelMap(grid: truth.grid, voxels: truth.voxels.map { $0 == 0 ? 0 : 3 - $0 }), 1)
        #expect(crossed > 0.5 && crossed > 2 * InferenceToy.dice(labels, truth, 1))
    }

    /// k references and m queries cost k + m encodings; a window is encoded once however many members decode it.
    @Test func encodingsAreCounted() throws {
        let predictor = try InferenceToy.predictor()
        let context = try predictor.context(.ensemble, classes: classes, references: references(0..<3))
        let afterReferences = predictor.work
        #expect(afterReferences.references == 3 && afterReferences.queries == 0)
        for number in 100..<102 {
            _ = try predictor.segment(InferenceToy.image(number, Self.shape), in: context, uncertainty: true)
        }
        // 24 x 20 x 16 voxels in windows of 16 with half of them shared: 2 x 2 x 1.
        let work = predictor.work - afterReferences
        #expect(work.queries == 2 && work.references == 0 && work.queryWindows == 8)
        #expect(work.decodedWindows == 8 * (1 + 3))
    }

    @Test func retrievalEncodesTheQueryOnce() throws {
        let predictor = try InferenceToy.trained()
        let context = try predictor.context(.retrieval, classes: classes, references: references(0..<3))
        let before = predictor.work
        _ = try predictor.segment(InferenceToy.image(100, Self.shape), in: context)
        let work = predictor.work - before
        #expect(work.queries == 1 && work.queryWindows == 4 && work.decodedWindows == 8 && work.objectWindows >= 1)
    }

    /// Among strangers lies the query's own embedding, made from its own first pass: its cosine is 1, so it is retrieved.
    @Test func retrievalFindsTheMostSimilarObject() throws {
        let predictor = try InferenceToy.trained()
        var settings = StrategySettings()
        settings.neighbours = 1
        let query = InferenceToy.image(100, Self.shape)
        var pool = try references(0..<3).map { try predictor.encode($0, classes: classes) }
        let first = try predictor.segment(query, in: predictor.context(.oneShot, classes: classes, encoded: pool))
        let twin = try predictor.encode(Reference(query, labels: first.labels()), classes: classes)
        pool.append(twin)
        let context = try predictor.context(.retrieval, classes: classes, encoded: pool, settings: settings)
        let retrieved = try predictor.segment(query, in: context)
        let expected = try predictor.segment(query, by: twin.embeddings)
        let isTwins = retrieved.probabilities == expected.probabilities,
            isFirst = retrieved.probabilities == first.probabilities
        #expect(isTwins && !isFirst)
    }

    /// The query's own objects, each under the other's class, are the nearest of all, and no class takes them.
    @Test func retrievalStaysWithinTheClass() throws {
        let predictor = try InferenceToy.trained()
        var settings = StrategySettings()
        settings.neighbours = 1
        let query = InferenceToy.image(100, Self.shape)
        let pool = try references(0..<3).map { try predictor.encode($0, classes: classes) }
        func found(_ pool: [EncodedReference]) throws -> [[Float]] {
            let context = try predictor.context(.retrieval, classes: classes, encoded: pool, settings: settings)
            return try predictor.segment(query, in: context).probabilities
        }
        let labels = try predictor.segment(query, in: predictor.context(.oneShot, classes: classes, encoded: pool))
            .labels()
        let exchanged = try LabelMap(grid: labels.grid, voxels: labels.voxels.map { $0 == 0 ? 0 : 3 - $0 })
        let own = try predictor.encode(Reference(query, labels: labels), classes: classes)
        let others = try predictor.encode(Reference(query, labels: exchanged), classes: classes)
        let strangers = try found(pool), among = try found(pool + [others]), besideOwn = try found(pool + [own])
        let isSame = among == strangers, isTaken = besideOwn != strangers
        #expect(isSame && isTaken)
    }

    /// Among strangers lies the query's own image under another's embedding.
    @Test func imageRetrievalFindsTheMostSimilarImage() throws {
        let predictor = try InferenceToy.trained()
        var settings = StrategySettings()
        settings.neighbours = 1
        let query = InferenceToy.image(100, Self.shape)
        let pool = try (references(0..<3) + [Reference(query, labels: InferenceToy.volumes(100, Self.shape).labels)])
            .map { try predictor.encode($0, classes: classes, describingImage: true) }
        let context = try predictor.context(.imageRetrieval, classes: classes, encoded: pool, settings: settings)
        let found = try predictor.segment(query, in: context)
        #expect(found.probabilities == (try predictor.segment(query, by: pool[3].embeddings).probabilities))
        let plain = try predictor.encode(references(0..<1)[0], classes: classes)
        #expect(throws: InferenceError.noDescriptor(name: "image 0")) {
            try predictor.context(.imageRetrieval, classes: classes, encoded: [plain])
        }
    }

    /// One class in a first reference, both in a second: one-shot takes each class from the first that shows it, the
    /// ensemble averages those that do.
    @Test func classesComeFromReferencesThatShowThem() throws {
        let predictor = try InferenceToy.predictor()
        let full = InferenceToy.volumes(0, Self.shape).labels
        let half = try LabelMap(grid: full.grid, voxels: full.voxels.map { $0 == 1 ? 1 : 0 })
        let encoded = try [Reference(InferenceToy.image(0, Self.shape), labels: half), references(1..<2)[0]]
            .map { try predictor.encode($0, classes: classes) }
        #expect(encoded[0].embeddings.classes == [classes[0]])
        let one = try predictor.context(.oneShot, classes: classes, encoded: encoded).embeddings
        #expect(one.values(of: 1) == encoded[0].embeddings.values(of: 1))
        #expect(one.values(of: 2) == encoded[1].embeddings.values(of: 2))
        let mean = try predictor.context(.ensemble, classes: classes, encoded: encoded).embeddings
        #expect(mean.values(of: 2) == encoded[1].embeddings.values(of: 2))
        let (a, b) = (Array(encoded[0].embeddings.values(of: 1)!), Array(encoded[1].embeddings.values(of: 1)!))
        #expect(Array(mean.values(of: 1)!) == zip(a, b).map { Float((Double($0) + Double($1)) / 2) })
        let other = TaskClass(value: 8, name: "spleen")
        let context = try predictor.context(.oneShot, classes: classes + [other], encoded: encoded)
        #expect(context.missing == [other] && context.classes == classes)
        #expect(throws: InferenceError.nothingToSegment(asked: [other], shown: [1, 2])) {
            try predictor.context(.ensemble, classes: [other], references: references(0..<1))
        }
    }

    @Test func theMemoryBankNeedsNoReference() throws {
        let predictor = try InferenceToy.trained()
        let context = try predictor.context(.memoryBank, classes: classes, encoded: [], dataset: "toy")
        #expect(
            Array(context.embeddings.values(of: 2)!) == predictor.bank?.embeddings[ClassKey(dataset: "toy", value: 2)])
        #expect(
            throws: InferenceError.notInBank(asked: classes, dataset: "amos22", known: ["toy/1", "toy/2"])
        ) { try predictor.context(.memoryBank, classes: classes, encoded: [], dataset: "amos22") }
        #expect(throws: InferenceError.noMemoryBank(file: "the model")) {
            try InferenceToy.predictor().context(.memoryBank, classes: classes, encoded: [])
        }
        #expect(throws: InferenceError.noReference(strategy: .ensemble)) {
            try predictor.context(.ensemble, classes: classes, encoded: [])
        }
    }

    /// The uncertainty of members that all say 1/2 is 1 bit; one that two sure members disagree on is 1 bit as well,
    /// though each of them is sure.
    @Test func uncertaintyIsTheEntropyOfTheMeanProbability() throws {
        let predictor = try InferenceToy.trained()
        let query = InferenceToy.image(100, Self.shape)
        let members = try references(0..<3).map { try predictor.encode($0, classes: classes).embeddings }
        let mean = TaskEmbeddings.mean(of: members, classes: classes)
        let found = try #require(try predictor.segment(query, by: mean, members: members).uncertainty)
        let apart = try members.map { try predictor.segment(query, by: $0).probabilities }
        for voxel in stride(from: 0, to: Self.shape.count, by: 7) {
            let entropy = (0..<2).map { place -> Double in
                let p = apart.reduce(0) { $0 + Double($1[place][voxel]) } / 3
                return p <= 0 || p >= 1 ? 0 : -(p * log2(p) + (1 - p) * log2(1 - p))
            }.max()!
            #expect(abs(Double(found[voxel]) - entropy) < 2e-3)
        }
        #expect(found.max()! > 0.5 && found.min()! < 0.1)
        // The labels are those without members.
        #expect(
            try predictor.segment(query, by: mean).probabilities
                == predictor.segment(query, by: mean, members: members).probabilities)
    }
}
