package sweep

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
)

// every is a record with everything that a line can hold.
func every() Record {
	return Record{
		Point:    7,
		Settings: []Setting{{"adc.bits", `[3, 3, 3, 1]`}, {"quo\"te\\", `"a<b & µ"`}, {"", ""}},
		Failure:  "line 1\nline 2\ttab \x01",
		Figures: []Value{
			{Name: "images", Kind: Integer, Number: 1000},
			{Name: "least", Kind: Integer, Number: -(1 << 53)},
			{Name: "whole", Kind: Number, Number: 3},
			{Name: "accuracy", Kind: Number, Number: 0.1},
			{Name: "tiny", Kind: Number, Number: 5e-324},
			{Name: "huge", Kind: Number, Number: math.MaxFloat64},
			{Name: "minus nought", Kind: Number, Number: math.Copysign(0, -1)},
			{Name: "infinite", Kind: Number, Number: math.Inf(-1)},
			{Name: "none", Kind: Missing},
			{Name: "yes", Kind: Truth, Number: 1},
			{Name: "no", Kind: Truth},
			{Name: "text", Kind: Text, Text: "}, \"x\": {"},
			{Name: "empty", Kind: Text},
		},
	}
}

func TestLine(t *testing.T) {
	r := Record{Point: 7, Settings: []Setting{{"adc.bits", "8"}}, Figures: []Value{
		{Name: "images", Kind: Integer, Number: 1000}, {Name: "accuracy", Kind: Number, Number: 0.97}}}
	// The checksum is from a loop over bits with the polynomial 82F63B78, whose sum
	// of "123456789" is E3069283. Another form makes users' sweeps unreadable.
	const want = `{"crc32c":"33f587ab","record":{"point":7,"settings":{"adc.bits":"8"},"failure":"","figures":{"images":1000,"accuracy":0.97}}}` + "\n"
	if got := string(appendLine(nil, &r)); got != want {
		t.Errorf("got  %swant %s", got, want)
	}
}

func TestRecordsSurviveTheirLines(t *testing.T) {
	d := newDecoder()
	var got Record
	for _, want := range []Record{every(), {Point: 1 << 30}, every()} {
		line := appendLine([]byte("before"), &want)[len("before"):]
		body, ok := lineBody(line)
		if !ok {
			t.Fatalf("line %s is found to be damaged", line)
		}
		if err := d.record(body, &got); err != nil {
			t.Fatalf("line %s: %v", line, err)
		}
		clone := Record{got.Point, append([]Setting(nil), got.Settings...), got.Failure, append([]Value(nil), got.Figures...)}
		if !reflect.DeepEqual(clone, want) {
			t.Errorf("got  %+v\nwant %+v", clone, want)
		}
		if point, err := d.point(body); err != nil || point != want.Point {
			t.Errorf("point is %d, error %v, want %d", point, err, want.Point)
		}
	}
}

// NaN is not equal to itself, and DeepEqual does not find it in a record.
func TestNaNSurvives(t *testing.T) {
	body := appendRecord(nil, &Record{Figures: []Value{{Name: "x", Kind: Number, Number: math.NaN()}}})
	var got Record
	if err := newDecoder().record(body, &got); err != nil || got.Figures[0].Kind != Number || !math.IsNaN(got.Figures[0].Number) {
		t.Errorf("%s: got %+v, error %v, want NaN", body, got, err)
	}
}

// A line is JSON to others too.
func TestLinesAreJSON(t *testing.T) {
	want := every()
	var got struct {
		Record struct {
			Point    int
			Settings map[string]string
			Failure  string
			Figures  map[string]any
		}
	}
	if err := json.Unmarshal(appendLine(nil, &want), &got); err != nil {
		t.Fatal(err)
	}
	r := got.Record
	if r.Point != want.Point || r.Failure != want.Failure || len(r.Settings) != len(want.Settings) || len(r.Figures) != len(want.Figures) {
		t.Errorf("JSON reads %+v, want %+v", r, want)
	}
	for _, v := range want.Figures {
		var wanted any
		switch v.Kind {
		case Truth:
			wanted = v.Number != 0
		case Text:
			wanted = v.Text
		case Integer, Number:
			if wanted = v.Number; math.IsInf(v.Number, -1) {
				wanted = map[string]any{"number": "-Inf"}
			}
		}
		if !reflect.DeepEqual(r.Figures[v.Name], wanted) {
			t.Errorf("JSON reads %s as %v, want %v", v.Name, r.Figures[v.Name], wanted)
		}
	}
	for _, s := range want.Settings {
		if r.Settings[s.Key] != s.Value {
			t.Errorf("JSON reads %q as %q, want %q", s.Key, r.Settings[s.Key], s.Value)
		}
	}
}

// Every changed byte of a line is found, and so is every cut.
func TestDamageIsFound(t *testing.T) {
	r := every()
	line := appendLine(nil, &r)
	for i := range line {
		damaged := append([]byte(nil), line...)
		damaged[i] ^= 1
		if _, ok := lineBody(damaged); ok {
			t.Errorf("byte %d of %q may be another", i, line)
		}
		if _, ok := lineBody(line[:i]); ok {
			t.Errorf("the first %d bytes of %q are a line", i, line)
		}
	}
}

// A body with a right checksum and another form, such as a later version's, is an
// error and no crash: of every beginning, and of some whole ones.
func TestOtherForms(t *testing.T) {
	r := every()
	body := appendRecord(nil, &r)
	bad := []string{
		"", "{}", "[]", `{"point":-1,"settings":{},"failure":"","figures":{}}`, `{"point":1.5,"settings":{},"failure":"","figures":{}}`,
		`{"point":1,"settings":{"a":1},"failure":"","figures":{}}`, `{"point":1,"settings":{"a" "b"},"failure":"","figures":{}}`,
		`{"point":1,"settings":{},"failure":"\x","figures":{}}`, `{"point":1,"settings":{},"failure":"","figures":{"a":1e}}`,
		`{"point":1,"settings":{},"failure":"","figures":{"a":[1]}}`, `{"point":1,"settings":{},"failure":"","figures":{"a":{"number":"x"}}}`,
		`{"point":1,"settings":{},"failure":"","figures":{},"more":1}`, `{"point":1,"settings":{},"failure":"","figures":{}}}`,
	}
	for i := range body {
		bad = append(bad, string(body[:i]))
	}
	for _, text := range bad {
		var r Record
		if err := newDecoder().record([]byte(text), &r); err == nil || err.Error() != "is no record of this version's form" {
			t.Errorf("%s: error %v, want one", text, err)
		}
	}
}

func TestCheckOfRecords(t *testing.T) {
	r := Record{
		Settings: []Setting{{"adc.bits", "1"}, {"point", "2"}, {"", "3"}},
		Figures: []Value{{Name: "adc.bits"}, {Name: "pareto_12"}, {Name: "paretoes"}, {Name: "pareto"},
			{Name: "half", Kind: Integer, Number: 0.5}, {Name: "big", Kind: Integer, Number: 1<<53 + 2}, {Name: "edge", Kind: Integer, Number: 1 << 53}},
	}
	const taken = ` has the name of one that every table of results has, want another name`
	want := strings.Join([]string{
		"figure half is 0.5, want a whole number of magnitude up to 2^53",
		"figure big is 9.007199254740994e+15, want a whole number of magnitude up to 2^53",
		`column "point"` + taken, "a column has no name",
		`column "adc.bits" is there twice, want a name of its own for each setting and figure`,
		`column "pareto_12"` + taken, `column "pareto"` + taken,
	}, "\n")
	if err := r.check(); err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if r := (Record{Settings: []Setting{{"a", "1"}}, Figures: []Value{{Name: "b"}}}); r.check() != nil {
		t.Errorf("error %v, want none", r.check())
	}
}
