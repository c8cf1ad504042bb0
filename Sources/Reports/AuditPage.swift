import Datasets
import FoundationEssentials

/// An audit as one self-contained HTML page.
public struct AuditPage: Sendable {
    /// The report that is shown.
    public let report: AuditReport
    /// The most montages that a page holds.
    public var pictureLimit: Int

    public init(_ report: AuditReport, pictureLimit: Int = 40) {
        (self.report, self.pictureLimit) = (report, pictureLimit)
    }

    /// Writes the page, replacing one that is there.
    public func write(to url: URL) throws { try Data(document.utf8).write(to: url, options: .atomic) }

    /// The page as one HTML document.
    public var document: String {
        var page = HTMLPage(title: "Audit of \(report.dataset)")
        page.add("Summary", summary)
        page.add("Findings", findings)
        let pictures = pictures
        if !pictures.isEmpty { page.add("Places", .element("div", [("class", "pictures")], pictures)) }
        if report.cases.contains(where: { $0.image != nil }) { page.add("Distributions", distributions) }
        page.add("Cases", cases)
        return page.document
    }

    private var summary: HTML {
        func tile(_ value: String, _ label: String, _ style: String = "") -> HTML {
            .element("div", [("class", "tile \(style)")], .element("b", [], HTML(value)), HTML(label))
        }
        let known = report.findings.count { $0.acknowledgement != nil }
        let tiles = [
            tile(
                report.isFailure ? "Failed" : "Passed",
                report.isFailure ? "errors were found" : "no unexplained errors", report.isFailure ? "error" : "good"),
            tile("\(report.count(.error))", "errors", report.count(.error) > 0 ? "error" : ""),
            tile("\(report.count(.warning))", "warnings", report.count(.warning) > 0 ? "warning" : ""),
            tile("\(report.count(.information))", "infos", "info"), tile("\(known)", "known defects"),
            tile("\(report.cases.count)", "cases"), tile("\(report.cases.count { $0.label != nil })", "labelled"),
            tile("\(Set(report.cases.map(\.source.subject)).count)", "subjects"),
            tile("\(report.files.count)", "files"),
        ]
        let bytes = report.files.reduce(0) { $0 + $1.voxelBytes }
        let depth =
            report.options.headersOnly
            ? "Only headers were read."
            : "\((Double(bytes) / 1e6).fixed(1)) MB of voxels were decoded, digested and counted."
        return .element("p", [("class", "soft")], HTML("\(report.title) · \(report.root) · \(depth)"))
            + .element("div", [("class", "tiles")], tiles)
    }

    private var findings: HTML {
        guard !report.findings.isEmpty else { return .element("p", [], HTML("None.")) }
        var table = HTMLTable([
            .name("severity", isFilter: true), .name("code", isFilter: true), .name("case"), .text("file"),
            .text("expected"), .text("found"), .text("what to do"),
        ])
        for finding in report.findings {
            let name = finding.severity.rawValue
            var mark = HTML.element("span", [("class", "mark \(name)")], HTML(name))
            if finding.acknowledgement != nil {
                mark = mark + HTML(" ") + .element("span", [("class", "mark known")], HTML("known"))
            }
            table.add([
                .init(mark, key: name), .init(finding.code.rawValue), .init(finding.caseID ?? "–"),
                .init(Self.breakable(finding.file ?? "–"), key: finding.file ?? ""),
                .init(finding.expected), .init(finding.found), .init(finding.acknowledgement ?? finding.fix),
            ])
        }
        return table.html
    }

    /// A path that may be broken after its slashes.
    private static func breakable(_ path: String) -> HTML {
        HTML(markup: path.htmlEscaped.replacing("/", with: "/<wbr>"))
    }

    private var pictures: [HTML] {
        let picture = FindingPicture(report: report)
        var shown: [HTML] = []
        for finding in report.findings where shown.count < pictureLimit {
            guard let place = FindingPicture.place(of: finding, in: report)?.voxel,
                let url = picture.dataURL(for: finding)
            else { continue }
            let title =
                "\(finding.code.rawValue) · \(finding.caseID ?? "") · voxel (\(place.x), \(place.y), \(place.z))"
            shown.append(
                .element(
                    "figure", [], HTML(markup: "<img alt=\"\(title.htmlEscaped)\" src=\"\(url)\">"),
                    .element(
                        "figcaption", [], .element("b", [], HTML(title)), HTML(markup: "<br>"),
                        HTML("Expected \(finding.expected), found \(finding.found)."))))
        }
        return shown
    }

    private var distributions: HTML {
        let images = report.cases.compactMap { record in record.image.map { (record.source.id, $0) } }
        let axes = ["i", "j", "k"]
        var plots = [
            SVGPlot.boxes(
                "Shape",
                axes.indices.map { axis in
                    ("along \(axes[axis])", images.map { Double($0.1.grid.shape.components[axis]) })
                }, unit: "voxels"),
            SVGPlot.boxes(
                "Voxel size",
                axes.indices.map { axis in ("along \(axes[axis])", images.map { $0.1.affine.spacing.components[axis] })
                }, unit: "mm"),
        ]
        for modality in Set(report.cases.map(\.source.modality)).sorted() {
            let mine = report.cases.filter { $0.source.modality == modality }.compactMap { record in
                record.image?.percentiles.map { (record.source.id, record.image!, $0) }
            }
            guard !mine.isEmpty else { continue }
            plots.append(SVGPlot.histogram("\(modality.rawValue): median intensity", mine.map { $0.2.y }, unit: ""))
            plots.append(
                SVGPlot.scatter(
                    "\(modality.rawValue): mean (across) and standard deviation (up)",
                    mine.map { ($0.1.mean ?? .nan, $0.1.deviation ?? .nan, $0.0) }, xUnit: "", yUnit: ""))
        }
        for (dataset, classes) in report.classes.sorted(by: { $0.key < $1.key }) {
            let labels = report.cases.filter { $0.source.dataset == dataset }.compactMap { record in
                record.label.map { (record, $0) }
            }
            let volumes = classes.map { one in
                (
                    one.name,
                    labels.compactMap { record, label in
                        label.classes.first { $0.value == one.value }.flatMap { record.volume(of: $0) }.map {
                            $0 / 1000
                        }
                    }
                )
            }
            guard volumes.contains(where: { !$0.1.isEmpty }) else { continue }
            plots.append(
                SVGPlot.boxes(
                    report.classes.count > 1 ? "\(dataset): class volumes" : "Class volumes", volumes, unit: "ml"))
        }
        return SVGPlot.grid(plots)
    }

    private var cases: HTML {
        var table = HTMLTable([
            .name("dataset", isFilter: true), .name("case"), .name("subject"), .name("modality", isFilter: true),
            .name("split", isFilter: true), .name("shape"), .name("voxel size in mm"),
            .name("axes", isFilter: true), .name("type", isFilter: true), .number("minimum"), .number("maximum"),
            .number("mean"), .number("classes"), .number("boundary contrast"),
        ])
        for record in report.cases {
            let image = record.image, source = record.source
            let shape = image?.grid.shape.components, spacing = image?.affine.spacing.components
            table.add([
                .init(source.dataset), .init(source.id), .init(source.subject), .init(source.modality.rawValue),
                .init(source.officialSplit?.rawValue ?? "–"),
                .init(shape.map { "\($0.x) x \($0.y) x \($0.z)" } ?? "–"),
                .init(spacing.map { "\($0.x.short) x \($0.y.short) x \($0.z.short)" } ?? "–"),
                .init(image?.grid.orientation.description ?? "–"), .init(image?.datatype.name ?? "–"),
                .init(image?.minimum, digits: 1),
                .init(image?.maximum, digits: 1), .init(image?.mean, digits: 1),
                .init((record.label?.classes.count).map(Double.init), digits: 0),
                .init(record.label?.agreement?.here, digits: 2),
            ])
        }
        return table.html
    }
}
