package sweep

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// ValueKind says what a value is.
type ValueKind uint8

const (
	Missing ValueKind = iota // no value: null in a file
	Truth                    // true or false: Number is 1 or 0
	Integer                  // a whole Number of magnitude up to 2^53
	Number                   // a Number, infinite and NaN too
	Text                     // a Text
)

// Value is a named figure of a result. Its unit is in the name, such as energy_pj.
type Value struct {
	Name   string
	Number float64
	Text   string
	Kind   ValueKind
}

// Record is what became of a point.
type Record struct {
	Point    int       // of the plan, from 0
	Settings []Setting // those of the point, in the order of the axes
	Failure  string    // why the point has no figures, "" if it has
	Figures  []Value
}

// The names of the columns that every table of results has.
const (
	pointColumn   = "point"
	failureColumn = "failure"
	versionColumn = "version"
)

// CheckColumns says whether settings and figures of these names fit into one
// table of results, each in a column of its own.
func CheckColumns(names []string) error {
	var faults []error
	seen := make(map[string]bool, len(names))
	for _, name := range names {
		switch {
		case name == "":
			faults = append(faults, errors.New("a column has no name"))
		case isOwnColumn(name):
			faults = append(faults, fmt.Errorf("column %q has the name of one that every table of results has, want another name", name))
		case seen[name]:
			faults = append(faults, fmt.Errorf("column %q is there twice, want a name of its own for each setting and figure", name))
		}
		seen[name] = true
	}
	return errors.Join(faults...)
}

// check finds what no table of results could hold.
func (r *Record) check() error {
	names := make([]string, 0, len(r.Settings)+len(r.Figures))
	for _, s := range r.Settings {
		names = append(names, s.Key)
	}
	var faults []error
	for _, v := range r.Figures {
		names = append(names, v.Name)
		if v.Kind == Integer && (v.Number != math.Trunc(v.Number) || math.Abs(v.Number) > 1<<53) {
			faults = append(faults, fmt.Errorf("figure %s is %v, want a whole number of magnitude up to 2^53", v.Name, v.Number))
		}
	}
	return errors.Join(append(faults, CheckColumns(names))...)
}

// isOwnColumn tells the columns that results have of their own, beside settings and
// figures.
func isOwnColumn(name string) bool {
	return slices.Contains([]string{pointColumn, failureColumn, versionColumn}, name) || isFrontColumn(name)
}

// isFrontColumn tells the columns of Pareto fronts: pareto, pareto_2 and so on.
func isFrontColumn(name string) bool {
	rest, ok := strings.CutPrefix(name, FrontColumn(0))
	if !ok || rest == "" {
		return ok
	}
	number, ok := strings.CutPrefix(rest, "_")
	return ok && number != "" && strings.Trim(number, "0123456789") == ""
}
