import Datasets
import Synchronization
import Testing

/// What is looked at again, with looks that tell at once what a real one would find out from two files.
@Suite struct SecondLooksTests {
    /// Looks at pairs of two scans of their own each, of which the first are copies and the others are not.
    ///
    /// - Returns: how many pairs were looked at, and the copies in the order in which they were told.
    private func look(copies: Int, others: Int, bytesOfEach bytes: Int, jobs: Int) async throws -> (
        looks: Int, found: [Int]
    ) {
        let pairs = copies + others
        let counted = Looks()
        var found: [Int] = []
        try await SecondLooks(bytes: Array(repeating: bytes, count: 2 * pairs), jobs: jobs).look(
            at: Array(0..<pairs), pair: { CasePair(2 * $0, 2 * $0 + 1) },
            look: { suspect -> Int? in
                counted.number.withLock { $0 += 1 }
                return suspect < copies ? suspect : nil
            }
        ) { suspect, _ in found.append(suspect) }
        return (counted.number.withLock { $0 }, found)
    }

    private final class Looks: Sendable { let number = Mutex(0) }

    /// Of 1000 scans of one size the budget is 40, which are 20 pairs: the 21st exceeds it and is the last, however long a run of
    /// copies came before, but for one more look for every two of them beyond the 12 that are always granted.
    @Test("After a run of copies no more is looked at than the budget allows", arguments: [1, 2, 5], [0, 3, 60, 200])
    func budget(jobs: Int, copies: Int) async throws {
        let result = try await look(copies: copies, others: 500 - copies, bytesOfEach: 1000, jobs: jobs)
        #expect(result.looks == copies + max(21, 12 + copies / 2))
        #expect(result.found == Array(0..<copies))
    }

    /// Four per cent of 40 scans are not one pair; two copies earn one look.
    @Test("Few scans get some looks whatever they cost", arguments: [1, 3]) func fewScans(jobs: Int) async throws {
        let result = try await look(copies: 2, others: 18, bytesOfEach: 1000, jobs: jobs)
        #expect(result.looks == 2 + 13)
    }

    /// Pairs of three copies: when the first two are known, the third pair needs no look, but it may be in one batch with them.
    @Test("A pair of scans that are both known for copies is not told again") func settled() async throws {
        var found: [CasePair] = []
        let pairs = [CasePair(0, 1), CasePair(1, 2), CasePair(0, 2), CasePair(2, 3)]
        try await SecondLooks(bytes: [1, 1, 1, 1], jobs: 2).look(at: pairs, pair: { $0 }, look: { $0 }) { pair, _ in
            found.append(pair)
        }
        #expect(found == [CasePair(0, 1), CasePair(1, 2), CasePair(2, 3)])
    }

    /// A detail of 0.6 is half way from 0.2 to 1. A quick look at a witness may say 0.12 too little, and is enough only where
    /// even 0.12 more would leave it below what is asked for.
    @Test(
        "Witnesses are known well enough to decide",
        arguments: [
            (0.6, [0.24], false), (0.6, [0.16], true), (0.6, [0.1, 0.24], false), (0.6, [-0.3], true),
            (0.49, [-0.3], false),
            (0.55, [0.13], false), (0.55, [0.07], true), (0.9, [0.7], true), (0.9, [0.85], false), (0.7, [], false),
            (0.8, [], true),
        ] as [(Double, [Double], Bool)])
    func witnesses(detail: Double, truths: [Double], isCopy: Bool) {
        let decision = NearCopySearch.isCopy(detail: detail, witnesses: truths) { truth, least in
            let quick = truth - 0.11
            return CopyVerification.mayReach(least, quick: quick) ? truth : quick
        }
        #expect(decision == isCopy)
    }
}
