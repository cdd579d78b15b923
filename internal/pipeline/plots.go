package pipeline

import (
	"fmt"

	"bitline/internal/plot"
	"bitline/internal/report"
	"bitline/internal/units"
)

// Plot is a picture of a result: the name of its file and its content.
type Plot struct {
	Name    string
	Content []byte
}

// The pictures of a result, each as SVG and as PNG.
const (
	energyPlot = "energy"
	layersPlot = "energy-layers"
	sumsPlot   = "sums"
)

// PlotFiles are the names of all files that Plots may give.
func PlotFiles() []string {
	var names []string
	for _, name := range []string{energyPlot, layersPlot, sumsPlot} {
		names = append(names, name+".svg", name+".png")
	}
	return names
}

// Plots draws the energy of an image by component and by layer and, where bitline
// sums were recorded, their histograms.
func (r *Result) Plots() ([]Plot, error) {
	var plots []Plot
	add := func(name string, p plot.Picture, err error) error {
		plots = append(plots, Plot{name + ".svg", p.SVG}, Plot{name + ".png", p.PNG})
		return err
	}
	picture, err := r.plotComponents().Draw()
	if err := add(energyPlot, picture, err); err != nil {
		return nil, err
	}
	picture, err = r.plotLayers().Draw()
	if err := add(layersPlot, picture, err); err != nil {
		return nil, err
	}
	if h := r.plotSums(); len(h.Rows) > 0 {
		picture, err = h.Draw()
		if err := add(sumsPlot, picture, err); err != nil {
			return nil, err
		}
	}
	return plots, nil
}

func (r *Result) plotComponents() plot.Bars {
	scale := scaleOf(r.EnergyPJ)
	b := plot.Bars{Title: r.Job + ": energy of an image by component", XLabel: "energy in " + scale.name, Parts: make([]plot.BarPart, 1)}
	for _, c := range r.components() {
		b.Names = append(b.Names, c.component)
		b.Parts[0].Values = append(b.Parts[0].Values, c.energy.Picojoules()/scale.picojoules)
		b.Labels = append(b.Labels, fmt.Sprintf("%v, %s", c.energy, report.Percent(units.Quotient(c.energy.Picojoules(), r.EnergyPJ))))
	}
	return b
}

// energyScale is a unit of an axis.
type energyScale struct {
	name       string
	picojoules float64
}

// scaleOf is the unit in which a energy is a number from 1 to 1000.
func scaleOf(picojoules float64) energyScale {
	scale := energyScale{"pJ", 1}
	for _, larger := range []energyScale{{"nJ", 1e3}, {"µJ", 1e6}, {"mJ", 1e9}, {"J", 1e12}} {
		if picojoules >= larger.picojoules {
			scale = larger
		}
	}
	return scale
}

// plotLayers draws the same bars as the page.
func (r *Result) plotLayers() plot.Bars {
	bars := r.layerEnergies(r.colours())
	most := 0.0
	for _, row := range bars.Rows {
		sum := 0.0
		for _, p := range row.Parts {
			sum += p.Value
		}
		most = max(most, sum)
	}
	scale := scaleOf(most)
	b := plot.Bars{Title: r.Job + ": energy of an image's actions by layer", XLabel: "energy in " + scale.name}
	for _, name := range bars.Parts {
		b.Parts = append(b.Parts, plot.BarPart{Name: name, Values: make([]float64, len(bars.Rows))})
	}
	for i, row := range bars.Rows {
		b.Names = append(b.Names, row.Name)
		sum := units.Energy(0)
		for _, p := range row.Parts {
			b.Parts[p.Part].Values[i] = p.Value / scale.picojoules
			sum += picojoules(p.Value)
		}
		b.Labels = append(b.Labels, sum.String())
	}
	return b
}

func (r *Result) plotSums() plot.Histograms {
	h := plot.Histograms{Title: r.Job + ": conversions by bitline sum (dashed: the converter's limit)"}
	if r.Valued == nil {
		return h
	}
	for i := range r.Layers {
		var row []plot.Histogram
		for k, s := range r.Layers[i].Slices {
			if len(s.Histogram) > 0 {
				l := r.pictured.limits[i][k]
				title := fmt.Sprintf("%s, slice %d, %d b", r.Layers[i].Name, s.Slice, s.Bits)
				row = append(row, plot.Histogram{Title: title, First: s.HistogramFrom, Counts: s.Histogram, Low: l.low, High: l.high})
			}
		}
		if len(row) > 0 {
			h.Rows = append(h.Rows, row)
		}
	}
	return h
}
