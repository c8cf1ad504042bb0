import Episodes

extension EpisodeCheck {
    /// A table of classes, then what was checked and found.
    func printText() {
        var table = Table([
            .text("dataset"), .text("class"), .number("group"), .number("expected"), .number("found"), .number("z"),
        ])
        for row in classes {
            let deviation = max(row.expected * (1 - row.expected / Double(episodes)), .leastNormalMagnitude)
                .squareRoot()
            let z =
                row.expected > 0 && row.expected < Double(episodes) ? (Double(row.found) - row.expected) / deviation : 0
            table.add([
                row.dataset, row.structure, "\(row.group)", row.expected.formatted(decimals: 1), "\(row.found)",
                z.formatted(decimals: 2),
            ])
        }
        table.printFitted()
        func test(_ name: String, _ test: ChiSquaredTest) {
            print(
                "\(name): chi-squared \(test.statistic.formatted(decimals: 2)), \(test.degreesOfFreedom) degrees of freedom, "
                    + "p = \(test.pValue.formatted(significant: 3))")
        }
        test("class frequencies", classFrequencies)
        test("dataset frequencies", datasetFrequencies)
        print(
            "\(episodes) episodes planned, \(rendered) rendered and counted; \(severalClasses) with several classes, "
                + "\(flipped) references with sides exchanged, \(negatives) negatives")
        for reason in [UnreachableClass.Reason.tooFewVoxels, .noOtherSubject, .absent] {
            let found = unreachable.filter { $0.reason == reason }
            guard !found.isEmpty else { continue }
            let names = found.prefix(5).map {
                "\($0.dataset)/\($0.caseName.map { "\($0)/" } ?? "")\($0.structure) (\($0.voxels))"
            }
            print(
                "unreachable, \(reason.rawValue): \(found.count): \(names.joined(separator: ", "))\(found.count > 5 ? ", …" : "")"
            )
        }
        for violation in violations.prefix(20) { print("episode \(violation.index) broke: \(violation.promise)") }
        print("violations: \(violations.count)")
    }
}

/// What an episode holds, for people.
struct EpisodeReport {
    let episode: Episode

    init(_ episode: Episode) { self.episode = episode }

    func printText() {
        let plan = episode.plan, shape = episode.shape
        print(
            "episode \(plan.index) of seed \(plan.seed): \(plan.dataset), \(plan.modality), "
                + "patches of \(shape.i) x \(shape.j) x \(shape.k) voxels")
        var table = Table(
            [.text("patch"), .longText("case")] + plan.classes.map { .number("voxels of \($0.structure)") })
        for (number, reference) in plan.references.enumerated() {
            let name = plan.references.count == 1 ? "reference" : "reference \(number)"
            table.add([name, reference.patch.source.name] + episode.withReferenceMasks(number, voxelCounts))
        }
        table.add(["query", plan.query.source.name] + episode.withQueryMasks(voxelCounts))
        table.printFitted()
    }

    /// How many voxels each mask holds.
    private func voxelCounts(_ masks: UnsafeBufferPointer<UInt8>) -> [String] {
        let count = episode.shape.count
        return episode.plan.classes.indices.map { mask in
            "\(masks[mask * count..<(mask + 1) * count].count { $0 != 0 })"
        }
    }
}

extension EpisodeBench {
    func printText() {
        var table = Table([.text("stage"), .number("fastest ms"), .number("median ms"), .number("ns/voxel")])
        for stage in stages {
            table.add([
                stage.name, stage.fastest.formatted(decimals: 3), stage.median.formatted(decimals: 3),
                stage.nanosecondsPerVoxel?.formatted(decimals: 2) ?? "",
            ])
        }
        table.printFitted()
        let patch = patchShape.map(String.init).joined(separator: "x")
        print(
            "patches of \(patch), \(workers) workers: \(episodesPerSecond.formatted(unit: "/s")) episodes, "
                + "\(patchesPerSecond.formatted(unit: "/s")) patches, \(sourceBytesPerSecond.formatted(unit: "B/s")) of sources"
        )
        print(
            "one thread alone \(aloneEpisodesPerSecond.formatted(unit: "/s")), stream of one worker "
                + "\(oneWorkerEpisodesPerSecond.formatted(unit: "/s")): the stream adds \((streamOverhead * 100).formatted(decimals: 1)) % "
                + "(\((streamOverheadInProcessorTime * 100).formatted(decimals: 1)) % of processor time)")
        print("scaling \(scaling.formatted(decimals: 2)) of \(workers) times one worker")
        print(
            "peak memory \(Double(peakMemory).formatted(unit: "B")), allocated memory grew by "
                + "\(allocatedBytesPerEpisode.formatted(unit: "B")) per episode, "
                + "\(pageFaultsPerEpisode.formatted(decimals: 1)) page faults per episode")
        print(verdict)
    }
}
