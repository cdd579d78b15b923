package sweep_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"bitline/internal/sweep"
)

func identityOf(points int) sweep.Identity {
	return sweep.Identity{Name: "adc", Plan: "0123456789abcdef0123", Points: points, Version: "v1.2.3", Kernels: "avx2"}
}

// recordOf is a record of a point, a failure where the point divides by five.
func recordOf(point int) sweep.Record {
	r := sweep.Record{Point: point, Settings: []sweep.Setting{{Key: "adc.bits", Value: fmt.Sprint(1 + point%8)}, {Key: "noise", Value: fmt.Sprint(0.5 * float64(point))}, {Key: "method", Value: fmt.Sprintf("m%d", point/8)}}}
	if point%5 == 0 {
		r.Failure = fmt.Sprintf("chip too small,\nby %d tiles", point)
		return r
	}
	r.Figures = []sweep.Value{
		{Name: "accuracy", Kind: sweep.Number, Number: 1 - 1/float64(1+point)},
		{Name: "energy_pj", Kind: sweep.Number, Number: 1e3 / float64(point)},
		{Name: "images", Kind: sweep.Integer, Number: float64(100 * point)},
		{Name: "bottleneck", Kind: sweep.Text, Text: fmt.Sprintf("adc-%d", point%2)},
	}
	if point%3 == 0 {
		r.Figures = append(r.Figures, sweep.Value{Name: "rounds", Kind: sweep.Integer, Number: float64(point / 3)})
	}
	return r
}

func mustOpen(t *testing.T, dir string, id sweep.Identity, shard sweep.Shard) *sweep.Store {
	t.Helper()
	s, err := sweep.Open(dir, id, shard)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// put records points in a new store of a shard and closes it.
func put(t *testing.T, dir string, id sweep.Identity, shard sweep.Shard, points ...int) {
	t.Helper()
	s := mustOpen(t, dir, id, shard)
	for _, p := range points {
		if err := s.Put(recordOf(p)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func mustCollect(t *testing.T, dir string) *sweep.Results {
	t.Helper()
	r, err := sweep.Collect(dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func csvOf(t *testing.T, r *sweep.Results) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func shardPath(dir string) string { return filepath.Join(dir, "records", "shard-0-of-1.jsonl") }

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, what string, err error, want string) {
	t.Helper()
	if err == nil || err.Error() != want {
		t.Errorf("%s:\ngot  %v\nwant %s", what, err, want)
	}
}

// Whatever the length of the file that a killed process left, the whole lines of
// it are there after Open, and the missing points can be recorded again, which
// gives the undisturbed file.
func TestCutAtEveryByte(t *testing.T) {
	id := identityOf(6)
	dir := t.TempDir()
	put(t, dir, id, sweep.Whole, 0, 1, 2, 3, 4)
	whole := read(t, shardPath(dir))
	ends := []int{0} // of lines
	for i, b := range whole {
		if b == '\n' {
			ends = append(ends, i+1)
		}
	}
	if len(ends) != 6 {
		t.Fatalf("%d lines, want 5", len(ends)-1)
	}
	for length := ends[3]; length <= len(whole); length++ {
		write(t, shardPath(dir), whole[:length])
		kept, exact := slices.BinarySearch(ends, length)
		if !exact {
			kept--
		}
		if got := mustCollect(t, dir).Len(); got != kept {
			t.Fatalf("cut at %d: %d records, want %d", length, got, kept)
		}
		s := mustOpen(t, dir, id, sweep.Whole)
		if got := read(t, shardPath(dir)); len(got) != ends[kept] {
			t.Fatalf("cut at %d: %d bytes after Open, want %d", length, len(got), ends[kept])
		}
		for p := range 5 {
			if s.Has(p) != (p < kept) {
				t.Fatalf("cut at %d: Has(%d) is %t", length, p, s.Has(p))
			}
			if !s.Has(p) {
				if err := s.Put(recordOf(p)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(read(t, shardPath(dir)), whole) {
			t.Fatalf("cut at %d: the file is another than the undisturbed one", length)
		}
	}
}

// A record is there for others as soon as Put returns, before Close.
func TestPutIsSeen(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, identityOf(8), sweep.Whole)
	defer s.Close()
	for i, p := range []int{7, 1, 3} {
		if err := s.Put(recordOf(p)); err != nil {
			t.Fatal(err)
		}
		if got := mustCollect(t, dir).Len(); got != i+1 {
			t.Errorf("%d records after Put number %d, want all", got, i+1)
		}
	}
	if err := s.Flush(); err != nil {
		t.Error(err)
	}
	if !s.Has(7) || s.Has(0) {
		t.Errorf("Has(7) is %t, Has(0) %t, want true and false", s.Has(7), s.Has(0))
	}
}

func TestDamagedLine(t *testing.T) {
	id := identityOf(6)
	dir := t.TempDir()
	put(t, dir, id, sweep.Whole, 0, 1, 2)
	path := shardPath(dir)
	whole := read(t, path)
	first := bytes.IndexByte(whole, '\n')
	for name, tt := range map[string]struct {
		content []byte
		want    string // "" if the end is cut off
		kept    int
	}{
		"first line":  {slices.Concat([]byte("x"), whole[1:]), path + ":1: line is damaged (its checksum is another); without the line its point is computed again", 0},
		"second line": {slices.Concat(whole[:first+10], []byte("x"), whole[first+11:]), path + ":2: line is damaged (its checksum is another); without the line its point is computed again", 0},
		"empty line":  {slices.Concat(whole[:first+1], []byte("\n"), whole[first+1:]), path + ":2: line is damaged (its checksum is another); without the line its point is computed again", 0},
		"last line":   {slices.Concat(whole[:len(whole)-3], []byte("x}\n")), "", 2},
		"zeros":       {slices.Concat(whole, make([]byte, 5000)), "", 3},
		"a long end":  {slices.Concat(whole, bytes.Repeat([]byte("x"), 200_000)), "", 3},
	} {
		write(t, path, tt.content)
		r, collectErr := sweep.Collect(dir)
		s, openErr := sweep.Open(dir, id, sweep.Whole)
		if tt.want != "" {
			wantError(t, name+", Collect", collectErr, tt.want)
			wantError(t, name+", Open", openErr, tt.want)
			continue
		}
		if collectErr != nil || openErr != nil {
			t.Errorf("%s: errors %v and %v, want none", name, collectErr, openErr)
			continue
		}
		if r.Len() != tt.kept || !s.Has(1) || s.Has(2) != (tt.kept > 2) {
			t.Errorf("%s: %d records, want %d", name, r.Len(), tt.kept)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A shard has one store at a time; another shard's is none of its business.
func TestTwoOpeners(t *testing.T) {
	dir := t.TempDir()
	id := identityOf(8)
	first := mustOpen(t, dir, id, sweep.Shard{Index: 0, Count: 2})
	_, err := sweep.Open(dir, id, sweep.Shard{Index: 0, Count: 2})
	lock := filepath.Join(dir, "records", "shard-0-of-2.lock")
	wantError(t, "the second opener", err, fmt.Sprintf("process %d is at work on this shard (%s): wait for it, stop it, or choose another place", os.Getpid(), lock))
	other := mustOpen(t, dir, id, sweep.Shard{Index: 1, Count: 2})
	for _, s := range []*sweep.Store{first, other, first} {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	again := mustOpen(t, dir, id, sweep.Shard{Index: 0, Count: 2})
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

func TestOtherIdentity(t *testing.T) {
	dir := t.TempDir()
	id := identityOf(8)
	put(t, dir, id, sweep.Whole, 1)
	before := read(t, filepath.Join(dir, "sweep.json"))
	_, err := sweep.Open(dir, sweep.Identity{Name: "dac", Plan: "fedcba98765432100123", Points: 9, Version: "v2", Kernels: "neon"}, sweep.Shard{Index: 3, Count: 4})
	wantError(t, "another sweep", err, dir+` was made by another sweep: plan "adc", want "dac"; plan digest 0123456789ab, want fedcba987654; `+
		`points 8, want 9; version v1.2.3, want v2; kernel class avx2, want neon; choose another folder`)
	newer := id
	newer.Version = "v2"
	_, err = sweep.Open(dir, newer, sweep.Whole)
	wantError(t, "another version", err, dir+" was made by another sweep: version v1.2.3, want v2; choose another folder")
	if !bytes.Equal(read(t, filepath.Join(dir, "sweep.json")), before) {
		t.Error("sweep.json is another")
	}
	if _, err := os.Stat(filepath.Join(dir, "records", "shard-3-of-4.lock")); err == nil {
		t.Error("a refused sweep left its lock")
	}

	fronts := id // fronts are no part of the identity, and are kept
	fronts.Pareto = [][]string{{"accuracy", "energy_pj"}}
	put(t, dir, fronts, sweep.Whole, 2)
	if got := mustCollect(t, dir).Identity.Pareto; len(got) != 1 || !slices.Equal(got[0], fronts.Pareto[0]) {
		t.Errorf("fronts are %v, want %v", got, fronts.Pareto)
	}
}

func TestWrongPuts(t *testing.T) {
	s := mustOpen(t, t.TempDir(), identityOf(8), sweep.Shard{Index: 1, Count: 2})
	defer s.Close()
	if err := s.Put(recordOf(3)); err != nil {
		t.Fatal(err)
	}
	wantError(t, "twice", s.Put(recordOf(3)), "point 3 has a record already")
	wantError(t, "another shard's", s.Put(recordOf(4)), "record is of point 4, which belongs to another shard than 1/2")
	wantError(t, "beyond", s.Put(recordOf(9)), "record is of point 9, want less than the plan's 8 points")
	wantError(t, "before", s.Put(sweep.Record{Point: -1}), "record is of point -1, want less than the plan's 8 points")
	twin := recordOf(1)
	twin.Figures = append(twin.Figures, twin.Figures[0])
	wantError(t, "a name twice", s.Put(twin), `record of point 1: column "accuracy" is there twice, want a name of its own for each setting and figure`)
	if s.Has(1) || s.Has(4) {
		t.Error("a record that was refused is there")
	}
}

func TestShards(t *testing.T) {
	for _, shard := range []sweep.Shard{{}, {Index: -1, Count: 2}, {Index: 2, Count: 2}, {Index: 0, Count: -1}} {
		_, err := sweep.Open(t.TempDir(), identityOf(8), shard)
		wantError(t, "no shard", err, fmt.Sprintf("shard %d/%d is none, want I/N with I from 0 to N - 1", shard.Index, shard.Count))
	}
	_, err := sweep.Open(t.TempDir(), identityOf(10_000_001), sweep.Whole)
	wantError(t, "too many points", err, "the plan has 10000001 points, want at most 10000000 in one folder")
	for p := range 12 { // every point belongs to one of five
		holders := 0
		for i := range 5 {
			if (sweep.Shard{Index: i, Count: 5}).Holds(p) {
				holders++
			}
		}
		if holders != 1 {
			t.Errorf("point %d belongs to %d shards, want 1", p, holders)
		}
	}
}

// Folders that cannot be one of a sweep are refused with the reason.
func TestFoldersThatAreNone(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "file", nil)
	write(t, "records-file/records", nil)
	write(t, "taken/sweep.json/x", nil)
	write(t, "orphans/records/shard-0-of-1.jsonl", nil)
	write(t, "broken/sweep.json", []byte("{"))
	write(t, "newer/sweep.json", []byte(`{"schema":"bitline.sweep/2"}`))
	write(t, "huge/sweep.json", []byte(`{"schema":"bitline.sweep/1","points":99999999999}`))
	write(t, "empty/x", nil)
	for _, tt := range []struct{ dir, open, collect string }{
		{"file", "open file/sweep.json: not a directory", "open file/sweep.json: not a directory"},
		{"file/below", "open file/below/sweep.json: not a directory", "open file/below/sweep.json: not a directory"},
		{"records-file", "mkdir records-file/records: not a directory", "records-file holds no sweep: it has no sweep.json"},
		{"taken", "read taken/sweep.json: is a directory", "read taken/sweep.json: is a directory"},
		{"orphans", "orphans holds records without sweep.json, which says whose they are; choose another folder", "orphans holds no sweep: it has no sweep.json"},
		{"broken", "reading broken/sweep.json: line 1: is no whole JSON: unexpected end of JSON input", "reading broken/sweep.json: line 1: is no whole JSON: unexpected end of JSON input"},
		{"newer", `reading newer/sweep.json: schema is "bitline.sweep/2", want "bitline.sweep/1": another version's sweep`, `reading newer/sweep.json: schema is "bitline.sweep/2", want "bitline.sweep/1": another version's sweep`},
		{"huge", "reading huge/sweep.json: points is 99999999999, want 0 to 10000000", "reading huge/sweep.json: points is 99999999999, want 0 to 10000000"},
		{"none", "", "open none/sweep.json: no such file or directory"},
		{"empty", "", "empty holds no sweep: it has no sweep.json"},
	} {
		_, err := sweep.Collect(tt.dir)
		wantError(t, "Collect "+tt.dir, err, tt.collect)
		s, err := sweep.Open(tt.dir, identityOf(8), sweep.Whole)
		if tt.open == "" {
			if err != nil || s.Close() != nil {
				t.Errorf("Open %s: error %v, want none", tt.dir, err)
			}
			continue
		}
		wantError(t, "Open "+tt.dir, err, tt.open)
	}
}

func TestReadOnlyFolder(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("NOT RUN: the superuser may write everywhere")
	}
	t.Chdir(t.TempDir())
	if err := os.Mkdir("locked", 0o555); err != nil {
		t.Fatal(err)
	}
	_, err := sweep.Open("locked", identityOf(8), sweep.Whole)
	wantError(t, "Open", err, "mkdir locked/records: permission denied")
}

// A sweep that goes on in other shards does not compute again what is there.
func TestOtherShardsRecords(t *testing.T) {
	dir := t.TempDir()
	id := identityOf(8)
	put(t, dir, id, sweep.Shard{Index: 0, Count: 2}, 0, 4)
	put(t, dir, id, sweep.Shard{Index: 1, Count: 2}, 5)
	s := mustOpen(t, dir, id, sweep.Shard{Index: 1, Count: 4})
	defer s.Close()
	var got []int
	for p := range 8 {
		if s.Has(p) {
			got = append(got, p)
		}
	}
	if !slices.Equal(got, []int{0, 4, 5}) {
		t.Errorf("the store has %v, want 0, 4 and 5", got)
	}
	wantError(t, "a point of the earlier shard", s.Put(recordOf(5)), "point 5 has a record already")
}
