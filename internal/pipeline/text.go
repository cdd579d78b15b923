package pipeline

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"bitline/arch"
	"bitline/crossbar"
	"bitline/internal/report"
	"bitline/internal/units"
)

// WriteText writes the result for a reader; it ends with a next step to try.
// Without details tables are short: of the slowest layers, the largest energies,
// and one row for each class of resources.
func (r *Result) WriteText(w io.Writer, details bool) error {
	var b bytes.Buffer
	r.writeHead(&b)
	r.writeTimed(&b)
	r.writeArea(&b)
	r.Mapping.writeText(&b)
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
	if r.Speedup.Nominal != 1 {
		fmt.Fprintf(&b, "Converters: nominally %s faster than at %d bits (law %s); what arrived: interval %s, latency %s shorter.\n",
			report.Ratio(r.Speedup.Nominal), r.Speedup.ReferenceBits, r.ADCLaw, report.Ratio(r.Speedup.Interval), report.Ratio(r.Speedup.Latency))
	}
	if !details {
		fmt.Fprintf(&b, "--details shows every layer, resource and action, and what is assumed.\n")
	}
	fmt.Fprintf(&b, "Next: %s\n", r.next())
	_, err := w.Write(b.Bytes())
	return err
}

// figure writes a line of the report's head.
func figure(b *bytes.Buffer, name, format string, args ...any) {
	fmt.Fprintf(b, "  %-13s %s\n", name, fmt.Sprintf(format, args...))
}

func (r *Result) writeHead(b *bytes.Buffer) {
	s := &r.Setting
	data := "data " + s.DataSet
	if r.Valued == nil {
		data = "shapes alone"
	}
	fmt.Fprintf(b, "%s: %s (%s) on %s, %s\n", r.Job, s.Network, s.shape(r.Mapping), s.Chip, data)
	if r.Valued != nil {
		figure(b, "weights", "%s", s.weights())
	}
	figure(b, "encoding", "%s weights, %s inputs, %s slices; %s converters, range %s, resolution %s, recalibration %s; %s",
		s.Signed, s.InputSign, s.SliceLayout, s.ADCKind, s.ADCRange, s.ADCResolution, s.Recalibrate, s.Devices)
	figure(b, "activity", "%s", s.Activity)
	if s.DataDiffers {
		figure(b, "data differs", "from what the checkpoint was trained on")
	}
	fmt.Fprintln(b)
	if r.Valued != nil {
		figure(b, "accuracy", "%s of %d test images (without converters %s)", report.Percent(r.Accuracy), r.Images, report.Percent(r.AccuracyNoADC))
	}
}

// longestShape is how long a network's shape may be in a report's first line.
const longestShape = 72

// shape is the network's shape, or its size where that is long.
func (s *Setting) shape(m *MappingResult) string {
	if utf8.RuneCountInString(s.NetworkShape) <= longestShape {
		return s.NetworkShape
	}
	return fmt.Sprintf("%d layers on crossbars, %s weights, %s multiply-accumulates an image", len(m.Layers), number(m.Weights), number(m.MACs))
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
	return fmt.Sprintf("%s, strength %g, %d epochs, seed %d, kernels %s", s.Method, s.Strength, s.Epochs, s.Seed, s.KernelClass)
}

// writeTimed writes what the simulation found.
func (r *Result) writeTimed(b *bytes.Buffer) {
	figure(b, "latency", "%v for one image on an empty chip", nanoseconds(r.LatencyNS))
	steady := fmt.Sprintf("steady within %.3g %% over %d images", 100*r.Steady, r.IntervalImages)
	if r.Repeats {
		steady = "it repeats every " + counted(r.IntervalImages, "image")
		if r.IntervalImages == 1 {
			steady = "it repeats exactly"
		}
	}
	figure(b, "interval", "%v between images, %.4g images/s; %s, %.3g images in flight", nanoseconds(r.IntervalNS), r.Throughput, steady, r.InFlight)
	if r.Followed != nil {
		figure(b, "data", "%v", r.Followed)
	}
	figure(b, "bottleneck", "%s, %s busy", r.Bottleneck, report.Percent(r.Bottleneck.Busy))
	e := &r.Efficiency
	figure(b, "throughput", "%.4g TOPS, %s of the peak of %.4g", e.TOPS, report.Percent(e.OfPeak), e.PeakTOPS)
	io := ""
	if e.TOPSPerWWithoutIO != e.TOPSPerW {
		io = fmt.Sprintf(" (%.4g without I/O)", e.TOPSPerWWithoutIO)
	}
	figure(b, "power", "%s of the whole system, %.3g W/mm², %.4g TOPS/W%s; %s in tiles in use, %.3g W/mm², %.4g TOPS/W",
		milliwatts(e.PowerMW), e.WPerMM2, e.TOPSPerW, io, milliwatts(e.PowerInUseMW), e.WPerMM2InUse, e.TOPSPerWInUse)
	figure(b, "energy", "%v per image in steady state, %v for a single one (tiles in use; %s rests on assumed constants)",
		picojoules(r.EnergyPJ), picojoules(r.EnergySinglePJ), report.Percent(r.AssumedShare))
}

// String names the bottleneck.
func (x Bottleneck) String() string {
	if x.Layer == "" {
		return fmt.Sprintf("%s %s", x.Class, x.At)
	}
	return fmt.Sprintf("%s of layer %s, %s", x.Class, x.Layer, x.At)
}

func (r *Result) writeArea(b *bytes.Buffer) {
	note := "" // which converters the areas count where resolutions were found
	if r.Setting.ADCResolution != "given" {
		note = "; converters counted at adc.rate_bits"
	}
	of := "chip"
	if r.Chip.Chips > 1 {
		of = fmt.Sprintf("system of %d chips", r.Chip.Chips)
	}
	figure(b, "area", "%.4g mm² in tiles in use (%d of %d); the %s has %.4g mm²%s", r.AreaMM2, r.TilesUsed, r.Chip.Tiles, of, r.Chip.AreaMM2, note)
}

// writeText writes the figures of a mapping.
func (m *MappingResult) writeText(b *bytes.Buffer) {
	u := &m.Use
	layout := fmt.Sprintf("copies %s, placed %s", m.Replicate, m.Place)
	if m.Rounds > 1 {
		layout += fmt.Sprintf(", in %d rounds", m.Rounds)
	}
	figure(b, "crossbars", "%d in use of %d, %s of their cells and %s of their bitlines mapped; %s", m.Crossbars, m.System.Crossbars,
		report.Percent(u.Cells), report.Percent(u.Columns), layout)
	lost := report.Percent(u.EdgeCells) + " of these cells beyond the edges of blocks"
	if u.DiagonalCells > 0 {
		lost += fmt.Sprintf(", %s between groups", report.Percent(u.DiagonalCells))
	}
	figure(b, "fragmentation", "%s; crossbars without weights: %d in IMAs in use, %d more on tiles in use", lost, u.IMALost, u.TileLost)
	if t := m.Traffic; t.Bits > 0 {
		figure(b, "traffic", "%sb an image between tiles, over %.3g links on average", prefixed(t.Bits), ratio(float64(t.BitHops), float64(t.Bits)))
	}
	if len(m.Programming) > 0 {
		figure(b, "programming", "%s", m.loads())
	}
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
	text := fmt.Sprintf("%v to %v and %s to %s by published figures", nanoseconds(fast), nanoseconds(slow), joules(cheap), joules(dear))
	for _, l := range m.Programming {
		if l.InUse {
			text += fmt.Sprintf("; by %s %v and %s %s", l.Figures, nanoseconds(l.TimeNS), joules(l.EnergyJ), l.writing.Marks())
			if l.PaidAfter > 0 {
				text += fmt.Sprintf(", paid after %s", counted(int(min(l.PaidAfter, math.MaxInt32)), "inference"))
			}
		}
	}
	return text
}

// WriteText writes how a network lies on a chip.
func (m *MappingResult) WriteText(w io.Writer, chip *arch.Chip) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s on %s: %d layers on crossbars, %s weights, %s multiply-accumulates an image\n", m.Network, chip, len(m.Layers), number(m.Weights), number(m.MACs))
	figure(&b, "system", "%s of %s with %s each", counted(m.System.Chips, "chip"), counted(m.System.Tiles/m.System.Chips, "tile"),
		counted(int(m.System.Crossbars)/m.System.Tiles, "crossbar"))
	figure(&b, "in use", "%s, %s, %s", counted(m.Chips, "chip"), counted(m.Tiles, "tile"), counted(int(m.IMAs), "IMA"))
	m.writeText(&b)
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

// next suggests what to look at after this result.
func (r *Result) next() string {
	switch {
	case r.Valued == nil:
		about, more, _ := strings.Cut(r.advice, ": ")
		return about + ": " + r.command + " " + more
	case r.Accuracy < r.AccuracyNoADC-0.001 && r.Setting.Recalibrate == "none":
		return "converters clip; refit the digital side for free: " + r.command + " --set adc.recalibrate=affine"
	case slices.ContainsFunc(r.ADCBits, func(bits []int) bool { return slices.Max(bits) > 4 }):
		smaller := "adc.bits=4"
		if len(r.ADCBits[0]) == 4 && r.Setting.SliceLayout == string(crossbar.Grouped) {
			smaller = "'adc.bits=[4,4,4,2]'"
		}
		return "try smaller converters: " + r.command + " --set " + smaller
	}
	return "share converters, so that their speed arrives: " + r.command + " --set adc.kind=reconfigurable --set adc.per_ima=3"
}

// counted is a number and what it counts.
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func nanoseconds(x float64) units.Time { return units.Time(x*float64(units.Nanosecond) + 0.5) }

func picojoules(x float64) units.Energy { return units.Energy(x*float64(units.Picojoule) + 0.5) }

func milliwatts(x float64) units.Power { return units.Power(x*float64(units.Milliwatt) + 0.5) }

// joules is an energy that a units.Energy may not hold.
func joules(x float64) string {
	if x < 1 {
		return picojoules(x * 1e12).String()
	}
	return fmt.Sprintf("%.4g J", x)
}
