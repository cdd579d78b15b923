package timing

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"bitline/internal/report"
)

// shownParts is how many parts of a cycle a text lists.
const shownParts = 8

// WriteText writes an explanation for the terminal: the cycle, and a table of what
// faster and more resources gain.
func (e *Explanation) WriteText(w io.Writer) error {
	var s strings.Builder
	c := &e.Cycle
	fmt.Fprintf(&s, "interval %v: ", e.Interval)
	if c.Closed {
		fmt.Fprintf(&s, "the critical cycle takes %v for %s\n", c.Length, plural(c.Images, "image"))
	} else {
		fmt.Fprintf(&s, "the pipeline does not repeat itself; the way back over %s takes %v\n", plural(c.Images, "image"), c.Length)
	}
	for i, p := range c.Parts {
		if i == shownParts {
			fmt.Fprintf(&s, "  and %d smaller parts\n", len(c.Parts)-i)
			break
		}
		at := ""
		if p.At != "" {
			at = " at " + p.At
		}
		fmt.Fprintf(&s, "  %-8s %s of %s%s: %v in all\n", report.Percent(float64(p.Time)/float64(c.Length)), plural(p.Services, p.Class), p.Layer, at, p.Time)
	}
	if len(c.Hands) > 0 {
		s.WriteString("  handed over:")
		for i, h := range c.Hands {
			if i > 0 {
				s.WriteString(",")
			}
			fmt.Fprintf(&s, " %s %s", h.Name, report.Counted(h.Times, "time"))
		}
		s.WriteString("\n")
	}
	s.WriteString("\n")
	if _, err := io.WriteString(w, s.String()); err != nil {
		return err
	}
	table, hidden := e.table()
	if err := table.WriteText(w); err != nil || hidden == 0 {
		return err
	}
	_, err := fmt.Fprintf(w, "not shown: %s of single layers that are not on the cycle, and of which nothing more was found within %s\n", report.Counted(hidden, "row"), report.Counted(int64(e.Events), "simulated event"))
	return err
}

// isKnown says whether a row tells anything.
func (r *Row) isKnown() bool {
	return r.Layer == "" || r.Share > 0 || r.Slack.Below > 0 || r.Slack.AtLeast > 0 || r.TwiceRate.Known || r.HalfRate.Known || r.TwiceCount.Known ||
		slices.ContainsFunc(r.More, func(g Gain) bool { return g.Known })
}

// table is the rows that tell something, and how many do not.
func (e *Explanation) table() (t *report.Table, hidden int) {
	t = &report.Table{Columns: []string{"class", "layer", "of the cycle>", "slack of a service>", "twice as fast>", "half as fast>", "twice as many>"}}
	for i := range e.Rows {
		r := &e.Rows[i]
		if !r.isKnown() {
			hidden++
			continue
		}
		layer := r.Layer
		if layer == "" {
			layer = "all"
		}
		slack := r.Slack.String()
		if r.Class == ClassStage {
			slack = "–"
		}
		t.Add(r.Class, layer, report.Percent(r.Share), slack, r.TwiceRate, r.HalfRate, r.TwiceCount)
		for _, g := range r.More {
			t.Add("  "+g.Key, layer, "", "", g, "", "")
		}
	}
	for _, g := range e.More {
		t.Add(g.Key, "all", "", "", "", "", g)
	}
	return t, hidden
}

// String is the slack, with what is known of it.
func (s Slack) String() string {
	switch {
	case !s.Known && s.Below > 0:
		return fmt.Sprintf("at most %v", s.Below-1)
	case !s.Known:
		return "?"
	case s.Below == 0:
		return fmt.Sprintf("over %v", s.AtLeast)
	case s.Below-s.AtLeast <= 1:
		return s.AtLeast.String()
	}
	return fmt.Sprintf("%v to %v", s.AtLeast, s.Below)
}

// String is the gain in per cent, or its bound, or a dash.
func (g Gain) String() string {
	switch {
	case g.Known && g.Gain == 0:
		return "0 %"
	case g.Known:
		return fmt.Sprintf("%+.2f %%", 100*g.Gain)
	case g.Why != "" || g.Key == "":
		return "–"
	case g.AtMost > 0:
		return fmt.Sprintf("at most %+.2f %%", 100*g.AtMost)
	}
	return "?"
}

// plural counts.
func plural(n int64, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d × %s", n, of)
}
