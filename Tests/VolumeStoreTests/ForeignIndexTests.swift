import FoundationEssentials
import GRDB
import Testing
import VolumeStore

/// Files called index.sqlite that this program does not write.
@Suite struct ForeignIndexTests {
    private func change(_ small: SmallStore, _ sql: String) throws {
        let queue = try DatabaseQueue(path: small.path("index.sqlite"))
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        try queue.close()
    }

    @Test(arguments: [VolumeStore.Mode.read, .write]) func anotherProgramsDatabase(mode: VolumeStore.Mode) throws {
        let small = try SmallStore()
        try change(small, "PRAGMA application_id = 77; CREATE TABLE notes (text)")
        #expect(
            throws: StoreError.notAnIndex(
                file: small.path("index.sqlite"), found: "an SQLite database of another program")
        ) { try VolumeStore.open(at: small.folder, mode: mode) }
    }

    @Test(arguments: [VolumeStore.Mode.read, .write]) func aNewerVersionsIndex(mode: VolumeStore.Mode) throws {
        let small = try SmallStore()
        try ToyCase("a").add(to: small.writer())
        try change(small, "INSERT INTO grdb_migrations VALUES ('1000')")
        #expect(
            throws: StoreError.format(
                file: small.path("index.sqlite"), problem: "written by a newer version of iris. Update the program.")
        ) { try VolumeStore.open(at: small.folder, mode: mode) }
    }
}
