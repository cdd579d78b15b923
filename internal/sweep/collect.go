package sweep

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Results are the records of a sweep as a table, points in their order. Columns
// are the point; the settings in the order of the axes, which are integers,
// numbers or truths where all of them are, else text; the failure; the figures in
// the order of the first point that has them; a truth for each of the plan's
// fronts, pareto, pareto_2 and so on; and the version. The same set of records
// gives the same Results, whatever order and files they lie in.
type Results struct {
	Identity Identity
	Columns  []*Column
	Missing  []int // points without a record
	Failed   int   // points whose record is of a failure
	rows     int
}

// Len is the number of rows.
func (r *Results) Len() int { return r.rows }

// Column is the column of a name, or nil.
func (r *Results) Column(name string) *Column {
	i := slices.IndexFunc(r.Columns, func(c *Column) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return r.Columns[i]
}

// AllFailed says whether there are rows and none of them has figures, and if so what
// the first says.
func (r *Results) AllFailed() (point int, reason string, all bool) {
	if r.rows == 0 || r.Failed < r.rows {
		return 0, "", false
	}
	return int(r.Column(pointColumn).Value(0).Number), r.Column(failureColumn).Value(0).Text, true
}

// names lists the columns.
func (r *Results) names() []string {
	names := make([]string, len(r.Columns))
	for i, c := range r.Columns {
		names[i] = c.Name
	}
	return names
}

// Collect reads what all parts of a sweep have recorded in a folder so far. They
// may be at work on it: a record that is being written is not seen.
func Collect(dir string) (*Results, error) {
	id, err := readIdentity(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if _, statErr := os.Stat(dir); statErr == nil {
			err = fmt.Errorf("%s holds no sweep: it has no %s", dir, identityFile)
		}
	}
	if err != nil {
		return nil, err
	}
	files, err := recordFiles(dir)
	if err != nil {
		return nil, err
	}
	c := newCollector(id)
	d := newDecoder()
	var r Record
	for _, path := range files {
		_, err := scan(path, func(body []byte) error {
			if err := d.record(body, &r); err != nil {
				return err
			}
			return c.add(&r)
		})
		if err != nil {
			return nil, err
		}
	}
	return c.results(), nil
}

// Recorded tells the points of a sweep that have a record in a folder; none where there
// is no sweep yet. Another sweep's folder is an error.
func (id Identity) Recorded(dir string) (func(point int) bool, error) {
	if err := id.refuseOther(dir); errors.Is(err, fs.ErrNotExist) {
		return func(int) bool { return false }, nil
	} else if err != nil {
		return nil, err
	}
	results, err := Collect(dir)
	if err != nil {
		return nil, err
	}
	return func(point int) bool {
		_, missing := slices.BinarySearch(results.Missing, point) // ascending
		return !missing
	}, nil
}

// collector puts records into columns as they come.
type collector struct {
	identity Identity
	rowOf    []int // by point, -1 where there is none
	points   []int // by row
	settings []*Column
	failure  *Column
	figures  []*figure
	byName   map[string]*figure
}

// figure is a column whose place is that in the lowest point that has it.
type figure struct {
	Column
	point, place int
}

func newCollector(id Identity) *collector {
	rowOf := make([]int, id.Points)
	for i := range rowOf {
		rowOf[i] = -1
	}
	return &collector{identity: id, rowOf: rowOf, failure: &Column{Name: failureColumn, Kind: Text}, byName: map[string]*figure{}}
}

// add takes a record. One of a point that has one must be equal.
func (c *collector) add(r *Record) error {
	if r.Point >= len(c.rowOf) {
		return outsideError(r.Point, len(c.rowOf))
	}
	if err := c.checkSettings(r); err != nil {
		return err
	}
	if row := c.rowOf[r.Point]; row >= 0 {
		return c.compare(r, row)
	}
	row := len(c.points)
	c.rowOf[r.Point] = row
	c.points = append(c.points, r.Point)
	for i, s := range r.Settings {
		c.settings[i].set(row, Value{Kind: Text, Text: s.Value})
	}
	if r.Failure != "" {
		c.failure.set(row, Value{Kind: Text, Text: r.Failure})
	}
	for place, v := range r.Figures {
		f := c.byName[v.Name]
		if f == nil {
			f = &figure{Column: Column{Name: v.Name}, point: r.Point, place: place}
			c.byName[v.Name] = f
			c.figures = append(c.figures, f)
		}
		if r.Point < f.point {
			f.point, f.place = r.Point, place
		}
		f.set(row, v)
	}
	return nil
}

// checkSettings finds settings of other keys than the first record's.
func (c *collector) checkSettings(r *Record) error {
	if len(c.points) == 0 {
		for _, s := range r.Settings {
			c.settings = append(c.settings, &Column{Name: s.Key, setting: true})
		}
	}
	same := slices.EqualFunc(r.Settings, c.settings, func(s Setting, column *Column) bool { return s.Key == column.Name })
	if !same {
		return fmt.Errorf("record of point %d has other settings than that of point %d", r.Point, c.points[0])
	}
	return nil
}

// compare finds a second record of a point that is another than the first.
func (c *collector) compare(r *Record, row int) error {
	differs := func(what string) error {
		return fmt.Errorf("point %d has two records, which differ in %s", r.Point, what)
	}
	for i, s := range r.Settings {
		if c.settings[i].Value(row).Text != s.Value {
			return differs(s.Key)
		}
	}
	if c.failure.Value(row).Text != r.Failure {
		return differs(failureColumn)
	}
	there := 0
	for _, v := range r.Figures {
		if v.Kind == Missing {
			continue
		}
		there++
		f := c.byName[v.Name]
		if f == nil || !equal(f.Value(row), v) {
			return differs(v.Name)
		}
	}
	for _, f := range c.figures {
		if f.Value(row).Kind != Missing {
			there--
		}
	}
	if there != 0 {
		return differs("which figures there are")
	}
	return nil
}

// equal holds of NaN and NaN too, as they come from the same computation.
func equal(a, b Value) bool {
	return a.Kind == b.Kind && a.Text == b.Text && cmp.Compare(a.Number, b.Number) == 0
}

// results orders what was added.
func (c *collector) results() *Results {
	rows := make([]int, 0, len(c.points)) // in the order of points
	r := &Results{Identity: c.identity, rows: len(c.points)}
	for _, kind := range c.failure.kinds {
		if kind != Missing {
			r.Failed++
		}
	}
	for point, row := range c.rowOf {
		if row < 0 {
			r.Missing = append(r.Missing, point)
		} else {
			rows = append(rows, row)
		}
	}
	numbers := &Column{Name: pointColumn, Kind: Integer}
	version := &Column{Name: versionColumn, Kind: Text}
	for i, row := range rows {
		numbers.set(i, Value{Kind: Integer, Number: float64(c.points[row])})
		version.set(i, Value{Kind: Text, Text: c.identity.Version})
	}
	r.Columns = []*Column{numbers}
	for _, column := range c.settings {
		column.settleSetting()
		r.Columns = append(r.Columns, column.pick(rows))
	}
	r.Columns = append(r.Columns, c.failure.pick(rows))
	slices.SortFunc(c.figures, func(a, b *figure) int {
		return cmp.Or(cmp.Compare(a.point, b.point), cmp.Compare(a.place, b.place))
	})
	for i, f := range c.figures {
		f.settle()
		r.Columns = append(r.Columns, f.pick(rows))
		c.figures[i] = nil // a large sweep's column is not held twice for long
		delete(c.byName, f.Name)
	}
	r.addFronts(c.identity.Pareto)
	r.Columns = append(r.Columns, version)
	return r
}

// Ranges writes increasing numbers as text: 3, 7–12.
func Ranges(numbers []int) string {
	var parts []string
	for i := 0; i < len(numbers); {
		end := i
		for end+1 < len(numbers) && numbers[end+1] == numbers[end]+1 {
			end++
		}
		part := strconv.Itoa(numbers[i])
		if end > i {
			part += "–" + strconv.Itoa(numbers[end])
		}
		parts = append(parts, part)
		i = end + 1
	}
	return strings.Join(parts, ", ")
}
