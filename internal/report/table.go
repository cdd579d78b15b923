// Package report holds what every report is made of: tables that align as text,
// write as CSV or Markdown, and JSON in one form. What a report says is its
// owner's concern.
package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Table is a titled table of text cells. Columns whose name ends in ">" are
// aligned to the right; the mark is not shown.
type Table struct {
	Title   string
	Columns []string
	Rows    [][]string
}

// Add appends a row. A cell is formatted by its own String method or by %v.
func (t *Table) Add(cells ...any) {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = fmt.Sprint(c)
	}
	t.Rows = append(t.Rows, row)
}

// WriteText writes the table with its columns aligned.
func (t *Table) WriteText(w io.Writer) error {
	width := make([]int, len(t.Columns))
	for i, c := range t.Columns {
		width[i] = utf8.RuneCountInString(strings.TrimSuffix(c, ">"))
	}
	for _, row := range t.Rows {
		for i, c := range row {
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	var b strings.Builder
	if t.Title != "" {
		fmt.Fprintln(&b, t.Title)
	}
	header := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		header[i] = strings.TrimSuffix(c, ">")
	}
	for _, row := range append([][]string{header}, t.Rows...) {
		var line strings.Builder
		for i, c := range row {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(c))
			if strings.HasSuffix(t.Columns[i], ">") {
				line.WriteString("  " + pad + c)
			} else {
				line.WriteString("  " + c + pad)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteMarkdown writes the table for a document.
func (t *Table) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	rule := "|"
	b.WriteString("|")
	for _, c := range t.Columns {
		b.WriteString(" " + strings.TrimSuffix(c, ">") + " |")
		if strings.HasSuffix(c, ">") {
			rule += "---:|"
		} else {
			rule += "---|"
		}
	}
	b.WriteString("\n" + rule + "\n")
	for _, row := range t.Rows {
		b.WriteString("|")
		for _, c := range row {
			b.WriteString(" " + strings.ReplaceAll(c, "|", `\|`) + " |")
		}
		b.WriteString("\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteCSV writes the table as CSV with a header.
func (t *Table) WriteCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	header := make([]string, len(t.Columns))
	for i, name := range t.Columns {
		header[i] = strings.TrimSuffix(name, ">")
	}
	if err := c.Write(header); err != nil {
		return err
	}
	if err := c.WriteAll(t.Rows); err != nil {
		return err
	}
	return c.Error()
}

// Or lists alternatives for a sentence: "a, b or c".
func Or(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// Counted is a number of things as text: "1 tile", "4 tiles".
func Counted[T int | int64](n T, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// Percent is a share from 0 to 1 as text.
func Percent(share float64) string { return fmt.Sprintf("%.2f %%", 100*share) }

// Brackets are numbers as a configuration takes them, such as "[3,3,3,1]".
func Brackets(numbers []int) string { return strings.ReplaceAll(fmt.Sprint(numbers), " ", ",") }

// Ratio is a quotient as text.
func Ratio(r float64) string { return fmt.Sprintf("%.3g×", r) }
