import FoundationEssentials
import NIfTI

/// Presents the M&Ms cine scans as cases: two labelled frames of each patient, end diastole (ED) and end systole (ES).
///
/// Nothing outside this file knows that layout: `CODE/CODE_sa.nii.gz` with `CODE_sa_gt.nii.gz`, both 4D, below `Training/Labeled`,
/// `Training/Unlabeled`, `Validation` or `Testing`, and a CSV table that names the two frames. Only where the table does not
/// name a patient's frames, its label file is read to find them.
struct MnMsAdapter: DatasetAdapter {
    let folder: URL
    let manifest: Manifest

    func cases() throws -> CaseListing {
        let top = try SourceFolder.opened(folder, manifest: manifest)
        let (folders, folderProblems) = top.tree()
        var problems = folderProblems
        let table = table(in: folders, &problems)
        var patients: [String: [Patient]] = [:]
        for folder in folders {
            for patient in Patient.all(in: folder, below: top) { patients[patient.code, default: []].append(patient) }
        }
        guard !patients.isEmpty else { throw LayoutError(top, manifest, found: top.summary) }
        var cases: [SourceCase] = []
        for (code, places) in patients.sorted(by: { $0.key < $1.key }) {
            do {
                guard places.count == 1 else {
                    throw LayoutProblem(
                        .duplicateCase, case: code, file: places[0].folder.path, expected: "one folder for \(code)",
                        found: places.map(\.folder.path).sorted().joined(separator: " and "), fix: "Keep the right one."
                    )
                }
                cases += try self.cases(of: places[0], table: table)
            } catch let problem as LayoutProblem {
                problems.append(problem)
            }
        }
        let unlabelled = patients.values.joined().filter { !$0.isLabelled }.compactMap(\.label?.path)
        return CaseListing(dataset: manifest.name, cases: cases, problems: problems, setAside: Set(unlabelled))
    }

    private func cases(of patient: Patient, table: FrameTable?) throws(LayoutProblem) -> [SourceCase] {
        guard let image = patient.image else {
            throw LayoutProblem(
                .missingImage, case: patient.code, file: patient.place("_sa.nii.gz"),
                expected: "the image of \(patient.label!.path)",
                found: "no file", fix: "Copy the image there, or remove the label.")
        }
        if patient.isLabelled && patient.label == nil {
            throw LayoutProblem(
                .missingLabel, case: patient.code, file: patient.place("_sa_gt.nii.gz"),
                expected: "the label of \(image.path)",
                found: "no file", fix: "Copy the label there, or move the patient to Training/Unlabeled.")
        }
        var notes: [String] = []
        let frames: (endDiastole: Int, endSystole: Int)
        if let row = table?[patient.code] {
            frames = (row.endDiastole, row.endSystole)
            if let vendor = row.vendor {
                notes.append("Vendor \(vendor)" + (row.centre.map { ", centre \($0)." } ?? "."))
            }
        } else {
            frames = try framesByLabel(patient)
            notes.append("The frames were found by the label, for no table names them.")
        }
        guard frames.endDiastole != frames.endSystole else {
            throw LayoutProblem(
                .unknownFrames, case: patient.code, file: image.path, expected: "two different frames for ED and ES",
                found: "frame \(frames.endDiastole) for both",
                fix: "Correct the row of \(patient.code) in the CSV table.")
        }
        return [("ED", frames.endDiastole), ("ES", frames.endSystole)].map { phase, frame in
            SourceCase(
                dataset: manifest.name, id: "\(patient.code)_\(phase)", subject: patient.code, modality: .mr,
                officialSplit: patient.split,
                paperSplit: manifest.paperSplit?[patient.code], image: SourceImage(file: image, frame: frame),
                label: patient.isLabelled ? .file(patient.label!, frame: frame) : nil,
                ignoresLabelHeader: manifest.labelGeometry == .image, notes: notes)
        }
    }

    /// The two frames that have labels. The heart is larger at the end of diastole, so the frame with more voxels of the left
    /// ventricle's cavity (value 1) is ED.
    private func framesByLabel(_ patient: Patient) throws(LayoutProblem) -> (endDiastole: Int, endSystole: Int) {
        func unknown(_ file: String, found: String) -> LayoutProblem {
            LayoutProblem(
                .unknownFrames, case: patient.code, file: file,
                expected: "the frames of ED and ES in the CSV table, or two labelled frames",
                found: found, fix: "Put the release's CSV table beside Training, Validation and Testing.")
        }
        guard patient.isLabelled, let label = patient.label else {
            throw unknown(patient.place("_sa.nii.gz"), found: "no row for \(patient.code) and no label")
        }
        var cavities: [(frame: Int, voxels: Int)] = []
        do {
            let image = try NIfTIFile.read(at: label.path)
            for frame in 0..<image.header.frameCount {
                let voxels = try image.labelMap(frame: frame).voxels
                guard voxels.contains(where: { $0 > 0 }) else { continue }
                cavities.append((frame, voxels.count { $0 == 1 }))
            }
        } catch {
            throw unknown(label.path, found: error.problem)
        }
        guard cavities.count == 2 else {
            throw unknown(label.path, found: "no row for \(patient.code) and \(cavities.count) labelled frames")
        }
        let (first, second) = (cavities[0], cavities[1])
        return first.voxels >= second.voxels ? (first.frame, second.frame) : (second.frame, first.frame)
    }

    /// The CSV table in any folder that is not a patient's. Its name varies, so its columns decide.
    private func table(in folders: [SourceFolder], _ problems: inout [LayoutProblem]) -> FrameTable? {
        for folder in folders {
            for name in folder.files where name.lowercased().hasSuffix(".csv") {
                if let text = try? readText(folder.url.appending(path: name)), let table = FrameTable(text: text) {
                    return table
                }
            }
        }
        let sheet = folders.lazy.flatMap { folder in folder.files.map { folder.url.appending(path: $0) } }.first {
            ["xlsx", "xls", "ods"].contains($0.pathExtension.lowercased())
        }
        problems.append(
            LayoutProblem(
                .unreadableMetadata, severity: .warning, file: sheet?.path ?? folder.path,
                expected: "a CSV table with the columns External code, ED and ES",
                found: sheet == nil ? "none" : "a spreadsheet, which is not read",
                fix: (sheet.map {
                    "Save its sheet as CSV beside it (libreoffice --headless --convert-to csv \"\($0.lastPathComponent)\"). "
                } ?? "Fetch the table of the release. ")
                    + "Until then the labelled frames of each patient are searched, and unlabelled patients have none.")
        )
        return nil
    }
}

/// One patient's folder.
private struct Patient {
    let code: String
    let folder: URL
    var image, label: URL?
    let split: Split?
    /// Whether the folder belongs to the labelled part.
    let isLabelled: Bool

    func place(_ ending: String) -> String { folder.appending(path: code + ending).path }

    /// The patients of a folder, usually one or none; the part is read from the names of the folders above.
    static func all(in folder: SourceFolder, below top: SourceFolder) -> [Patient] {
        var found: [String: Patient] = [:]
        let parts = folder.url.path.dropFirst(top.url.path.count).split(separator: "/").map { $0.lowercased() }
        let above = [top.url.lastPathComponent.lowercased()] + parts
        func isPart(_ name: String) -> Bool { above.contains { $0.hasPrefix(name) } }
        let split: Split? = isPart("training") ? .train : isPart("validation") ? .val : isPart("testing") ? .test : nil
        let isLabelled = !isPart("unlabeled") && !isPart("unlabelled")
        for file in folder.files {
            guard let stem = VolumeFileName(file)?.stem else { continue }
            let ending = ["_sa_gt", "_sa"].first { stem.lowercased().hasSuffix($0) }
            guard let ending else { continue }
            let code = String(stem.dropLast(ending.count)), url = folder.url.appending(path: file)
            var patient = found[code] ?? Patient(code: code, folder: folder.url, split: split, isLabelled: isLabelled)
            if ending == "_sa" { patient.image = url } else { patient.label = url }
            found[code] = patient
        }
        return found.values.sorted { $0.code < $1.code }
    }
}
