package pipeline

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"

	"bitline/arch"
	"bitline/internal/page"
	"bitline/internal/report"
	"bitline/internal/units"
)

// WriteText writes the result for a reader; it ends with a next step to try.
// Without details tables are short: of the slowest layers, the largest energies,
// and one row for each class of resources.
func (r *Result) WriteText(w io.Writer, details bool) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s: %s\n", r.Job, r.subject())
	r.conditions().write(&b)
	fmt.Fprintln(&b)
	r.outcome().write(&b)
	r.Mapping.facts().write(&b)
	fmt.Fprintln(&b)
	for _, t := range r.tables(details) {
		if err := t.WriteText(&b); err != nil {
			return err
		}
		fmt.Fprintln(&b)
	}
	if details {
		for i, note := range r.notes() {
			fmt.Fprintf(&b, "  [%d] assumed: %s\n", i+1, note)
		}
		fmt.Fprintln(&b)
	}
	if gain := r.gain(); gain != "" {
		fmt.Fprintf(&b, "Converters: %s.\n", gain)
	}
	if !details {
		fmt.Fprintf(&b, "--details shows every layer, resource and action, and what is assumed.\n")
	}
	fmt.Fprintf(&b, "Next: %s\n", r.next(details))
	_, err := w.Write(b.Bytes())
	return err
}

// gain says what converters of another resolution than the reference brought; ""
// where they have that one.
func (r *Result) gain() string {
	if r.Speedup.Nominal == 1 {
		return ""
	}
	return fmt.Sprintf("nominally %s faster than at %d bits (law %s); what arrived: interval %s, latency %s shorter",
		report.Ratio(r.Speedup.Nominal), r.Speedup.ReferenceBits, r.ADCLaw, report.Ratio(r.Speedup.Interval), report.Ratio(r.Speedup.Latency))
}

// facts are the lines of a report's head.
type facts []page.Fact

func (f *facts) add(name, format string, args ...any) {
	*f = append(*f, page.Fact{Name: name, Text: fmt.Sprintf(format, args...)})
}

func (f facts) write(b *bytes.Buffer) {
	for _, fact := range f {
		fmt.Fprintf(b, "  %-13s %s\n", fact.Name, fact.Text)
	}
}

// subject says what ran on what.
func (r *Result) subject() string {
	s := &r.Setting
	data := "data " + s.DataSet
	if r.Valued == nil {
		data = "shapes alone"
	}
	return fmt.Sprintf("%s (%s) on %s, %s", s.Network, s.shape(r.Mapping), s.Chip, data)
}

// conditions are those under which the figures hold.
func (r *Result) conditions() (f facts) {
	s := &r.Setting
	if r.Valued != nil {
		f.add("weights", "%s", s.weights())
	}
	f.add("encoding", "%s weights, %s inputs, %s slices; %s converters, range %s, resolution %s, recalibration %s; %s",
		s.Signed, s.InputSign, s.SliceLayout, s.ADCKind, s.ADCRange, s.ADCResolution, s.Recalibrate, s.Devices)
	f.add("activity", "%s", s.Activity)
	if s.DataDiffers {
		f.add("data differs", "from what the checkpoint was trained on")
	}
	return f
}

// longestShape is how long a network's shape may be in a report's first line.
const longestShape = 72

// shape is the network's shape, or its size where that is long.
func (s *Setting) shape(m *MappingResult) string {
	if utf8.RuneCountInString(s.NetworkShape) <= longestShape {
		return s.NetworkShape
	}
	return fmt.Sprintf("%s on crossbars, %s weights, %s multiply-accumulates an image", report.Counted(len(m.Layers), "layer"), number(m.Weights), number(m.MACs))
}

// number is a large count for a reader.
func number(n int64) string { return strings.TrimSpace(prefixed(n)) }

// prefixed is a number with a blank and the prefix of its unit.
func prefixed(n int64) string {
	for _, unit := range []struct {
		size float64
		name string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}} {
		if x := float64(n); x >= unit.size {
			return fmt.Sprintf("%.4g %s", x/unit.size, unit.name)
		}
	}
	return fmt.Sprintf("%d ", n)
}

// weights says where the weights come from.
func (s *Setting) weights() string {
	if s.Epochs == 0 && s.Seed == 0 { // not trained here
		return s.Method
	}
	return fmt.Sprintf("%s, strength %g, %s, seed %d, kernels %s", s.Method, s.Strength, report.Counted(s.Epochs, "epoch"), s.Seed, s.KernelClass)
}

// outcome is what the replay and the simulation found.
func (r *Result) outcome() (f facts) {
	if r.Valued != nil {
		f.add("accuracy", "%s of %s (without converters %s)", report.Percent(r.Accuracy), report.Counted(r.Images, "test image"), report.Percent(r.AccuracyNoADC))
	}
	f.add("latency", "%v for one image on an empty chip", nanoseconds(r.LatencyNS))
	f.add("interval", "%v between images, %.4g images/s; %s, %.3g images in flight", nanoseconds(r.IntervalNS), r.Throughput, r.settled(), r.InFlight)
	if r.Followed != nil {
		f.add("data", "%v", r.Followed)
	}
	f.add("bottleneck", "%s, %s busy", r.Bottleneck, report.Percent(r.Bottleneck.Busy))
	e := &r.Efficiency
	f.add("throughput", "%.4g TOPS, %s of the peak of %.4g", e.TOPS, report.Percent(e.OfPeak), e.PeakTOPS)
	io := ""
	if e.TOPSPerWWithoutIO != e.TOPSPerW {
		io = fmt.Sprintf(" (%.4g without I/O)", e.TOPSPerWWithoutIO)
	}
	f.add("power", "%s of the whole system, %.3g W/mm², %.4g TOPS/W%s; %s in tiles in use, %.3g W/mm², %.4g TOPS/W",
		milliwatts(e.PowerMW), e.WPerMM2, e.TOPSPerW, io, milliwatts(e.PowerInUseMW), e.WPerMM2InUse, e.TOPSPerWInUse)
	f.add("energy", "%v per image in steady state, %v for a single one (tiles in use; %s rests on assumed constants)",
		picojoules(r.EnergyPJ), picojoules(r.EnergySinglePJ), report.Percent(r.AssumedShare))
	f.add("area", "%s", r.area())
	return f
}

// settled says how far the pipeline repeats itself.
func (r *Result) settled() string {
	switch {
	case !r.Repeats:
		return fmt.Sprintf("steady within %.3g %% over %s", 100*r.Steady, report.Counted(r.IntervalImages, "image"))
	case r.IntervalImages == 1:
		return "it repeats exactly"
	}
	return "it repeats every " + report.Counted(r.IntervalImages, "image")
}

// String names the bottleneck.
func (x Bottleneck) String() string {
	if x.Layer == "" {
		return fmt.Sprintf("%s %s", x.Class, x.At)
	}
	return fmt.Sprintf("%s of layer %s, %s", x.Class, x.Layer, x.At)
}

// countedAt says which converters areas count where layers have their own; "" where
// all have the chip's.
func (r *Result) countedAt() string {
	switch r.Setting.ADCResolution {
	case givenResolution:
		return ""
	case givenByLayer:
		return "the largest resolution of each slice"
	}
	return "adc.rate_bits"
}

func (r *Result) area() string {
	note := ""
	if at := r.countedAt(); at != "" {
		note = "; converters counted at " + at
	}
	of := "chip"
	if r.Chip.Chips > 1 {
		of = fmt.Sprintf("system of %d chips", r.Chip.Chips)
	}
	return fmt.Sprintf("%.4g mm² in tiles in use (%d of %d); the %s has %.4g mm²%s", r.AreaMM2, r.TilesUsed, r.Chip.Tiles, of, r.Chip.AreaMM2, note)
}

// facts are the figures of a mapping.
func (m *MappingResult) facts() (f facts) {
	u := &m.Use
	layout := fmt.Sprintf("copies %s, placed %s", m.Replicate, m.Place)
	if m.Rounds > 1 {
		layout += fmt.Sprintf(", in %d rounds", m.Rounds)
	}
	f.add("crossbars", "%d in use of %d, %s of their cells and %s of their bitlines mapped; %s", m.Crossbars, m.System.Crossbars,
		report.Percent(u.Cells), report.Percent(u.Columns), layout)
	lost := report.Percent(u.EdgeCells) + " of these cells beyond the edges of blocks"
	if u.DiagonalCells > 0 {
		lost += fmt.Sprintf(", %s between groups", report.Percent(u.DiagonalCells))
	}
	f.add("fragmentation", "%s; crossbars without weights: %d in IMAs in use, %d more on tiles in use", lost, u.IMALost, u.TileLost)
	if t := m.Traffic; t.Bits > 0 {
		f.add("traffic", "%sb an image between tiles, over %.3g links on average", prefixed(t.Bits), units.Quotient(float64(t.BitHops), float64(t.Bits)))
	}
	if len(m.Programming) > 0 {
		f.add("programming", "%s", m.loads())
	}
	return f
}

// loads is what a load of the weights takes: the range of published figures, and
// the chip's own.
func (m *MappingResult) loads() string {
	least := func(of func(LoadResult) float64) (low, high float64) {
		low, high = math.Inf(1), math.Inf(-1)
		for _, l := range m.Programming {
			low, high = min(low, of(l)), max(high, of(l))
		}
		return low, high
	}
	fast, slow := least(func(l LoadResult) float64 { return l.TimeNS })
	cheap, dear := least(func(l LoadResult) float64 { return l.EnergyJ })
	text := fmt.Sprintf("%v to %v and %s to %s by published figures", nanoseconds(fast), nanoseconds(slow), units.Joules(cheap), units.Joules(dear))
	for _, l := range m.Programming {
		if l.InUse {
			text += fmt.Sprintf("; by %s %v and %s %s", l.Figures, nanoseconds(l.TimeNS), units.Joules(l.EnergyJ), l.writing.Marks())
			if l.PaidAfter > 0 {
				text += fmt.Sprintf(", paid after %s", report.Counted(int(min(l.PaidAfter, math.MaxInt32)), "inference"))
			}
		}
	}
	return text
}

// WriteText writes how a network lies on a chip.
func (m *MappingResult) WriteText(w io.Writer, chip *arch.Chip) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s on %s: %s on crossbars, %s weights, %s multiply-accumulates an image\n", m.Network, chip, report.Counted(len(m.Layers), "layer"), number(m.Weights), number(m.MACs))
	var f facts
	f.add("system", "%s of %s with %s each", report.Counted(m.System.Chips, "chip"), report.Counted(m.System.Tiles/m.System.Chips, "tile"),
		report.Counted(int(m.System.Crossbars)/m.System.Tiles, "crossbar"))
	f.add("in use", "%s, %s, %s", report.Counted(m.Chips, "chip"), report.Counted(m.Tiles, "tile"), report.Counted(int(m.IMAs), "IMA"))
	append(f, m.facts()...).write(&b)
	fmt.Fprintln(&b)
	t := m.table(false)
	if err := t.WriteText(&b); err != nil {
		return err
	}
	if len(m.Programming) > 0 {
		fmt.Fprintln(&b)
		t := m.programmingTable(false)
		if err := t.WriteText(&b); err != nil {
			return err
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

func nanoseconds(x float64) units.Time { return units.Time(x*float64(units.Nanosecond) + 0.5) }

func picojoules(x float64) units.Energy { return units.Energy(x*float64(units.Picojoule) + 0.5) }

func milliwatts(x float64) units.Power { return units.Power(x*float64(units.Milliwatt) + 0.5) }
