package config

import (
	"strings"
	"testing"
)

// A part of one document lies between another's files and its overrides, with the
// lines of where it was written.
func TestPart(t *testing.T) {
	src := Source{files("chips/isaac.toml", "tiles = 168\n[adc]\nbits = 8\nlaw = 'linear'\n[[part]]\na = 1\n"), "chips", nil}
	job, err := Parse("job.toml", []byte("chip = 'isaac'\n[override]\ntiles = 4\nadc.law = 'rc'\nadc.bitz = 3\npart = []\n[override.mapping]\nrounds = 7\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	part := job.Part("override")
	for range 2 { // it can be laid over several documents
		root, err := LoadUnder(src, "isaac", part, []string{"tiles=5"})
		if err != nil {
			t.Fatal(err)
		}
		adc := root.Table("adc")
		for _, c := range []struct {
			name      string
			got, want any
		}{
			{"tiles, the override", root.Int("tiles", 0, 0, 1000), 5},
			{"adc.bits of the file", adc.Int("bits", 0, 0, 1000), 8},
			{"adc.law of the part", adc.String("law", ""), "rc"},
			{"adc.law, where", adc.Where("law"), "job.toml:4"},
			{"part, replaced as a whole", len(root.Tables("part")), 0},
			{"what the document lacks, where", root.Where("none"), "chips/isaac.toml"},
			{"a wrong value", root.Table("mapping").Bool("rounds", true), true},
		} {
			if c.got != c.want {
				t.Errorf("%s: got %v, want %v", c.name, c.got, c.want)
			}
		}
		want := "job.toml:5: unknown key adc.bitz, did you mean adc.bits?\njob.toml:8: key mapping.rounds is 7, want true or false"
		if err := root.Finish(); err == nil || err.Error() != want {
			t.Errorf("faults are\n%v\nwant\n%s", err, want)
		}
	}
	job.String("chip", "")
	if err := job.Finish(); err != nil {
		t.Errorf("the job has faults %v, want none: its part is judged elsewhere", err)
	}
}

func TestPartFaults(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"[override]\nbase = 'x'\n", "job.toml:2: key override.base is given, want it in a file: only a file can start from another"},
		{"override = 3\n", "job.toml:1: key override is 3, want a table"},
		{"", ""},
	} {
		job, err := Parse("job.toml", []byte(c.text), nil)
		if err != nil {
			t.Fatal(err)
		}
		part := job.Part("override")
		got := ""
		if err := job.Finish(); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%q: faults %q, want %q", c.text, got, c.want)
		}
		root, err := LoadUnder(Source{files("chips/a.toml", "x = 1\n"), "chips", nil}, "a", part, nil)
		if err != nil || root.Int("x", 0, 0, 9) != 1 || root.Finish() != nil || strings.Contains(root.Where("y"), "job") {
			t.Errorf("%q: laid over a document: %v, want what it was", c.text, err)
		}
	}
}
