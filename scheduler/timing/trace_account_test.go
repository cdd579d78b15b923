package timing

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"bitline/internal/cost"
	"bitline/internal/units"
	"bitline/tile"
)

// reader recomputes busy times and energy from a trace's spans, the chip's costs
// and the mapping, and shares no code with the model.
type reader struct {
	job      Job
	from, to units.Time
	threads  map[[2]int]string
	tiles    map[int]int // of processes
	arrays   map[[2]int]int
	imas     map[string]map[[2]int]bool // of a layer, by tile
	busy     map[[2]string]float64      // by class and layer
	joules   float64
}

func newReader(job Job, from, to units.Time) *reader {
	r := &reader{job: job, from: from, to: to, threads: map[[2]int]string{}, tiles: map[int]int{}, arrays: map[[2]int]int{},
		imas: map[string]map[[2]int]bool{}, busy: map[[2]string]float64{}}
	per := job.Chip.Tile.IMAs
	for _, l := range job.Mapping.Layers {
		r.imas[l.Name] = map[[2]int]bool{}
		for _, a := range l.Copies[0].Arrays {
			at := [2]int{int(a.IMA) / per, int(a.IMA) % per}
			r.arrays[at]++
			r.imas[l.Name][at] = true
		}
	}
	return r
}

// read takes an event in, for the part of it that lies in the window.
func (r *reader) read(e *tracedEvent) {
	if e.Ph == "M" && e.Name == "thread_name" {
		r.threads[[2]int{e.Pid, e.Tid}] = e.Args["name"].(string)
	}
	if e.Ph == "M" && e.Name == "process_name" {
		name := e.Args["name"].(string)
		var chip, at int
		if _, err := fmt.Sscanf(name, "chip[%d].tile[%d]", &chip, &at); err == nil {
			r.tiles[e.Pid] = chip*r.job.Chip.Tiles + at
		} else if _, err := fmt.Sscanf(name, "chip.tile[%d]", &at); err == nil {
			r.tiles[e.Pid] = at
		}
	}
	if e.Ph != "X" || e.end() == e.start() {
		return
	}
	inside := float64(min(e.end(), r.to)-max(e.start(), r.from)) / float64(e.end()-e.start())
	if inside > 0 {
		r.charge(e, inside, float64(e.end()-e.start()))
	}
}

// joule is so many actions and so much busy time of a component.
func joule(c cost.Cost, actions int64, busy float64) float64 {
	return float64(actions)*float64(c.Energy)*1e-18 + float64(c.ActivePower)*1e-12*busy*1e-15
}

func over(bits int64, width int) int64 { return (bits + int64(width) - 1) / int64(width) }

// move is the energy of a move between eDRAM and bus.
func (r *reader) move(bits int64) float64 {
	t := &r.job.Chip.Tile
	port := float64(t.BankedPort().Duration(bits))
	return joule(t.EDRAM.Cost, over(bits, t.EDRAMPort.Width), port) + joule(t.EDRAMPort.Cost, over(bits, t.EDRAMPort.Width), port) +
		joule(t.Bus.Cost, over(bits, t.Bus.Width), float64(t.Bus.Duration(bits)))
}

func (r *reader) charge(e *tracedEvent, inside, busy float64) {
	chip, t, m := r.job.Chip, &r.job.Chip.Tile, &r.job.Chip.IMA
	layer, class, thread := e.Args["layer"].(string), "", r.threads[[2]int{e.Pid, e.Tid}]
	at, ima, imas := r.tiles[e.Pid], 0, 0.
	fmt.Sscanf(thread, "ima[%d]", &ima)
	for x := range r.imas[layer] {
		if x[0] == at {
			imas++
		}
	}
	joules, servers := 0., 1.
	switch e.Name {
	case "fetch":
		class, joules = ClassBuffer, r.move(e.number("bits"))+imas*joule(m.InputRegister.Cost, 0, busy)
	case "output":
		class, joules = ClassBuffer, joule(t.Bus.Cost, over(e.number("bits"), t.Bus.Width), busy)+imas*joule(m.OutputRegister.Cost, 0, busy)
	case "write", "write result":
		class, joules = ClassBuffer, r.move(e.number("bits"))
	case "sum", "merge":
		n := e.number("values")
		class, joules = ClassTileAdd, joule(t.ShiftAdd.Cost, n, busy*float64(t.ShiftAdd.Count))+joule(t.OutputRegister.Cost, n, busy)
	case "activate":
		class = ClassActivation
		joules = joule(t.Activation.Cost, e.number("values"), busy*float64(t.Activation.Count)) + joule(t.OutputRegister.Cost, 0, busy)
	case "pool":
		class, joules = ClassPool, joule(t.MaxPool.Cost, e.number("values"), busy*float64(t.MaxPool.Count))
	case "send":
		class = ClassRouter
		ports := 1
		if ports = t.RouterShare; chip.NoC.Topology != tile.NoTopology {
			ports += 4
		}
		joules = joule(t.Router.Cost, over(e.number("bits"), t.Router.Width), busy/float64(ports))
		if strings.Contains(thread, "link") {
			class, joules = ClassIO, joule(chip.IO.Cost, over(e.number("bits"), chip.IO.Width), busy)
		}
	case "receive", "return":
		class, joules = ClassHost, joule(chip.Host.Cost, over(e.number("bits"), chip.Host.Width), busy)
	case "read":
		rows := e.number("rows")
		if strings.Contains(thread, ",") { // a pair of crossbars
			servers = 2
		}
		// The IMA as a whole reads once where its arrays read together.
		ofIMA := busy * servers / float64(r.arrays[[2]int{at, ima}])
		class = ClassCrossbar
		joules = servers*joule(chip.Crossbar.Cost(), 1, busy) + joule(chip.DAC.Cost, rows, float64(rows)*busy) +
			joule(m.InputRegister.Cost, int64(servers), ofIMA) + joule(m.Parts[0].Cost, 0, 2*ofIMA)
	case "scan":
		n := e.number("columns")
		class, joules = ClassADC, joule(m.SampleHold, n, float64(n)*busy)
		joules += float64(n) * float64(chip.ADC.Power) * 1e-12 / float64(chip.ADC.Rate)
	case "shift-and-add":
		n := e.number("codes")
		class, joules = ClassShiftAdd, joule(m.ShiftAdd.Cost, n, busy*float64(m.ShiftAdd.Count))+joule(m.OutputRegister.Cost, n, busy)
	}
	r.joules += joules * inside
	if class != ClassCrossbar && class != ClassADC && class != ClassShiftAdd {
		layer = ""
	}
	r.busy[[2]string{class, layer}] += busy * inside * servers
}

// TestTraceAddsUp: busy times and dynamic energy, recomputed from the exact trace
// of a settled window that repeats, are those of the report and of the account.
func TestTraceAddsUp(t *testing.T) {
	for name, job := range watched(t) {
		t.Run(name, func(t *testing.T) {
			opts := Options{Exact: true}
			timing := simulated(t, job, opts)
			if !timing.Repeats {
				t.Fatal("the pipeline does not repeat")
			}
			account, err := NewAccount(job, timing)
			if err != nil {
				t.Fatal(err)
			}
			events := parseTrace(t, trace(t, job, opts, TraceOptions{To: timing.Window, Settled: true})).TraceEvents
			var from units.Time // the first image of the window is complete
			b, err := newBuilder(job)
			if err != nil {
				t.Fatal(err)
			}
			m, err := b.model(modelOptions{images: endless, exact: true})
			if err != nil {
				t.Fatal(err)
			}
			m.start()
			if err := b.runTo(t.Context(), m, timing.Images-timing.WindowImages); err != nil {
				t.Fatal(err)
			}
			from = m.engine.Now()
			r := newReader(job, from, from+timing.Window)
			for i := range events {
				r.read(&events[i])
			}
			for _, x := range timing.Resources {
				if got, want := r.busy[[2]string{x.Class, x.Layer}], float64(x.Busy); math.Abs(got-want) > 1e-9*want+1 {
					t.Errorf("%s of %q is busy %v fs by the trace, want %v", x.Class, x.Layer, got, want)
				}
			}
			want := cost.Total(account.Dynamic).Picojoules() * 1e-12 * float64(timing.WindowImages)
			if math.Abs(r.joules-want) > 1e-6*want {
				t.Errorf("dynamic energy is %v J by the trace, want %v", r.joules, want)
			}
		})
	}
}
