package page

import (
	"slices"
	"strings"
	"unicode"

	"bitline/internal/report"
)

// Figures are headline figures, each on a card.
type Figures []Figure

// Figure is one headline figure. The value may end in a unit, as in "1.736 µs".
type Figure struct {
	Name, Value string
	Note        string // "" for none
}

func (f Figures) content(string) (string, any) {
	type view struct {
		Figure
		Number, Unit string
	}
	views := make([]view, len(f))
	for i, x := range f {
		x.Note = strings.ReplaceAll(x.Note, " %", "\u00a0%")
		views[i] = view{Figure: x, Number: x.Value}
		if number, unit, ok := strings.Cut(x.Value, " "); ok && unicode.IsDigit(rune(number[0])) {
			views[i].Number, views[i].Unit = number, unit
		}
	}
	return "figures", views
}

// Facts are names with what is to be said of each.
type Facts struct {
	Title string // "" for none
	// Closed shows the title alone until a reader opens it.
	Closed bool
	List   []Fact
}

// Fact is one name and its text.
type Fact struct{ Name, Text string }

func (f Facts) content(string) (string, any) { return "facts", f }

// Text is a paragraph.
type Text string

func (t Text) content(string) (string, any) { return "text", string(t) }

// Code is text as it is to be typed or was printed, with a button that copies it.
type Code struct {
	Title string // "" for none
	Text  string
	// Closed shows the title alone until a reader opens it.
	Closed bool
}

func (c Code) content(id string) (string, any) {
	return "code", struct {
		Code
		ID string
	}{c, id}
}

// List is a numbered list.
type List []string

func (l List) content(string) (string, any) { return "list", l }

// longTable is how many rows a table shows at once that a reader has not opened.
const longTable = 24

// Table is a table that sorts where a reader presses a heading. A last row whose
// first cell is "total" stays last.
type Table report.Table

// tableView is what the template shows of a table.
type tableView struct {
	ID, Title string
	Columns   []columnView
	Rows      [][]string
	Total     []string // nil for none
	Long      bool
}

type columnView struct {
	Name  string
	Right bool
}

func (t Table) content(id string) (string, any) {
	v := tableView{ID: id, Title: t.Title, Rows: t.Rows, Long: len(t.Rows) > longTable}
	for _, c := range t.Columns {
		name, right := strings.CutSuffix(c, ">")
		v.Columns = append(v.Columns, columnView{name, right})
	}
	if last := len(t.Rows) - 1; last > 0 && slices.Index(t.Rows[last], "total") == 0 {
		v.Rows, v.Total = t.Rows[:last], t.Rows[last]
	}
	return "table", v
}

// Count is the number of rows that sort.
func (v tableView) Count() int { return len(v.Rows) }

// Right says whether column i is aligned to the right.
func (v tableView) Right(i int) bool { return v.Columns[i].Right }
