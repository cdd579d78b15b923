package sweep_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"bitline/internal/sweep"
)

func TestResultsAsCSV(t *testing.T) {
	dir := t.TempDir()
	id := identityOf(7)
	id.Pareto = [][]string{{"accuracy", "energy_pj"}}
	put(t, dir, id, sweep.Whole, 6, 0, 1, 4, 2)
	const want = `point,adc.bits,noise,method,failure,accuracy,energy_pj,images,bottleneck,rounds,pareto,version
0,1,0,m0,"chip too small,
by 0 tiles",,,,,,false,v1.2.3
1,2,0.5,m0,,0.5,1000,100,adc-1,,false,v1.2.3
2,3,1,m0,,0.6666666666666667,500,200,adc-0,,false,v1.2.3
4,5,2,m0,,0.8,250,400,adc-0,,false,v1.2.3
6,7,3,m0,,0.8571428571428572,166.66666666666666,600,adc-0,2,true,v1.2.3
`
	r := mustCollect(t, dir)
	if got := csvOf(t, r); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if !slices.Equal(r.Missing, []int{3, 5}) || r.Failed != 1 || r.Len() != 5 {
		t.Errorf("%d rows, missing %v, %d failed, want 5, 3 and 5, and 1", r.Len(), r.Missing, r.Failed)
	}
	for name, want := range map[string]sweep.ValueKind{
		"point": sweep.Integer, "adc.bits": sweep.Integer, "noise": sweep.Number, "method": sweep.Text, "failure": sweep.Text,
		"accuracy": sweep.Number, "images": sweep.Integer, "rounds": sweep.Integer, "bottleneck": sweep.Text, "pareto": sweep.Truth, "version": sweep.Text,
	} {
		if got := r.Column(name).Kind; got != want {
			t.Errorf("column %s is of kind %d, want %d", name, got, want)
		}
	}
}

// files are the bytes of both files of a folder's results.
func files(t *testing.T, dir string) (csv, parquet []byte) {
	t.Helper()
	out := t.TempDir()
	a, b := filepath.Join(out, "a.csv"), filepath.Join(out, "a.parquet")
	if err := mustCollect(t, dir).WriteFiles(a, b); err != nil {
		t.Fatal(err)
	}
	return read(t, a), read(t, b)
}

// Neither the order of Put, nor the shards, nor restarts show in the files.
func TestEqualRecordsEqualFiles(t *testing.T) {
	const points = 60
	id := identityOf(points)
	id.Pareto = [][]string{{"accuracy", "energy_pj"}, {"accuracy", "energy_pj", "images"}}
	var csv, parquet []byte
	random := rand.New(rand.NewPCG(1, 2))
	for try := range 8 {
		dir := t.TempDir()
		order := random.Perm(points)
		if try == 0 {
			slices.Sort(order)
		}
		rest := order
		for len(rest) > 0 { // lives of the sweep, each with other shards
			count := 1 + random.IntN(4)
			life := rest[:1+random.IntN(len(rest))]
			for i := range count {
				shard := sweep.Shard{Index: i, Count: count}
				own := slices.DeleteFunc(slices.Clone(life), func(p int) bool { return !shard.Holds(p) })
				put(t, dir, id, shard, own...)
			}
			rest = rest[len(life):]
		}
		gotCSV, gotParquet := files(t, dir)
		if try == 0 {
			csv, parquet = gotCSV, gotParquet
		}
		if !bytes.Equal(gotCSV, csv) || !bytes.Equal(gotParquet, parquet) {
			t.Fatalf("order %v: equal CSV is %t, equal Parquet %t, want both", order, bytes.Equal(gotCSV, csv), bytes.Equal(gotParquet, parquet))
		}
	}
}

// Two shards of different counts may both have computed a point.
func TestTwoRecordsOfAPoint(t *testing.T) {
	id := identityOf(8)
	for _, tt := range []struct {
		name   string
		change func(r *sweep.Record)
		want   string // what differs, "" for nothing
	}{
		{"equal", func(*sweep.Record) {}, ""},
		{"a missing figure that is not there", func(r *sweep.Record) { r.Figures = append(r.Figures, sweep.Value{Name: "none"}) }, ""},
		{"a setting", func(r *sweep.Record) { r.Settings[1].Value = "1.50" }, "noise"},
		{"a failure", func(r *sweep.Record) { r.Failure = "x" }, "failure"},
		{"the last bit of a figure", func(r *sweep.Record) { r.Figures[1].Number = math.Nextafter(r.Figures[1].Number, 0) }, "energy_pj"},
		{"the kind of a figure", func(r *sweep.Record) { r.Figures[2].Kind = sweep.Number }, "images"},
		{"a text", func(r *sweep.Record) { r.Figures[3].Text = "" }, "bottleneck"},
		{"a figure more", func(r *sweep.Record) { r.Figures = append(r.Figures, sweep.Value{Name: "new", Kind: sweep.Truth}) }, "new"},
		{"a figure less", func(r *sweep.Record) { r.Figures = r.Figures[:4] }, "which figures there are"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			second := sweep.Shard{Index: 1, Count: 2}
			s := mustOpen(t, dir, id, second) // opened before the other's record is there
			put(t, dir, id, sweep.Whole, 3, 1)
			r := recordOf(3)
			r.Settings, r.Figures = slices.Clone(r.Settings), slices.Clone(r.Figures)
			tt.change(&r)
			if err := s.Put(r); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			got, err := sweep.Collect(dir)
			if tt.want == "" {
				if err != nil || got.Len() != 2 {
					t.Errorf("error %v, want two rows", err)
				}
				return
			}
			wantError(t, "Collect", err, filepath.Join(dir, "records", "shard-1-of-2.jsonl")+":1: point 3 has two records, which differ in "+tt.want)
		})
	}
}

func TestRecordsOfAnotherPlan(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, identityOf(8), sweep.Whole)
	defer s.Close()
	other := recordOf(2)
	other.Settings = other.Settings[1:]
	for _, r := range []sweep.Record{recordOf(1), other} {
		if err := s.Put(r); err != nil {
			t.Fatal(err)
		}
	}
	_, err := sweep.Collect(dir)
	wantError(t, "Collect", err, shardPath(dir)+":2: record of point 2 has other settings than that of point 1")
}

// Columns take the one kind that holds all their values.
func TestKindsOfColumns(t *testing.T) {
	for _, tt := range []struct {
		name     string
		literals []string
		want     sweep.ValueKind
		cells    []string
	}{
		{"integers", []string{"1", "-2", "9007199254740992"}, sweep.Integer, []string{"1", "-2", "9007199254740992"}},
		{"an integer too large", []string{"1", "9007199254740993"}, sweep.Number, []string{"1", "9.007199254740992e+15"}},
		{"numbers", []string{"1", "0.50", "1e-7"}, sweep.Number, []string{"1", "0.5", "1e-07"}},
		{"truths", []string{"true", "false"}, sweep.Truth, []string{"true", "false"}},
		{"truths and numbers", []string{"true", "1"}, sweep.Text, []string{"true", "1"}},
		{"strings", []string{`"a\"b"`, `'c\d'`, "e"}, sweep.Text, []string{`a"b`, `c\d`, "e"}},
		{"quantities", []string{`"50ns"`, `"100ns"`}, sweep.Text, []string{"50ns", "100ns"}},
		{"lists and words", []string{"[3, 3, 3, 1]", "8", `"auto"`}, sweep.Text, []string{"[3, 3, 3, 1]", "8", "auto"}},
		{"words that look like numbers", []string{"inf", "0x10", "nan"}, sweep.Text, []string{"inf", "0x10", "nan"}},
	} {
		dir := t.TempDir()
		s := mustOpen(t, dir, identityOf(len(tt.literals)), sweep.Whole)
		for i, text := range tt.literals {
			if err := s.Put(sweep.Record{Point: i, Settings: []sweep.Setting{{Key: "x", Value: text}}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		r, err := mustCollect(t, dir).Select(sweep.Query{Columns: []string{"x"}})
		if err != nil {
			t.Fatal(err)
		}
		var cells []string
		for _, row := range r.Table().Rows {
			cells = append(cells, row...)
		}
		if c := r.Columns[0]; c.Kind != tt.want {
			t.Errorf("%s: kind %d, want %d", tt.name, c.Kind, tt.want)
		}
		if tt.want == sweep.Number { // tables round
			continue
		}
		if !slices.Equal(cells, tt.cells) {
			t.Errorf("%s: got %q, want %q", tt.name, cells, tt.cells)
		}
	}
}

// Figures of several kinds, and columns that only a later point has.
func TestMixedFigures(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, identityOf(4), sweep.Whole)
	number := func(name string, x float64) sweep.Value {
		return sweep.Value{Name: name, Kind: sweep.Number, Number: x}
	}
	integer := func(name string, x float64) sweep.Value {
		return sweep.Value{Name: name, Kind: sweep.Integer, Number: x}
	}
	for _, r := range []sweep.Record{
		{Point: 3, Figures: []sweep.Value{integer("late", 1), number("a", math.Inf(1)), {Name: "bits", Kind: sweep.Text, Text: "3,3"}, {Name: "nothing"}}},
		{Point: 1, Figures: []sweep.Value{number("b", 0.25), integer("a", 2), integer("bits", 8)}},
		{Point: 2, Figures: []sweep.Value{number("a", math.NaN()), {Name: "b"}, {Name: "signed", Kind: sweep.Truth, Number: 1}}},
	} {
		if err := s.Put(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	const want = `point,failure,b,a,bits,signed,late,nothing,version
1,,0.25,2,8,,,,v1.2.3
2,,,nan,,true,,,v1.2.3
3,,,inf,"3,3",,1,,v1.2.3
`
	if got := csvOf(t, mustCollect(t, dir)); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestNoRecordsYet(t *testing.T) {
	dir := t.TempDir()
	id := identityOf(3)
	id.Pareto = [][]string{{"accuracy", "energy_pj"}}
	put(t, dir, id, sweep.Whole)
	r := mustCollect(t, dir)
	if got, want := csvOf(t, r), "point,failure,pareto,version\n"; got != want || r.Len() != 0 || len(r.Missing) != 3 {
		t.Errorf("%d rows, %v missing, CSV %q, want none, all, and %q", r.Len(), r.Missing, got, want)
	}
	if _, parquet := files(t, dir); len(parquet) == 0 {
		t.Error("the Parquet file is empty")
	}
}

func TestRanges(t *testing.T) {
	for _, tt := range []struct {
		in   []int
		want string
	}{
		{nil, ""}, {[]int{3}, "3"}, {[]int{3, 7, 8, 9, 10, 11, 12}, "3, 7–12"}, {[]int{0, 1, 3, 4, 9}, "0–1, 3–4, 9"},
	} {
		if got := sweep.Ranges(tt.in); got != tt.want {
			t.Errorf("Ranges(%v) is %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestFilesThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, identityOf(3), sweep.Whole, 1)
	out := t.TempDir()
	err := mustCollect(t, dir).WriteFiles(filepath.Join(out, "none", "a.csv"), filepath.Join(out, "a.parquet"))
	wantError(t, "WriteFiles", err, "writing "+filepath.Join(out, "none", "a.csv")+": no such file or directory")
	if len(read(t, filepath.Join(out, "a.parquet"))) == 0 {
		t.Error("the other file is empty")
	}
}
