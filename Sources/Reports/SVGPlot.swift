import Glibc
import Pictures

/// Small plots as SVG, drawn for a page's light and dark colors.
public enum SVGPlot {
    private static let (width, height, left, right, top, bottom) = (380.0, 200.0, 50.0, 12.0, 8.0, 34.0)

    /// How often values fall into equal bins; values that are not finite are left out.
    public static func histogram(_ title: String, _ values: [Double], unit: String, bins: Int = 24) -> HTML {
        let values = values.filter(\.isFinite)
        guard let low = values.min(), let high = values.max() else { return framed(title, HTML("no values")) }
        let axis = Axis(low, high)
        let width = (axis.high - axis.low) / Double(bins)
        var counts = [Int](repeating: 0, count: bins)
        for value in values { counts[min(bins - 1, Int((value - axis.low) / width))] += 1 }
        // Counts are whole, and so are their marks.
        let vertical = Axis(0, Double(max(2, counts.max()!)), wholeSteps: true)
        let bars = counts.enumerated().filter { $0.element > 0 }.map { n, count in
            let x = axis.place(axis.low + Double(n) * width, horizontally),
                next = axis.place(axis.low + Double(n + 1) * width, horizontally)
            let y = vertical.place(Double(count), vertically)
            let tip =
                "\((axis.low + Double(n) * width).short) to \((axis.low + Double(n + 1) * width).short) \(unit): \(count)"
            return
                "<rect class=\"bar\" x=\"\(x.fixed(1))\" y=\"\(y.fixed(1))\" width=\"\(max(1, next - x - 1).fixed(1))\" "
                + "height=\"\((vertical.place(0, vertically) - y).fixed(1))\"><title>\(tip.htmlEscaped)</title></rect>"
        }
        return framed(title, svg(frame(axis, vertical, unit: unit) + bars.joined()))
    }

    /// One box per group: quartiles, median, and whiskers to the last value within 1.5 box lengths; values beyond are dots.
    public static func boxes(_ title: String, _ groups: [(name: String, values: [Double])], unit: String) -> HTML {
        let groups = groups.map { ($0.name, $0.values.filter(\.isFinite).sorted()) }.filter { !$0.1.isEmpty }
        guard let low = groups.map({ $0.1[0] }).min(), let high = groups.map({ $0.1.last! }).max() else {
            return framed(title, HTML("no values"))
        }
        let axis = Axis(low, high), row = 18.0, names = 130.0
        let size = Double(groups.count) * row + bottom + top
        let across = (names, width - right)
        var marks = axis.ticks.map { tick in
            let x = axis.place(tick, across)
            return
                "<line class=\"axis\" x1=\"\(x.fixed(1))\" x2=\"\(x.fixed(1))\" y1=\"\(top)\" y2=\"\((size - bottom).fixed(1))\"/>"
                + "<text x=\"\(x.fixed(1))\" y=\"\((size - bottom + 14).fixed(1))\" text-anchor=\"middle\">\(tick.short)</text>"
        }
        marks.append(
            "<text x=\"\((width - right).fixed(0))\" y=\"\((size - 4).fixed(1))\" text-anchor=\"end\">\(unit.htmlEscaped)</text>"
        )
        for (n, (name, values)) in groups.enumerated() {
            let y = top + (Double(n) + 0.5) * row
            func quantile(_ q: Double) -> Double {
                let place = q * Double(values.count - 1), below = Int(place)
                return values[below] + (place - Double(below))
                    * (values[min(below + 1, values.count - 1)] - values[below])
            }
            let (q1, q2, q3) = (quantile(0.25), quantile(0.5), quantile(0.75)), reach = 1.5 * (q3 - q1)
            let inside = values.filter { $0 >= q1 - reach && $0 <= q3 + reach }
            func x(_ value: Double) -> String { axis.place(value, across).fixed(1) }
            let tip =
                "\(name): median \(q2.short), quartiles \(q1.short) to \(q3.short), all \(values[0].short) to \(values.last!.short) \(unit), n = \(values.count)"
            marks.append(
                "<g><title>\(tip.htmlEscaped)</title><text x=\"\(names - 8)\" y=\"\((y + 4).fixed(1))\" text-anchor=\"end\">\(name.shortened(20).htmlEscaped)</text>"
                    + "<line class=\"box\" x1=\"\(x(inside.first ?? q1))\" x2=\"\(x(inside.last ?? q3))\" y1=\"\(y.fixed(1))\" y2=\"\(y.fixed(1))\"/>"
                    + "<rect class=\"box\" x=\"\(x(q1))\" y=\"\((y - 5).fixed(1))\" width=\"\(max(1, axis.place(q3, across) - axis.place(q1, across)).fixed(1))\" height=\"10\"/>"
                    + "<line class=\"middle\" x1=\"\(x(q2))\" x2=\"\(x(q2))\" y1=\"\((y - 5).fixed(1))\" y2=\"\((y + 5).fixed(1))\"/>"
                    + values.filter { $0 < q1 - reach || $0 > q3 + reach }.map {
                        "<circle class=\"dot\" cx=\"\(x($0))\" cy=\"\(y.fixed(1))\" r=\"2\"/>"
                    }.joined()
                    + "</g>")
        }
        return framed(title, svg(marks.joined(), height: size))
    }

    /// One dot per point; hovering names it.
    public static func scatter(
        _ title: String, _ points: [(x: Double, y: Double, name: String)], xUnit: String, yUnit: String
    ) -> HTML {
        let points = points.filter { $0.x.isFinite && $0.y.isFinite }
        guard let x0 = points.map(\.x).min(), let x1 = points.map(\.x).max(), let y0 = points.map(\.y).min(),
            let y1 = points.map(\.y).max()
        else { return framed(title, HTML("no values")) }
        let horizontal = Axis(x0, x1), vertical = Axis(y0, y1)
        let dots = points.map { point in
            "<circle class=\"dot\" cx=\"\(horizontal.place(point.x, horizontally).fixed(1))\" cy=\"\(vertical.place(point.y, vertically).fixed(1))\" r=\"3\">"
                + "<title>\("\(point.name): \(point.x.short) \(xUnit), \(point.y.short) \(yUnit)".htmlEscaped)</title></circle>"
        }
        return framed("\(title)", svg(frame(horizontal, vertical, unit: xUnit) + dots.joined()))
    }

    /// One dot per point in the color of its series; hovering names it. Series are listed below the plot.
    ///
    /// - Parameters:
    ///   - title: stands above the plot.
    ///   - series: each with its name and its points.
    ///   - xUnit: the label of the x axis.
    ///   - yUnit: the label of the y axis.
    ///   - logarithmic: whether x, which must then be positive, runs by its logarithm.
    public static func scatter(
        _ title: String, series: [(name: String, points: [(x: Double, y: Double, name: String)])], xUnit: String,
        yUnit: String, logarithmic: Bool = false
    ) -> HTML {
        func across(_ x: Double) -> Double { logarithmic ? log10(x) : x }
        let kept = series.map { entry in
            (entry.name, entry.points.filter { across($0.x).isFinite && $0.y.isFinite })
        }
        let points = kept.flatMap(\.1)
        guard let x0 = points.map({ across($0.x) }).min(), let x1 = points.map({ across($0.x) }).max(),
            let y0 = points.map(\.y).min(), let y1 = points.map(\.y).max()
        else { return framed(title, HTML("no values")) }
        let horizontal = Axis(x0, x1), vertical = Axis(y0, y1)
        let dots = kept.enumerated().flatMap { n, entry in
            entry.1.map { point in
                let (x, y) = (
                    horizontal.place(across(point.x), horizontally).fixed(1),
                    vertical.place(point.y, vertically).fixed(1)
                )
                let tip = "\(point.name): \(point.x.short) \(xUnit), \(point.y.short) \(yUnit)"
                return "<circle class=\"dot\" style=\"fill:\(color(n))\" cx=\"\(x)\" cy=\"\(y)\" r=\"3\">"
                    + "<title>\(tip.htmlEscaped)</title></circle>"
            }
        }
        let frame = frame(
            horizontal, vertical, unit: xUnit, tickText: { logarithmic ? pow(10, $0).short : $0.short })
        return framed(title, svg(frame + dots.joined()) + legend(series.map(\.name)))
    }

    /// The names of series beside their colors.
    private static func legend(_ names: [String]) -> HTML {
        .element(
            "p", [("class", "legend")],
            names.enumerated().map { n, name in
                .element(
                    "span", [], .element("i", [("style", "background:\(color(n))")]), HTML(name))
            })
    }

    /// The color of a series. The first eight can be told apart by color-blind readers too (Okabe and Ito 2008), further
    /// ones are those of label values in pictures.
    private static func color(_ series: Int) -> String {
        let first = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a8a8a", "#b8a800"]
        if series < first.count { return first[series] }
        let color = LabelColors[UInt8(series % 255 + 1)]
        return "rgb(\(color.red),\(color.green),\(color.blue))"
    }

    /// Plots side by side.
    public static func grid(_ plots: [HTML]) -> HTML { .element("div", [("class", "plots")], plots) }

    private static var horizontally: (Double, Double) { (left, width - right) }
    private static var vertically: (Double, Double) { (height - bottom, top) }

    private static func framed(_ title: String, _ content: HTML) -> HTML {
        .element("div", [("class", "plot")], .element("h3", [], HTML(title)), content)
    }

    private static func svg(_ marks: String, height: Double = height) -> HTML {
        HTML(markup: "<svg viewBox=\"0 0 \(Int(width)) \(Int(height.rounded(.up)))\" role=\"img\">\(marks)</svg>")
    }

    private static func frame(
        _ horizontal: Axis, _ vertical: Axis, unit: String, tickText: (Double) -> String = { $0.short }
    ) -> String {
        let floor = height - bottom
        let below = horizontal.ticks.map { tick in
            "<text x=\"\(horizontal.place(tick, horizontally).fixed(1))\" y=\"\(floor + 14)\" text-anchor=\"middle\">\(tickText(tick))</text>"
        }
        let beside = vertical.ticks.map { tick in
            let y = vertical.place(tick, vertically)
            return
                "<line class=\"axis\" x1=\"\(left)\" x2=\"\(width - right)\" y1=\"\(y.fixed(1))\" y2=\"\(y.fixed(1))\"/>"
                + "<text x=\"\(left - 6)\" y=\"\((y + 4).fixed(1))\" text-anchor=\"end\">\(tick.short)</text>"
        }
        return (below + beside).joined()
            + "<text x=\"\(width - right)\" y=\"\(height - 4)\" text-anchor=\"end\">\(unit.htmlEscaped)</text>"
    }

    /// A range widened to round numbers, with marks at some of them.
    struct Axis {
        let low, high: Double
        let ticks: [Double]

        init(_ a: Double, _ b: Double, wholeSteps: Bool = false) {
            let span = b > a ? b - a : max(abs(a), 1)
            var step = 1.0
            while step * 5 < span { step *= 10 }
            while step * 0.5 > span { step /= 10 }
            for divisor in [5.0, 2.5, 2, 1.25, 1] where span / (step / divisor) <= 6 {
                step /= divisor
                break
            }
            if wholeSteps { step = step.rounded(.up) }
            let first = (a / step).rounded(.down), last = max((b / step).rounded(.up), first + 1)
            (low, high) = (first * step, last * step)
            ticks = (0...Int(last - first)).map { (first + Double($0)) * step }
        }

        func place(_ value: Double, _ ends: (Double, Double)) -> Double {
            ends.0 + (value - low) / (high - low) * (ends.1 - ends.0)
        }
    }
}

extension Double {
    /// As few digits as tell it from its neighbours in a plot.
    var short: String {
        if abs(self) >= 1e6 { return (self / 1e6).short + "M" }
        if abs(self) >= 1e4 { return (self / 1e3).short + "k" }
        if self == rounded() { return fixed(0) }
        let text = abs(self) >= 100 ? fixed(0) : abs(self) >= 10 ? fixed(1) : abs(self) >= 0.1 ? fixed(2) : fixed(4)
        guard text.contains("."), !text.contains("e") else { return text }
        var trimmed = text[...]
        while trimmed.last == "0" { trimmed.removeLast() }
        if trimmed.last == "." { trimmed.removeLast() }
        return String(trimmed)
    }
}

extension String {
    fileprivate func shortened(_ most: Int) -> String { count <= most ? self : prefix(most - 1) + "…" }
}
