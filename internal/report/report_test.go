package report_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"bitline/internal/report"
)

// word has a form of its own, which a cell takes.
type word int

func (w word) String() string { return strings.Repeat("w", int(w)) }

func table() report.Table {
	t := report.Table{Title: "Times", Columns: []string{"part", "time>", "note"}}
	t.Add("ADC", "1.28 µs", "a×b")
	t.Add("crossbar", "9 ns", "")
	t.Add("Übertrag", 7, word(3))
	return t
}

// Columns align by characters, not bytes: µ, × and Ü are two bytes each.
func TestWriteText(t *testing.T) {
	tests := []struct {
		name string
		in   report.Table
		want string
	}{
		{"aligned", table(), "" +
			"Times\n" +
			"  part         time  note\n" +
			"  ADC       1.28 µs  a×b\n" +
			"  crossbar     9 ns\n" +
			"  Übertrag        7  www\n"},
		{"without a title or rows", report.Table{Columns: []string{"a", "b>"}}, "  a  b\n"},
		{"a short row", report.Table{Columns: []string{"a", "b"}, Rows: [][]string{{"x"}}}, "  a  b\n  x\n"},
	}
	for _, tt := range tests {
		var b strings.Builder
		if err := tt.in.WriteText(&b); err != nil || b.String() != tt.want {
			t.Errorf("%s: error %v, got\n%swant\n%s", tt.name, err, b.String(), tt.want)
		}
	}
}

func TestWriteMarkdown(t *testing.T) {
	in := table()
	in.Add("a|b", "0 s", "")
	const want = "" +
		"| part | time | note |\n" +
		"|---|---:|---|\n" +
		"| ADC | 1.28 µs | a×b |\n" +
		"| crossbar | 9 ns |  |\n" +
		"| Übertrag | 7 | www |\n" +
		"| a\\|b | 0 s |  |\n"
	var b strings.Builder
	if err := in.WriteMarkdown(&b); err != nil || b.String() != want {
		t.Errorf("error %v, got\n%swant\n%s", err, b.String(), want)
	}
}

func TestWriteCSV(t *testing.T) {
	in := report.Table{Title: "not in the file", Columns: []string{"name", "x>"}}
	in.Add("a, \"b\"", 0.1)
	in.Add("two\nlines", 1e-30)
	const want = "name,x\n\"a, \"\"b\"\"\",0.1\n\"two\nlines\",1e-30\n"
	var b strings.Builder
	if err := in.WriteCSV(&b); err != nil || b.String() != want {
		t.Errorf("error %v, got\n%swant\n%s", err, b.String(), want)
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

var errFull = errors.New("no space left")

func TestWritersReportErrors(t *testing.T) {
	in := table()
	for name, err := range map[string]error{"text": in.WriteText(full{}), "Markdown": in.WriteMarkdown(full{}), "CSV": in.WriteCSV(full{})} {
		if !errors.Is(err, errFull) {
			t.Errorf("%s: error %v, want %v", name, err, errFull)
		}
	}
}

func TestJSON(t *testing.T) {
	got, err := report.JSON(map[string]any{"b": "<3 & µ", "a": []int{1}})
	const want = "{\n  \"a\": [\n    1\n  ],\n  \"b\": \"<3 & µ\"\n}\n"
	if err != nil || string(got) != want {
		t.Errorf("error %v, got\n%swant\n%s", err, got, want)
	}
	if _, err := report.JSON(math.NaN()); err == nil {
		t.Error("NaN, which JSON does not know, is no error")
	}
}

func TestWords(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{report.Percent(0.98765), "98.77 %"}, {report.Percent(0), "0.00 %"}, {report.Percent(1), "100.00 %"},
		{report.Ratio(2.666666), "2.67×"}, {report.Ratio(14.22), "14.2×"}, {report.Ratio(1), "1×"},
		{report.Or(nil), ""}, {report.Or([]string{"a"}), "a"}, {report.Or([]string{"a", "b"}), "a or b"}, {report.Or([]string{"a", "b", "c"}), "a, b or c"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}
