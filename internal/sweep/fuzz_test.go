package sweep

import (
	"bytes"
	"io/fs"
	"strings"
	"testing"

	"bitline/configs"
	"bitline/internal/config"
)

// Whatever a file holds, it is a plan whose points can be had, or has faults with
// its name.
func FuzzRead(f *testing.F) {
	shipped, err := fs.Glob(configs.Files(), "sweeps/*.toml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range shipped {
		text, err := fs.ReadFile(configs.Files(), name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add(drawn + "kind = 'latin-hypercube'\npoints = 7\n")
	f.Add(base + "seeds = [1, 2]\nconstraints = ['adc.bits > 4 && any(1..3, # == adc.bits)']\n" + bits + "[[axis]]\nname = 'm'\n[[axis.variant]]\nname = 'a'\nset = ['adc.law=rc']\n")
	f.Fuzz(func(t *testing.T, text string) {
		if tooLarge(text) {
			return
		}
		load := func() (*Plan, error) {
			table, err := config.Parse("fuzz.toml", []byte(text), nil)
			if err != nil {
				return nil, err
			}
			return readPlan(table, "fuzz.toml")
		}
		p, err := load()
		if err != nil {
			for _, line := range strings.Split(err.Error(), "\n") {
				if !strings.HasPrefix(line, "fuzz.toml") {
					t.Errorf("fault %q, want one of fuzz.toml", line)
				}
			}
			return
		}
		for _, i := range []int{0, p.Len() / 2, p.Len() - 1} {
			point := p.Point(i)
			if len(point.Settings) != len(p.Columns) || point.Index != i {
				t.Errorf("point %d is %v, want a setting for each of %v", i, point, p.Columns)
			}
			for _, set := range point.Sets {
				if _, err := config.Parse("", nil, []string{set}); err != nil {
					t.Errorf("point %d: %v", i, err)
				}
			}
		}
		if again, err := load(); err != nil || again.Digest() != p.Digest() {
			t.Errorf("a second reading gives %v, or another digest", err)
		}
	})
}

// Whatever a record's line holds, it is refused, or a record that is written as it was
// read.
func FuzzRecord(f *testing.F) {
	f.Add([]byte(`{"point":7,"settings":{"adc.bits":"8"},"failure":"","figures":{"images":1000,"accuracy":0.97,"note":"a\u0000b","none":null,"odd":{"number":"NaN"}}}`))
	f.Add([]byte(`{"point":0,"settings":{},"failure":"no room","figures":{}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var r, again Record
		if newDecoder().record(body, &r) != nil {
			return
		}
		line := appendLine(nil, &r)
		written, ok := lineBody(line)
		if !ok {
			t.Fatalf("%q is written as the damaged line %q", body, line)
		}
		if err := newDecoder().record(written, &again); err != nil {
			t.Fatalf("%q is written as %q: %v", body, written, err)
		}
		if second := appendLine(nil, &again); !bytes.Equal(second, line) {
			t.Errorf("%q is written as %q, and that as %q", body, line, second)
		}
	})
}

// tooLarge says whether a file has constraints on more points than a fuzzer has
// time to ask.
func tooLarge(text string) bool {
	table, err := config.Parse("fuzz.toml", []byte(text), nil)
	if err != nil {
		return false
	}
	r := &reader{table: table, file: "fuzz.toml", plan: &Plan{}}
	r.read()
	points := 1
	if r.sample != nil {
		points = r.sample.points
	}
	for _, a := range r.axes {
		if r.sample == nil || a.path == seedsPath {
			points *= max(1, len(a.rows))
		}
		if points > 10_000 {
			return true
		}
	}
	return points > 10_000
}
