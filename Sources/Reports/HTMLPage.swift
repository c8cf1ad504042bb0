/// One self-contained page: style, script and pictures are inside, nothing is fetched.
public struct HTMLPage: Sendable {
    /// The page's title.
    public let title: String
    /// The sections in order.
    public var sections: [(heading: String, content: HTML)] = []

    public init(title: String) { self.title = title }

    /// Adds a section, which the page's table of contents links to.
    public mutating func add(_ heading: String, _ content: HTML) { sections.append((heading, content)) }

    /// The whole document.
    public var document: String {
        let links = sections.enumerated().map { n, section in
            HTML.element("a", [("href", "#s\(n)")], HTML(section.heading)).description
        }.joined()
        let body = sections.enumerated().map { n, section in
            "<section id=\"s\(n)\"><h2>\(section.heading.htmlEscaped)</h2>\n\(section.content)\n</section>\n"
        }.joined()
        return """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(title.htmlEscaped)</title><style>
            \(Self.style)
            </style></head><body>
            <header><h1>\(title.htmlEscaped)</h1><nav>\(links)</nav></header>
            <main>
            \(body)</main>
            <script>
            \(Self.script)
            </script></body></html>

            """
    }

    private static let style = """
        :root{--ink:#1d2430;--soft:#667085;--paper:#fff;--panel:#f6f7f9;--line:#dfe3e8;--accent:#2f6fb3;--error:#b42318;--warning:#b25e09;--info:#3f6b8f;--good:#1a7f4b}
        @media(prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#98a2b3;--paper:#14181f;--panel:#1c222b;--line:#303846;--accent:#79b0ea;--error:#ff8a80;--warning:#f5b25c;--info:#8fb8da;--good:#69c795}}
        *{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.45 system-ui,sans-serif}
        header,main{max-width:1280px;margin:0 auto;padding:0 24px}header{padding-top:24px;border-bottom:1px solid var(--line)}
        h1{font-size:24px;margin:0 0 8px}h2{font-size:18px;margin:28px 0 12px}h3{font-size:14px;margin:0 0 6px;font-weight:600}
        nav a{margin-right:18px;color:var(--accent);text-decoration:none;line-height:2.2}p{margin:6px 0}.soft{color:var(--soft)}
        .tiles{display:flex;flex-wrap:wrap;gap:12px}.tile{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:10px 14px;min-width:100px}
        .tile b{display:block;font-size:22px;font-variant-numeric:tabular-nums}.tile.error b{color:var(--error)}.tile.warning b{color:var(--warning)}.tile.info b{color:var(--info)}.tile.good b{color:var(--good)}
        .tools{display:flex;flex-wrap:wrap;gap:10px;margin:0 0 10px;align-items:center}.tools input,.tools select{font:inherit;color:inherit;background:var(--panel);border:1px solid var(--line);border-radius:6px;padding:5px 9px}.tools input{flex:1;min-width:200px}
        .scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:6px 10px;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
        th{cursor:pointer;user-select:none;white-space:nowrap;background:var(--panel);position:sticky;top:0;font-weight:600}th::after{content:" \\2195";color:var(--soft);font-weight:400}th[aria-sort=ascending]::after{content:" \\2191"}th[aria-sort=descending]::after{content:" \\2193"}
        th.number{text-align:right}td.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}td:not(.name):not(.number){min-width:150px}td.name{white-space:nowrap;overflow-wrap:normal}
        .mark{display:inline-block;border-radius:4px;padding:0 7px;font-size:13px;border:1px solid currentColor;white-space:nowrap}.mark.error{color:var(--error)}.mark.warning{color:var(--warning)}.mark.info{color:var(--info)}.mark.known{color:var(--soft)}
        .plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(380px,100%),1fr));gap:16px}.plot{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:12px}
        svg{display:block;width:100%;height:auto;overflow:visible}svg text{fill:var(--soft);font:11px system-ui,sans-serif}svg .axis{stroke:var(--line)}svg .bar{fill:var(--accent)}svg .box{fill:var(--accent);fill-opacity:.25;stroke:var(--accent)}svg .middle{stroke:var(--accent);stroke-width:2}svg .dot{fill:var(--accent);fill-opacity:.6}
        .legend{display:flex;flex-wrap:wrap;gap:4px 14px;margin:8px 0 0;font-size:13px;color:var(--soft)}.legend i{display:inline-block;width:10px;height:10px;border-radius:50%;margin-right:5px}.interval{color:var(--soft);font-size:13px}
        @media(max-width:700px){header,main{padding:0 14px}td:not(.name):not(.number){min-width:210px}.tools input{flex-basis:100%}}
        .pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(440px,100%),1fr));gap:16px}figure{margin:0;background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:12px}figure img{display:block;max-width:100%;border-radius:4px}figcaption{margin-top:8px;font-size:13px;overflow-wrap:anywhere}
        """

    /// Sorting by a click on a column's title and filtering by words and by the value of marked columns.
    private static let script = """
        for (const box of document.querySelectorAll(".data")) {
          const body = box.querySelector("tbody"), count = box.querySelector(".count");
          const words = box.querySelector("input"), choices = [...box.querySelectorAll("select")];
          const show = () => {
            const wanted = words.value.toLowerCase().split(/\\s+/).filter(Boolean);
            let shown = 0;
            for (const row of body.rows) {
              const text = row.textContent.toLowerCase();
              const fits = wanted.every(w => text.includes(w)) &&
                choices.every(c => !c.value || row.cells[+c.dataset.column].dataset.key === c.value);
              row.hidden = !fits;
              shown += fits;
            }
            count.textContent = shown + " of " + body.rows.length;
          };
          words.addEventListener("input", show);
          choices.forEach(c => c.addEventListener("change", show));
          box.querySelectorAll("th").forEach((head, n) => {
            const sort = () => {
              const down = head.getAttribute("aria-sort") === "ascending";
              box.querySelectorAll("th").forEach(h => h.removeAttribute("aria-sort"));
              head.setAttribute("aria-sort", down ? "descending" : "ascending");
              const key = row => row.cells[n].dataset.key ?? row.cells[n].textContent;
              const order = (a, b) => {
                const x = key(a), y = key(b), p = parseFloat(x), q = parseFloat(y);
                return isNaN(p) || isNaN(q) ? x.localeCompare(y, undefined, {numeric: true}) : p - q;
              };
              [...body.rows].sort((a, b) => down ? order(b, a) : order(a, b)).forEach(row => body.append(row));
            };
            head.tabIndex = 0;
            head.addEventListener("click", sort);
            head.addEventListener("keydown", e => { if (e.key === "Enter") sort(); });
          });
          show();
        }
        """
}
