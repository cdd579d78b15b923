package timing

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"bitline/arch"
	"bitline/internal/units"
)

// traced is a trace as a reader sees it.
type traced struct {
	TraceEvents []tracedEvent
}

type tracedEvent struct {
	Ph, Name string
	Pid, Tid int
	TS, Dur  json.Number
	Args     map[string]any
}

func (e *tracedEvent) start() units.Time { return femtoseconds(e.TS) }

func (e *tracedEvent) end() units.Time { return femtoseconds(e.TS) + femtoseconds(e.Dur) }

func (e *tracedEvent) number(arg string) int64 {
	n, err := strconv.ParseInt(fmt.Sprint(e.Args[arg]), 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

// femtoseconds reads a time in µs exactly.
func femtoseconds(n json.Number) units.Time {
	whole, part, _ := strings.Cut(string(n), ".")
	v, err := strconv.ParseInt(whole+(part + "000000000")[:9], 10, 64)
	if err != nil {
		panic(err)
	}
	return units.Time(v)
}

func trace(t testing.TB, job Job, opts Options, o TraceOptions) []byte {
	t.Helper()
	var b bytes.Buffer
	o.Writer = &b
	opts.Trace = &o
	simulated(t, job, opts)
	return b.Bytes()
}

func parseTrace(t testing.TB, text []byte) traced {
	t.Helper()
	var got traced
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&got); err != nil {
		t.Fatal(err)
	}
	return got
}

// checkTrace validates a trace: times in order, everything named before it is
// used, one thing at a time on a track, counters never negative.
func checkTrace(t *testing.T, events []tracedEvent, from, to units.Time) (spans, counts int) {
	t.Helper()
	type track struct{ pid, tid int }
	processes, names, ends, last := map[int]bool{}, map[track]string{}, map[track]units.Time{}, units.Time(0)
	for i := range events {
		e := &events[i]
		at := track{e.Pid, e.Tid}
		if e.Ph != "M" && e.start() < last {
			t.Fatalf("event %d is at %v, after one at %v", i, e.start(), last)
		}
		switch e.Ph {
		case "M":
			switch e.Name {
			case "process_name":
				processes[e.Pid] = true
			case "thread_name":
				if names[at] != "" {
					t.Fatalf("track %v is named %q and %v", at, names[at], e.Args["name"])
				}
				names[at] = e.Args["name"].(string)
			}
			continue
		case "X":
			spans++
			if names[at] == "" || !processes[e.Pid] {
				t.Fatalf("event %d is on track %v, which has no name", i, at)
			}
			if e.start() < ends[at] {
				t.Fatalf("%s does two things at %v", names[at], e.start())
			}
			ends[at] = e.end()
			if e.start() >= to || e.end() < from {
				t.Fatalf("event %d from %v to %v is outside of %v to %v", i, e.start(), e.end(), from, to)
			}
		case "C":
			counts++
			for unit, v := range e.Args {
				if n := e.number(unit); n < 0 {
					t.Fatalf("counter %s is %v", e.Name, v)
				}
			}
		default:
			t.Fatalf("event %d is of kind %q", i, e.Ph)
		}
		last = e.start()
	}
	return spans, counts
}

func TestTraceIsWellFormed(t *testing.T) {
	for name, job := range watched(t) {
		t.Run(name, func(t *testing.T) {
			for _, o := range []TraceOptions{{To: 700 * ns}, {From: 300 * ns, To: 305 * ns}, {From: 2 * units.Microsecond, To: 3 * units.Microsecond}} {
				got := parseTrace(t, trace(t, job, Options{}, o))
				if spans, counts := checkTrace(t, got.TraceEvents, o.From, o.To); spans < 5 || counts < 5 {
					t.Errorf("%v to %v: %d spans and %d counts", o.From, o.To, spans, counts)
				}
			}
		})
	}
}

// TestTraceLength: a trace that does not say how long it is has its last span less
// than a reading before the end.
func TestTraceLength(t *testing.T) {
	job := jobOf(t, tiny(nil), mlp(4, 4), 8)
	events := parseTrace(t, trace(t, job, Options{}, TraceOptions{From: 100 * ns})).TraceEvents
	checkTrace(t, events, 100*ns, 100*ns+TraceLength)
	if last := events[len(events)-1].start(); last < 90*ns+TraceLength {
		t.Errorf("last event is at %v, want it within 10 ns of %v", last, 100*ns+TraceLength)
	}
}

// TestTraceIsThatOfAnExactRun compares the bytes, of stretches that begin and end
// in the midst of products.
func TestTraceIsThatOfAnExactRun(t *testing.T) {
	for name, job := range watched(t) {
		t.Run(name, func(t *testing.T) {
			for _, o := range []TraceOptions{{To: 900 * ns}, {From: 333 * ns, To: 2 * units.Microsecond}, {From: 7 * ns, To: 400 * ns, Settled: true}} {
				got, want := trace(t, job, Options{}, o), trace(t, job, Options{Exact: true}, o)
				if !bytes.Equal(got, want) {
					t.Errorf("%v to %v: %s", o.From, o.To, firstDifference(got, want))
				}
				if again := trace(t, job, Options{}, o); !bytes.Equal(got, again) {
					t.Errorf("twice the same: %s", firstDifference(again, got))
				}
			}
		})
	}
}

func firstDifference(got, want []byte) string {
	a, b := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d is\n%s\nwant\n%s", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(a), len(b))
}

// TestTraceByHand is the first image of TestTimesByHand's tiny chip with three
// inputs bits: fetch 12 b 2 ns · three reads of 10 · the last scan 4 · its
// shift-and-add 4 · output 32 b 4 · sum 4 · activation 4 · write 12 b 2, at 54.
func TestTraceByHand(t *testing.T) {
	job := jobOf(t, tiny(func(c *arch.Chip) { c.Encoding.InputBits = 3 }), mlp(4, 4), 8)
	var got []string
	for _, e := range parseTrace(t, trace(t, job, Options{}, TraceOptions{To: 54 * ns})).TraceEvents {
		if e.Ph == "X" && e.number("image") == 0 {
			got = append(got, fmt.Sprintf("%s %v %v", e.Name, e.start(), e.end()))
		}
	}
	want := []string{
		"fetch 0 s 2 ns", "read 2 ns 12 ns", "read 12 ns 22 ns", "scan 12 ns 16 ns", "shift-and-add 16 ns 20 ns", "read 22 ns 32 ns", "scan 22 ns 26 ns",
		"shift-and-add 26 ns 30 ns", "scan 32 ns 36 ns", "shift-and-add 36 ns 40 ns", "output 40 ns 44 ns", "sum 44 ns 48 ns", "activate 48 ns 52 ns",
		"write result 52 ns 54 ns",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

// TestTraceCounters: four arrays wait for one converter, each for the one before
// it; 8 ns are scans, so the queue is 3, 2, 1 and empty.
func TestTraceCounters(t *testing.T) {
	job := jobOf(t, tiny(func(c *arch.Chip) { c.ADC.Rate, c.ADC.PerIMA = 500*units.Megahertz, 1 }), mlp(4, 16), 8)
	var got []string
	for _, e := range parseTrace(t, trace(t, job, Options{InFlight: 1}, TraceOptions{To: 43 * ns})).TraceEvents {
		if e.Ph == "C" && e.Name == "queue of ima[0].adc" {
			got = append(got, fmt.Sprint(e.start(), e.number("waiting")))
		}
	}
	// fetch 1, read 10; scans begin at 11, 19, 27 and 35.
	if want := "[11 ns 3 19 ns 2 27 ns 1 35 ns 0]"; fmt.Sprint(got) != want {
		t.Errorf("queue is %v, want %v", got, want)
	}
}

func TestTraceErrors(t *testing.T) {
	job := watched(t)["plain"]
	full := errors.New("no space left")
	for _, o := range []*TraceOptions{
		{Writer: failing{full}}, {Writer: failing{full}, To: 1},
	} {
		if _, err := Simulate(context.Background(), job, Options{Trace: o}); !errors.Is(err, full) || !strings.Contains(err.Error(), "writing the trace") {
			t.Errorf("error is %v, want %v", err, full)
		}
	}
	for want, o := range map[string]*TraceOptions{
		"no writer":              {},
		"trace is from 2 ns":     {Writer: io.Discard, From: 2 * ns, To: 2 * ns},
		"trace is from -1 fs to": {Writer: io.Discard, From: -1},
	} {
		if _, err := Simulate(context.Background(), job, Options{Trace: o}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
	if _, err := Simulate(context.Background(), job, Options{Power: &PowerOptions{Bin: -1}, Timeline: &TimelineOptions{Rows: -1}}); err == nil ||
		!strings.Contains(err.Error(), "bins of power") || !strings.Contains(err.Error(), "timeline is -1 rows") {
		t.Errorf("error is %v, want one of power and timeline", err)
	}
}

// TestTraceIsBounded: a stretch of hours ends with an error, not with a full disk.
func TestTraceIsBounded(t *testing.T) {
	var b bytes.Buffer
	_, err := Simulate(context.Background(), watched(t)["plain"], Options{Trace: &TraceOptions{Writer: &b, To: 9000 * units.Second, most: 5000}})
	const want = "writing the trace: 5000 events are written and the stretch from 0 s to 9000 s is not over, want a shorter one"
	if err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("error is %v, want %s", err, want)
	}
	if events := strings.Count(b.String(), `{"ph"`); events > 5001 {
		t.Errorf("%d events are written", events)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestParseTraceWindow(t *testing.T) {
	for _, tt := range []struct {
		text     string
		from, to units.Time
		want     string
	}{
		{"0..20us", 0, 20 * units.Microsecond, ""},
		{"1.5 ms..1.6 ms", 1500 * units.Microsecond, 1600 * units.Microsecond, ""},
		{"5us", 0, 0, "want two times"},
		{"5us..5us", 0, 0, "want a later end"},
		{"0..20", 0, 0, "20"},
		{"x..y", 0, 0, "x"},
	} {
		from, to, err := ParseTraceWindow(tt.text)
		if from != tt.from || to != tt.to || (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, %v, error %v, want %v, %v, %q", tt.text, from, to, err, tt.from, tt.to, tt.want)
		}
	}
}
