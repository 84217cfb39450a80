extension Stylesheet {
    static let data = """
        @layer data {
        .table-wrap { position: relative; overflow-x: auto; scrollbar-width: thin; }
        .table-wrap:focus-visible { outline-offset: -2px; }
        table { width: 100%; border-collapse: collapse; font-size: var(--t-s); }
        caption { text-align: left; }
        th, td { padding: var(--s2) var(--s3); text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
        th:first-child, td:first-child { padding-left: var(--s4); }
        th:last-child, td:last-child { padding-right: var(--s4); }
        thead th { padding-block: var(--s2); color: var(--muted); font-size: var(--t-xs); white-space: nowrap; vertical-align: bottom; background: var(--surface); }
        tbody tr:last-child > * { border-bottom: 0; }
        tbody tr:hover { background: var(--hover); }
        tbody th { font-weight: var(--strong); }
        td.n, th.n { text-align: right; white-space: nowrap; }
        td.tight, th.tight { white-space: nowrap; }
        td.wide { min-width: 16rem; }
        tbody th, tbody td > a { white-space: nowrap; }
        tbody th .sub { white-space: normal; }
        .breaks { overflow-wrap: anywhere; }
        @media (max-width: 40rem) {
          .folds, .folds tbody, .folds tbody tr, .folds tbody th, .folds td { display: block; }
          .folds thead { display: block; position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
          .folds tbody tr { padding: var(--s3) var(--s4); border-bottom: 1px solid var(--line); }
          .folds tbody tr:last-child { border-bottom: 0; }
          .folds tbody tr > :is(th, td) { width: auto; min-width: 0; padding: 0; border: 0; text-align: left; white-space: normal; overflow-wrap: anywhere; }
          .folds :is(a, code, .badge, .digest, .nowrap) { white-space: normal; overflow-wrap: anywhere; }
          .folds td { position: relative; min-height: 1.5em; margin-top: var(--s1); }
          .folds td[data-label] { display: flow-root; padding-left: 7rem; }
          .table-wrap:has(> .folds) { overflow: visible; }
          .folds .meter-row { width: auto; }
          .folds td:empty { display: none; }
          .folds td > a { text-decoration: underline; text-decoration-color: var(--line-strong); text-underline-offset: .2em; }
          .folds td[data-label]::before { content: attr(data-label); float: left; width: 6.5rem; margin-left: -7rem; color: var(--muted); }
        }
        /* Three lines a row where a row is a card: name and state, what and where, how much and until when. */
        @media (max-width: 40rem) {
          .folds.brief tbody tr { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 var(--s3); align-items: start; }
          .folds.brief tbody tr > :is(th, td) { margin: 0; }
          .folds.brief td[data-label] { padding: 0; }
          .folds.brief td::before { display: none; }
          .folds.brief th > a { text-decoration: underline; text-decoration-color: var(--line-strong); text-underline-offset: .2em; }
          .folds.brief tr > :is(:nth-child(4), :nth-child(3), :nth-child(6)) { text-align: right; }
          .folds.brief tr > :nth-child(4) { grid-area: 1 / 2; }
          .folds.brief tr > :nth-child(7), .folds.brief tr > :is(:nth-child(1), :nth-child(2), :nth-child(3)) > .sub { display: none; }
        }
        /* A check's sign stands before its words, and they stay beside it. */
        .checks td { position: relative; padding-left: 2.25rem; }
        .mark { position: absolute; left: .75rem; color: var(--tone); }
        .mark .icon { width: 1rem; height: 1rem; }
        @media (max-width: 40rem) { .folds.checks td { padding-left: 1.5rem; } .mark { left: 0; } }
        .sub { display: block; color: var(--muted); font-size: var(--t-xs); font-weight: var(--regular); }
        /* Its list grows and shrinks while somebody looks; what stands around it does not move. */
        .steady { height: 17rem; overflow-y: auto; scrollbar-width: thin; }
        /* Two boxes beside each other end together; the steady one takes the other's height, never its own list's. */
        .columns.even { align-items: stretch; }
        .columns.even .panel { display: flex; flex-direction: column; height: 100%; }
        .columns.even .panel-body { flex: 1 0 auto; }
        .columns.even .steady { flex: 1 0 0; height: 0; min-height: 17rem; }
        div[data-live]:not(.actions) > * + * { margin-top: var(--s3); }
        .panel-body > div[data-live]:empty { display: none; }
        .signing:not(:empty) { padding-top: var(--s4); border-top: 1px solid var(--line); }
        .meter { display: block; width: 100%; min-width: 6rem; height: .5rem; border-radius: .25rem; background: var(--track); overflow: hidden; }
        .meter.tall { height: .75rem; }
        .meter rect { fill: var(--mark, var(--accent)); }
        .meter .gap { stroke: var(--surface); stroke-width: 2; vector-effect: non-scaling-stroke; }
        .meter-row { width: 12rem; display: grid; grid-template-columns: minmax(5rem, 1fr) auto; gap: var(--s3); align-items: center; }
        .meter-row span { min-width: 3.5rem; text-align: right; white-space: nowrap; }
        .legend { display: flex; flex-wrap: wrap; gap: var(--s1) var(--s4); font-size: var(--t-s); }
        .legend li { display: flex; align-items: center; gap: .375rem; white-space: nowrap; }
        .legend li::before { content: ""; width: .625rem; height: .625rem; border-radius: 2px; background: var(--mark); box-shadow: inset 0 0 0 1px color-mix(in srgb, var(--text) 35%, transparent); }
        .legend strong { min-width: 2ch; }
        .chart-plot { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0 var(--s2); }
        .chart-y { display: flex; flex-direction: column; justify-content: space-between; color: var(--muted); font-size: var(--t-xs); text-align: right; line-height: 1; }
        .chart-x { grid-column: 2; width: 100%; height: 1rem; margin-top: var(--s1); overflow: visible; fill: var(--muted); font-size: var(--t-xs); }
        @media (max-width: 30rem) { .chart-x .extra { visibility: hidden; } }
        .chart-foot { display: flex; flex-wrap: wrap; justify-content: space-between; gap: var(--s1) var(--s4); }
        .chart-foot p { margin-left: auto; }
        .chart-svg { display: block; width: 100%; height: 10rem; overflow: visible; }
        .chart-svg .grid { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
        .chart-svg .bar { fill: var(--mark, var(--accent)); }
        .chart-svg .area { fill: color-mix(in srgb, var(--mark, var(--accent)) 14%, transparent); }
        .chart-svg .line { fill: none; stroke: var(--mark, var(--accent)); stroke-width: 2; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
        .chart-svg .limit { stroke: var(--bad-mark); stroke-width: 1.5; stroke-dasharray: 5 4; vector-effect: non-scaling-stroke; }
        .spark { display: block; width: 100%; height: 2rem; }
        .spark .bar { fill: var(--accent); }
        .details > summary { display: inline-flex; align-items: center; gap: var(--s1); cursor: pointer; color: var(--muted); font-size: var(--t-s); list-style: none; }
        .details > summary::-webkit-details-marker { display: none; }
        .details > summary .icon { width: .875rem; height: .875rem; }
        .details[open] > summary .icon { rotate: 90deg; }
        .details > :not(summary) { margin-top: var(--s3); }
        /* At the end of a list: what is over, out of the way. */
        .folded { border-top: 1px solid var(--line); }
        .folded > summary { padding: var(--s3) var(--s4); }
        .folded > :not(summary) { margin: 0; border-top: 1px solid var(--line); }
        .whole > :not(summary) { margin-top: var(--s1); white-space: normal; }
        :is(td, th) a:has(+ .badge) { text-decoration: underline; text-decoration-color: var(--line-strong); text-underline-offset: .2em; }
        .with-digest > .whole { display: inline-block; max-width: 100%; margin: 0 var(--s2); vertical-align: top; }
        .with-digest > .whole:first-child { margin-left: 0; }
        .whole > summary { color: inherit; white-space: nowrap; }
        .whole .dl { grid-template-columns: minmax(0, 1fr); gap: 0; }
        @media (min-width: 40rem) { .whole .dl { min-width: 14rem; } }
        .dl { display: grid; grid-template-columns: minmax(8rem, max-content) minmax(0, 1fr); gap: var(--s2) var(--s5); font-size: var(--t-s); }
        .dl dt { color: var(--muted); }
        .dl dd { overflow-wrap: anywhere; }
        .panel .dl { font-size: var(--t-s); }
        @media (max-width: 30rem) { .dl { grid-template-columns: minmax(0, 1fr); gap: 0; } .dl dd { margin-bottom: var(--s3); } }
        .code-block { position: relative; border: 1px solid var(--line); border-radius: var(--radius-s); background: var(--sunken); }
        .code-block pre { margin: 0; padding: var(--s3); padding-right: 3rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; font-size: var(--t-s); line-height: 1.6; }
        .code-block.tall pre { max-height: 24rem; overflow-y: auto; }
        .code-block pre:focus-visible { outline-offset: -2px; }
        .code-block .button { position: absolute; top: var(--s1); right: var(--s1); background: var(--surface); }
        .code-block.command pre { scrollbar-width: thin; }
        .line { display: block; padding-left: 3ch; text-indent: -3ch; }
        /* Whole on a line where it fits, else broken within itself: never under the button, never out of the block. */
        .arg { display: inline-block; max-width: 100%; vertical-align: top; text-indent: 0; overflow-wrap: anywhere; }
        .digest { white-space: nowrap; }
        .copy-line { display: inline-flex; align-items: center; gap: var(--s1); max-width: 100%; }
        .copy-line code { overflow-wrap: anywhere; }
        .timeline { padding-left: var(--s1); }
        .timeline > li { position: relative; padding: 0 0 var(--s5) var(--s6); }
        .timeline > li::before { content: ""; position: absolute; left: 0; top: .375rem; width: .625rem; height: .625rem; border-radius: 50%; background: var(--mark, var(--idle-mark)); z-index: 1; }
        .timeline > li:not(:last-child)::after { content: ""; position: absolute; left: .25rem; top: .625rem; bottom: -.375rem; width: 2px; background: var(--line); }
        .timeline .what { font-weight: var(--strong); }
        .timeline .when { color: var(--muted); font-size: var(--t-s); }
        .timeline .detail { margin-top: var(--s1); color: var(--muted); font-size: var(--t-s); overflow-wrap: anywhere; }
        .panel-lead { padding: var(--s4); border-bottom: 1px solid var(--line); }
        .diff td { font-family: var(--mono); font-size: var(--t-xs); line-height: 1.6; overflow-wrap: anywhere; min-width: 10rem; }
        .diff th:first-child { width: 28%; min-width: 9rem; }
        .diff tbody th { font-weight: var(--regular); }
        @media (max-width: 40rem) { .folds.diff tbody th:first-child { width: auto; min-width: 0; } }
        .diff del, .diff ins { display: block; padding: 0 var(--s2); border-radius: var(--radius-s); text-decoration: none; white-space: pre-wrap; }
        .diff del { background: var(--bad-bg); } .diff ins { background: var(--ok-bg); }
        .diff del::before { content: "− "; color: var(--bad); } .diff ins::before { content: "+ "; color: var(--ok); }
        .factory { display: flex; flex-direction: column; gap: var(--s3); padding: var(--s4); border: 1px solid var(--line); border-radius: var(--radius); background: var(--surface); }
        .factory.bad { border-color: var(--bad-mark); } .factory.warn { border-color: var(--warn-mark); }
        .factory h3 { font-size: var(--t-m); }
        .factory h3 a { color: var(--text); }
        .factory .figures { display: grid; grid-template-columns: 1fr 1fr; gap: var(--s2) var(--s4); }
        .factory .figures dt { color: var(--muted); font-size: var(--t-xs); }
        .factory .figures dd { font-size: var(--t-l); font-weight: var(--strong); white-space: nowrap; }
        .factory .figures div:first-child { grid-column: 1 / -1; }
        .factory .figures div:first-child dd { font-size: var(--t-xl); line-height: 1.2; }
        .factory .facts { display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--s2); padding-top: var(--s3); border-top: 1px solid var(--line); color: var(--muted); font-size: var(--t-s); }
        .factory .facts li { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 var(--s2); }
        .factory .facts li > span:first-child { white-space: nowrap; }
        /* On a line of its own, whatever it says, so that a card stays as high as it is. */
        .factory .facts li:not(:last-child) > strong:has(.badge) { flex-basis: 100%; text-align: left; }
        /* As wide as there is room, so that what comes live changes inside it and moves nothing. */
        .factory .facts strong { flex: 1 1 auto; color: var(--text); font-weight: var(--regular); text-align: right; }
        .swatches { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: var(--s3); font-size: var(--t-s); }
        .swatch::before { content: ""; display: block; height: 3rem; margin-bottom: var(--s1); border: 1px solid var(--line); border-radius: var(--radius-s); background: var(--mark, var(--accent)); }
        .icons { display: grid; grid-template-columns: repeat(auto-fill, minmax(6rem, 1fr)); gap: var(--s3); font-size: var(--t-xs); color: var(--muted); text-align: center; }
        .icons .icon { display: block; width: 1.5rem; height: 1.5rem; margin: 0 auto var(--s1); color: var(--text); }
        .qr { width: 12rem; max-width: 100%; background: #fff; border-radius: var(--radius-s); padding: var(--s2); }
        @media print { .side, .top, .toasts, .button { display: none; } .shell { display: block; } }
        }

        """
}
