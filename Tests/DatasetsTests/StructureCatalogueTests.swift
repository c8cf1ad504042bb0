import Configuration
import Datasets
import Testing

@Suite struct StructureCatalogueTests {
    @Test("Pairs are mutual, of opposite sides, and mirror each other in place") func pairs() {
        let catalogue = library.structures
        let paired = catalogue.structures.filter { $0.partner != nil }
        #expect(paired.count == 8)
        for one in paired {
            let other = catalogue[one.partner!]!
            #expect(other.partner == one.id)
            #expect(Set([one.side, other.side]) == [.left, .right])
            #expect(one.bodySide == one.side)
            if let a = one.position, let b = other.position {
                #expect(a.x * b.x < 0 && abs(a.x + b.x) < 5 && abs(a.y - b.y) < 15 && abs(a.z - b.z) < 15)
            }
        }
    }

    @Test(
        "Sides of unpaired organs agree with their typical places",
        arguments: [
            ("liver", Side.right), ("gallbladder", .right), ("spleen", .left), ("stomach", .left), ("heart", .left),
            ("aorta", .none), ("pancreas", .none),
        ]) func bodySides(id: String, side: Side) throws
    {
        let structure = try #require(library.structures[id])
        #expect(structure.bodySide == side)
        let x = try #require(structure.position).x
        #expect(side == .none || (side == .right) == (x > 0))
    }

    @Test(
        "Names of datasets find their structure",
        arguments: [
            ("arota", "", "aorta"), ("postcava", "", "inferior-vena-cava"), ("Prostate/Uterus", "", "prostate-uterus"),
            ("Anterior", "Hippocampus", "anterior-hippocampus"),
            ("left kidney", "", "left-kidney"), ("cancer", "Liver", "liver-tumour"),
            ("cancer", "Pancreas", "pancreas-tumour"), ("gall bladder", "", "gallbladder"),
        ]) func aliases(name: String, context: String, id: String)
    {
        #expect(library.structures.structure(named: name, context: context)?.id == id)
    }

    @Test func unknownNamesStayUnknown() {
        #expect(library.structures.structure(named: "flux capacitor") == nil)
        #expect(library.structures.structure(named: "Anterior") == nil)
    }

    @Test(
        "Faults name their line",
        arguments: [
            (
                "structures:\n  a: {side: left, pair: other}\n",
                "s.yaml:2: structures.a: the pair other is not in this file."
            ),
            (
                "structures:\n  a: {side: left, pair: b}\n  b: {side: left, pair: a}\n",
                "s.yaml:2: structures.a: expected b to name a as its pair, one left and one right."
            ),
            ("structures:\n  a: {sid: left}\n", "s.yaml:2: structures.a.sid: unknown key. Did you mean side?"),
            (
                "structures:\n  a: {volume: [5, 2]}\n",
                "s.yaml:2: structures.a.volume: expected the smaller volume first but found 5.0 before 2.0."
            ),
        ]) func faults(text: String, complaint: String)
    {
        let error = #expect(throws: ConfigurationError.self) { try StructureCatalogue(text: text, file: "s.yaml") }
        #expect(error?.description == complaint)
    }
}
