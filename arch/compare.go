package arch

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// WriteComparison writes two chips side by side: totals, peak figures and the
// energy of a multiply-accumulate component by component, with the ratio of b to a.
// It shows two designs, or two accounts of one: nameplate power and energies of
// actions. It is an error if the chips' figures are not Comparable.
func WriteComparison(w io.Writer, a, b *Chip) error {
	if err := Comparable(a, b); err != nil {
		return err
	}
	x, err := a.Bill()
	if err != nil {
		return err
	}
	y, err := b.Bill()
	if err != nil {
		return err
	}
	var out bytes.Buffer
	t := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	line := func(name string, p, q float64) {
		fmt.Fprintf(t, "  %s\t%.5g\t%.5g\t%s\n", name, p, q, times(p, q))
	}
	fmt.Fprintf(t, "figure\t%s\t%s\tratio\n", x.Name, y.Name)
	line("chip power and actions, W", watts(x.Chip), watts(y.Chip))
	line("chip area, mm²", x.Chip.Area.SquareMillimetres(), y.Chip.Area.SquareMillimetres())
	line("peak, TOPS", x.Peak.TOPS, y.Peak.TOPS)
	line("peak, GOPS/W", x.Peak.GOPSPerWatt, y.Peak.GOPSPerWatt)
	line("peak, GOPS/s/mm²", x.Peak.GOPSPerSquareMillimetre, y.Peak.GOPSPerSquareMillimetre)
	t.Flush() // a bytes.Buffer takes everything
	if x.Peak.WeightBits == y.Peak.WeightBits && x.Peak.InputBits == y.Peak.InputBits {
		fmt.Fprintf(&out, "\nenergy of a multiply-accumulate of %d b weights and %d b inputs at peak, fJ\n", x.Peak.WeightBits, x.Peak.InputBits)
		writeGaps(&out, x, y)
	} else {
		fmt.Fprintf(&out, "\nThe chips multiply numbers of different bits, so that their operations are not the same work.\n")
	}
	return writeTrimmed(w, out.Bytes())
}

func watts(t Total) float64 { return (t.Power + t.Events).Milliwatts() / 1e3 }

// times is the ratio q/p, or nothing where p is 0.
func times(p, q float64) string {
	if p == 0 {
		return ""
	}
	return fmt.Sprintf("%.3f×", q/p)
}

// Gap is a component's energy for a multiply-accumulate on two chips, in
// femtojoules; 0 where one of them has no such component.
type Gap struct {
	Level     Level
	Component string
	A, B      float64
}

// Gaps pairs the components of two bills: those of a in its order, then those
// that only b has. Converters of several resolutions are one component.
func Gaps(a, b Bill) []Gap {
	var list []Gap
	of := func(m MACEnergy) *Gap {
		at := slices.IndexFunc(list, func(g Gap) bool { return g.Level == m.Level && g.Component == m.Component })
		if at < 0 {
			at, list = len(list), append(list, Gap{Level: m.Level, Component: m.Component})
		}
		return &list[at]
	}
	for _, m := range a.PerMAC {
		of(m).A += m.Nameplate + m.Events
	}
	for _, m := range b.PerMAC {
		of(m).B += m.Nameplate + m.Events
	}
	return list
}

func writeGaps(out *bytes.Buffer, x, y Bill) {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "  component\t%s\t%s\tgap\tratio\n", x.Name, y.Name)
	var sum Gap
	line := func(name string, g Gap) {
		fmt.Fprintf(t, "  %s\t%.1f\t%.1f\t%+.1f\t%s\n", name, g.A, g.B, g.B-g.A, times(g.A, g.B))
	}
	for _, g := range Gaps(x, y) {
		line(componentPath(g.Level, g.Component), g)
		sum.A += g.A
		sum.B += g.B
	}
	line("sum", sum)
	t.Flush()
}
