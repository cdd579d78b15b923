// Package sweep explores a base job over axes of any configuration keys. A sweep
// file names the job and the axes; Read makes a Plan of it, which numbers the
// points and gives each of them as overrides of the job.
package sweep

import (
	"path/filepath"
	"slices"

	"bitline/configs"
	"bitline/internal/config"
	"bitline/internal/pipeline"
)

// Setting is what a point sets one key to. Value is a TOML value as it stands
// after --set KEY=, words without their quotes; for an axis of variants Key is the
// axis's name and Value the variant's.
type Setting struct{ Key, Value string }

// Point is one job of a plan.
type Point struct {
	Index    int       // from 0, among the points that the constraints leave
	Settings []Setting // one for each of the plan's columns, in their order
	Sets     []string  // overrides key=value for pipeline.LoadJob, those of all points first
}

// Plan is the points of a sweep in their order. It holds no points: a plan without
// constraints is as large as its file, and one with them holds the runs of points
// that they leave, at most four bytes for each point of the whole grid. It is
// immutable once read, and many goroutines may ask for its points.
type Plan struct {
	Name string
	Job  string // for pipeline.LoadJob; a file beside the sweep's is given with its folder
	// Columns are the keys that points set, and names of axes of variants.
	Columns []string
	// Pareto are sets of two or three figures of a result. Which figures there are
	// is known to who makes results.
	Pareto [][]string
	// Laws asks for every point under each law of the converters' cost as well.
	Laws bool

	words  []string // those of Columns whose values are not all numbers
	job    string   // as the file has it
	shared []string
	// dimensions multiply to the whole grid, the last one fastest.
	dimensions []dimension
	total      int   // of the whole grid, at most maxPoints
	kept       *runs // what constraints leave of it; nil without constraints
}

// dimension is what varies on its own: an axis, or all sampled axes at once.
type dimension interface {
	keys() []string
	size() int
	row(i int) row // 0 ≤ i < size
}

// row is what a dimension sets at one place.
type row struct {
	values []value // one for each key
	sets   []string
}

// Read reads a sweep by name or file. It finds every fault that does not take a
// run to find: those of the file and its constraints, a grid without points, and
// keys that neither the job nor its chip has. A point whose values do not fit
// together is none.
func Read(name string) (*Plan, error) {
	t, err := config.Load(config.Source{Embedded: configs.Files(), Kind: "sweeps"}, name, nil)
	if err != nil {
		return nil, err
	}
	return readPlan(t, name)
}

// readPlan reads a loaded file.
func readPlan(t *config.Table, name string) (*Plan, error) {
	r := &reader{table: t, file: name, plan: &Plan{}}
	for _, step := range []func(){r.read, r.finishGrid, r.checkKeys} {
		step()
		if err := t.Finish(); err != nil {
			return nil, err
		}
	}
	return r.plan, nil
}

// ResultColumns are the columns of figures and settings that results will have: of
// numbers, and of words, lists and quantities. A setting stands for a figure of its
// name.
func (p *Plan) ResultColumns() (numbers, words []string) {
	figures := pipeline.NumberNames()
	for _, name := range append(pipeline.FigureNames(), p.Columns...) {
		if slices.Contains(p.words, name) || !slices.Contains(p.Columns, name) && !slices.Contains(figures, name) {
			words = append(words, name)
		} else {
			numbers = append(numbers, name)
		}
	}
	if p.Laws {
		numbers = append(numbers, lawColumns()...)
	}
	return numbers, words
}

// jobPath is Job with a file's whole path, so that what errors say of a point does
// not depend on the working directory.
func (p *Plan) jobPath() string {
	if !config.IsFile(p.Job) {
		return p.Job
	}
	path, err := filepath.Abs(p.Job)
	if err != nil { // no working directory
		return p.Job
	}
	return path
}

// Len is the number of points that the constraints leave.
func (p *Plan) Len() int {
	if p.kept == nil {
		return p.total
	}
	return p.kept.len()
}

// Point is the point of an index from 0 to Len()−1; it panics at any other.
func (p *Plan) Point(i int) Point {
	if i < 0 || i >= p.Len() {
		panic("sweep: no point of that index")
	}
	at := i
	if p.kept != nil {
		at = p.kept.at(i)
	}
	point := Point{Index: i, Sets: append([]string(nil), p.shared...)}
	stride := p.total
	for _, d := range p.dimensions {
		stride /= d.size()
		place := d.row(at / stride)
		at %= stride
		for k, key := range d.keys() {
			point.Settings = append(point.Settings, Setting{key, place.values[k].text})
		}
		point.Sets = append(point.Sets, place.sets...)
	}
	return point
}
