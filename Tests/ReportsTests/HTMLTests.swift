import Reports
import Testing

@Suite struct HTMLTests {
    /// A file name is text, whatever it contains.
    @Test func hostileTextStaysText() {
        let name = "<script>alert(\"x\")</script>'&\u{7}.nii"
        #expect(HTML(name).description == "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39;&amp;\u{FFFD}.nii")
        let link = HTML.element("a", [("title", "\"><img src=x>")], HTML("a<b"))
        #expect(link.description == "<a title=\"&quot;&gt;&lt;img src=x&gt;\">a&lt;b</a>")
    }

    @Test func pagesFetchNothing() {
        var page = HTMLPage(title: "A & B")
        page.add("First <part>", .element("p", [], HTML("text")))
        let document = page.document
        #expect(document.hasPrefix("<!DOCTYPE html>"))
        #expect(document.contains("<title>A &amp; B</title>"))
        #expect(document.contains("<a href=\"#s0\">First &lt;part&gt;</a>"))
        for outside in ["http://", "https://", "src=\"/", "@import", "<link"] {
            #expect(!document.contains(outside), "\(outside)")
        }
    }

    /// Cells carry the key by which the page's script sorts and filters; menus hold each value once.
    @Test func tablesSortAndFilterByKeys() {
        var table = HTMLTable([.name("kind", isFilter: true), .number("size")])
        table.add([.init("b"), .init(2.5, digits: 1)])
        table.add([.init("a"), .init(nil, digits: 1)])
        table.add([.init("b"), .init(-0.04, digits: 1)])
        let html = table.html.description
        #expect(html.contains("<td data-key=\"2.5\" class=\"number\">2.5</td>"))
        #expect(html.contains("<td data-key=\"\" class=\"number\">–</td>"))
        #expect(html.contains("<td data-key=\"-0.04\" class=\"number\">0.0</td>"))
        #expect(
            html.contains(
                "<option value=\"\">all: kind</option><option value=\"a\">a</option><option value=\"b\">b</option></select>"
            ))
    }
}

@Suite struct SVGPlotTests {
    /// Ten values in two places: two bars, one four times as high as the other.
    @Test func histogramBarsAreAsHighAsTheirCounts() {
        let html = SVGPlot.histogram(
            "h", [Double](repeating: 0, count: 2) + [Double](repeating: 10, count: 8) + [.nan], unit: "mm", bins: 10
        ).description
        let heights = html.matches(of: /class="bar"[^>]*height="([0-9.]+)"/).map { Double($0.1)! }
        #expect(heights.count == 2)
        #expect(abs(heights[1] / heights[0] - 4) < 0.05)
    }

    /// 1 ... 9 and 100: quartiles 3.25 and 7.75 lie inside the box; 100 is beyond its reach and becomes a dot.
    @Test func boxesShowOutliersAsDots() {
        let html = SVGPlot.boxes("b", [("<organ>", [1, 2, 3, 4, 5, 6, 7, 8, 9, 100])], unit: "ml").description
        #expect(html.matches(of: /class="dot"/).count == 1)
        #expect(html.contains("&lt;organ&gt;: median 5.5, quartiles 3.25 to 7.75, all 1 to 100 ml, n = 10"))
    }

    @Test func pointsAreNamed() {
        let html = SVGPlot.scatter("s", [(1, 2, "a"), (3, 4, "b"), (.infinity, 0, "c")], xUnit: "", yUnit: "")
            .description
        #expect(html.matches(of: /class="dot"/).count == 2)
        #expect(html.contains("<title>a: 1 , 2 </title>"))
    }

    @Test func nothingToShowIsSaid() {
        #expect(SVGPlot.histogram("h", [], unit: "").description.contains("no values"))
        #expect(SVGPlot.boxes("b", [("x", [.nan])], unit: "").description.contains("no values"))
    }
}
