import FoundationEssentials
import Volumes

/// Presents KiTS19 as cases.
///
/// Nothing outside this file knows that layout: `data/case_00012/imaging.nii.gz` with `segmentation.nii.gz`. The 90 cases
/// of the hidden test, from 210 on, have no segmentation. Later releases use the same names with other labels and are
/// refused. `kits.json` beside the cases states their voxel sizes; the audit compares, which tells the resampled branch
/// `interpolated` (same names) and copies of before April 2019 (wrong slice distances).
struct KiTS19Adapter: DatasetAdapter {
    let folder: URL
    let manifest: Manifest

    private static let firstUnlabelled = 210, releaseSize = 300

    private static func number(_ name: String) -> Int? {
        name.utf8.count == 10 ? VolumeFileName.number(in: name, after: "case_") : nil
    }

    func cases() throws -> CaseListing {
        let root = try SourceFolder.root(folder, manifest: manifest) { $0.folders.contains { Self.number($0) != nil } }
        var problems = root.problems
        var cases: [SourceCase] = []
        let spacings = statedSpacings(root, &problems)
        for name in root.folders {
            guard let number = Self.number(name) else { continue }
            do {
                let folder = try SourceFolder(root.url.appending(path: name))
                problems += folder.problems
                try refuseLaterRelease(folder, number: number, root: root)
                cases.append(try read(folder, number: number, spacings: spacings))
            } catch let problem as LayoutProblem {
                problems.append(problem)
            } catch let error as UnreadableFolder {
                var problem = error.problem
                problem.caseID = "case_" + padded(number, 5)
                problems.append(problem)
            }
        }
        return CaseListing(dataset: manifest.name, cases: cases, problems: problems)
    }

    /// Cases from 300 on, folders of single annotations and merged annotations are of KiTS21 and KiTS23, whose labels have
    /// a third value for cysts and differ in the first two.
    private func refuseLaterRelease(_ folder: SourceFolder, number: Int, root: SourceFolder) throws {
        let sign =
            folder.folder("instances") ?? folder.folder("segmentations")
            ?? folder.files.first { $0.hasPrefix("aggregated_") }
        guard number >= Self.releaseSize || sign != nil else { return }
        let what = folder.url.lastPathComponent + (sign.map { "/" + $0 } ?? "")
        throw LayoutError(
            root, manifest, found: "\(what), which is of KiTS21 or KiTS23; their labels differ (3 is a cyst)",
            fix: "Fetch KiTS19, or describe this release in a manifest of its own as nnunet.")
    }

    /// The voxel sizes of `kits.json` by case id. Its z, y, x are array axes i, j, k.
    private func statedSpacings(_ root: SourceFolder, _ problems: inout [LayoutProblem]) -> [String: StatedSpacing] {
        guard let name = root.file("kits.json") else { return [:] }
        let file = root.url.appending(path: name)
        guard let data = try? Data(contentsOf: file),
            let entries = try? JSONDecoder().decode(JSONValue.self, from: data).array
        else {
            problems.append(
                LayoutProblem(
                    .unreadableMetadata, severity: .warning, file: file.path, expected: "a JSON array of cases",
                    found: "something else", fix: "Restore the file from the release."))
            return [:]
        }
        var result: [String: StatedSpacing] = [:], faults: [String] = [], refuted: Set<String> = []
        for (n, entry) in entries.enumerated() {
            do throws(EntryFault) {
                let (id, spacing) = try Self.stated(entry)
                let stated = StatedSpacing(spacing: spacing, file: name, sliceAxis: 0, resampled: Self.interpolated)
                if let earlier = result[id], earlier.spacing != spacing {
                    throw EntryFault(id: id, reason: "a second entry with another voxel size")
                }
                result[id] = stated
            } catch {
                faults.append("\(error.id ?? "entry \(n + 1)"): \(error.reason)")
                if let id = error.id { refuted.insert(id) }
            }
        }
        for id in refuted { result[id] = nil }
        if !faults.isEmpty {
            problems.append(
                LayoutProblem(
                    .unreadableMetadata, severity: .warning, file: file.path,
                    expected:
                        "a case_id and a voxel_spacing of x_spacing, y_spacing and z_spacing, numbers of mm above 0 "
                        + "and the same wherever a case is named, in each of the \(entries.count) entries",
                    found: "\(faults.count) that cannot be used (\(faults.listed(6, separator: "; ")))",
                    fix:
                        "Correct them, or restore the file from the release; headers of these cases are held against nothing."
                ))
        }
        return result
    }

    /// Why an entry of `kits.json` states no voxel size.
    private struct EntryFault: Error {
        /// `nil` where not even the case can be told.
        var id: String?
        let reason: String
    }

    private static func stated(_ entry: JSONValue) throws(EntryFault) -> (id: String, spacing: Spacing) {
        guard let entry = entry.object else { throw EntryFault(reason: "\(entry.inWords) in place of an object") }
        guard let id = entry["case_id"]?.string else {
            throw EntryFault(reason: entry["case_id"].map { "case_id is \($0.inWords)" } ?? "no case_id")
        }
        guard let found = entry["voxel_spacing"] else { throw EntryFault(id: id, reason: "no voxel_spacing") }
        guard let sizes = found.object else {
            throw EntryFault(id: id, reason: "voxel_spacing is \(found.inWords)")
        }
        func size(_ key: String) throws(EntryFault) -> Double {
            guard let found = sizes[key] else { throw EntryFault(id: id, reason: "no \(key)") }
            guard let size = found.number else { throw EntryFault(id: id, reason: "\(key) is \(found.inWords)") }
            return size
        }
        let (z, y, x) = (try size("z_spacing"), try size("y_spacing"), try size("x_spacing"))
        guard let spacing = try? Spacing(z, y, x) else {
            throw EntryFault(id: id, reason: "x, y, z_spacing of \(SIMD3(x, y, z).inMillimetres)")
        }
        return (id, spacing)
    }

    private static let interpolated = StatedSpacing.ResampledCopy(
        name: "the branch interpolated", spacing: try! Spacing(3, 0.78162497, 0.78162497))

    private func read(_ folder: SourceFolder, number: Int, spacings: [String: StatedSpacing]) throws(LayoutProblem)
        -> SourceCase
    {
        let id = "case_" + padded(number, 5)
        func found(_ stem: String) -> [URL] {
            folder.files.filter { VolumeFileName($0)?.stem.lowercased() == stem }.map { folder.url.appending(path: $0) }
        }
        let images = found("imaging"), labels = found("segmentation")
        func unusable(_ code: FindingCode, file: String, _ expected: String, found: String, _ fix: String)
            -> LayoutProblem
        {
            LayoutProblem(
                code, case: id, file: folder.url.appending(path: file).path, expected: expected, found: found, fix: fix)
        }
        if images.count > 1 || labels.count > 1 {
            let files = (images.count > 1 ? images : labels).map(\.lastPathComponent)
            throw unusable(
                .duplicateCase, file: files[0], "one file for \(id)", found: files.joined(separator: " and "),
                "Keep the right one.")
        }
        guard let image = images.first else {
            throw unusable(
                .missingImage, file: "imaging.nii.gz", "the image of \(id)", found: "no file",
                "Fetch it with the release's starter_code/get_imaging.py.")
        }
        if labels.isEmpty && number < Self.firstUnlabelled {
            throw unusable(
                .missingLabel, file: "segmentation.nii.gz", "the label of \(image.path)", found: "no file",
                "Copy it from the release; every case below case_00210 has one.")
        }
        return SourceCase(
            dataset: manifest.name, id: id, modality: .ct,
            officialSplit: number < Self.firstUnlabelled ? .train : .test,
            paperSplit: manifest.paperSplit?[id], image: SourceImage(file: image),
            label: labels.first.map { .file($0) }, statedSpacing: spacings[id],
            ignoresLabelHeader: manifest.labelGeometry == .image)
    }
}
