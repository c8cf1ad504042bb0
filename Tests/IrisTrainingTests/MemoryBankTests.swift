import IrisTraining
import Testing

@Suite struct MemoryBankTests {
    /// While young the bank is the plain mean; later it moves by 1 - decay of the difference.
    @Test func averages() {
        let key = ClassKey(dataset: "amos22", value: 6)
        var bank = MemoryBank(decay: 0.75)
        for value in [Float(1), 3, 5, 7] { bank.update(key, with: [value, -value]) }
        #expect(bank.embeddings[key] == [4, -4])
        bank.update(key, with: [8, 0])
        #expect(bank.embeddings[key] == [5, -3])
        #expect(bank.updates[key] == 5)
    }

    @Test func keysKeepDatasetsApart() {
        #expect(ClassKey("amos22/10") != ClassKey("bcv/10"))
        #expect(ClassKey("amos22/10")?.description == "amos22/10")
        #expect(ClassKey("amos22") == nil && ClassKey("/3") == nil && ClassKey("a/300") == nil)
    }
}
