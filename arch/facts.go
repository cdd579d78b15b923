package arch

import (
	"fmt"

	"bitline/adc"
	"bitline/internal/report"
	"bitline/tile"
)

// Fact is something that a bill does not list, in words.
type Fact struct {
	Name, Text string
	Assumed    string // on what it rests, where no publication states it
}

// facts describes the chip in the order of an image's way.
func (c *Chip) facts() []Fact {
	facts := []Fact{
		{Name: HostPort, Text: c.hostFact()},
		{"network", c.networkFact(), c.NoC.Assumed},
		c.chipsFact(),
		{Name: "eDRAM", Text: fmt.Sprintf("%s in %s, %s", bytesText(c.Tile.EDRAM.Bytes), report.Counted(max(1, c.Tile.EDRAM.Banks), "bank"), channelSpec(c.Tile.BankedPort()))},
		{Name: "arbitration", Text: c.arbitrationFact()},
		{Name: "accumulators", Text: c.widthFact()},
		{Name: "registers", Text: c.registerFact()},
		{Name: "attention", Text: c.attentionFact()},
		{Name: "layout", Text: c.layoutFact()},
		{Name: "scaling", Text: c.Scaling.String()},
	}
	if text := c.activityFact(); text != "" {
		facts = append(facts, Fact{Name: "activity", Text: text})
	}
	return facts
}

func (c *Chip) hostFact() string {
	if c.Host.Absent() {
		return "none: images lie ready and results leave at once"
	}
	return fmt.Sprintf("%s at the router of tile 0", channelSpec(c.Host.Channel))
}

func (c *Chip) networkFact() string {
	n := c.NoC
	if n.Topology == tile.NoTopology {
		return fmt.Sprintf("none: a transfer takes the router of its tile, %s", channelSpec(c.Tile.Router))
	}
	columns, rows := n.Grid(c.Routers())
	return fmt.Sprintf("%s of %d × %d routers, %s each, links of %s, %v a hop",
		n.Topology, columns, rows, report.Counted(c.Tile.RouterShare, "tile"), channelSpec(c.Tile.Router), n.Hop)
}

func (c *Chip) chipsFact() Fact {
	f := Fact{Name: "chips", Text: "one"}
	if c.Count > 1 {
		columns, rows := tile.Grid(c.Count, 0)
		f.Text = fmt.Sprintf("%d in a grid of %d × %d", c.Count, columns, rows)
	}
	if c.IO.Count == 0 {
		f.Text += ", no links"
		return f
	}
	f.Text += fmt.Sprintf(", %s of %s a chip, %v a hop", report.Counted(c.IO.Count, "link"), channelSpec(c.IO.Channel), c.IO.Hop)
	f.Assumed = c.IO.HopAssumed
	return f
}

func (c *Chip) arbitrationFact() string {
	order := c.ADC.Arbitration
	if order == "" {
		order = adc.OldestFirst
	}
	settle := "its multiplexer settles at once"
	if c.ADC.Settle > 0 {
		settle = fmt.Sprintf("its multiplexer settles in %v on each", c.ADC.Settle)
	}
	return fmt.Sprintf("a converter takes waiting arrays %s, %s", order, settle)
}

func (c *Chip) widthFact() string {
	m := &c.IMA
	text := fmt.Sprintf("%d b, for sums of up to %d b with their sign; ", m.AccumulatorBits, c.SumBits())
	if m.OutputBits >= m.AccumulatorBits {
		return text + fmt.Sprintf("outputs of %d b hold them whole", m.OutputBits)
	}
	how := "rounded half to even"
	if m.Rounding == tile.Truncate {
		how = "truncated"
	}
	return text + fmt.Sprintf("outputs of %d b, %s on the bus; replays compute with the whole accumulator", m.OutputBits, how)
}

func (c *Chip) registerFact() string {
	have, all := c.RegisterBlocks(), c.Blocks()
	text := fmt.Sprintf("inputs and outputs of %s an IMA", report.Counted(have, "product"))
	if have < all {
		text += fmt.Sprintf(", of the %d that its crossbars could work on", all)
	}
	return text
}

func (c *Chip) attentionFact() string {
	if u := c.Tile.Multiplier; u.Count > 0 {
		return fmt.Sprintf("%s a tile, %v each, in power and area alone: products of two activations are refused", report.Counted(u.Count, "multiplier"), u.Rate)
	}
	return "no multiplier: products of two activations are refused"
}

func (c *Chip) layoutFact() string {
	m := c.Map
	text := fmt.Sprintf("copies %s, placed %s", m.Replicate, m.Place)
	if m.Rounds {
		text += fmt.Sprintf(", in rounds of %s where a network does not fit", report.Counted(m.Batch, "image"))
	}
	return text
}
