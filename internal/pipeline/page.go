package pipeline

import (
	"fmt"
	"strings"

	"bitline/internal/page"
	"bitline/internal/report"
	"bitline/internal/units"
)

// Origin is how a result came about, for whoever wants to repeat it.
type Origin struct {
	Version string // of the program
	Kernels string // their class on the machine that computed it
}

// Page is the result as a page: figures, charts, all details, the configuration,
// what is assumed, and how to repeat it. A job without values has no sums.
func (r *Result) Page(o Origin) (*page.Page, error) {
	observed, err := r.observedBlocks()
	if err != nil {
		return nil, err
	}
	p := &page.Page{Title: r.Job, Subtitle: r.subject(), Footer: "bitline " + o.Version}
	p.Sections = []page.Section{
		{Title: "Figures", Blocks: []page.Block{r.headline(), page.Facts{Title: "The figures in full", Closed: true, List: append(r.outcome(), r.Mapping.facts()...)}}},
		{Title: "Energy", Blocks: r.energyBlocks()},
		{Title: "Area", Blocks: r.areaBlocks()},
		{Title: "Time", Blocks: append(r.timeBlocks(), observed...)},
		{Title: "Bitline sums", Blocks: r.sumBlocks()},
		{Title: "Mapping", Blocks: r.mappingBlocks()},
		{Title: "Configuration", Blocks: r.configurationBlocks()},
		{Title: "Assumptions", Blocks: r.assumptionBlocks()},
		{Title: "Repeat", Blocks: r.repeatBlocks(o)},
	}
	return p, nil
}

// headline are the result's first figures.
func (r *Result) headline() page.Figures {
	var f page.Figures
	add := func(name, value, format string, args ...any) {
		f = append(f, page.Figure{Name: name, Value: value, Note: fmt.Sprintf(format, args...)})
	}
	e := &r.Efficiency
	if r.Valued != nil {
		add("Accuracy", report.Percent(r.Accuracy), "%s; %s without converters", report.Counted(r.Images, "test image"), report.Percent(r.AccuracyNoADC))
	}
	add("Latency", nanoseconds(r.LatencyNS).String(), "one image on an empty chip")
	add("Interval", nanoseconds(r.IntervalNS).String(), "between images: %s images/s, %.3g in flight", rate(r.Throughput), r.InFlight)
	add("Energy", picojoules(r.EnergyPJ).String(), "an image in steady state, tiles in use")
	add("Power", milliwatts(e.PowerMW).String(), "of the whole system, %.4g TOPS/W", e.TOPSPerW)
	add("Area", squareMillimetres(r.AreaMM2), "in tiles in use, %d of %d; %s in all", r.TilesUsed, r.Chip.Tiles, squareMillimetres(r.Chip.AreaMM2))
	add("Throughput", fmt.Sprintf("%.4g TOPS", e.TOPS), "%s of the peak of %.4g", report.Percent(e.OfPeak), e.PeakTOPS)
	where := r.Bottleneck.At
	if r.Bottleneck.Layer != "" {
		where = "layer " + r.Bottleneck.Layer + ", " + where
	}
	add("Bottleneck", r.Bottleneck.Class, "%s, %s busy", where, report.Percent(r.Bottleneck.Busy))
	return f
}

// rate is a number of things a second for a reader.
func rate(x float64) string {
	if x < 1e6 {
		return fmt.Sprintf("%.4g", x)
	}
	return number(int64(x + 0.5))
}

func squareMillimetres(x float64) string { return fmt.Sprintf("%.4g mm²", x) }

// areaText is an area in the unit that fits it.
func areaText(mm2 float64) string {
	return units.Area(mm2*float64(units.SquareMillimetre) + 0.5).String()
}

// energyBlocks show where an image's energy goes. A component has one colour in
// both charts.
func (r *Result) energyBlocks() []page.Block {
	components := page.Bars{Title: "By component", Names: "component", Shares: true, Format: picojoulesText}
	for i, c := range r.components() {
		components.Rows = append(components.Rows, page.Bar{Name: c.component, Parts: []page.Part{{Part: i, Value: c.energy.Picojoules()}}})
	}
	return []page.Block{components, r.layerEnergies(r.colours()), page.Table(r.energyTable())}
}

// colours are the components' places in charts, the largest first.
func (r *Result) colours() map[string]int {
	at := map[string]int{}
	for i, c := range r.components() {
		at[c.component] = i
	}
	return at
}

func picojoulesText(x float64) string { return picojoules(x).String() }

// layerEnergies are those of the actions in each layer.
func (r *Result) layerEnergies(colours map[string]int) page.Bars {
	b := page.Bars{Title: "By layer", Names: "layer", Shares: true, Format: picojoulesText}
	for _, c := range r.components() {
		b.Parts = append(b.Parts, c.component)
	}
	if more := len(b.Parts) - page.Colours; more > 1 {
		b.Parts = append(b.Parts[:page.Colours], fmt.Sprintf("%d others", more))
	}
	dynamic := units.Energy(0)
	for i, rows := range r.pictured.layers {
		sums := make([]float64, len(b.Parts))
		for _, row := range rows {
			sums[min(colours[row.Component], len(sums)-1)] += row.Energy.Picojoules()
			dynamic += row.Energy
		}
		bar := page.Bar{Name: r.Mapping.Layers[i].Name}
		for part, value := range sums {
			if value > 0 {
				bar.Parts = append(bar.Parts, page.Part{Part: part, Value: value})
			}
		}
		b.Rows = append(b.Rows, bar)
	}
	if static := picojoules(r.EnergyPJ) - dynamic; static > picojoules(r.EnergyPJ)/1000 {
		b.Note = fmt.Sprintf("Static power, %v an image, belongs to no layer.", static)
	}
	return b
}

// areaBlocks show what the system's area is made of.
func (r *Result) areaBlocks() []page.Block {
	b := page.Bars{Title: "By component", Note: "The whole system, by its bill of materials.", Names: "component", Shares: true, Format: areaText}
	if at := r.countedAt(); at != "" {
		b.Note += fmt.Sprintf(" Converters are counted at %s.", at)
	}
	for _, a := range r.pictured.areas {
		b.Rows = append(b.Rows, page.Bar{Name: a.component, Parts: []page.Part{{Value: a.area.SquareMillimetres()}}})
	}
	return []page.Block{b}
}

// timeBlocks show who is busy.
func (r *Result) timeBlocks() []page.Block {
	blocks := []page.Block{r.busyLayers()}
	if gain := r.gain(); gain != "" {
		blocks = append(blocks, page.Text("Converters: "+gain+"."))
	}
	return append(blocks, page.Table(r.resourceTable()))
}

// observedBlocks are the timeline and the power over time, where they were asked
// for.
func (r *Result) observedBlocks() ([]page.Block, error) {
	var blocks []page.Block
	add := func(title string, write func(*strings.Builder) error) error {
		var b strings.Builder
		err := write(&b)
		blocks = append(blocks, page.Code{Title: title, Text: b.String()})
		return err
	}
	if t := r.timing.Timeline; t != nil {
		if err := add("Timeline", func(b *strings.Builder) error { return t.WriteText(b) }); err != nil {
			return nil, err
		}
	}
	if p := r.timing.Power; p != nil {
		if err := add("Power over time", func(b *strings.Builder) error { return p.WriteText(b) }); err != nil {
			return nil, err
		}
	}
	return blocks, nil
}

// mappingBlocks show how the network lies on the system.
func (r *Result) mappingBlocks() []page.Block {
	blocks := []page.Block{page.Table(r.Mapping.table(false))}
	if len(r.Mapping.Programming) > 0 {
		blocks = append(blocks, page.Table(r.Mapping.programmingTable(r.Mapping.Rounds < 2)))
	}
	return blocks
}

func (r *Result) configurationBlocks() []page.Block {
	return []page.Block{
		page.Facts{List: r.conditions()},
		page.Code{Title: "The job, its base and overrides merged; what it does not say has its default", Text: r.pictured.job},
		page.Code{Title: "The chip " + r.Setting.Chip + ", likewise: a file of this text is the same chip", Text: r.pictured.chip, Closed: true},
	}
}

// assumptionBlocks say what no publication states.
func (r *Result) assumptionBlocks() []page.Block {
	blocks := []page.Block{page.Facts{List: []page.Fact{
		{Name: "energy", Text: report.Percent(r.AssumedShare) + " rests on assumed constants"},
		{Name: "activity", Text: r.Setting.Activity},
		{Name: "devices", Text: r.Setting.Devices},
	}}}
	if notes := r.notes(); len(notes) > 0 {
		blocks = append(blocks, page.Text("Assumed of the energy, by the numbers in its table:"), page.List(notes))
	}
	return blocks
}

// repeatBlocks say what gives the same result again.
func (r *Result) repeatBlocks(o Origin) []page.Block {
	s := &r.Setting
	var f facts
	f.add("bitline", "%s", o.Version)
	f.add("kernels", "%s", o.Kernels)
	if r.Valued != nil {
		f.add("weights", "%s", s.weights())
		f.add("data set", "%s", s.DataSet)
		if s.DataHash != "" {
			f.add("SHA-256", "%s", s.DataHash)
		}
	}
	return []page.Block{page.Code{Text: r.command.String()}, page.Facts{List: f}}
}
